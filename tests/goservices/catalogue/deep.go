package catalogue

import "example.com/shop/server"

const levels = 80

func (c *Category) root() string {
	if c.name == "shop" {
		return c.name
	}
	return c.parent.root()
}

// CrashDeep asks for the root of a category eighty levels deep whose last ancestor is missing: a deep stack that ends in a nil
// dereference, not in an overflow.
func CrashDeep(s *server.Server) {
	s.Start()
	var category *Category
	for i := 0; i < levels; i++ {
		category = &Category{name: "shelf", parent: category}
	}
	s.Background(func() { category.root() })
}
