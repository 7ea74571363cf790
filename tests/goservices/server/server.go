// Package server is the shop's web server: business endpoints, /metrics and /debug/pprof/ on one port.
package server

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// Options are what the command line says about the server and the failure to be built up.
type Options struct {
	Addr     string
	Count    int           // size of the failure
	Ramp     time.Duration // time over which it builds up
	Lifetime time.Duration // the process ends by itself after this
}

// Server is one shop process.
type Server struct {
	Options
	open     func(*Server)
	routes   map[string]http.HandlerFunc
	requests map[string]*atomic.Int64
	dbs      map[string]*sql.DB
	inFlight atomic.Int64
	http     *http.Server
	crowd    []net.Conn
	atStop   []func()
}

// New prepares a server. open sets up the sound shop when the server starts.
func New(options Options, open func(*Server)) *Server {
	return &Server{
		Options:  options,
		open:     open,
		routes:   map[string]http.HandlerFunc{},
		requests: map[string]*atomic.Int64{},
		dbs:      map[string]*sql.DB{},
	}
}

// Handle serves a path. The first registration wins, so a failure that registers before Start replaces the sound handler.
func (s *Server) Handle(path string, handler http.HandlerFunc) {
	if _, taken := s.routes[path]; !taken {
		s.routes[path] = handler
		s.requests[path] = new(atomic.Int64)
	}
}

// ReportDB shows a connection pool on the metrics page.
func (s *Server) ReportDB(name string, db *sql.DB) {
	s.dbs[name] = db
}

// Start opens the shop and its port; it returns when the port answers.
func (s *Server) Start() {
	s.open(s)
	mux := http.NewServeMux()
	for path, handler := range s.routes {
		mux.HandleFunc(path, s.counted(path, handler))
	}
	mux.HandleFunc("/metrics", s.metrics)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)

	listener, err := net.Listen("tcp", s.Addr)
	if err != nil {
		log.Fatalf("level=error msg=\"cannot listen\" error=%q", err)
	}
	s.Addr = listener.Addr().String()
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go s.serve(listener)
	log.Printf("level=info msg=\"listening\" addr=%s", s.Addr)
	fmt.Printf("listening on %s\n", s.Addr)
}

func (s *Server) serve(listener net.Listener) {
	if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Fatalf("level=error msg=\"server stopped\" error=%q", err)
	}
}

// counted is the middleware of every business endpoint.
func (s *Server) counted(path string, next http.HandlerFunc) http.HandlerFunc {
	total := s.requests[path]
	return func(w http.ResponseWriter, r *http.Request) {
		total.Add(1)
		s.inFlight.Add(1)
		defer s.inFlight.Add(-1)
		next(w, r)
	}
}

// OnStop has something done when the server stops: the end of what a failure keeps open until then.
func (s *Server) OnStop(work func()) {
	s.atStop = append(s.atStop, work)
}

// Wait serves until a signal or the end of the lifetime, then shuts down in good order.
func (s *Server) Wait() {
	bounded, cancel := context.WithTimeout(context.Background(), s.Lifetime)
	defer cancel()
	stop, forget := signal.NotifyContext(bounded, syscall.SIGINT, syscall.SIGTERM)
	defer forget()
	<-stop.Done()
	log.Printf("level=info msg=\"shutting down\"")
	for _, work := range s.atStop {
		work()
	}
	grace, give := context.WithTimeout(context.Background(), time.Second)
	defer give()
	if err := s.http.Shutdown(grace); err != nil {
		log.Printf("level=warn msg=\"requests were still running\" error=%q", err)
	}
	log.Printf("level=info msg=\"bye\"")
}
