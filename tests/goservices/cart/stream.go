package cart

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"example.com/shop/server"
)

const (
	pingInterval   = 30 * time.Second
	resendPause    = 5 * time.Second
	resendsPerLine = 5
)

// line is a long-lived connection to one browser, with a reader (the handler) and a writer.
type line struct {
	news chan string
	done chan struct{}
	conn io.ReadWriter
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

// resend repeats what the browser has not confirmed. The fault: it goes on when the line is gone or the text confirmed.
func (l *line) resend(text string) {
	for {
		time.Sleep(resendPause)
		select {
		case l.news <- text:
		default:
		}
	}
}

func open(w http.ResponseWriter) *line {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return nil
	}
	return &line{news: make(chan string, 1), done: make(chan struct{}), conn: conn}
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

// LeakResend holds Count open lines, each with goroutines that repeat what nobody waits for any more.
func LeakResend(s *server.Server) {
	s.Handle("/stream", streamAndResend)
	s.Start()
	s.Crowd("/stream", s.Count)
	s.Settle("sleep", "cart.(*line).resend(", s.Count*resendsPerLine)
}
