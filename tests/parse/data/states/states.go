// One goroutine in each state, and a pprof server: what the dumps and profiles beside this file were taken from, with
// go1.21.13, go1.24.11, go1.26.6 and go1.27.3 (go.mod of go 1.21, CGO_ENABLED=0, go build -trimpath):
// curl $ADDRESS/debug/pprof/goroutine?debug=0 > go1.27.pb.gz; curl $ADDRESS/debug/pprof/goroutine?debug=2 > go1.27.txt
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"os/exec"
	"os/signal"
	"runtime/pprof"
	"sync"
	"time"
)

var sink int

func spin() {
	for {
		sink++
	}
}
func recv(c chan int) { <-c }
func recvRange(c chan int) {
	for range c {
	}
}
func send(c chan int) { c <- 1 }
func nilRecv()        { var c chan int; <-c }
func sel(a, b chan int) {
	select {
	case <-a:
	case b <- 1:
	}
}
func selTimeout(a chan int) {
	select {
	case <-a:
	case <-time.After(time.Hour):
	}
}
func selNone()                      { select {} }
func selOneCtx(ctx context.Context) { <-ctx.Done() }
func sleep()                        { time.Sleep(time.Hour) }
func mutex(m *sync.Mutex)           { m.Lock() }
func rlock(m *sync.RWMutex)         { m.RLock() }
func wlock(m *sync.RWMutex)         { m.Lock() }
func cond(c *sync.Cond)             { c.L.Lock(); c.Wait() }
func wg(w *sync.WaitGroup)          { w.Wait() }
func once(o *sync.Once)             { o.Do(func() { select {} }) }
func accept(l net.Listener)         { l.Accept() }
func sig()                          { c := make(chan os.Signal, 1); signal.Notify(c, os.Interrupt); <-c }
func child()                        { exec.Command("sleep", "30").Run() }
func pipe()                         { r, w, _ := os.Pipe(); defer w.Close(); b := make([]byte, 1); r.Read(b) }

func main() {
	c := make(chan int)
	var m sync.Mutex
	m.Lock()
	var rr sync.RWMutex
	rr.Lock()
	var rw sync.RWMutex
	rw.RLock()
	var w sync.WaitGroup
	w.Add(1)
	cv := sync.NewCond(&sync.Mutex{})
	var o sync.Once
	go spin()
	go recv(c)
	go recvRange(make(chan int))
	go send(make(chan int))
	go nilRecv()
	go sel(make(chan int), make(chan int))
	go selTimeout(make(chan int))
	go selNone()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go selOneCtx(ctx)
	go sleep()
	go mutex(&m)
	go rlock(&rr)
	go wlock(&rw)
	go cond(cv)
	go wg(&w)
	go once(&o)
	time.Sleep(50 * time.Millisecond)
	go once(&o)
	go wlock(&rw)
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go accept(l)
	go sig()
	go child()
	go pipe()
	for i := 0; i < 3; i++ {
		i := i
		go pprof.Do(context.Background(), pprof.Labels("tenant", fmt.Sprint("t", i), "endpoint", "/pay"), func(context.Context) { recv(c) })
	}
	s, _ := net.Listen("tcp", "127.0.0.1:0")
	fmt.Println("listening on", s.Addr())
	go http.Serve(s, nil)
	time.Sleep(60 * time.Second)
}
