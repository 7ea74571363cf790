package pricing

import (
	"log"

	"example.com/shop/server"
)

// Report sums up the day. The fault: a day without orders has no average.
type Report struct {
	orders, cents int
}

func (r *Report) average() int {
	return r.cents / r.orders
}

// CrashDivide writes the reports of two days, the second one a holiday.
func CrashDivide(s *server.Server) {
	s.Start()
	s.Background(func() {
		for _, day := range []Report{{orders: 3, cents: 4470}, {}} {
			log.Printf("level=info msg=\"daily report\" orders=%d average_cents=%d", day.orders, day.average())
		}
	})
}

// DivideFloats logs what a division of floating-point numbers by zero gives, and a database that refuses one: the healthy
// twin of CrashDivide.
func DivideFloats(s *server.Server) {
	s.Start()
	var orders, cents float64
	log.Printf("level=warn msg=\"daily report\" orders=%g average_cents=%g", orders, cents/orders)
	log.Printf("level=error msg=\"query failed\" error=\"ERROR: division by zero (SQLSTATE 22012)\"")
}
