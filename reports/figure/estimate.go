package figure

import (
	"math"

	"github.com/headroom-erp/headroom"
)

// A Unit is how the figures of an estimate are written.
type Unit func(value float64) (size float64, name string, digits func(float64) string)

// The units of estimates.
var (
	Time Unit = func(v float64) (float64, string, func(float64) string) {
		s := scaleOf(v)
		return s.size, s.unit, Number
	}
	Part  Unit = func(float64) (float64, string, func(float64) string) { return 1, "%", percentage }
	Times Unit = func(float64) (float64, string, func(float64) string) { return 1, "×", Number }
	Plain Unit = func(float64) (float64, string, func(float64) string) { return 1, "", Number }
	Cores Unit = func(float64) (float64, string, func(float64) string) { return 1, "", Number }
)

// Value writes an estimate without its interval.
func Value(e headroom.Estimate, u Unit) string {
	if !Known(e) {
		return Unknown
	}
	size, name, digits := u(leading(e))
	return with(digits(e.Value/size), name)
}

// Interval writes the interval in the value's unit: "(2.79–3.52)". It is empty
// where there is none.
func Interval(e headroom.Estimate, u Unit) string {
	if !Known(e) || !finite(e.Low) || (e.Low == 0 && e.High == 0) || e.Low == e.High {
		return ""
	}
	size, _, digits := u(leading(e))
	high := "∞"
	if !math.IsInf(e.High, 1) {
		if !finite(e.High) {
			return ""
		}
		high = digits(e.High / size)
	}
	return "(" + digits(e.Low/size) + "–" + high + ")"
}

// leading is the figure that chooses the unit: the value, or the interval's end
// where the value is zero.
func leading(e headroom.Estimate) float64 {
	if e.Value == 0 && finite(e.High) {
		return e.High
	}
	return e.Value
}

// Doubtful follows the value of a figure that the data cannot pin down.
const Doubtful = "?"

// Estimate writes value and interval: "3.12 s (2.79–3.52)". A figure that the
// data cannot identify carries a question mark: "12.0 ms? (0–31.0)".
func Estimate(e headroom.Estimate, u Unit) string {
	s := Value(e, u)
	if s == Unknown {
		return s
	}
	if !e.Identified {
		s += Doubtful
	}
	if interval := Interval(e, u); interval != "" {
		s += " " + interval
	}
	return s
}
