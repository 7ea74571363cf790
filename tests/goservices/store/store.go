// Package store is the shop's database: the real database/sql pool over a driver that forgets everything.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"log"
)

// Open connects the pool.
func Open() *sql.DB {
	db := sql.OpenDB(connector{})
	db.SetMaxOpenConns(10)
	if err := db.Ping(); err != nil {
		log.Fatalf("level=error msg=\"database does not answer\" error=%q", err)
	}
	log.Printf("level=info msg=\"database connected\" name=orders max_open=10")
	return db
}

type connector struct{}

func (connector) Connect(context.Context) (driver.Conn, error) { return conn{}, nil }
func (connector) Driver() driver.Driver                        { return forgetful{} }

type forgetful struct{}

func (forgetful) Open(string) (driver.Conn, error) { return conn{}, nil }

type conn struct{}

var errUnsupported = errors.New("store: only single statements are supported")

func (conn) Prepare(string) (driver.Stmt, error) { return nil, errUnsupported }
func (conn) Begin() (driver.Tx, error)           { return nil, errUnsupported }
func (conn) Close() error                        { return nil }

func (conn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), nil
}
