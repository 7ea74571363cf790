package checkout

import (
	"errors"
	"fmt"
	"log"
	"net/http"

	"example.com/shop/server"
)

var errNoPaper = errors.New("no wrapping paper for gifts")

// Gifts wraps orders as gifts. The fault: it panics instead of saying no.
type Gifts struct {
	paper int
}

func (g *Gifts) wrap() {
	if g.paper == 0 {
		panic(errNoPaper)
	}
	g.paper--
}

func (g *Gifts) serve(w http.ResponseWriter, _ *http.Request) {
	g.wrap()
	fmt.Fprintln(w, "wrapped")
}

// HandlerExplicit has customers order gifts: every request panics, the process lives on.
func HandlerExplicit(s *server.Server) {
	s.Handle("/gifts", new(Gifts).serve)
	s.Start()
	for i := 0; i < attempts; i++ {
		_ = s.Get("/gifts") // the connection breaks: that is the failure
	}
}

// HandlerAborts breaks connections on purpose, as package net/http provides for, and answers once too often: the healthy twin.
func HandlerAborts(s *server.Server) {
	s.Handle("/gifts", func(w http.ResponseWriter, _ *http.Request) {
		log.Printf("level=warn msg=\"gift refused\" error=%q", errNoPaper)
		panic(http.ErrAbortHandler)
	})
	s.Handle("/wrapping", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, errNoPaper.Error(), http.StatusInternalServerError)
		w.WriteHeader(http.StatusOK)
	})
	s.Start()
	for i := 0; i < attempts; i++ {
		_ = s.Get("/gifts")
		_ = s.Get("/wrapping")
	}
}
