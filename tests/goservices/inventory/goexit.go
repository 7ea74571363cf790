package inventory

import (
	"log"
	"runtime"
	"sync"

	"example.com/shop/server"
)

// DeadlockGoexit ends main the wrong way before the shop opens, while the counter of shelves waits for it. No server is started.
func DeadlockGoexit(*server.Server) {
	var doors sync.Mutex
	doors.Lock()
	go func() {
		doors.Lock()
		log.Printf("level=info msg=\"counting shelves\"")
	}()
	log.Printf("level=error msg=\"no shelves today\"")
	runtime.Goexit()
}
