package server

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"
)

const (
	driveWorkers  = 8                // requests under way at once while a failure builds up
	settleTimeout = 30 * time.Second // a failure that is not there by then is a bug of this program
	settlePause   = 10 * time.Millisecond
)

// A connection of its own for every request: the drive leaves no idle connections behind in the dump.
var driver = &http.Client{Timeout: settleTimeout, Transport: &http.Transport{DisableKeepAlives: true}}

// Get asks the shop's own endpoint once and waits for the answer.
func (s *Server) Get(path string) error {
	response, err := driver.Get("http://" + s.Addr + path)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// Repeat does work Count times, a few at once, spread over the ramp.
func (s *Server) Repeat(work func(i int)) {
	slots := make(chan struct{}, driveWorkers)
	var group sync.WaitGroup
	for i := 0; i < s.Count; i++ {
		time.Sleep(s.Ramp / time.Duration(s.Count))
		slots <- struct{}{}
		group.Add(1)
		go func(i int) {
			defer group.Done()
			work(i)
			<-slots
		}(i)
	}
	group.Wait()
}

// Crowd sends n requests on raw connections and leaves the answers unread. Callers from elsewhere would look the same:
// the shop holds the request goroutines, nobody in this process holds client goroutines.
func (s *Server) Crowd(path string, n int) {
	for i := 0; i < n; i++ {
		conn, err := s.Dial()
		if err == nil {
			_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: shop\r\n\r\n", path)
		}
		if err != nil {
			log.Fatalf("level=error msg=\"cannot reach the shop\" error=%q", err)
		}
		s.crowd = append(s.crowd, conn)
	}
}

// Dial opens one connection to the shop.
func (s *Server) Dial() (net.Conn, error) {
	return net.Dial("tcp", s.Addr)
}

// Settle waits until at least want goroutines are in a state with a function on their stack.
func (s *Server) Settle(state, function string, want int) {
	seen := 0
	for deadline := time.Now().Add(settleTimeout); time.Now().Before(deadline); time.Sleep(settlePause) {
		if seen = Waiting(state, function); seen >= want {
			runtime.GC() // the text just searched is not part of the shop's heap
			return
		}
	}
	log.Fatalf("level=error msg=\"the failure did not build up\" state=%q function=%s seen=%d want=%d", state, function, seen, want)
}

// Waiting counts the goroutines that are in a state with a function on their stack.
func Waiting(state, function string) int {
	size := 1 << 20
	dump := make([]byte, size)
	for len(dump) == size {
		size *= 2
		dump = make([]byte, size)
		dump = dump[:runtime.Stack(dump, true)]
	}
	count := 0
	for _, goroutine := range strings.Split(string(dump), "\n\n") {
		header, stack, _ := strings.Cut(goroutine, "\n")
		if strings.Contains(header, "["+state) && strings.Contains(stack, function) {
			count++
		}
	}
	return count
}
