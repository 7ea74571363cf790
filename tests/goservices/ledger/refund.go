package ledger

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"example.com/shop/inventory"
	"example.com/shop/server"
)

// Refunds pays back. Its lock order is book first, warehouse second: the opposite of the warehouse's, which is the fault.
type Refunds struct {
	mu        sync.Mutex
	warehouse *inventory.Warehouse
	noted     int
}

// Note counts a piece that left the warehouse.
func (b *Refunds) Note(string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.noted++
}

// Refund takes a payment back and its piece into the warehouse, all under the book's lock.
func (b *Refunds) Refund(sku string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.noted--
	time.Sleep(inventory.LabelTime)
	b.warehouse.Release(sku)
}

// LockCycle has a reservation and a refund wait for each other's lock, and Count more requests behind them.
func LockCycle(s *server.Server) {
	warehouse := inventory.NewWarehouse()
	refunds := &Refunds{warehouse: warehouse}
	warehouse.Book = refunds
	s.Handle("/cart", func(w http.ResponseWriter, _ *http.Request) {
		warehouse.Reserve("A-1")
		fmt.Fprintln(w, "reserved")
	})
	s.Handle("/pay", func(w http.ResponseWriter, _ *http.Request) {
		refunds.Refund("A-1")
		fmt.Fprintln(w, "refunded")
	})
	s.Start()
	s.Crowd("/cart", 1)
	s.Crowd("/pay", 1)
	s.Settle("sync.Mutex.Lock", "ledger.(*Refunds).Note(", 1)
	s.Settle("sync.Mutex.Lock", "inventory.(*Warehouse).Release(", 1)
	s.Crowd("/cart", s.Count-s.Count/2)
	s.Crowd("/pay", s.Count/2)
	s.Settle("sync.Mutex.Lock", "inventory.(*Warehouse).Reserve(", 1+s.Count-s.Count/2)
	s.Settle("sync.Mutex.Lock", "ledger.(*Refunds).Refund(", 1+s.Count/2)
}
