// Package supplier stands in for the suppliers' service: a second listener of the same process.
package supplier

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"time"
)

// Start opens the supplier on a port of its own and returns its base URL.
func Start() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatalf("level=error msg=\"cannot start the supplier\" error=%q", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/price", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "12.50 EUR")
	})
	mux.HandleFunc("/stock", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, strings.Repeat("shelf=7 pieces=3\n", 100))
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		log.Fatalf("level=error msg=\"supplier stopped\" error=%q", server.Serve(listener))
	}()
	url := "http://" + listener.Addr().String()
	log.Printf("level=info msg=\"supplier connected\" url=%s", url)
	return url
}
