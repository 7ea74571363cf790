package orders

import (
	"log"

	"example.com/shop/server"
)

// Board counts orders by status. The fault: its zero value has no map, and nothing makes one.
type Board struct {
	byStatus map[string]int
}

func (b *Board) mark(status string) {
	b.byStatus[status]++
}

// CrashNilMap marks the night's orders on a board that was declared, not made.
func CrashNilMap(s *server.Server) {
	s.Start()
	var board Board
	s.Background(func() {
		for _, status := range []string{"paid", "packed", "sent"} {
			log.Printf("level=info msg=\"marking\" status=%s", status)
			board.mark(status)
		}
	})
}
