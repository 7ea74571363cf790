package orders

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"example.com/shop/server"
)

const (
	printersPerJob = 5
	printTime      = 10 * time.Millisecond
)

// printJob hands letters to printers. The fault: its end wakes one printer only.
type printJob struct {
	mu      sync.Mutex
	changed *sync.Cond
	letters []string
	closed  bool
}

func newPrintJob() *printJob {
	j := &printJob{}
	j.changed = sync.NewCond(&j.mu)
	return j
}

func (j *printJob) next() (string, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.letters) == 0 && !j.closed {
		j.changed.Wait()
	}
	if j.closed {
		return "", false
	}
	letter := j.letters[0]
	j.letters = j.letters[1:]
	return letter, true
}

func (j *printJob) print() {
	for {
		if _, more := j.next(); !more {
			return
		}
	}
}

func (j *printJob) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	j.changed.Signal()
}

// LeakCond leaves at least Count printers waiting for a signal that was given once, to another one.
func LeakCond(s *server.Server) {
	s.Handle("/cart", func(w http.ResponseWriter, _ *http.Request) {
		job := newPrintJob()
		for i := 0; i < printersPerJob; i++ {
			go job.print()
		}
		time.Sleep(printTime)
		job.close()
		fmt.Fprintln(w, "thank you")
	})
	s.Start()
	// A printer that starts after the end of its job leaves at once: ask until enough have started before.
	for server.Waiting("sync.Cond.Wait", "orders.(*printJob).next(") < s.Count {
		_ = s.Get("/cart?session=1")
	}
}
