package inventory

import (
	"log"
	"sync"

	"example.com/shop/server"
)

// Stocktake counts shelves side by side. The faults: a shelf reports twice, or shelves are added while somebody waits.
type Stocktake struct {
	group sync.WaitGroup
}

func (t *Stocktake) count(shelf int) {
	defer t.group.Done()
	if shelf == 2 {
		t.report(shelf)
	}
}

func (t *Stocktake) report(shelf int) {
	log.Printf("level=warn msg=\"shelf is empty\" shelf=%d", shelf)
	t.group.Done()
}

// CrashWaitGroup counts shelves one after the other; an empty one is done twice.
func CrashWaitGroup(s *server.Server) {
	s.Start()
	t := &Stocktake{}
	s.Background(func() {
		for shelf := 0; shelf < 3; shelf++ {
			t.group.Add(1)
			t.count(shelf)
		}
	})
}

func (t *Stocktake) again() {
	t.group.Add(1)
	t.group.Done()
}

// CrashWaitGroupReuse starts the next count while somebody still waits for the last one.
func CrashWaitGroupReuse(s *server.Server) {
	s.Start()
	t := &Stocktake{}
	for i := 0; i < 2; i++ {
		go func() {
			for {
				t.again()
			}
		}()
	}
	s.Background(func() {
		for {
			t.group.Wait()
		}
	})
}
