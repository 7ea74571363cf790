package catalogue

import (
	"fmt"
	"log"

	"example.com/shop/server"
)

// Label names a product for the shelf. The fault: its String method formats the label itself, which calls String again.
type Label struct {
	Name  string
	Cents int
}

func (l Label) String() string {
	return fmt.Sprintf("%v", l)
}

// StackOverflowString prints one label.
func StackOverflowString(s *server.Server) {
	s.Start()
	log.Printf("level=info msg=\"printing label\" cents=%d", 1290)
	log.Printf("level=info msg=\"label\" text=%s", Label{Name: "boots", Cents: 1290})
}
