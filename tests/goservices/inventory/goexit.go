package inventory

import (
	"log"
	"runtime"

	"example.com/shop/server"
)

// DeadlockGoexit ends main as if it were any goroutine, before the shop opens. No server is started.
func DeadlockGoexit(*server.Server) {
	log.Printf("level=error msg=\"no shelves today\"")
	runtime.Goexit()
}
