package results

// farthest is a time in seconds, some three years, beyond which no run goes.
const farthest = 1e8

// Timed says whether all of these are times of a run, in seconds since its
// start. A damaged part has cells that hold none: NaN, an infinity, or a number
// that nobody measured, any of which would spoil the figures of all others.
func Timed(times ...float64) bool {
	for _, t := range times {
		if !(-farthest <= t && t <= farthest) { // NaN is neither
			return false
		}
	}
	return true
}
