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

// Overload has Count requests compute at the same time.
func Overload(s *server.Server) {
	s.Handle("/search", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "%x\n", rank(time.Now().Add(rankTime)))
	})
	s.Start()
	s.Crowd("/search", s.Count)
	s.Settle("runnable", "orders.rank(", s.Count/2)
}
