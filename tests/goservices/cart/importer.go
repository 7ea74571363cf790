package cart

import (
	"context"
	"fmt"
	"net/http"
	"runtime/pprof"

	"example.com/shop/server"
)

const importWorkers = 4

// Importer takes over baskets from a partner shop.
type Importer struct {
	partner string
}

// Import hands the lines of a basket to workers. The fault: it never closes lines, so no worker ever ends.
func (m *Importer) Import(basket []string, workers int) {
	lines := make(chan string)
	for i := 0; i < workers; i++ {
		go m.work(lines)
	}
	for _, line := range basket {
		lines <- line
	}
}

func (m *Importer) work(lines <-chan string) {
	for line := range lines {
		m.store(line)
	}
}

func (m *Importer) store(string) {}

// importBasket labels the work with its partner; goroutines inherit the label.
func importBasket(w http.ResponseWriter, r *http.Request) {
	partner := r.URL.Query().Get("partner")
	pprof.Do(r.Context(), pprof.Labels("partner", partner), func(context.Context) {
		importer := &Importer{partner: partner}
		importer.Import([]string{"A-1", "A-2", "A-3"}, importWorkers)
	})
	fmt.Fprintln(w, "imported")
}

// LeakChanReceive leaves at least Count workers waiting for lines that never come, under the labels of three partners.
func LeakChanReceive(s *server.Server) {
	s.Handle("/cart", importBasket)
	s.Start()
	partners := []string{"north", "south", "west"}
	s.Repeat(func(i int) {
		if i%importWorkers == 0 {
			_ = s.Get("/cart?partner=" + partners[i/importWorkers%len(partners)])
		}
	})
	s.Settle("chan receive", "cart.(*Importer).work(", s.Count)
}
