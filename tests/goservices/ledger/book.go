// Package ledger keeps the shop's books.
package ledger

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"

	"example.com/shop/server"
)

// journal is a connection to a remote journal that accepts and never answers. The listener is kept because a collected
// one would reset the connection.
type journal struct {
	net.Conn
	listener net.Listener
}

// Book writes every payment to a remote journal.
type Book struct {
	mu      sync.Mutex
	journal journal
	entries int
}

// Post writes one payment. The fault: it waits for the remote journal, without a deadline, while it holds the lock.
func (b *Book) Post(session string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries++
	return b.confirm(session)
}

func (b *Book) confirm(session string) error {
	if _, err := fmt.Fprintf(b.journal, "payment %s\n", session); err != nil {
		return err
	}
	_, err := bufio.NewReader(b.journal).ReadString('\n')
	return err
}

func (b *Book) pay(w http.ResponseWriter, r *http.Request) {
	if err := b.Post(r.URL.Query().Get("session")); err != nil {
		http.Error(w, "not booked", http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, "paid")
}

func silentJournal() journal {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatalf("level=error msg=\"cannot start the journal\" error=%q", err)
	}
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		log.Fatalf("level=error msg=\"cannot reach the journal\" error=%q", err)
	}
	return journal{Conn: conn, listener: listener}
}

// LockConvoy has one payment hold the book's lock while it waits for the journal, and Count more waiting for the lock.
func LockConvoy(s *server.Server) {
	book := &Book{journal: silentJournal()}
	s.Handle("/pay", book.pay)
	s.Start()
	s.Crowd("/pay?session=1", 1)
	s.Settle("IO wait", "ledger.(*Book).Post(", 1)
	s.Crowd("/pay?session=2", s.Count)
	s.Settle("sync.Mutex.Lock", "ledger.(*Book).Post(", s.Count)
}
