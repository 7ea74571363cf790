package checkout

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"strings"

	"example.com/shop/server"
)

// Webhook books payments that the bank reports. The fault: it trusts what JSON values turn into.
type Webhook struct {
	booked int
}

func (h *Webhook) amount(body string) int {
	var event map[string]any
	if err := json.Unmarshal([]byte(body), &event); err != nil {
		return 0
	}
	return event["amount"].(int) // a JSON number is a float64
}

func (h *Webhook) book(w http.ResponseWriter, r *http.Request) {
	h.booked += h.amount(`{"id": "pay_5512", "amount": 1290}`)
	fmt.Fprintln(w, "booked")
}

func label(value any) string {
	return value.(fmt.Stringer).String()
}

// HandlerTypeAssertion has the bank call the webhook: every call panics, the process lives on.
func HandlerTypeAssertion(s *server.Server) {
	s.Handle("/payments/webhook", new(Webhook).book)
	s.Start()
	for i := 0; i < attempts; i++ {
		_ = s.Get("/payments/webhook") // the connection breaks: that is the failure
	}
}

// CrashTypeAssertion replays payments in the background.
func CrashTypeAssertion(s *server.Server) {
	s.Start()
	h := &Webhook{}
	s.Background(func() {
		log.Printf("level=info msg=\"replaying payments\" count=1")
		h.booked += h.amount(`{"id": "pay_5512", "amount": 1290}`)
	})
}

// CrashMissingMethod prints a voucher that lost its String method.
func CrashMissingMethod(s *server.Server) {
	s.Start()
	s.Background(func() { log.Printf("level=info msg=\"voucher\" label=%s", label(Discounts{})) })
}

// WrongPayments refuses payments of the wrong type and logs why: the healthy twin of HandlerTypeAssertion.
func WrongPayments(s *server.Server) {
	s.Handle("/payments/webhook", func(w http.ResponseWriter, r *http.Request) {
		var event struct{ Amount int }
		if err := json.NewDecoder(strings.NewReader(`{"amount": "12,90"}`)).Decode(&event); err != nil {
			log.Printf("level=error msg=\"bad payment\" error=%q", err)
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	s.Start()
	for i := 0; i < attempts; i++ {
		_ = s.Get("/payments/webhook")
	}
}
