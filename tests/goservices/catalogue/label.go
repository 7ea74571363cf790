package catalogue

import (
	"encoding/json"
	"log"

	"example.com/shop/server"
)

// Label names a product for the shelf. The fault: its MarshalJSON method asks for the JSON of the label itself.
type Label struct {
	Name  string
	Cents int
}

// MarshalJSON writes the label for the printer.
func (l Label) MarshalJSON() ([]byte, error) {
	return json.Marshal(l)
}

// StackOverflowJSON prints one label.
func StackOverflowJSON(s *server.Server) {
	s.Start()
	log.Printf("level=info msg=\"printing label\" cents=%d", 1290)
	text, err := json.Marshal(Label{Name: "boots", Cents: 1290})
	log.Printf("level=info msg=\"label\" text=%s error=%v", text, err)
}
