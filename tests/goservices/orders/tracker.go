package orders

import (
	"fmt"
	"net/http"

	"example.com/shop/server"
)

// Tracker follows parcels. The fault: nobody ever makes the channel of arrivals.
type Tracker struct {
	arrivals chan string
}

func (t *Tracker) follow(parcel string) {
	arrived := <-t.arrivals
	fmt.Println(parcel, arrived)
}

// hold keeps a session open. The fault: nothing can end an empty select.
func hold() {
	select {}
}

// LeakNilChannel leaves Count goroutines receiving from a channel that is nil.
func LeakNilChannel(s *server.Server) {
	tracker := &Tracker{}
	s.Handle("/checkout", func(w http.ResponseWriter, r *http.Request) {
		go tracker.follow(r.URL.Query().Get("session"))
		fmt.Fprintln(w, "thank you")
	})
	s.Start()
	s.Repeat(func(int) { _ = s.Get("/checkout?session=1") })
	s.Settle("chan receive (nil chan)", "orders.(*Tracker).follow(", s.Count)
}

// LeakEmptySelect leaves Count goroutines in an empty select.
func LeakEmptySelect(s *server.Server) {
	s.Handle("/checkout", func(w http.ResponseWriter, _ *http.Request) {
		go hold()
		fmt.Fprintln(w, "thank you")
	})
	s.Start()
	s.Repeat(func(int) { _ = s.Get("/checkout?session=1") })
	s.Settle("select (no cases)", "orders.hold(", s.Count)
}
