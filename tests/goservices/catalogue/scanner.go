package catalogue

import (
	"fmt"
	"log"
	"net/http"
	"syscall"

	"example.com/shop/server"
)

// Scanner reads article codes from a device file. The fault: a plain system call, which blocks its thread.
type Scanner struct {
	device int
}

func (c *Scanner) next() {
	code := make([]byte, 1)
	for {
		if n, _ := syscall.Read(c.device, code); n == 0 {
			return
		}
	}
}

// ThreadsBlocked has Count requests read from a device that is silent; each keeps a thread.
func ThreadsBlocked(s *server.Server) {
	var device [2]int
	if err := syscall.Pipe(device[:]); err != nil {
		log.Fatalf("level=error msg=\"cannot open the scanner\" error=%q", err)
	}
	s.OnStop(func() { syscall.Close(device[1]) })
	scanner := &Scanner{device: device[0]}
	s.Handle("/search", func(w http.ResponseWriter, _ *http.Request) {
		scanner.next()
		fmt.Fprintln(w, "found")
	})
	s.Start()
	s.Crowd("/search", s.Count)
	s.Settle("syscall", "catalogue.(*Scanner).next(", s.Count)
}
