package inventory

import (
	"log"
	"sync"

	"example.com/shop/server"
)

const loaders = 4

// Loader fills the shelves before the shop opens.
type Loader struct {
	shelves chan int
	group   sync.WaitGroup
}

// load waits for all loaders before it reads the first shelf. The fault: a loader cannot finish before its shelf is read.
func (l *Loader) load() int {
	for i := 0; i < loaders; i++ {
		l.group.Add(1)
		go l.read(i)
	}
	l.group.Wait()
	close(l.shelves)
	pieces := 0
	for shelf := range l.shelves {
		pieces += shelf
	}
	return pieces
}

func (l *Loader) read(shelf int) {
	defer l.group.Done()
	l.shelves <- shelf
}

// Deadlock loads the shelves before the shop opens. No server is started: with one live goroutine the runtime would
// never notice.
func Deadlock(*server.Server) {
	log.Printf("level=info msg=\"loading inventory\" loaders=%d", loaders)
	loader := &Loader{shelves: make(chan int)}
	log.Printf("level=info msg=\"inventory loaded\" pieces=%d", loader.load())
}
