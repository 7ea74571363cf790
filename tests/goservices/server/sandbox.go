package server

import (
	"log"
	"runtime"
	"syscall"
	"unsafe"
)

// Numbers of linux/seccomp.h, linux/filter.h and linux/prctl.h; package syscall does not have them.
const (
	prSetNoNewPrivileges = 38
	prSetSeccomp         = 22
	seccompModeFilter    = 2
	seccompTrap          = 0x00030000 // SIGSYS
	seccompRefuse        = 0x00050000 // an error, its number in the low bits
	seccompAllow         = 0x7fff0000
	loadWord             = 0x20 // BPF_LD | BPF_W | BPF_ABS: of struct seccomp_data, word 0 is the system call's number
	jumpIfEqual          = 0x15 // BPF_JMP | BPF_JEQ | BPF_K
	giveBack             = 0x06 // BPF_RET | BPF_K
)

// ForbiddenCall makes a directory under a profile that does not know mkdir and traps.
func ForbiddenCall(s *Server) {
	s.makeSpoolUnder(seccompTrap)
}

// RefusedCall does the same under a profile that answers with an error: the healthy twin.
func RefusedCall(s *Server) {
	s.makeSpoolUnder(seccompRefuse | uint32(syscall.EPERM))
}

func (s *Server) makeSpoolUnder(answer uint32) {
	s.Start()
	runtime.LockOSThread() // a filter holds for one thread
	filter := [...]syscall.SockFilter{
		{Code: loadWord},
		{Code: jumpIfEqual, Jt: 1, K: syscall.SYS_MKDIRAT},
		{Code: giveBack, K: seccompAllow},
		{Code: giveBack, K: answer},
	}
	program := syscall.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivileges, 1, 0, 0, 0, 0)
	if errno == 0 {
		_, _, errno = syscall.RawSyscall6(syscall.SYS_PRCTL, prSetSeccomp, seccompModeFilter, uintptr(unsafe.Pointer(&program)), 0, 0, 0)
	}
	if errno != 0 {
		log.Fatalf("level=error msg=\"no seccomp here\" error=%q", errno)
	}
	log.Printf("level=info msg=\"creating spool directory\"")
	log.Printf("level=error msg=\"cannot create\" error=%v", makeSpool("spool"))
}

func makeSpool(name string) error {
	return syscall.Mkdirat(-1, name, 0o700)
}
