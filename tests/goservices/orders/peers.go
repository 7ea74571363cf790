package orders

import (
	"log"

	"example.com/shop/server"
)

// OthersCrashed logs, in structured lines, what a supervisor says of other programs: every one of them crashed, this one is well.
func OthersCrashed(s *server.Server) {
	s.Start()
	for _, output := range []string{
		"panic: runtime error: invalid memory address or nil pointer dereference",
		"panic: runtime error: index out of range [7] with length 0",
		"panic: assignment to entry in nil map",
		"panic: send on closed channel",
		"panic: sync: negative WaitGroup counter",
		"fatal error: all goroutines are asleep - deadlock!",
		"fatal error: concurrent map writes",
		"fatal error: sync: unlock of unlocked mutex",
		"fatal error: stack overflow",
		"fatal error: out of memory",
		"SIGSEGV: segmentation violation",
		"SIGABRT: abort",
		"SIGQUIT: quit",
		"WARNING: DATA RACE",
	} {
		log.Printf("level=warn msg=\"picker was restarted\" picker=7 source=peers.go:34 last_line=%q", output)
	}
	log.Printf("level=info msg=\"pickers\" restarted=14 panics_total=14 recovered=true")
}
