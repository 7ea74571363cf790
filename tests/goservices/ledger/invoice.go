package ledger

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"example.com/shop/server"
)

const invoiceBytes = 4 << 10

// Archive keeps one file per invoice. The fault: nothing ever removes one.
type Archive struct {
	directory string
}

func (a *Archive) store(number int) error {
	return os.WriteFile(filepath.Join(a.directory, fmt.Sprintf("%08d.pdf", number)), make([]byte, invoiceBytes), 0o600)
}

// DiskFull writes invoices until the disk of INVOICES refuses, and then some more.
func DiskFull(s *server.Server) {
	archive := &Archive{directory: os.Getenv("INVOICES")}
	s.Start()
	for number := 1; number <= s.Count; number++ {
		if err := archive.store(number); err != nil {
			log.Printf("level=error msg=\"cannot store invoice\" invoice=%d error=%q", number, err)
		}
	}
}

// RemoteDiskFull hears of a full disk, but it is the warehouse's.
func RemoteDiskFull(s *server.Server) {
	s.Start()
	for order := 1; order <= s.Count; order++ {
		log.Printf("level=warn msg=\"warehouse refused the order, queued\" order=%d error=%q", order, "rpc error: code = ResourceExhausted desc = "+
			"write /data/orders.wal: no space left on device")
	}
}

// SchemaTooOld ends the program by itself: the database is not what this revision expects.
func SchemaTooOld(s *server.Server) {
	s.Start()
	log.Fatalf("ledger: database schema has version %d, this program needs %d", 7, 8)
}

// Abandoned ends the program by itself with a structured record and os.Exit.
func Abandoned(s *server.Server) {
	s.Start()
	log.Printf("level=error msg=\"lost the leader lease, giving up\" lease=ledger-writer holder=checkout-7c9f")
	os.Exit(3)
}

// Superseded ends the program by itself with a record of the level fatal.
func Superseded(s *server.Server) {
	s.Start()
	log.Fatalf("level=fatal msg=\"another writer has taken over\" writer=ledger-writer epoch=%d", 42)
}
