// Package orders confirms orders by mail and reconciles them with payments.
package orders

import "log"

// Mailer is a pool of workers of constant size.
type Mailer struct {
	letters chan string
}

// StartMailer starts the workers; they live as long as the process.
func StartMailer(workers int) *Mailer {
	m := &Mailer{letters: make(chan string, 16)}
	for i := 0; i < workers; i++ {
		go m.work()
	}
	log.Printf("level=info msg=\"mailer started\" workers=%d", workers)
	return m
}

// Send queues a confirmation.
func (m *Mailer) Send(session string) {
	m.letters <- session
}

func (m *Mailer) work() {
	for session := range m.letters {
		m.deliver(session)
	}
}

func (m *Mailer) deliver(string) {}
