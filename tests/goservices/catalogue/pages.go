package catalogue

import (
	"fmt"
	"log"
	"net/http"
	"strconv"

	"example.com/shop/server"
)

const (
	pageSize = 10
	products = 24
)

// Pages cuts the list of products into pages. The faults: nobody compares a page, a place or a digest with what is there.
type Pages struct {
	names []string
}

func newPages() *Pages {
	p := &Pages{}
	for i := 0; i < products; i++ {
		p.names = append(p.names, fmt.Sprintf("product-%02d", i))
	}
	return p
}

func (p *Pages) page(number int) []string {
	return p.names[number*pageSize : number*pageSize+pageSize]
}

func (p *Pages) serve(w http.ResponseWriter, r *http.Request) {
	number, _ := strconv.Atoi(r.URL.Query().Get("page"))
	fmt.Fprintln(w, p.page(number))
}

// neighbours logs every product with the one after it; the last one has none.
func (p *Pages) neighbours() {
	for i := range p.names {
		if next := p.names[i+1]; i%pageSize == 0 {
			log.Printf("level=info msg=\"linking products\" product=%s next=%s", p.names[i], next)
		}
	}
}

func digest(token []byte) [16]byte {
	return [16]byte(token)
}

// CrashIndex links every product with its neighbour in the background.
func CrashIndex(s *server.Server) {
	s.Start()
	s.Background(newPages().neighbours)
}

// CrashArray turns a token that was cut off into an array.
func CrashArray(s *server.Server) {
	s.Start()
	s.Background(func() { log.Printf("level=info msg=\"digest\" value=%x", digest([]byte("8c1f09"))) })
}

// HandlerSliceBounds has robots ask for pages beyond the last: those requests panic, the process lives on.
func HandlerSliceBounds(s *server.Server) {
	s.Handle("/catalogue/pages", newPages().serve)
	s.Start()
	for page := 0; page < 6; page++ {
		_ = s.Get("/catalogue/pages?page=" + strconv.Itoa(page)) // the connection breaks: that is the failure
	}
}

// WrongPages answers pages beyond the last with an error that it logs: the healthy twin of HandlerSliceBounds.
func WrongPages(s *server.Server) {
	p := newPages()
	s.Handle("/catalogue/pages", func(w http.ResponseWriter, r *http.Request) {
		number, _ := strconv.Atoi(r.URL.Query().Get("page"))
		if number*pageSize+pageSize > len(p.names) {
			log.Printf("level=warn msg=\"bad request\" error=\"page index out of range [%d] with length %d\"", number, len(p.names)/pageSize)
			http.Error(w, "no such page", http.StatusNotFound)
			return
		}
		p.serve(w, r)
	})
	s.Start()
	for page := 0; page < 6; page++ {
		_ = s.Get("/catalogue/pages?page=" + strconv.Itoa(page))
	}
}
