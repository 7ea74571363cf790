package pricing

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"time"

	"example.com/shop/server"
)

const (
	quoteTimeout = 2 * time.Millisecond
	fallbackTime = 10 * time.Millisecond
)

type quote struct {
	sku   string
	cents int
}

// Pool fetches quotes concurrently.
type Pool struct {
	timeout time.Duration
}

// Quote waits for one quote, but not longer than the timeout. The fault: nobody receives what arrives later.
func (p *Pool) Quote(ctx context.Context, sku string) (quote, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	results := make(chan quote)
	go p.fetch(ctx, sku, results)
	select {
	case q := <-results:
		return q, nil
	case <-ctx.Done():
		return quote{}, ctx.Err()
	}
}

// fetch meets a supplier that does not answer in time, and takes the price from the list instead.
func (p *Pool) fetch(ctx context.Context, sku string, results chan<- quote) {
	<-ctx.Done()
	time.Sleep(fallbackTime)
	results <- quote{sku: sku, cents: 1250}
}

func (p *Pool) search(w http.ResponseWriter, r *http.Request) {
	sku := r.URL.Query().Get("sku")
	q, err := p.Quote(r.Context(), sku)
	if err != nil {
		log.Printf("level=warn msg=\"no quote in time\" sku=%s error=%q", sku, err)
		http.Error(w, "no quote", http.StatusGatewayTimeout)
		return
	}
	fmt.Fprintln(w, q.sku, q.cents)
}

// LeakChanSend leaves Count goroutines stuck sending a quote that nobody waits for any more.
func LeakChanSend(s *server.Server) {
	pool := &Pool{timeout: quoteTimeout}
	s.Handle("/search", pool.search)
	s.Start()
	s.Repeat(func(i int) { _ = s.Get(fmt.Sprintf("/search?sku=A-%d", i)) })
	s.Settle("chan send", "pricing.(*Pool).fetch(", s.Count)
}
