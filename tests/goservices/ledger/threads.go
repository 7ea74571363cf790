package ledger

import (
	"log"
	"runtime/debug"
	"syscall"
	"time"

	"example.com/shop/server"
)

// Printer writes every receipt to a device. The fault: each write blocks a thread while the device is silent.
type Printer struct {
	device int
}

func (p *Printer) write(receipt int) {
	status := make([]byte, 1)
	_, err := syscall.Read(p.device, status) // no deadline: the read holds its thread
	log.Printf("level=info msg=\"printed\" receipt=%d error=%v", receipt, err)
}

// ThreadLimit prints Count receipts on a silent device in a process that may have twelve threads.
func ThreadLimit(s *server.Server) {
	debug.SetMaxThreads(12)
	printReceipts(s, 5*time.Millisecond)
}

// ThreadsRefused does the same without a limit of its own; the operating system has one.
func ThreadsRefused(s *server.Server) {
	printReceipts(s, 0)
}

func printReceipts(s *server.Server, pause time.Duration) {
	s.Start()
	var ends [2]int
	if err := syscall.Pipe(ends[:]); err != nil {
		log.Fatalf("level=error msg=\"no device\" error=%q", err)
	}
	p := &Printer{device: ends[0]}
	log.Printf("level=info msg=\"printing\" receipts=%d", s.Count)
	for receipt := 0; receipt < s.Count; receipt++ {
		go p.write(receipt)
		time.Sleep(pause)
	}
	time.Sleep(time.Second)
}
