// Package payments charges cards with a provider elsewhere.
package payments

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"example.com/shop/server"
)

const patience = 150 * time.Millisecond

// Client charges cards at URL.
type Client struct {
	url  string
	http *http.Client
}

// newClient makes a client whose connections to the provider's name go to address, as DNS would send them.
func newClient(scheme, address string, trusted *x509.CertPool) *Client {
	_, port, err := net.SplitHostPort(address)
	check(err)
	dialer := &net.Dialer{Timeout: patience}
	return &Client{
		url: scheme + "://" + net.JoinHostPort(host, port) + "/charge",
		http: &http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, address)
			},
			TLSClientConfig:   &tls.Config{RootCAs: trusted},
			DisableKeepAlives: true,
		}},
	}
}

func (c *Client) charge() error {
	response, err := c.http.Post(c.url, "application/json", strings.NewReader("{}"))
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// serve opens the shop and lets customers pay, Count times.
func (c *Client) serve(s *server.Server) {
	s.Handle("/pay", func(w http.ResponseWriter, _ *http.Request) {
		if err := c.charge(); err != nil {
			log.Printf("level=error msg=\"payment failed\" error=%q", err)
			http.Error(w, "payment failed", http.StatusServiceUnavailable)
		}
	})
	s.Start()
	for i := 0; i < s.Count; i++ {
		_ = s.Get("/pay") // the log says what became of it
	}
}

func trust(shown tls.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(shown.Leaf)
	return pool
}

// CertificateExpired charges at a provider that forgot to renew.
func CertificateExpired(s *server.Server) {
	shown := certificate(host, time.Now().AddDate(0, -3, 0), time.Now().Add(-90*time.Minute))
	newClient("https", secure(shown), trust(shown)).serve(s)
}

// CertificateTooNew charges at a provider whose certificate is not valid yet, or with a clock that is slow.
func CertificateTooNew(s *server.Server) {
	shown := certificate(host, time.Now().Add(90*time.Minute), time.Now().AddDate(0, 3, 0))
	newClient("https", secure(shown), trust(shown)).serve(s)
}

// CertificateUnknown charges at a provider whose issuer nobody here trusts.
func CertificateUnknown(s *server.Server) {
	shown := certificate(host, time.Now(), time.Now().AddDate(0, 3, 0))
	newClient("https", secure(shown), x509.NewCertPool()).serve(s)
}

// CertificateWrongName charges at a provider that shows a certificate of somebody else.
func CertificateWrongName(s *server.Server) {
	shown := certificate("www.example.org", time.Now(), time.Now().AddDate(0, 3, 0))
	newClient("https", secure(shown), trust(shown)).serve(s)
}

// CertificateRefused is the other side: the shop serves TLS, and its callers do not trust what it shows.
func CertificateRefused(s *server.Server) {
	s.Start()
	shown := certificate("checkout.internal", time.Now(), time.Now().AddDate(0, 3, 0))
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{shown}})
	check(err)
	secured := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	go func() { _ = secured.Serve(listener) }()
	caller := newClient("https", listener.Addr().String(), x509.NewCertPool())
	for i := 0; i < s.Count; i++ {
		_ = caller.charge() // refuses the certificate; the shop's log says so
	}
	time.Sleep(patience) // the server logs after the caller has gone
}

// PeerGone charges at a provider that is down.
func PeerGone(s *server.Server) {
	newClient("http", gone(), nil).serve(s)
}

// PeerUnreachable charges at a provider from which nothing comes back.
func PeerUnreachable(s *server.Server) {
	address, release := full()
	defer release()
	newClient("http", address, nil).serve(s)
}

// PeerResets charges at a provider that hangs up on every request.
func PeerResets(s *server.Server) {
	newClient("http", rude(), nil).serve(s)
}

// CustomersLeave has customers who hang up before the answer: noise of every day, whatever its number.
func CustomersLeave(s *server.Server) {
	s.Handle("/cart", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(20 * time.Millisecond)
		page := make([]byte, 4<<20)
		if _, err := w.Write(page); err != nil {
			log.Printf("level=warn msg=\"customer left\" error=%q", err)
		}
	})
	s.Start()
	for i := 0; i < s.Count; i++ {
		conn, err := s.Dial()
		check(err)
		_, err = conn.Write([]byte("GET /cart HTTP/1.1\r\nHost: shop\r\n\r\n"))
		check(err)
		_ = conn.Close()
	}
	time.Sleep(patience)
}
