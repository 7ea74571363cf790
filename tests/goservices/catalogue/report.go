package catalogue

import (
	"errors"
	"fmt"
	"net/http"
	"sync"

	"example.com/shop/server"
)

var errNoShelf = errors.New("no such shelf")

// Report counts the articles of several shelves at once.
type Report struct {
	group   sync.WaitGroup
	shelves []string
}

// build waits for all shelves. The fault: a shelf that fails never says that it is done.
func (p *Report) build() {
	p.group.Add(len(p.shelves))
	for _, shelf := range p.shelves {
		go p.count(shelf)
	}
	p.group.Wait()
}

func (p *Report) count(shelf string) {
	if _, err := articles(shelf); err != nil {
		return
	}
	p.group.Done()
}

func articles(shelf string) (int, error) {
	if shelf == "" {
		return 0, errNoShelf
	}
	return len(shelf), nil
}

// LeakWaitGroup leaves Count goroutines waiting for a group that is never done.
func LeakWaitGroup(s *server.Server) {
	s.Handle("/search", func(w http.ResponseWriter, _ *http.Request) {
		report := &Report{shelves: []string{"books", "", "toys"}}
		go report.build()
		fmt.Fprintln(w, "report follows by mail")
	})
	s.Start()
	s.Repeat(func(int) { _ = s.Get("/search?sku=A-1") })
	s.Settle("", "sync.(*WaitGroup).Wait(", s.Count) // the state is `semacquire` up to Go 1.24
}
