package main

import (
	"context"
	"io"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
	"time"
)

const (
	stacks       = 22   // distinct stacks among the goroutines
	leastDepth   = 5    // calls of the shallowest one
	bytesPerGo   = 4096 // room for one goroutine's text
	settleTime   = 2 * time.Second
	tenants      = 40
	endpointsPer = 5
)

// service is what goroutines of one stack call their way down through.
type service struct {
	mutex   sync.Mutex
	results chan int
	done    chan struct{}
	cache   [4096]byte // services lie as far apart as large ones do
}

// descend calls itself until depth is used up, then waits in the way of its stack.
//
//go:noinline
func (s *service) descend(ctx context.Context, stack, depth int, request string) {
	if depth > 0 {
		s.forward(ctx, stack, depth-1, request)
		return
	}
	switch stack % 4 {
	case 0:
		s.results <- stack
	case 1:
		<-s.done
	case 2:
		select {
		case <-s.done:
		case s.results <- stack:
		}
	default:
		s.mutex.Lock()
	}
}

//go:noinline
func (s *service) forward(ctx context.Context, stack, depth int, request string) {
	s.descend(ctx, stack, depth, request)
}

// audit holds the lock that others wait for while nobody takes what it sends.
//
//go:noinline
func (s *service) audit(locked *sync.WaitGroup) {
	s.mutex.Lock()
	locked.Done()
	s.results <- 0
}

// writeDump starts the goroutines and writes what runtime.Stack says of them all: debug=2 without its limit of 64 MiB.
func writeDump(out io.Writer, goroutines int, labels bool) error {
	ctx := context.Background()
	services := make([]*service, stacks)
	var locked sync.WaitGroup
	for stack := range services {
		services[stack] = &service{results: make(chan int), done: make(chan struct{})}
		locked.Add(1)
		go services[stack].audit(&locked)
	}
	locked.Wait()
	for number := 0; number < goroutines; number++ {
		stack := number % stacks
		s := services[stack]
		run := func(ctx context.Context) { s.descend(ctx, stack, leastDepth+stack/4, "GET /v1/pay") }
		if labels {
			set := pprof.Labels("tenant", "tenant-"+strconv.Itoa(number%tenants), "endpoint", "/v1/f"+strconv.Itoa(stack%endpointsPer))
			go pprof.Do(ctx, set, run)
		} else {
			go run(ctx)
		}
	}
	time.Sleep(settleTime)
	text := make([]byte, goroutines*bytesPerGo+bytesPerGo)
	_, err := out.Write(text[:runtime.Stack(text, true)])
	return err
}
