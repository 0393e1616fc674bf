// Package headroom holds the words that every other package speaks: the plan,
// the schedule of arrivals, what a run records, the system a model describes,
// the forecast and the recommendation, and the few interfaces through which
// the families of packages meet.
//
// It imports the standard library only and does no work of its own beyond the
// encoding of arrivals, so that models/ compiles to WebAssembly and any
// package may import it.
//
// Units are seconds, bytes, 1/s and fractions (0 to 1) everywhere; a value
// that nobody measured is a nil pointer, never 0 or NaN.
package headroom
