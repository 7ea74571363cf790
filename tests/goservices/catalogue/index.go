// Package catalogue finds articles and shows where they belong.
package catalogue

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"example.com/shop/server"
)

const (
	minFiles    = 64
	spareFiles  = 5                      // left open for one observer; odd, so that accept and not dial meets the limit
	crowdedTime = 700 * time.Millisecond // long enough for the server to report the limit several times
)

// Index looks articles up in shard files. The fault: it opens a shard for every search and closes none.
type Index struct {
	mu     sync.Mutex
	shards []*os.File
}

func (x *Index) lookup() error {
	shard, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.shards = append(x.shards, shard)
	return nil
}

func (x *Index) search(w http.ResponseWriter, _ *http.Request) {
	if err := x.lookup(); err != nil {
		log.Printf("level=error msg=\"search failed\" error=%q", err)
		http.Error(w, "search failed", http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, "found")
}

// FileLeak searches until nearly all of Count permitted files are open, then lets clients in until accept fails.
func FileLeak(s *server.Server) {
	permitted := max(s.Count, minFiles)
	limit := syscall.Rlimit{Cur: uint64(permitted), Max: uint64(permitted)}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		log.Fatalf("level=error msg=\"cannot limit open files\" error=%q", err)
	}
	index := &Index{}
	s.Handle("/search", index.search)
	s.Start()
	for open := 0; open < permitted-spareFiles; {
		if err := s.Get("/search?sku=A-1"); err != nil {
			log.Fatalf("level=error msg=\"the shop stopped answering too early\" error=%q", err)
		}
		time.Sleep(s.Ramp / time.Duration(permitted))
		open = openFiles()
	}
	crowdOut(s)
}

func openFiles() int {
	open, err := server.OpenFiles()
	if err != nil {
		log.Fatalf("level=error msg=\"cannot count open files\" error=%q", err)
	}
	return open
}

func crowdOut(s *server.Server) {
	var clients []net.Conn
	for len(clients) <= spareFiles {
		client, err := s.Dial()
		if err != nil {
			break
		}
		clients = append(clients, client)
	}
	time.Sleep(crowdedTime)
	for _, client := range clients {
		client.Close()
	}
}
