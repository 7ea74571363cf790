package main

import (
	"example.com/shop/config"
	"example.com/shop/ledger"
	"example.com/shop/payments"
	"example.com/shop/server"
	"example.com/shop/tax"
)

// logged are failures, and their harmless twins, that show in the log alone: many end the program with a status of their
// own, before or without a server. The recipes record them.
var logged = map[string]func(*server.Server){
	"config-broken-file":      config.BrokenFile,
	"config-missing-file":     config.MissingFile,
	"config-missing-variable": config.MissingVariable,
	"config-safe-default":     config.SafeDefault,
	"customers-leave":         payments.CustomersLeave,
	"disk-full":               ledger.DiskFull,
	"disk-full-elsewhere":     ledger.RemoteDiskFull,
	"dns-name-unknown":        payments.NameUnknown,
	"dns-resolver-fails":      payments.ResolverFails,
	"dns-resolver-silent":     payments.ResolverSilent,
	"exit-abandoned":          ledger.Abandoned,
	"exit-fatal-record":       ledger.Superseded,
	"exit-schema":             ledger.SchemaTooOld,
	"init-panic":              func(s *server.Server) { tax.Use("EU"); s.Start() },
	"peer-gone":               payments.PeerGone,
	"peer-resets":             payments.PeerResets,
	"peer-unreachable":        payments.PeerUnreachable,
	"port-freed-in-time":      server.PortFreedInTime,
	"port-in-use":             server.PortInUse,
	"port-in-use-second":      server.SecondPortInUse,
	"tls-expired":             payments.CertificateExpired,
	"tls-not-yet-valid":       payments.CertificateTooNew,
	"tls-refused-by-callers":  payments.CertificateRefused,
	"tls-unknown-authority":   payments.CertificateUnknown,
	"tls-wrong-name":          payments.CertificateWrongName,
}
