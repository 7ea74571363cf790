package orders

import (
	"fmt"
	"log"

	"example.com/shop/server"
)

// Callbacks are called when an order changes. The faults: one was never set, and the error of another cannot be printed.
type Callbacks struct {
	changed func()
}

type callbackError struct {
	order *order
}

func (e callbackError) Error() string {
	return fmt.Sprint("callback of order ", e.order.ID)
}

func (c *Callbacks) notify() {
	go c.changed()
}

func (c *Callbacks) fail() {
	panic(callbackError{})
}

// CrashGoNil starts a callback that was never set.
func CrashGoNil(s *server.Server) {
	s.Start()
	log.Printf("level=info msg=\"order changed\" order=8811")
	s.Background(new(Callbacks).notify)
}

// CrashUnprintable panics with an error whose text cannot be made.
func CrashUnprintable(s *server.Server) {
	s.Start()
	s.Background(new(Callbacks).fail)
}
