package cart

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"example.com/shop/server"
)

// watcher tells a basket about news of its articles. The fault: it listens to news only, never to the end of the request.
type watcher struct {
	prices chan int
	stock  chan int
}

func (n *watcher) watch() {
	for {
		select {
		case <-n.prices:
		case <-n.stock:
		}
	}
}

// LeakSelect leaves Count watchers in a select without a way out.
func LeakSelect(s *server.Server) {
	s.Handle("/cart", func(w http.ResponseWriter, _ *http.Request) {
		news := &watcher{prices: make(chan int), stock: make(chan int)}
		go news.watch()
		fmt.Fprintln(w, 1)
	})
	s.Start()
	s.Repeat(func(i int) { _ = s.Get(fmt.Sprintf("/cart?session=%d", i)) })
	s.Settle("select", "cart.(*watcher).watch(", s.Count)
}

const (
	pollInterval = 200 * time.Millisecond
	saveInterval = 30 * time.Second
)

// poll keeps a basket fresh. The fault: it goes on when the session has ended.
func poll(session string, fresh func(string)) {
	for {
		fresh(session)
		time.Sleep(pollInterval)
	}
}

// autosave saves a basket at intervals. The fault: it goes on when the session has ended, and never stops its ticker.
func autosave(session string, save func(string)) {
	for range time.NewTicker(saveInterval).C {
		save(session)
	}
}

// LeakSleepLoop leaves Count goroutines that sleep, work and sleep again.
func LeakSleepLoop(s *server.Server) {
	s.Handle("/cart", func(w http.ResponseWriter, r *http.Request) {
		go poll(r.URL.Query().Get("session"), func(string) {})
		fmt.Fprintln(w, 1)
	})
	s.Start()
	s.Repeat(func(i int) { _ = s.Get(fmt.Sprintf("/cart?session=%d", i)) })
	s.Settle("sleep", "cart.poll(", s.Count*9/10) // the others are at work
}

// LeakTicker leaves Count goroutines that wait for the next tick.
func LeakTicker(s *server.Server) {
	s.Handle("/cart", func(w http.ResponseWriter, r *http.Request) {
		go autosave(r.URL.Query().Get("session"), func(string) {})
		fmt.Fprintln(w, 1)
	})
	s.Start()
	s.Repeat(func(i int) { _ = s.Get(fmt.Sprintf("/cart?session=%d", i)) })
	s.Settle("chan receive", "cart.autosave(", s.Count)
}

// requestContext adds a session to a context by wrapping it: a type of its own, which package context does not know.
type requestContext struct {
	parent  context.Context
	session string
}

func (c requestContext) Deadline() (time.Time, bool) { return c.parent.Deadline() }
func (c requestContext) Done() <-chan struct{}       { return c.parent.Done() }
func (c requestContext) Err() error                  { return c.parent.Err() }
func (c requestContext) Value(key any) any           { return nil }

// recommendation is a search that can be given up.
type recommendation struct {
	search context.Context
	giveUp context.CancelFunc
}

// recommend starts a search within the session. The fault: nobody gives it up, and its parent lives for ever.
func recommend(lifetime context.Context, session string) (r recommendation) {
	r.search, r.giveUp = context.WithCancel(requestContext{parent: lifetime, session: session})
	return r
}

// LeakContext leaves Count contexts that wait for a parent that never ends, each with a goroutine of package context.
func LeakContext(s *server.Server) {
	lifetime, stop := context.WithCancel(context.Background())
	s.Handle("/cart", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, recommend(lifetime, r.URL.Query().Get("session")).search.Err() == nil)
	})
	s.Start()
	s.Repeat(func(i int) { _ = s.Get(fmt.Sprintf("/cart?session=%d", i)) })
	s.Settle("select", "context.(*cancelCtx).propagateCancel", s.Count)
	s.OnStop(stop)
}
