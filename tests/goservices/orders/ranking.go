package orders

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"time"

	"example.com/shop/server"
)

const rankTime = 2 * time.Minute // one ranking's work on a processor that nobody else wants

// rank sorts offers by a costly score: pure computation.
func rank(until time.Time) (sum [sha256.Size]byte) {
	for time.Now().Before(until) {
		for i := 0; i < 1000; i++ {
			sum = sha256.Sum256(sum[:])
		}
	}
	return sum
}

// Overload has Count requests compute at the same time. They wait for one another, so that the first ones leave the processor
// to those that still have to come in.
func Overload(s *server.Server) {
	begin := make(chan struct{})
	s.Handle("/search", func(w http.ResponseWriter, _ *http.Request) {
		<-begin
		fmt.Fprintf(w, "%x\n", rank(time.Now().Add(rankTime)))
	})
	s.Start()
	s.Crowd("/search", s.Count)
	s.Settle("chan receive", "orders.Overload.func", s.Count)
	close(begin)
}
