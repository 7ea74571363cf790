package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

type T struct{ a, b int }
type S string
type E struct{}

func (E) Error() string { return "custom error" }

type BadE struct{}

func (BadE) Error() string { panic("inner") }

func deep(n int) int { return deep(n+1) + 1 }
func idx(s []int, i int) int { return s[i] }
func div(a, b int) int { return a / b }

var modes = map[string]func(){
	"string":   func() { panic("plain text") },
	"multi":    func() { panic("first line\nsecond line\n\nfourth") },
	"forged":   func() { panic("x\n\ngoroutine 7 [running]:\nmain.fake()\n\t/fake.go:1 +0x1\n\n") },
	"error":    func() { panic(errors.New("an error")) },
	"custom":   func() { panic(E{}) },
	"struct":   func() { panic(T{1, 2}) },
	"int":      func() { panic(42) },
	"float":    func() { panic(1.5) },
	"named":    func() { panic(S("x")) },
	"nilarg":   func() { panic(nil) },
	"nilptr":   func() { var t *T; fmt.Println(t.b) },
	"index":    func() { idx(nil, 7) },
	"div":      func() { div(1, 0) },
	"nilmap":   func() { var m map[string]int; m["a"] = 1 },
	"closed":   func() { c := make(chan int); close(c); close(c) },
	"send":     func() { c := make(chan int); close(c); c <- 1 },
	"assert":   func() { var i any = "x"; _ = i.(int) },
	"repanic":  func() { defer func() { r := recover(); panic(r) }(); panic("first") },
	"wrap":     func() { defer func() { r := recover(); panic(fmt.Sprint("wrapped: ", r)) }(); panic("first") },
	"deferred": func() { defer func() { panic("second") }(); defer func() { panic("third") }(); panic("first") },
	"three": func() {
		defer func() { r := recover(); panic(fmt.Sprint("outer ", r)) }()
		defer func() { r := recover(); panic(r) }()
		panic("inner")
	},
	"bade":     func() { panic(BadE{}) },
	"unlock":   func() { var m sync.Mutex; m.Unlock() },
	"fatalin":  func() { defer func() { var m sync.Mutex; m.Unlock() }(); panic("before") },
	"wg":       func() { var w sync.WaitGroup; w.Done() },
	"deadlock": func() { select {} },
	"goexit":   func() { runtime.Goexit() },
	"nilfunc":  func() { var f func(); go f(); time.Sleep(time.Second) },
	"overflow": func() { debug.SetMaxStack(1 << 20); deep(0) },
	"abort":    func() { syscall.Kill(os.Getpid(), syscall.SIGABRT); time.Sleep(5 * time.Second) },
	"quit":     func() { go func() { var m sync.Mutex; m.Lock(); m.Lock() }(); time.Sleep(100 * time.Millisecond); syscall.Kill(os.Getpid(), syscall.SIGQUIT); time.Sleep(5 * time.Second) },
	"sys":      func() { syscall.Kill(os.Getpid(), syscall.SIGSYS); time.Sleep(5 * time.Second) },
	"fault":    func() { p := (*int)(unsafe.Pointer(uintptr(0xdeadbeef000))); fmt.Println(*p) },
	"bus": func() {
		f, _ := os.CreateTemp("", "b")
		f.Truncate(8192)
		b, _ := syscall.Mmap(int(f.Fd()), 0, 8192, syscall.PROT_READ, syscall.MAP_SHARED)
		f.Truncate(0)
		fmt.Println(b[5000])
	},
	"threads": func() {
		debug.SetMaxThreads(12)
		for i := 0; i < 30; i++ {
			go func() { runtime.LockOSThread(); select {} }()
		}
		time.Sleep(time.Second)
	},
	"logpanic": func() { log.Panicf("bad thing %d", 7) },
	"logfatal": func() { log.Fatalf("bad thing %d", 7) },
	"goroutine": func() { go func() { panic("in goroutine") }(); time.Sleep(time.Second) },
	"labels": func() {
		pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("endpoint", "/v1/pay", "weird", "a]b\"c\n: x, y \u00e9")))
		panic("labelled")
	},
	"printstack": func() { debug.PrintStack() },
	"recovered": func() {
		defer func() { if r := recover(); r != nil { log.Printf("panic recovered: %v\n%s", r, debug.Stack()) } }()
		idx(nil, 3)
	},
	"makeslice": func() { n := -1; _ = make([]int, n) },
	"unhash": func() { m := map[any]int{}; m[[]int{1}] = 2 },
	"oom": func() { var r syscall.Rlimit; r.Cur, r.Max = 1<<30, 1<<30; syscall.Setrlimit(syscall.RLIMIT_AS, &r); _ = make([]byte, 16<<30) },
}

func main() { modes[os.Args[1]]() }
