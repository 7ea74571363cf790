package payments

import (
	"context"
	"encoding/binary"
	"net"
	"net/http"
	"time"

	"example.com/shop/server"
)

const (
	nameUnknown   = 3 // RCODE of DNS (RFC 1035): the name does not exist
	serverFailure = 2 // RCODE of DNS: the resolver itself could not find out
	silence       = -1
	headerBytes   = 12
)

// resolve starts a name server that answers every question with one code, and returns a resolver that asks it.
func resolve(code int) *net.Resolver {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	check(err)
	go answer(conn, code)
	return &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
		},
	}
}

func answer(conn net.PacketConn, code int) {
	packet := make([]byte, 512)
	for {
		n, from, err := conn.ReadFrom(packet)
		if err != nil {
			return
		}
		if n < headerBytes || code == silence {
			continue
		}
		reply := question(packet[:n])
		flags := binary.BigEndian.Uint16(reply[2:]) | 0x8080 | uint16(code)
		binary.BigEndian.PutUint16(reply[2:], flags)
		_, _ = conn.WriteTo(reply, from) // the resolver asks again
	}
}

// question cuts a query after its question and says that no records follow.
func question(query []byte) []byte {
	end := headerBytes
	for end < len(query) && query[end] != 0 {
		end += int(query[end]) + 1
	}
	reply := append([]byte(nil), query[:min(end+5, len(query))]...)
	for i := 6; i < headerBytes; i++ {
		reply[i] = 0
	}
	return reply
}

func lookups(s *server.Server, code int) {
	dialer := &net.Dialer{Timeout: patience, Resolver: resolve(code)}
	client := &Client{
		url:  "http://payments.invalid:8080/charge",
		http: &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}, Timeout: 10 * time.Second},
	}
	client.serve(s)
}

// NameUnknown charges at a provider whose name does not exist.
func NameUnknown(s *server.Server) { lookups(s, nameUnknown) }

// ResolverFails charges while the cluster's DNS answers with errors.
func ResolverFails(s *server.Server) { lookups(s, serverFailure) }

// ResolverSilent charges while the cluster's DNS does not answer at all.
func ResolverSilent(s *server.Server) { lookups(s, silence) }
