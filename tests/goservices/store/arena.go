package store

import (
	"log"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"example.com/shop/server"
)

const slabBytes = 1 << 20

// Arena keeps records outside Go's types to save memory. The faults: it hides pointers from the garbage collector as
// numbers, takes rights from pages of the heap, and reads records across their ends.
type Arena struct {
	addresses []uintptr
	records   []unsafe.Pointer
}

func (a *Arena) remember() {
	slab := make([]byte, slabBytes)
	a.addresses = append(a.addresses, uintptr(unsafe.Pointer(&slab[0])))
}

func (a *Arena) restore() {
	for _, address := range a.addresses {
		a.records = append(a.records, *(*unsafe.Pointer)(unsafe.Pointer(&address)))
	}
}

func (a *Arena) wide(record *[2]int32) *[4]int64 {
	return (*[4]int64)(unsafe.Pointer(record))
}

// BadPointer restores pointers to slabs that the collector has freed meanwhile, and lets it collect once more.
func BadPointer(s *server.Server) {
	s.Start()
	a := &Arena{}
	s.Background(func() {
		for i := 0; i < 64; i++ {
			a.remember()
		}
		runtime.GC()
		log.Printf("level=info msg=\"restoring records\" count=%d", len(a.addresses))
		a.restore()
		runtime.GC()
		runtime.KeepAlive(a)
	})
}

// CollectorFault takes the right to read a page of the heap away, and lets the collector come by.
func CollectorFault(s *server.Server) {
	s.Start()
	page := os.Getpagesize()
	slab := make([]*int, slabBytes)
	for i := range slab {
		slab[i] = new(int)
	}
	start := (uintptr(unsafe.Pointer(&slab[0])) + uintptr(page) - 1) &^ uintptr(page-1)
	log.Printf("level=info msg=\"sealing records\" bytes=%d", page)
	if _, _, errno := syscall.Syscall(syscall.SYS_MPROTECT, start, uintptr(page), syscall.PROT_NONE); errno != 0 {
		log.Fatalf("level=error msg=\"cannot seal\" error=%q", errno)
	}
	runtime.GC()
	runtime.KeepAlive(slab)
}

// CheckPointer reads a small record as a wide one. Built with -d=checkptr, the program notices.
func CheckPointer(s *server.Server) {
	s.Start()
	a := &Arena{}
	s.Background(func() {
		record := new([2]int32)
		a.records = append(a.records, unsafe.Pointer(record))
		log.Printf("level=info msg=\"record\" first=%d", a.wide(record)[0])
	})
}
