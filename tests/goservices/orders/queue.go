package orders

import (
	"log"
	"time"

	"example.com/shop/server"
)

// Queue hands orders from requests to a packer. The faults: Stop closes the channel that others still send on, twice if
// asked twice, and even if it was never made.
type Queue struct {
	orders chan int
}

func (q *Queue) put(order int) {
	q.orders <- order
}

func (q *Queue) pack() {
	for order := range q.orders {
		log.Printf("level=info msg=\"packing\" order=%d", order)
	}
}

func (q *Queue) stop() {
	close(q.orders)
}

// CrashSendClosed stops the queue while orders still come in.
func CrashSendClosed(s *server.Server) {
	s.Start()
	q := &Queue{orders: make(chan int)}
	go q.pack()
	go func() {
		time.Sleep(120 * time.Millisecond)
		log.Printf("level=info msg=\"shutting down\"")
		q.stop()
	}()
	s.Background(func() {
		for order := 8811; ; order++ {
			q.put(order)
			time.Sleep(50 * time.Millisecond)
		}
	})
}

// CrashCloseTwice stops the queue on a signal and once more at the end of main.
func CrashCloseTwice(s *server.Server) {
	s.Start()
	q := &Queue{orders: make(chan int)}
	go q.pack()
	s.Background(func() {
		log.Printf("level=info msg=\"shutting down\"")
		q.stop()
		q.stop()
	})
}

// CrashCloseNil stops a queue that was never opened.
func CrashCloseNil(s *server.Server) {
	s.Start()
	s.Background(new(Queue).stop)
}
