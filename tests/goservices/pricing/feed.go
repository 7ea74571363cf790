package pricing

import (
	"fmt"
	"net/http"
	"time"

	"example.com/shop/server"
)

const (
	quietTime   = time.Hour
	messageRate = 1000 // prices per unit of Count
)

// Feed takes new prices as they come and warns when none has come for an hour.
type Feed struct {
	prices chan int
	warned int
}

// follow waits for the next price. The fault: every price makes a new timer of one hour, and drops the one before.
func (f *Feed) follow() {
	for {
		select {
		case _, open := <-f.prices:
			if !open {
				return
			}
		case <-time.After(quietTime):
			f.warned++
		}
	}
}

// TimeAfter has a feed take messageRate times Count prices.
func TimeAfter(s *server.Server) {
	feed := &Feed{prices: make(chan int)}
	s.Handle("/search", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "12.50 EUR") })
	s.Start()
	go feed.follow()
	for i := 0; i < s.Count*messageRate; i++ {
		feed.prices <- i
	}
	s.Settle("select", "pricing.(*Feed).follow(", 1)
}
