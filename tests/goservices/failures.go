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
	"example.com/shop/store"
)

// failures is the whole list. A failure replaces the handlers it spoils, starts the server, drives it until the
// failure is fully there, and returns; one that kills the process never returns.
var failures = map[string]func(*server.Server){
	"healthy":                healthy,
	"body-leak":              inventory.BodyLeak,
	"crash-map":              cart.CrashMap,
	"crash-nil":              orders.CrashNil,
	"deadlock":               inventory.Deadlock,
	"fd-leak":                catalogue.FileLeak,
	"handler-panic":          checkout.HandlerPanic,
	"heap-map":               cart.HeapMap,
	"leak-chan-receive":      cart.LeakChanReceive,
	"leak-chan-send":         pricing.LeakChanSend,
	"lock-convoy":            ledger.LockConvoy,
	"lock-cycle":             ledger.LockCycle,
	"oom":                    ledger.OutOfMemory,
	"stack-overflow":         catalogue.StackOverflow,
	"history-held":           ledger.HistoryHeld,
	"client-no-timeout":      inventory.ClientNoTimeout,
	"gc-thrash":              ledger.GCThrash,
	"healthy-streams":        cart.HealthyStreams,
	"leak-cond":              orders.LeakCond,
	"leak-context":           cart.LeakContext,
	"leak-empty-select":      orders.LeakEmptySelect,
	"leak-nil-channel":       orders.LeakNilChannel,
	"leak-resend":            cart.LeakResend,
	"leak-select":            cart.LeakSelect,
	"leak-sleep-loop":        cart.LeakSleepLoop,
	"leak-ticker":            cart.LeakTicker,
	"leak-time-after":        pricing.TimeAfter,
	"leak-waitgroup":         catalogue.LeakWaitGroup,
	"lock-channel":           ledger.LockChannel,
	"lock-forgotten":         ledger.LockForgotten,
	"lock-reader-slow":       ledger.LockReaderSlow,
	"lock-reader-twice":      ledger.LockReaderTwice,
	"lock-twice":             ledger.LockTwice,
	"overload":               orders.Overload,
	"rows-leak":              store.RowsLeak,
	"slow-queries":           store.SlowQueries,
	"slow-supplier":          inventory.SlowSupplier,
	"threads-blocked":        catalogue.ThreadsBlocked,
	"array-conversion":       catalogue.CrashArray,
	"bad-pointer":            store.BadPointer,
	"bus-error":              catalogue.BusError,
	"check-pointer":          store.CheckPointer,
	"close-nil":              orders.CrashCloseNil,
	"close-twice":            orders.CrashCloseTwice,
	"collector-fault":        store.CollectorFault,
	"crash-index":            catalogue.CrashIndex,
	"crash-map-iterate":      cart.CrashMapIterate,
	"crash-nil-map":          orders.CrashNilMap,
	"data-race":              cart.DataRace,
	"deadlock-goexit":        inventory.DeadlockGoexit,
	"divide-floats":          pricing.DivideFloats,
	"divide-zero":            pricing.CrashDivide,
	"fault-read-only":        catalogue.FaultReadOnly,
	"forbidden-call":         server.ForbiddenCall,
	"handler-slice-bounds":   catalogue.HandlerSliceBounds,
	"handler-type-assertion": checkout.HandlerTypeAssertion,
	"log-panic":              orders.CrashLogPanic,
	"makeslice":              orders.CrashMakeslice,
	"masked-by-unlock":       ledger.CrashMasked,
	"missing-method":         checkout.CrashMissingMethod,
	"must-compile":           orders.CrashPattern,
	"nested-panic":           orders.CrashNested,
	"runlock":                ledger.CrashRUnlock,
	"send-closed":            orders.CrashSendClosed,
	"stack-overflow-string":  catalogue.StackOverflowString,
	"thread-limit":           ledger.ThreadLimit,
	"threads-refused":        ledger.ThreadsRefused,
	"type-assertion":         checkout.CrashTypeAssertion,
	"unlock":                 ledger.CrashUnlock,
	"waitgroup-negative":     inventory.CrashWaitGroup,
	"waitgroup-reused":       inventory.CrashWaitGroupReuse,
	"wrong-pages":            catalogue.WrongPages,
	"wrong-payments":         checkout.WrongPayments,
}
