// Command shop is a small web shop that fails on demand: a healthy service, or the same service with one real fault.
//
// Standard output carries two control lines, "listening on HOST:PORT" and "failure NAME armed" (the failure is fully
// there); standard error is the service's own log, as production would see it.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"
	"sort"
	"strings"
	"time"

	"example.com/shop/server"
)

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "load":
			load(os.Args[2:])
			return
		case "list":
			fmt.Println(strings.Join(names(), "\n"))
			return
		}
	}
	serve()
}

func serve() {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	failure := flag.String("failure", "healthy", "one of: "+strings.Join(names(), ", "))
	count := flag.Int("count", 200, "how many goroutines, requests, entries or files the failure involves")
	ramp := flag.Duration("ramp", 0, "time over which the failure builds up; 0 is as fast as possible")
	lifetime := flag.Duration("lifetime", 10*time.Minute, "the program ends by itself after this time")
	flag.Parse()

	provoke, known := failures[*failure]
	if !known {
		provoke, known = logged[*failure]
	}
	if !known || *count < 1 {
		log.Fatalf("level=error msg=\"choose a failure and a positive count\" failure=%s known=%q", *failure, names())
	}
	log.Printf("level=info msg=\"starting\" service=checkout version=v1.42.0 go=%s gomaxprocs=%d", runtime.Version(), runtime.GOMAXPROCS(0))
	s := server.New(server.Options{Addr: *addr, Count: *count, Ramp: *ramp, Lifetime: *lifetime}, open)
	provoke(s)
	fmt.Printf("failure %s armed\n", *failure)
	s.Wait()
}

func names() []string {
	var all []string
	for name := range failures {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}
