package orders

import (
	"log"
	"time"

	"example.com/shop/server"
)

type customer struct {
	Name     string
	Discount int
}

type order struct {
	ID       int
	Cents    int
	Customer *customer
}

// Reconciler compares orders with payments in the background.
type Reconciler struct {
	orders []order
}

func (r *Reconciler) run() {
	for _, o := range r.orders {
		log.Printf("level=info msg=\"reconciling\" order=%d cents=%d", o.ID, r.total(&o))
		time.Sleep(20 * time.Millisecond)
	}
}

func (r *Reconciler) total(o *order) int {
	return o.Cents - r.discount(o)
}

// discount trusts that every order has a customer; a guest order has none.
func (r *Reconciler) discount(o *order) int {
	return o.Cents * o.Customer.Discount / 100
}

// CrashNil lets the background reconciler meet a guest order: a nil dereference that nobody recovers.
func CrashNil(s *server.Server) {
	s.Start()
	regular := &customer{Name: "Ada", Discount: 5}
	r := &Reconciler{orders: []order{{ID: 8811, Cents: 4200, Customer: regular}, {ID: 8812, Cents: 990, Customer: regular}, {ID: 8813, Cents: 1750}}}
	done := make(chan struct{})
	go func() {
		r.run()
		close(done) // not deferred: a panic must not let main go on
	}()
	<-done
}
