package cart

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"example.com/shop/server"
)

const (
	pageBytes = 64 << 10
	minRamp   = 2 * time.Second
	maxGrowth = 20 // the map stops growing at this many times Count, for the machine's sake
)

// PageCache remembers the rendered basket of every session. The fault: it never forgets one.
type PageCache struct {
	mu    sync.Mutex
	pages map[string][]byte
}

func (c *PageCache) page(session string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if page, cached := c.pages[session]; cached {
		return page
	}
	page := renderBasket(session)
	c.pages[session] = page
	return page
}

func renderBasket(session string) []byte {
	page := make([]byte, pageBytes)
	copy(page, "<h1>basket of "+session+"</h1>")
	return page
}

func (c *PageCache) show(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, len(c.page(r.URL.Query().Get("session"))))
}

// HeapMap fills the cache with Count pages and lets it grow on by Count pages per ramp, or per 2 s where that is longer.
func HeapMap(s *server.Server) {
	cache := &PageCache{pages: map[string][]byte{}}
	s.Handle("/cart", cache.show)
	s.Start()
	visit := func(i int) { _ = s.Get(fmt.Sprintf("/cart?session=s%d", i)) }
	s.Repeat(visit)
	go func() {
		for i := s.Count; i < maxGrowth*s.Count; i++ {
			time.Sleep(max(s.Ramp, minRamp) / time.Duration(s.Count))
			visit(i)
		}
	}()
}
