package ledger

import (
	"fmt"
	"net/http"
	"sync"

	"example.com/shop/server"
)

// Accounts keeps balances.
type Accounts struct {
	mu       sync.RWMutex
	balances map[string]int
	audit    journal
	changes  chan string
}

func newAccounts() *Accounts {
	return &Accounts{balances: map[string]int{}, audit: silentJournal(), changes: make(chan string)}
}

// Statement writes all balances to the remote audit. The fault: it reads the network under the read lock.
func (a *Accounts) Statement() error {
	a.mu.RLock()
	defer a.mu.RUnlock()
	_, err := a.audit.Read(make([]byte, len(a.balances)+1))
	return err
}

// Balance is what every request reads.
func (a *Accounts) Balance(owner string) int {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.balances[owner]
}

// Book changes a balance.
func (a *Accounts) Book(owner string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.balances[owner]++
}

// LockReaderSlow has a slow reader keep a writer out, and Count readers queue behind the writer.
func LockReaderSlow(s *server.Server) {
	accounts := newAccounts()
	handle(s, "/search", func() { _ = accounts.Statement() })
	handle(s, "/pay", func() { accounts.Book("A") })
	handle(s, "/cart", func() { accounts.Balance("A") })
	s.Start()
	s.Crowd("/search", 1)
	s.Settle("IO wait", "ledger.(*Accounts).Statement(", 1)
	s.Crowd("/pay", 1)
	s.Settle("sync.RWMutex.Lock", "ledger.(*Accounts).Book(", 1)
	s.Crowd("/cart", s.Count)
	s.Settle("sync.RWMutex.RLock", "ledger.(*Accounts).Balance(", s.Count)
}

func handle(s *server.Server, path string, work func()) {
	s.Handle(path, func(w http.ResponseWriter, _ *http.Request) {
		work()
		fmt.Fprintln(w, "done")
	})
}

// Publish tells the auditor of a change. The fault: it sends under the lock that the auditor needs before it receives.
func (a *Accounts) Publish(owner string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.balances[owner]++
	a.changes <- owner
}

func (a *Accounts) auditor(start <-chan struct{}) {
	<-start
	for {
		a.mu.RLock()
		watched := len(a.balances)
		a.mu.RUnlock()
		if watched > 0 {
			<-a.changes
		}
	}
}

// LockChannel has a payment send under the lock that the receiver wants, and Count more requests behind.
func LockChannel(s *server.Server) {
	accounts := newAccounts()
	start := make(chan struct{})
	handle(s, "/pay", func() { accounts.Publish("A") })
	handle(s, "/cart", func() { accounts.Balance("A") })
	s.Start()
	go accounts.auditor(start)
	s.Crowd("/pay", 1)
	s.Settle("chan send", "ledger.(*Accounts).Publish(", 1)
	close(start)
	s.Crowd("/cart", s.Count)
	s.Settle("sync.RWMutex.RLock", "ledger.(*Accounts).Balance(", s.Count)
}

// Voucher is worth something once.
type Voucher struct {
	mu    sync.Mutex
	worth int
}

// Redeem takes the value. The fault: it calls Worth, which takes the same lock again.
func (v *Voucher) Redeem() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	worth := v.Worth()
	v.worth = 0
	return worth
}

// Worth is what is left.
func (v *Voucher) Worth() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.worth
}

// LockTwice has a request wait for the lock that it holds itself, and Count more of its kind behind it.
func LockTwice(s *server.Server) {
	voucher := &Voucher{worth: 500}
	handle(s, "/pay", func() { voucher.Redeem() })
	s.Start()
	s.Crowd("/pay", 1)
	s.Settle("sync.Mutex.Lock", "ledger.(*Voucher).Worth(", 1)
	s.Crowd("/pay", s.Count)
	s.Settle("sync.Mutex.Lock", "ledger.(*Voucher).Redeem(", s.Count+1)
}

// Total reads every balance. The fault: it takes the read lock again, and between the two a writer has come to wait.
func (a *Accounts) Total(pause <-chan struct{}) int {
	a.mu.RLock()
	defer a.mu.RUnlock()
	<-pause
	return a.Balance("A") + a.Balance("B")
}

// LockReaderTwice has a reader wait behind a writer that waits for that reader, and Count more behind both.
func LockReaderTwice(s *server.Server) {
	accounts := newAccounts()
	pause := make(chan struct{})
	handle(s, "/search", func() { accounts.Total(pause) })
	handle(s, "/pay", func() { accounts.Book("A") })
	handle(s, "/cart", func() { accounts.Balance("A") })
	s.Start()
	s.Crowd("/search", 1)
	s.Settle("chan receive", "ledger.(*Accounts).Total(", 1)
	s.Crowd("/pay", 1)
	s.Settle("sync.RWMutex.Lock", "ledger.(*Accounts).Book(", 1)
	close(pause)
	s.Settle("sync.RWMutex.RLock", "ledger.(*Accounts).Total(", 1)
	s.Crowd("/cart", s.Count)
	s.Settle("sync.RWMutex.RLock", "ledger.(*Accounts).Balance(", s.Count+1)
}
