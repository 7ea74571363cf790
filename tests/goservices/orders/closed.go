package orders

import (
	"errors"
	"log"
	"net"
	"net/http"
	"os"

	"example.com/shop/server"
)

// ClosedThings logs what Go says of things used after they were closed, none of which is a channel: the healthy twin of
// CrashSendClosed, as a log shows it after a shutdown.
func ClosedThings(s *server.Server) {
	s.Start()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatalf("level=error msg=\"cannot listen\" error=%q", err)
	}
	listener.Close()
	_, err = listener.Accept()
	log.Printf("level=error msg=\"accept failed\" error=%q", errors.Unwrap(err))
	file, err := os.Open(os.DevNull)
	if err == nil {
		file.Close()
		_, err = file.Read(make([]byte, 1))
	}
	log.Printf("level=error msg=\"read failed\" error=%q", err)
	shop := &http.Server{}
	shop.Close()
	log.Printf("level=info msg=\"server stopped\" error=%q", shop.ListenAndServe())
}
