package cart

import (
	"sync"

	"example.com/shop/server"
)

// Recent remembers what was looked at last. The fault: many goroutines write its map without a lock.
type Recent struct {
	seen map[int]int
}

func (v *Recent) record(visitor int) {
	v.seen[visitor%64]++
}

func (v *Recent) replay(visitors int) {
	for visitor := 0; visitor < visitors; visitor++ {
		v.record(visitor)
	}
}

// CrashMap replays visits from several goroutines at once until the runtime notices the unguarded map.
func CrashMap(s *server.Server) {
	s.Start()
	recent := &Recent{seen: map[int]int{}}
	var group sync.WaitGroup
	for i := 0; i < 4; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			recent.replay(100_000_000)
		}()
	}
	group.Wait()
}
