// Package cart keeps the baskets of the shop's visitors.
package cart

import "sync"

const maxBaskets = 1000

// Baskets counts the articles in each visitor's basket and forgets all of them when there are too many.
type Baskets struct {
	mu    sync.Mutex
	sizes map[string]int
}

// NewBaskets makes an empty set of baskets.
func NewBaskets() *Baskets {
	return &Baskets{sizes: map[string]int{}}
}

// Add puts one article into a basket and returns how many are in it.
func (b *Baskets) Add(session string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.sizes) >= maxBaskets {
		b.sizes = map[string]int{}
	}
	b.sizes[session]++
	return b.sizes[session]
}
