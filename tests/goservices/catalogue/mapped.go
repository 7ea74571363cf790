package catalogue

import (
	"log"
	"os"
	"syscall"

	"example.com/shop/server"
)

const mappedBytes = 64 << 10

// Mapped is a search index mapped into memory. The faults: its file is replaced by a shorter one beneath the mapping, and a
// mapping for reading is written to.
type Mapped struct {
	file *os.File
	data []byte
}

func openMapped() *Mapped {
	file, err := os.CreateTemp("", "index")
	if err == nil {
		err = os.Remove(file.Name())
	}
	if err == nil {
		err = file.Truncate(mappedBytes)
	}
	if err != nil {
		log.Fatalf("level=error msg=\"cannot write the index\" error=%q", err)
	}
	data, err := syscall.Mmap(int(file.Fd()), 0, mappedBytes, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		log.Fatalf("level=error msg=\"cannot map the index\" error=%q", err)
	}
	log.Printf("level=info msg=\"index mapped\" bytes=%d", len(data))
	return &Mapped{file: file, data: data}
}

func (m *Mapped) lookup(offset int) byte {
	return m.data[offset]
}

func (m *Mapped) store(offset int, value byte) {
	m.data[offset] = value
}

// BusError reads the mapping after a deployment has truncated its file.
func BusError(s *server.Server) {
	s.Start()
	m := openMapped()
	s.Background(func() {
		log.Printf("level=info msg=\"index refreshed\" error=%v", m.file.Truncate(0))
		log.Printf("level=info msg=\"looked up\" value=%d", m.lookup(40_960))
	})
}

// FaultReadOnly writes to a mapping that is for reading only.
func FaultReadOnly(s *server.Server) {
	s.Start()
	m := openMapped()
	s.Background(func() { m.store(8192, 1) })
}
