package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"

	"example.com/shop/server"
)

const reportConnections = 10

// reports is a database whose every query has rows. The driver asks the server over a real connection.
type reports struct {
	silent string // address of a server that never answers; empty: answers at once
}

func (r reports) Connect(context.Context) (driver.Conn, error) { return reportConn{reports: r}, nil }
func (r reports) Driver() driver.Driver                        { return forgetful{} }

type reportConn struct {
	conn
	reports
}

func (c reportConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	if c.silent != "" {
		return nil, await(c.silent)
	}
	return &rows{left: 100}, nil
}

func await(address string) error {
	server, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer server.Close()
	_, err = server.Read(make([]byte, 1))
	return err
}

type rows struct{ left int }

func (*rows) Columns() []string { return []string{"sku"} }
func (*rows) Close() error      { return nil }

func (r *rows) Next(into []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	into[0] = "A-1"
	return nil
}

// Reports reads what was sold.
type Reports struct{ db *sql.DB }

// First returns the first article sold. The fault: it returns without closing the rows, which keep their connection.
func (r *Reports) First(ctx context.Context) (sku string, err error) {
	rows, err := r.db.QueryContext(ctx, "SELECT sku FROM sold ORDER BY at")
	if err != nil {
		return "", err
	}
	if rows.Next() {
		err = rows.Scan(&sku)
	}
	return sku, err
}

func (r *Reports) cart(w http.ResponseWriter, _ *http.Request) {
	sku, err := r.First(context.Background())
	if err != nil {
		http.Error(w, "no report", http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, sku)
}

// RowsLeak has ten requests keep all connections of a pool, and Count more wait for one.
func RowsLeak(s *server.Server) {
	fill(s, reports{})
	for i := 0; i < reportConnections; i++ {
		_ = s.Get("/cart")
	}
	s.Crowd("/cart", s.Count)
	s.Settle("select", "database/sql.(*DB).conn(", s.Count)
}

// SlowQueries has ten requests wait for a database that does not answer, and Count more wait for a connection.
func SlowQueries(s *server.Server) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatalf("level=error msg=\"cannot start the database\" error=%q", err)
	}
	s.OnStop(func() { listener.Close() })
	fill(s, reports{silent: listener.Addr().String()})
	s.Crowd("/cart", reportConnections)
	s.Settle("IO wait", "store.await(", reportConnections)
	s.Crowd("/cart", s.Count)
	s.Settle("select", "database/sql.(*DB).conn(", s.Count)
}

func fill(s *server.Server, connector driver.Connector) {
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(reportConnections)
	s.ReportDB("reports", db)
	s.Handle("/cart", (&Reports{db: db}).cart)
	s.Start()
}
