// Allocates at three places and writes its heap profile in both forms: the files beside this one were made with go1.21.13 and
// go1.27.3 (CGO_ENABLED=0, go build -trimpath; heap go1.27.pb.gz go1.27.txt).
package main

import (
	"os"
	"runtime"
	"runtime/pprof"
)

var kept [][]byte

//go:noinline
func large() { kept = append(kept, make([]byte, 3<<20)) }

//go:noinline
func small() { kept = append(kept, make([]byte, 700)) }

func inlined() { kept = append(kept, make([]byte, 40_000)) }

func main() {
	kept = make([][]byte, 0, 100_000)
	for i := 0; i < 20_000; i++ {
		small()
		if i%100 == 0 {
			inlined()
		}
		if i%4000 == 0 {
			large()
		}
	}
	kept = kept[:10_000]
	runtime.GC()
	for i, name := range os.Args[1:] {
		file, err := os.Create(name)
		if err != nil {
			panic(err)
		}
		if err := pprof.Lookup("heap").WriteTo(file, i); err != nil {
			panic(err)
		}
		file.Close()
	}
	runtime.KeepAlive(kept)
}
