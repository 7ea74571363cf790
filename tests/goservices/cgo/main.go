// Command thumbnails is a small service that scales pictures with C code, and fails on demand inside it.
//
// Standard output has the control line "failure NAME armed" when a failure did not end the process; standard error is the log.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"example.com/thumbnails/imaging"
)

var failures = map[string]func(count int){
	"healthy":      imaging.Healthy,
	"c-segfault":   imaging.Segfault,
	"c-abort":      imaging.Abort,
	"c-free-twice": imaging.FreeTwice,
	"c-divide":     imaging.Divide,
	"c-illegal":    imaging.Illegal,
	"c-threads":    imaging.Threads,
	"go-pointer":   imaging.GoPointer,
}

func main() {
	failure := flag.String("failure", "healthy", "what goes wrong")
	count := flag.Int("count", 40, "how many pictures it takes")
	lifetime := flag.Duration("lifetime", time.Minute, "the program ends by itself after this time")
	flag.Parse()
	provoke, known := failures[*failure]
	if !known {
		log.Fatalf("level=error msg=\"choose a failure\" failure=%s", *failure)
	}
	log.Printf("level=info msg=\"starting\" service=thumbnails version=v0.9.3 go=%s", runtime.Version())
	time.AfterFunc(*lifetime, func() { os.Exit(0) })
	provoke(*count)
	fmt.Printf("failure %s armed\n", *failure)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
	log.Printf("level=info msg=\"bye\"")
}
