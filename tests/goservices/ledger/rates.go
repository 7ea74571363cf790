package ledger

import (
	"errors"
	"fmt"
	"net/http"
	"sync"

	"example.com/shop/server"
)

var errUnknownCurrency = errors.New("unknown currency")

// Rates converts prices.
type Rates struct {
	mu    sync.Mutex
	cents map[string]int
}

// Convert looks a rate up. The fault: an unknown currency returns without unlocking.
func (x *Rates) Convert(currency string) (int, error) {
	x.mu.Lock()
	rate, known := x.cents[currency]
	if !known {
		return 0, errUnknownCurrency
	}
	x.mu.Unlock()
	return rate, nil
}

// LockForgotten has one request keep the lock for ever, and Count more wait for it.
func LockForgotten(s *server.Server) {
	rates := &Rates{cents: map[string]int{"EUR": 100}}
	s.Handle("/pay", func(w http.ResponseWriter, r *http.Request) {
		rate, err := rates.Convert(r.URL.Query().Get("currency"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprintln(w, rate)
	})
	s.Start()
	_ = s.Get("/pay?currency=ZZZ")
	s.Crowd("/pay?currency=EUR", s.Count)
	s.Settle("sync.Mutex.Lock", "ledger.(*Rates).Convert(", s.Count)
}
