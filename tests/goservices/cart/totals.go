package cart

import (
	"log"
	"sync"

	"example.com/shop/server"
)

// Totals adds up baskets. The fault: requests write its sum without a lock.
type Totals struct {
	cents int
}

func (t *Totals) add(cents int) {
	t.cents += cents
}

func (t *Totals) show() int {
	return t.cents
}

// DataRace adds from several goroutines. Only a program built with -race says anything.
func DataRace(s *server.Server) {
	s.Start()
	totals := &Totals{}
	var group sync.WaitGroup
	for i := 0; i < 2; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			totals.add(1290)
		}()
	}
	log.Printf("level=info msg=\"totals\" cents=%d", totals.show())
	group.Wait()
}

func (v *Recent) list() int {
	visits := 0
	for _, count := range v.seen {
		visits += count
	}
	return visits
}

// CrashMapIterate lists the visits while one goroutine still records them.
func CrashMapIterate(s *server.Server) {
	s.Start()
	recent := &Recent{seen: map[int]int{}}
	go recent.replay(100_000_000)
	s.Background(func() {
		for recent.list() >= 0 {
			continue
		}
	})
}
