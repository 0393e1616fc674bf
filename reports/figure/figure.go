// Package figure writes numbers for people: the same figure reads the same on
// the page and in the terminal. It takes the units inside of the program
// (seconds, bytes, fractions) and rounds to three significant digits. It
// computes nothing.
package figure

import (
	"math"
	"strconv"
	"strings"

	"github.com/headroom-erp/headroom"
)

// Unknown stands for a figure that nobody measured.
const Unknown = "–"

// Digits is the number of significant digits of a measured figure.
const Digits = 3

// Number writes a measured figure with three significant digits: 0.0312, 3.10,
// 412, 12 400.
func Number(v float64) string {
	if !finite(v) {
		return Unknown
	}
	if v == 0 {
		return "0"
	}
	exponent := int(math.Floor(math.Log10(math.Abs(v))))
	unit := math.Pow(10, float64(exponent-Digits+1))
	rounded := math.Round(v/unit) * unit
	if math.Abs(rounded) >= math.Pow(10, float64(exponent+1)) {
		exponent++ // 9.999 became 10.0
	}
	switch decimals := Digits - 1 - exponent; {
	case decimals > 9:
		return strconv.FormatFloat(v, 'e', Digits-1, 64)
	case decimals > 0:
		return strconv.FormatFloat(rounded, 'f', decimals, 64)
	}
	return grouped(strconv.FormatFloat(rounded, 'f', 0, 64))
}

// Exact writes a figure that somebody chose, a bound or a number of cores: as
// many digits as it has, at most six.
func Exact(v float64) string {
	if !finite(v) {
		return Unknown
	}
	return grouped(strconv.FormatFloat(v, 'g', 6, 64))
}

// Count writes a number of things, in full.
func Count(n int) string { return grouped(strconv.Itoa(n)) }

// Seconds writes a duration in ms, s, min or h.
func Seconds(v float64) string {
	s := scaleOf(v)
	return with(Number(v/s.size), s.unit)
}

// Spread writes a delay's p50, p99 and maximum in the maximum's unit:
// "0.200 / 2.10 / 6.30 ms".
func Spread(s headroom.Spread) string {
	u := scaleOf(s.Max)
	return with(Number(s.P50/u.size)+" / "+Number(s.P99/u.size)+" / "+Number(s.Max/u.size), u.unit)
}

// Bound writes a duration that somebody chose: 5 s, 800 ms, 15 min.
func Bound(v float64) string {
	s := scaleOf(v)
	return with(Exact(v/s.size), s.unit)
}

// Share writes a fraction as a percentage.
func Share(v float64) string { return with(percentage(v), "%") }

// Signed writes a relative error as a percentage with its sign: +4.2 %, −12 %.
func Signed(v float64) string {
	s := Share(v)
	if strings.HasPrefix(s, "-") {
		return "−" + s[1:]
	}
	if finite(v) && v > 0 {
		return "+" + s
	}
	return s
}

// Bytes writes a size in kB, MB or GB of powers of ten.
func Bytes(v float64) string {
	for _, s := range []scale{{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if math.Abs(v) >= s.size {
			return with(Number(v/s.size), s.unit)
		}
	}
	return with(Number(v), "B")
}

// Money writes an amount, without cents from 100 on.
func Money(v float64, currency string) string {
	if !finite(v) {
		return Unknown
	}
	decimals := 0
	if math.Abs(v) < 100 && v != math.Trunc(v) {
		decimals = 2
	}
	return with(grouped(strconv.FormatFloat(v, 'f', decimals, 64)), currency)
}

// Percentile writes the percentile's name: p95, p99.9.
func Percentile(p float64) string { return "p" + strconv.FormatFloat(p, 'f', -1, 64) }

// PercentileKey is how maps of percentiles name one: "95".
func PercentileKey(p float64) string { return strconv.FormatFloat(p, 'f', -1, 64) }

type scale struct {
	size float64
	unit string
}

func scaleOf(seconds float64) scale {
	switch v := math.Abs(seconds); {
	case v >= 7200:
		return scale{3600, "h"}
	case v >= 120:
		return scale{60, "min"}
	case v >= 0.9995 || v == 0:
		return scale{1, "s"}
	}
	return scale{1e-3, "ms"}
}

// percentage has at most one digit behind the point: more would pretend. What
// is less than all does not read as 100.
func percentage(v float64) string {
	switch p := v * 100; {
	case !finite(p):
		return Unknown
	case p == 0:
		return "0"
	case p > 99 && p < 100:
		return strconv.FormatFloat(math.Floor(p*10)/10, 'f', 1, 64)
	case math.Abs(p) >= 9.95:
		return strconv.FormatFloat(p, 'f', 0, 64)
	case math.Abs(p) >= 0.05:
		return strconv.FormatFloat(p, 'f', 1, 64)
	default:
		return Number(p)
	}
}

func with(number, unit string) string {
	if number == Unknown || unit == "" {
		return number
	}
	return number + nobreak + unit
}

const nobreak = "\u00a0"

// grouped puts a narrow no-break space between groups of three digits, from
// five digits on.
func grouped(s string) string {
	digits, rest, _ := strings.Cut(s, ".")
	if rest != "" {
		rest = "." + rest
	}
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	if len(digits) < 5 || strings.ContainsAny(s, "e") {
		return s
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString("\u202f")
		}
		b.WriteRune(d)
	}
	return sign + b.String() + rest
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Known says whether an estimate says anything: it has a value, or an interval,
// or observations behind it.
func Known(e headroom.Estimate) bool {
	return finite(e.Value) && (e.Identified || e.N > 0 || e.Value != 0 || e.Low != 0 || e.High != 0)
}
