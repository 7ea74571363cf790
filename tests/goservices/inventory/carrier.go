package inventory

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"example.com/shop/server"
)

const patience = 5 * time.Minute

// Carrier asks the parcel service for the date of delivery.
type Carrier struct {
	base string
	http *http.Client
}

// Delivery asks for one parcel; how long it waits is the client's business.
func (c *Carrier) Delivery(session string) (string, error) {
	response, err := c.http.Get(c.base + "/delivery?session=" + session)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	return response.Header.Get("Date"), nil
}

func (c *Carrier) checkout(w http.ResponseWriter, r *http.Request) {
	date, err := c.Delivery(r.URL.Query().Get("session"))
	if err != nil {
		http.Error(w, "no date of delivery", http.StatusBadGateway)
		return
	}
	fmt.Fprintln(w, date)
}

// ClientNoTimeout has Count requests wait for a parcel service that accepts and never answers, with a client that waits for ever.
func ClientNoTimeout(s *server.Server) {
	waitForCarrier(s, &http.Client{Transport: &http.Transport{}})
}

// SlowSupplier has Count requests wait for the same parcel service with a client that gives up after five minutes.
func SlowSupplier(s *server.Server) {
	waitForCarrier(s, &http.Client{Transport: &http.Transport{}, Timeout: patience})
}

func waitForCarrier(s *server.Server, client *http.Client) {
	carrier := &Carrier{base: silentHost(s), http: client}
	s.Handle("/checkout", carrier.checkout)
	s.Start()
	s.Crowd("/checkout?session=1", s.Count)
	s.Settle("select", "net/http.(*persistConn).roundTrip(", s.Count)
}

// silentHost accepts connections, in the kernel only: nobody takes them. It holds no goroutine of this process.
func silentHost(s *server.Server) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatalf("level=error msg=\"cannot start the parcel service\" error=%q", err)
	}
	s.OnStop(func() { listener.Close() })
	return "http://" + listener.Addr().String()
}
