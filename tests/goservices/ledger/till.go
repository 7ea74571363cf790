package ledger

import (
	"log"
	"sync"

	"example.com/shop/server"
)

type receipt struct {
	number int
	cents  int
}

// Till adds up receipts. The faults: it unlocks on a path that has not locked, once while a panic is under way.
type Till struct {
	mu    sync.Mutex
	views sync.RWMutex
	cents int
}

func (t *Till) add(r *receipt) {
	defer t.mu.Unlock()
	if r.cents == 0 {
		return // the lock was never taken
	}
	t.mu.Lock()
	t.cents += r.cents
}

func (t *Till) total() int {
	defer t.views.RUnlock()
	return t.cents
}

// CrashUnlock adds a receipt of nothing.
func CrashUnlock(s *server.Server) {
	s.Start()
	t := &Till{}
	s.Background(func() {
		for number, cents := range []int{1290, 350, 0} {
			log.Printf("level=info msg=\"adding receipt\" number=%d cents=%d", number, cents)
			t.add(&receipt{number: number, cents: cents})
		}
	})
}

// CrashRUnlock reads a total without the read lock that it gives back.
func CrashRUnlock(s *server.Server) {
	s.Start()
	t := &Till{}
	s.Background(func() { log.Printf("level=info msg=\"total\" cents=%d", t.total()) })
}

// CrashMasked adds a receipt that is not there: the unlock on the way out hides the nil dereference that came first.
func CrashMasked(s *server.Server) {
	s.Start()
	t := &Till{}
	s.Background(func() { t.add(nil) })
}
