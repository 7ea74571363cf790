package inventory

import (
	"sync"
	"time"
)

// LabelTime is what printing a label takes while the caller holds its lock.
const LabelTime = 500 * time.Millisecond

// Bookkeeper notes what leaves the warehouse.
type Bookkeeper interface {
	Note(sku string)
}

// Warehouse counts pieces. Its lock order is warehouse first, book second.
type Warehouse struct {
	Book   Bookkeeper
	mu     sync.Mutex
	pieces map[string]int
}

// NewWarehouse makes an empty warehouse.
func NewWarehouse() *Warehouse {
	return &Warehouse{pieces: map[string]int{}}
}

// Reserve takes a piece and has it noted, all under the warehouse's lock.
func (w *Warehouse) Reserve(sku string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pieces[sku]--
	time.Sleep(LabelTime)
	w.Book.Note(sku)
}

// Release puts a piece back.
func (w *Warehouse) Release(sku string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pieces[sku]++
}
