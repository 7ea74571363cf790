package inventory

import (
	"fmt"
	"log"
	"net/http"

	"example.com/shop/server"
	"example.com/shop/supplier"
)

// StockClient asks the supplier whether an article is on its shelves.
type StockClient struct {
	base string
	http *http.Client
}

// InStock looks at the status only. The fault: the body is neither read nor closed, so the connection is never free again.
func (c *StockClient) InStock(sku string) (bool, error) {
	response, err := c.http.Get(c.base + "/stock?sku=" + sku)
	if err != nil {
		return false, err
	}
	return response.StatusCode == http.StatusOK, nil
}

func (c *StockClient) cart(w http.ResponseWriter, r *http.Request) {
	available, err := c.InStock(r.URL.Query().Get("sku"))
	if err != nil {
		log.Printf("level=error msg=\"supplier does not answer\" error=%q", err)
	}
	fmt.Fprintln(w, available)
}

// BodyLeak leaves Count response bodies open, each with a connection and its two loops.
func BodyLeak(s *server.Server) {
	client := &StockClient{base: supplier.Start(), http: &http.Client{Transport: &http.Transport{}}}
	s.Handle("/cart", client.cart)
	s.Start()
	s.Repeat(func(i int) { _ = s.Get(fmt.Sprintf("/cart?sku=A-%d", i)) })
	s.Settle("select", "net/http.(*persistConn).readLoop(", s.Count)
}
