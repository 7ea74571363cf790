package inventory

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"net/http"

	"example.com/shop/server"
)

// HealthyWatch reads Count endless answers of a supplier, as a sound shop that follows a feed of changes does.
func HealthyWatch(s *server.Server) {
	base := endlessHost(s)
	client := &http.Client{Transport: &http.Transport{}}
	s.Handle("/checkout", func(w http.ResponseWriter, _ *http.Request) {
		go follow(client, base+"/changes")
		fmt.Fprintln(w, "thank you")
	})
	s.Start()
	s.Repeat(func(int) { _ = s.Get("/checkout?session=1") })
	s.Settle("IO wait", "inventory.follow(", s.Count)
}

func follow(client *http.Client, url string) {
	response, err := client.Get(url)
	if err != nil {
		log.Printf("level=warn msg=\"no feed\" error=%q", err)
		return
	}
	defer response.Body.Close()
	for changes := bufio.NewScanner(response.Body); changes.Scan(); {
		log.Printf("level=debug msg=\"shelf changed\" shelf=%s", changes.Text())
	}
}

// endlessHost begins every answer and never ends one.
func endlessHost(s *server.Server) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatalf("level=error msg=\"cannot start the feed\" error=%q", err)
	}
	var open []net.Conn
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if _, err := conn.Read(make([]byte, 1024)); err != nil { // an answer before the request would be refused
				continue
			}
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
			open = append(open, conn)
		}
	}()
	s.OnStop(func() { listener.Close() })
	return "http://" + listener.Addr().String()
}
