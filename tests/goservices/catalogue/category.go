package catalogue

import (
	"log"

	"example.com/shop/server"
)

// Category is a node of the catalogue's tree.
type Category struct {
	name   string
	parent *Category
}

// Path names a category with all above it. The fault: it never ends when a category is its own ancestor.
func (c *Category) Path() string {
	if c.parent == nil {
		return c.name
	}
	return c.breadcrumb() + c.name
}

func (c *Category) breadcrumb() string {
	return c.parent.Path() + " / "
}

// StackOverflow asks for the path of a category that was made a child of its own child.
func StackOverflow(s *server.Server) {
	s.Start()
	shoes := &Category{name: "shoes"}
	boots := &Category{name: "boots", parent: shoes}
	shoes.parent = boots
	log.Printf("level=info msg=\"building menu\" categories=2")
	log.Printf("level=info msg=\"menu built\" path=%q", boots.Path())
}
