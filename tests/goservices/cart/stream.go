package cart

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"example.com/shop/server"
)

const (
	pingInterval   = 30 * time.Second
	resendPause    = time.Hour
	resendsPerLine = 5
)

// line is a long-lived connection to one browser, with a reader (the handler) and a writer.
type line struct {
	news      chan string
	confirmed chan struct{}
	done      chan struct{}
	conn      io.ReadWriter
}

func (l *line) write() {
	ping := time.NewTicker(pingInterval)
	defer ping.Stop()
	for {
		select {
		case text := <-l.news:
			fmt.Fprintln(l.conn, text)
		case <-ping.C:
			fmt.Fprintln(l.conn, "ping")
		case <-l.done:
			return
		}
	}
}

func (l *line) read() {
	for buffer := make([]byte, 512); ; {
		if _, err := l.conn.Read(buffer); err != nil {
			close(l.done)
			return
		}
	}
}

// resend repeats a text that the browser does not confirm. The fault: it does not look at the end of the line.
func (l *line) resend(text string) {
	select {
	case <-l.confirmed:
	case <-time.After(resendPause):
		l.news <- text
	}
}

func open(w http.ResponseWriter) *line {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return nil
	}
	return &line{news: make(chan string, 1), confirmed: make(chan struct{}), done: make(chan struct{}), conn: conn}
}

func stream(w http.ResponseWriter, _ *http.Request) {
	if l := open(w); l != nil {
		go l.write()
		l.read()
	}
}

func streamAndResend(w http.ResponseWriter, _ *http.Request) {
	l := open(w)
	if l == nil {
		return
	}
	go l.write()
	for i := 0; i < resendsPerLine; i++ {
		go l.resend("basket changed")
	}
	l.read()
}

// HealthyStreams holds Count open lines, as a sound shop does.
func HealthyStreams(s *server.Server) {
	s.Handle("/stream", stream)
	s.Start()
	s.Crowd("/stream", s.Count)
	s.Settle("IO wait", "cart.(*line).read(", s.Count)
}

// hub hands every line its news, and its handler waits until reader and writer have ended.
func hub(w http.ResponseWriter, _ *http.Request) {
	l := open(w)
	if l == nil {
		return
	}
	var both sync.WaitGroup
	both.Add(2)
	go func() {
		defer both.Done()
		l.read()
		close(l.news)
	}()
	go func() {
		defer both.Done()
		for text := range l.news {
			fmt.Fprintln(l.conn, text)
		}
	}()
	both.Wait()
}

// events sends news to a browser for as long as it listens.
func events(w http.ResponseWriter, r *http.Request) {
	news := make(chan string)
	for {
		select {
		case text := <-news:
			fmt.Fprintln(w, text)
		case <-r.Context().Done():
			return
		}
	}
}

// HealthyHub holds Count open lines with two goroutines each, and a handler that waits for both.
func HealthyHub(s *server.Server) {
	s.Handle("/stream", hub)
	s.Start()
	s.Crowd("/stream", s.Count)
	s.Settle("IO wait", "cart.(*line).read(", s.Count)
}

// HealthyEvents has Count browsers listen to events.
func HealthyEvents(s *server.Server) {
	s.Handle("/stream", events)
	s.Start()
	s.Crowd("/stream", s.Count)
	s.Settle("select", "cart.events(", s.Count)
}

// LeakResend holds Count open lines, each with goroutines that wait to repeat a text.
func LeakResend(s *server.Server) {
	s.Handle("/stream", streamAndResend)
	s.Start()
	s.Crowd("/stream", s.Count)
	s.Settle("select", "cart.(*line).resend(", s.Count*resendsPerLine)
}
