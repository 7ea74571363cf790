package orders

import (
	"errors"
	"fmt"
	"log"
	"regexp"

	"example.com/shop/server"
)

var errNoSeries = errors.New("no invoice series for 2027")

// Invoices numbers the invoices. The fault: what cannot be helped ends the process, each time in another way.
type Invoices struct {
	next int
}

func (v *Invoices) number(year int) string {
	if year > 2026 {
		log.Panicf("level=error msg=\"cannot number invoice\" year=%d error=%q", year, errNoSeries)
	}
	v.next++
	return fmt.Sprintf("%d-%05d", year, v.next)
}

// print panics; the deferred function adds what it was printing, and panics again.
func (v *Invoices) print(order int) {
	defer func() {
		if p := recover(); p != nil {
			panic(fmt.Errorf("invoice of order %d: %v", order, p))
		}
	}()
	v.render(order)
}

func (v *Invoices) render(order int) {
	panic(errNoSeries)
}

func (v *Invoices) find(pattern string) *regexp.Regexp {
	return regexp.MustCompile(pattern)
}

func (v *Invoices) reserve(count int) []string {
	return make([]string, count)
}

// CrashLogPanic numbers an invoice of a year that has no series.
func CrashLogPanic(s *server.Server) {
	s.Start()
	v := &Invoices{}
	s.Background(func() { log.Printf("level=info msg=\"invoice\" number=%s", v.number(2027)) })
}

// CrashNested prints an invoice whose deferred function panics in its turn.
func CrashNested(s *server.Server) {
	s.Start()
	v := &Invoices{}
	s.Background(func() { v.print(8811) })
}

// CrashPattern searches invoices by a pattern that a customer typed.
func CrashPattern(s *server.Server) {
	s.Start()
	v := &Invoices{}
	s.Background(func() { log.Printf("level=info msg=\"searching\" pattern=%q", v.find("2027-(0*")) })
}

// CrashMakeslice reserves a number of invoices that was read from a field that may be -1.
func CrashMakeslice(s *server.Server) {
	s.Start()
	v := &Invoices{next: -1}
	s.Background(func() { v.reserve(v.next) })
}
