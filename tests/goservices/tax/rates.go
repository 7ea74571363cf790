// Package tax knows the rates of the countries the shop sells to. Both of its faults strike before main does.
package tax

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

type region struct {
	name  string
	rates map[string]float64
}

var (
	rates = parse(os.Getenv("SHOP_TAX_RATES"))

	// home is set by Use, which main calls: package initialisation is too early for it.
	home *region
)

func init() {
	if os.Getenv("SHOP_TAX_REGION") != "" {
		home.register(rates)
	}
}

// parse reads "DE=19,FR=20". The fault: it panics, and a package variable calls it.
func parse(text string) map[string]float64 {
	found := map[string]float64{}
	for _, pair := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' }) {
		country, percent, _ := strings.Cut(pair, "=")
		rate, err := strconv.ParseFloat(percent, 64)
		if err != nil {
			panic(fmt.Errorf("tax rate of %s: %w", country, err))
		}
		found[country] = rate
	}
	return found
}

func (r *region) register(found map[string]float64) {
	for country, rate := range found {
		r.rates[country] = rate
	}
	r.name = os.Getenv("SHOP_TAX_REGION")
}

// Use chooses the region to sell in.
func Use(name string) {
	home = &region{name: name, rates: map[string]float64{}}
	home.register(rates)
}
