package demand

import (
	"math"

	"github.com/headroom-erp/headroom/models/fit"
)

// When in its work a losing try touched rows is told twice: by the queries of
// a retried line, which are those of all its tries and neither stretch nor
// sleep, and by its work on the app's CPU. The one knows how far the try got on
// the database, the other on the app, less well where the machine was disturbed.

const (
	// habitDoubt is the standard deviation of a habit's At.
	habitDoubt = 0.15
	// eitherDoubt is what each of queries and app work is off by as the share of the
	// whole work, whatever their number.
	eitherDoubt = 0.1
	// leastSpread is the standard deviation of one lost try's place in its work, at
	// least: the rows of one document are touched one after the other.
	leastSpread = 0.1
)

// touches finds, for each class, the share of its work that a losing try has
// done: with y of one try for a document of m lines (a straight line through
// the clean ones), the median over retried lines of
//
//	(y / y(m) - 1) / (tries - 1)
//
// for queries and for app work, and both together with what the habit says, by
// their precision. Where rows are touched twice, a lost try does not tell which
// time it was: the habit stands.
func (s *survey) touches(tallies []tally, book ruleBook) []float64 {
	out := make([]float64, len(tallies))
	for c := range tallies {
		out[c] = book.at(s.classes[c])
		if s.classes[c].direct || book.habit(s.classes[c]).Again > 0 {
			continue
		}
		weight := 1 / (habitDoubt * habitDoubt)
		sum := weight * out[c]
		for _, of := range []func(*line) float64{func(l *line) float64 { return l.queries }, func(l *line) float64 { return l.work[app] }} {
			if at, variance, ok := s.lostPart(c, of); ok {
				sum += at / variance
				weight += 1 / variance
			}
		}
		out[c] = min(1, max(0, sum/weight))
	}
	return out
}

// lostPart is the share of one try's y that lost tries did, with its variance;
// false where none was lost, or there is nothing to hold it against.
func (s *survey) lostPart(c int, of func(*line) float64) (at, variance float64, ok bool) {
	var rows [][]float64
	var y []float64
	var sum float64
	s.eachShown(func(l *line) {
		if l.class == c && l.clean {
			rows = append(rows, []float64{1, l.size})
			y = append(y, of(l))
			sum += of(l)
		}
	})
	if len(y) < fewRequests || !(sum > 0) {
		return 0, 0, false
	}
	mean := sum / float64(len(y))
	predict := func(float64) float64 { return mean }
	if r, err := fit.LeastSquares(rows, y, nil); err == nil {
		predict = func(m float64) float64 { return max(0.1*mean, r.Coefficients[0]+m*r.Coefficients[1]) }
	}
	var parts []float64
	s.eachShown(func(l *line) {
		if l.class == c && l.tries > 1 && of(l) > 0 {
			parts = append(parts, (of(l)/predict(l.size)-1)/float64(l.tries-1))
		}
	})
	if len(parts) == 0 {
		return 0, 0, false
	}
	at = fit.Quantile(parts, 0.5)
	away := make([]float64, len(parts))
	for i, p := range parts {
		away[i] = math.Abs(p - at)
	}
	// 1.4826 makes the median absolute deviation a normal's standard deviation; a
	// median's variance is pi/2 times a mean's.
	spread := max(leastSpread, 1.4826*fit.Quantile(away, 0.5))
	if len(parts) < 3 {
		spread = max(spread, 2*habitDoubt)
	}
	return min(1, max(0, at)), eitherDoubt*eitherDoubt + math.Pi/2*spread*spread/float64(len(parts)), true
}
