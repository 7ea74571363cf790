// Package imaging scales pictures with C code; each exported function is one way in which that ends the process.
package imaging

/*
#include <stdlib.h>
#include "scale.h"
*/
import "C"

import (
	"log"
	"os"
	"runtime/debug"
	"time"
	"unsafe"
)

const side = 64

type album struct {
	cover *int
}

func load(size int) *C.picture {
	p := (*C.picture)(C.calloc(1, C.sizeof_picture))
	p.width, p.height = C.int(size), C.int(size)
	p.pixels = (*C.uchar)(C.calloc(C.size_t(size), C.size_t(size)))
	log.Printf("level=info msg=\"picture loaded\" side=%d", size)
	return p
}

func measure(p *C.picture) int { return int(C.brightness(p)) }

func shrink(p *C.picture, percent int) { C.scale(p, C.int(percent)) }

func release(p *C.picture) { C.release_twice(p) }

func average(p *C.picture) int { return int(C.average(p)) }

func sharpen(p *C.picture) { C.sharpen(p) }

func scan(descriptor int) { C.wait_for_scanner(C.int(descriptor)) }

func keep(a *album) bool { return C.keep(unsafe.Pointer(a)) != 0 }

// Healthy scales pictures in good order.
func Healthy(count int) {
	for i := 0; i < count; i++ {
		p := load(side)
		shrink(p, 50)
		C.free(unsafe.Pointer(p.pixels))
		C.free(unsafe.Pointer(p))
	}
}

// Segfault measures a picture whose pixels are missing.
func Segfault(int) {
	p := load(side)
	p.pixels = nil
	log.Printf("level=info msg=\"measured\" brightness=%d", measure(p))
}

// Abort scales to a size that the C code asserts against.
func Abort(int) { shrink(load(side), 0) }

// FreeTwice gives the same memory back twice; the C library notices.
func FreeTwice(int) { release(load(side)) }

// Divide takes the average of an empty picture.
func Divide(int) { log.Printf("level=info msg=\"averaged\" brightness=%d", average(load(0))) }

// Illegal runs an instruction that no CPU has.
func Illegal(int) { sharpen(load(side)) }

// Threads waits in C for a scanner that says nothing, once per picture, in a process that may have twelve threads.
func Threads(count int) {
	debug.SetMaxThreads(12)
	silent, _, err := os.Pipe()
	if err != nil {
		log.Fatalf("level=error msg=\"no scanner\" error=%q", err)
	}
	descriptor := int(silent.Fd())
	for i := 0; i < count; i++ {
		go scan(descriptor)
		time.Sleep(5 * time.Millisecond)
	}
	time.Sleep(time.Second)
}

// GoPointer hands C a Go record that points to another one.
func GoPointer(int) {
	cover := 7
	log.Printf("level=info msg=\"album kept\" kept=%v", keep(&album{cover: &cover}))
}
