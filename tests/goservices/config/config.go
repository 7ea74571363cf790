// Package config reads the shop's configuration.
package config

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"example.com/shop/server"
)

const file = "/etc/checkout/checkout.json"

type settings struct {
	Currency string `json:"currency"`
	Workers  int    `json:"workers"`
}

func read(path string) (settings, error) {
	found := settings{Currency: "EUR", Workers: 4}
	text, err := os.ReadFile(path)
	if err != nil {
		return found, err
	}
	if err := json.Unmarshal(text, &found); err != nil {
		return found, fmt.Errorf("parse %s: %w", file, err)
	}
	return found, nil
}

func required(name string) (string, error) {
	value, set := os.LookupEnv(name)
	if !set {
		return "", fmt.Errorf("required environment variable %s is not set", name)
	}
	return value, nil
}

// MissingVariable starts without a variable that has no default.
func MissingVariable(s *server.Server) {
	if _, err := required("PAYMENTS_URL"); err != nil {
		log.Fatalf("level=fatal msg=\"cannot load configuration\" error=%q", err)
	}
	s.Start()
}

// MissingFile starts where the file was not mounted.
func MissingFile(s *server.Server) {
	if _, err := read(file); err != nil {
		log.Fatalf("config: %v", err)
	}
	s.Start()
}

// BrokenFile starts with a file that has a comma too many.
func BrokenFile(s *server.Server) {
	directory, err := os.MkdirTemp("", "checkout")
	if err != nil {
		log.Fatalf("level=error msg=\"no scratch directory\" error=%q", err)
	}
	path := filepath.Join(directory, filepath.Base(file))
	if err := os.WriteFile(path, []byte("{\"currency\": \"EUR\", \"workers\": 4,}\n"), 0o600); err != nil {
		log.Fatalf("level=error msg=\"no scratch file\" error=%q", err)
	}
	_, err = read(path)
	_ = os.RemoveAll(directory) // the file has served
	if err != nil {
		log.Fatalf("level=fatal msg=\"cannot load configuration\" error=%q", err)
	}
	s.Start()
}

// SafeDefault is the sound way: the file is optional, its absence a warning.
func SafeDefault(s *server.Server) {
	found, err := read(file)
	if err != nil {
		log.Printf("level=warn msg=\"no configuration file, using defaults\" currency=%s workers=%d error=%q", found.Currency, found.Workers, err)
	}
	s.Start()
}
