// Generator writes what a large Go service would: a full goroutine dump, or a heap profile. Standard library only.
//
//	generator dump --goroutines 100000 [--labels] > goroutine.txt
//	generator heap --samples 20000 > heap.pb.gz
package main

import (
	"flag"
	"log"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: generator dump|heap [options]")
	}
	options := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	goroutines := options.Int("goroutines", 100_000, "goroutines in the dump")
	labels := options.Bool("labels", false, "label the goroutines as pprof.Do does")
	samples := options.Int("samples", 20_000, "distinct stacks in the heap profile")
	_ = options.Parse(os.Args[2:])

	var err error
	switch os.Args[1] {
	case "dump":
		err = writeDump(os.Stdout, *goroutines, *labels)
	case "heap":
		err = writeHeap(os.Stdout, *samples)
	default:
		log.Fatalf("there is no input %q", os.Args[1])
	}
	if err != nil {
		log.Fatal(err)
	}
}
