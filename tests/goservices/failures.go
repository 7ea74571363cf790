package main

import (
	"example.com/shop/cart"
	"example.com/shop/catalogue"
	"example.com/shop/checkout"
	"example.com/shop/inventory"
	"example.com/shop/ledger"
	"example.com/shop/orders"
	"example.com/shop/pricing"
	"example.com/shop/server"
)

// failures is the whole list. A failure replaces the handlers it spoils, starts the server, drives it until the
// failure is fully there, and returns; one that kills the process never returns.
var failures = map[string]func(*server.Server){
	"healthy":           healthy,
	"body-leak":         inventory.BodyLeak,
	"crash-map":         cart.CrashMap,
	"crash-nil":         orders.CrashNil,
	"deadlock":          inventory.Deadlock,
	"fd-leak":           catalogue.FileLeak,
	"handler-panic":     checkout.HandlerPanic,
	"heap-map":          cart.HeapMap,
	"leak-chan-receive": cart.LeakChanReceive,
	"leak-chan-send":    pricing.LeakChanSend,
	"lock-convoy":       ledger.LockConvoy,
	"lock-cycle":        ledger.LockCycle,
	"oom":               ledger.OutOfMemory,
	"stack-overflow":    catalogue.StackOverflow,
}
