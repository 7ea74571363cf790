package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log"
	"net/http"

	"example.com/shop/server"
)

// What the drivers lib/pq and go-sql-driver/mysql say when the server takes no more connections.
var refusals = []error{
	errors.New("pq: sorry, too many clients already"),
	errors.New("Error 1040 (08004): Too many connections"),
}

type refusing struct{ reports }

func (refusing) Connect(context.Context) (driver.Conn, error) { return nil, refusals[0] }

// DatabaseRefuses has Count queries fail because the server is full, with the words of two drivers.
func DatabaseRefuses(s *server.Server) {
	db := sql.OpenDB(refusing{})
	s.Handle("/pay", func(w http.ResponseWriter, r *http.Request) {
		if err := db.PingContext(r.Context()); err != nil {
			log.Printf("level=error msg=\"payment not stored\" error=%q", err)
			http.Error(w, "payment refused", http.StatusInternalServerError)
		}
	})
	s.Start()
	s.Repeat(func(int) { _ = s.Get("/pay?session=1") })
	log.Printf("level=error msg=\"archive not stored\" error=%q", refusals[1])
}

// QuotesOthers logs what others say of their own troubles: a supplier's status page, a partner's answer, a setting.
func QuotesOthers(s *server.Server) {
	s.Handle("/search", func(w http.ResponseWriter, _ *http.Request) {
		log.Printf("level=warn msg=\"supplier degraded\" status_page=\"we have too many open files on one shelf server\"")
		log.Printf("level=info msg=\"partner answered\" status=503 body=\"{\\\"hint\\\": \\\"your account has too many connections\\\"}\"")
		fmt.Fprintln(w, "found")
	})
	s.Start()
	log.Printf("level=info msg=\"limits checked\" max_open_files=1048576 max_connections=100")
	s.Repeat(func(int) { _ = s.Get("/search?sku=A-1") })
}
