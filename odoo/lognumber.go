package odoo

import (
	"math"
	"strconv"
	"strings"
)

// digits reads a decimal number of at most 18 digits; -1 for anything else.
func digits(s string) int {
	if len(s) == 0 || len(s) > 18 {
		return -1
	}
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			return -1
		}
		n = n*10 + int(c)
	}
	return n
}

// digits64 reads a decimal number up to 2^64-1; 0 for anything else.
func digits64(s string) uint64 {
	if n := digits(s); n >= 0 {
		return uint64(n)
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || s[0] == '+' {
		return 0
	}
	return n
}

// seconds reads "0.080", which is most of what is read here, without the
// generality of strconv; NaN for anything else.
func seconds(s string) float64 {
	whole, part, _ := strings.Cut(s, ".")
	negative := strings.HasPrefix(whole, "-") // a clock that was set back
	w, p := digits(strings.TrimPrefix(whole, "-")), 0
	if part != "" {
		p = digits(part)
	}
	if w < 0 || p < 0 || w > 1e9 || len(part) >= len(tenths) {
		return math.NaN()
	}
	v := float64(w*tenths[len(part)]+p) / float64(tenths[len(part)])
	if negative {
		v = -v
	}
	return v
}

var tenths = [...]int{1, 10, 100, 1e3, 1e4, 1e5, 1e6}
