package server

import (
	"fmt"
	"log"
	"net"
	"time"
)

const freeAfter = 300 * time.Millisecond // how long an old process keeps the port in these two failures

// PortInUse starts while somebody else has the port.
func PortInUse(s *Server) {
	other := s.occupy()
	s.Start()
	_ = other.Close() // never reached: Start ends the program
}

// PortFreedInTime is the sound handover: the old process leaves a moment later, the new one tries again.
func PortFreedInTime(s *Server) {
	other := s.occupy()
	time.AfterFunc(freeAfter, func() { _ = other.Close() })
	for {
		probe, err := net.Listen("tcp", s.Addr)
		if err == nil {
			_ = probe.Close()
			break
		}
		log.Printf("level=warn msg=\"port still taken, trying again\" error=%q", err)
		time.Sleep(freeAfter / 2)
	}
	s.Start()
}

// SecondPortInUse loses only its metrics port: the shop goes on without.
func SecondPortInUse(s *Server) {
	s.Start()
	if _, err := net.Listen("tcp", s.Addr); err != nil {
		log.Printf("level=error msg=\"no metrics: cannot listen\" error=%q", err)
	}
}

func (s *Server) occupy() net.Listener {
	other, err := net.Listen("tcp", s.Addr)
	if err != nil {
		log.Fatalf("level=error msg=\"the port is taken by a stranger\" error=%q", err)
	}
	s.Addr = other.Addr().String()
	fmt.Printf("taken %s\n", s.Addr)
	return other
}
