package server

// Background does work on a goroutine of its own and waits for it. When it panics, nothing goes on: main is still waiting.
func (s *Server) Background(work func()) {
	done := make(chan struct{})
	go func() {
		work()
		close(done) // not deferred: a panic must not let main go on
	}()
	<-done
}
