package main

import (
	"fmt"
	"log"
	"net/http"

	"example.com/shop/cart"
	"example.com/shop/inventory"
	"example.com/shop/orders"
	"example.com/shop/pricing"
	"example.com/shop/server"
	"example.com/shop/store"
	"example.com/shop/supplier"
)

const (
	mailWorkers = 4
	idleClients = 6
)

// open sets up the sound shop: its endpoints and everything that runs in the background all day.
func open(s *server.Server) {
	log.Printf("level=info msg=\"configuration loaded\" currency=EUR workers=%d price_timeout=20ms", mailWorkers)
	db := store.Open()
	s.ReportDB("orders", db)
	quotes := pricing.NewClient(supplier.Start())
	mailer := orders.StartMailer(mailWorkers)
	baskets := cart.NewBaskets()
	inventory.StartRefresher()

	s.Handle("/search", func(w http.ResponseWriter, r *http.Request) {
		price, err := quotes.Price(r.Context(), r.URL.Query().Get("sku"))
		if err != nil {
			http.Error(w, "no price", http.StatusBadGateway)
			return
		}
		fmt.Fprintln(w, price)
	})
	s.Handle("/cart", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, baskets.Add(r.URL.Query().Get("session")))
	})
	s.Handle("/checkout", func(w http.ResponseWriter, r *http.Request) {
		mailer.Send(r.URL.Query().Get("session"))
		fmt.Fprintln(w, "thank you")
	})
	s.Handle("/pay", func(w http.ResponseWriter, r *http.Request) {
		if _, err := db.ExecContext(r.Context(), "INSERT INTO payments (session) VALUES (?)", r.URL.Query().Get("session")); err != nil {
			http.Error(w, "payment refused", http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "paid")
	})
}

// healthy is the shop in its daily state: idle clients, warm connections, nothing growing.
func healthy(s *server.Server) {
	s.Start()
	for _, path := range []string{"/search?sku=A-1", "/cart?session=1", "/checkout?session=1", "/pay?session=1"} {
		if err := s.Get(path); err != nil {
			log.Fatalf("level=error msg=\"the healthy shop does not answer\" path=%s error=%q", path, err)
		}
	}
	s.Crowd("/cart?session=2", idleClients)
	s.Settle("IO wait", "net/http.(*connReader).Read(", idleClients)
}
