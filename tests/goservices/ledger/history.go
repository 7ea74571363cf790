package ledger

import (
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"sync/atomic"

	"example.com/shop/server"
)

const (
	recordBytes   = 96    // one small object each: work for the collector
	recordsPerOne = 2_000 // records per unit of Count
	headroomBytes = 6 << 20
)

type record struct {
	next *record
	text [recordBytes - 8]byte
}

// History keeps old payments in memory.
type History struct {
	first *record
	held  atomic.Pointer[record]
}

func (a *History) fill(records int) {
	for i := 0; i < records; i++ {
		a.first = &record{next: a.first}
	}
}

// export copies records one by one. Nothing is kept: all of it is work for the collector.
func (a *History) export() {
	for {
		a.held.Store(&record{})
	}
}

// GCThrash holds an history that nearly fills the memory limit, and allocates beside it without pause.
func GCThrash(s *server.Server) {
	history := &History{}
	s.Handle("/pay", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, history.first != nil) })
	s.Start()
	history.fill(s.Count * recordsPerOne)
	limit(headroomBytes)
	go history.export()
}

// HistoryHeld holds the same history, without a limit and at rest.
func HistoryHeld(s *server.Server) {
	history := &History{}
	s.Handle("/pay", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, history.first != nil) })
	s.Start()
	history.fill(s.Count * recordsPerOne)
	runtime.GC()
	s.OnStop(func() { history.first = nil })
}

// limit sets GOMEMLIMIT so much above what the process holds now.
func limit(headroom uint64) {
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	debug.SetMemoryLimit(int64(m.Sys - m.HeapReleased + headroom))
}
