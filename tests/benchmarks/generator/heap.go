package main

import (
	"io"
	"runtime"
	"runtime/pprof"
)

const (
	ways     = 15 // calls that may each take one of two ways: 32,768 distinct stacks
	blockLen = 512
)

var kept [][]byte

func init() {
	runtime.MemProfileRate = 1 // every allocation is a sample
}

// left and right differ in nothing but their names: the bits of path choose between them.
//
//go:noinline
func left(path, depth int) {
	walk(path, depth)
}

//go:noinline
func right(path, depth int) {
	walk(path, depth)
}

func walk(path, depth int) {
	switch {
	case depth == 0:
		kept = append(kept, make([]byte, blockLen))
	case path>>(depth-1)&1 == 0:
		left(path, depth-1)
	default:
		right(path, depth-1)
	}
}

// writeHeap allocates along as many different ways as there shall be samples and writes the heap profile.
func writeHeap(out io.Writer, samples int) error {
	kept = make([][]byte, 0, samples)
	for path := 0; path < samples; path++ {
		walk(path, ways)
	}
	runtime.GC()
	return pprof.Lookup("heap").WriteTo(out, 0)
}
