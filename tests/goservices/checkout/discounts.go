// Package checkout turns baskets into orders.
package checkout

import (
	"fmt"
	"net/http"

	"example.com/shop/server"
)

const attempts = 3

// Discounts counts vouchers. The fault: nobody makes its map.
type Discounts struct {
	used map[string]int
}

func (d *Discounts) redeem(voucher string) {
	d.used[voucher]++
}

func (d *Discounts) checkout(w http.ResponseWriter, r *http.Request) {
	d.redeem(r.URL.Query().Get("voucher"))
	fmt.Fprintln(w, "thank you")
}

// HandlerPanic has customers redeem vouchers: every request panics, the process lives on.
func HandlerPanic(s *server.Server) {
	discounts := &Discounts{}
	s.Handle("/checkout", discounts.checkout)
	s.Start()
	for i := 0; i < attempts; i++ {
		_ = s.Get("/checkout?voucher=SUMMER") // the connection breaks: that is the failure
	}
}
