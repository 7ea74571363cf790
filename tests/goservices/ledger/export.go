package ledger

import (
	"log"
	"runtime/debug"
	"syscall"

	"example.com/shop/server"
)

const (
	memoryLimit = 256 << 20
	monthBytes  = 8 << 20
)

// Export gathers the months of a yearly report. The fault: it keeps all of them in memory.
type Export struct {
	months [][]byte
}

func (e *Export) gather(years int) {
	for month := 0; month < 12*years; month++ {
		e.months = append(e.months, e.month())
	}
}

func (e *Export) month() []byte {
	return make([]byte, monthBytes)
}

// OutOfMemory runs a report of many years in a process that may not grow beyond 256 MiB of data.
func OutOfMemory(s *server.Server) {
	s.Start()
	limit := syscall.Rlimit{Cur: memoryLimit, Max: memoryLimit}
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &limit); err != nil {
		log.Fatalf("level=error msg=\"cannot limit memory\" error=%q", err)
	}
	// The collector needs memory as well: off, so that it is the export that is refused, every time.
	debug.SetGCPercent(-1)
	log.Printf("level=info msg=\"exporting\" years=10")
	export := &Export{}
	export.gather(10)
	log.Printf("level=info msg=\"exported\" months=%d", len(export.months))
}
