package demand

import (
	"math"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// tally is what the lines of a class say before any time is corrected.
type tally struct {
	lines    int // joined lines of the class
	shown    int // of them: of runs that show conflicts
	clean    int
	drawn    int // of them: whose work no other run has
	retried  int
	tries    int     // of all lines
	lost     float64 // share of a try's work that a losing try does, 0 to 1
	queries  float64 // mean of clean lines
	sql      float64 // mean wall seconds of SQL of clean lines
	wall     float64 // mean wall seconds of clean lines
	size     float64 // mean lines of the documents of clean lines; 0 where rows do not go with them
	pressure float64 // 1/s: a first try with an exposure of x seconds stays clean with a chance that falls as exp(-pressure x)
}

// weight of a clean line for first tries in general. Long tries lose more
// often, so that those that stayed clean are too short on average; weighting
// by the inverse chance of staying clean (Horvitz and Thompson, JASA 47,
// 1952) undoes it.
func (t *tally) weight(l *line) float64 {
	return min(mostWeight, math.Exp(t.pressure*t.exposure(l)))
}

// mostWeight keeps single long lines from speaking for all.
const mostWeight = 5

// exposure is what a first try's risk of losing goes with: its time, and the
// rows that it touches, of which the document's lines tell.
func (t *tally) exposure(l *line) float64 {
	if l.size > 0 && t.size > 0 {
		return l.active() * l.size / t.size
	}
	return l.active()
}

// tallies counts every class, and finds what a losing try costs.
func (s *survey) tallies(rules ruleBook) []tally {
	out := make([]tally, len(s.classes))
	s.eachJoined(func(l *line) {
		t := &out[l.class]
		t.lines++
		t.tries += l.tries
		switch {
		case l.clean:
			t.clean++
			if !l.again {
				t.drawn++
			}
			t.queries += l.queries
			t.sql += l.sql
			t.wall += l.active()
			t.size += l.size
		case l.tries > 1:
			t.retried++
		}
	})
	for i := range out {
		t := &out[i]
		if t.clean > 0 {
			n := float64(t.clean)
			t.queries, t.sql, t.wall, t.size = t.queries/n, t.sql/n, t.wall/n, t.size/n
		}
		t.lost = rules.at(s.classes[i])
		if g := (headroom.ConflictRule{Group: rules.group(s.classes[i], true)}); g.Family() != quants {
			t.size = 0
		}
	}
	s.eachShown(func(l *line) { out[l.class].shown++ })
	s.lostShares(out)
	s.pressures(out, rules)
	return out
}

func (s *survey) eachJoined(f func(*line)) {
	for _, r := range s.runs {
		for i := range r.lines {
			if r.lines[i].class != unjoined {
				f(&r.lines[i])
			}
		}
	}
}

// enoughLost is the number of lost tries from which their own queries say
// more about when they were lost than the table does.
const enoughLost = 5

// lostShares takes the share of its work that a losing try does from the
// queries: those of all tries are counted in the line, and queries, unlike
// seconds, neither stretch nor sleep. With q(m) queries of one try for a
// document of m lines (a straight line through the clean ones):
//
//	lost = Σ (queries - q) / Σ q (tries - 1)   over retried lines
func (s *survey) lostShares(out []tally) {
	type sums struct {
		rows        [][]float64
		y           []float64
		extra, base float64
		n           int
	}
	acc := make([]sums, len(out))
	s.eachJoined(func(l *line) {
		if l.clean && out[l.class].retried > 0 {
			acc[l.class].rows = append(acc[l.class].rows, []float64{1, l.size})
			acc[l.class].y = append(acc[l.class].y, l.queries)
		}
	})
	predict := make([]func(float64) float64, len(out))
	for i := range acc {
		mean := out[i].queries
		predict[i] = func(float64) float64 { return mean }
		if r, err := fit.LeastSquares(acc[i].rows, acc[i].y, nil); err == nil {
			predict[i] = func(m float64) float64 { return max(1, r.Coefficients[0]+m*r.Coefficients[1]) }
		}
	}
	s.eachJoined(func(l *line) {
		if a := &acc[l.class]; l.tries > 1 && l.queries > 0 && out[l.class].queries >= 2 {
			q := predict[l.class](l.size)
			a.extra += l.queries - q
			a.base += q * float64(l.tries-1)
			a.n += l.tries - 1
		}
	})
	for i, a := range acc {
		if a.n >= enoughLost && a.base > 0 && out[i].clean >= enoughLost {
			out[i].lost = min(1, max(0, a.extra/a.base))
		}
	}
}

// pressures solves, for classes that lose, that the weights of the clean
// lines sum to all first tries but for the part of the risk that does not
// depend on a try's own length: the time that rivals hold rows uncommitted,
// where those are waited for.
func (s *survey) pressures(out []tally, rules ruleBook) {
	walls := make([][]float64, len(out))
	s.eachJoined(func(l *line) {
		if l.clean && out[l.class].retried > 0 {
			walls[l.class] = append(walls[l.class], out[l.class].exposure(l))
		}
	})
	var held, rivals float64
	for i := range out {
		if out[i].retried > 0 {
			held += (1 - out[i].lost) * out[i].wall
			rivals++
		}
	}
	for i := range out {
		t := &out[i]
		if t.retried == 0 || t.clean < enoughLost {
			continue
		}
		own, others := t.lost*t.wall, held/max(1, rivals)
		if rules.skips(s.classes[i]) {
			others = 0
		}
		part := own / max(1e-9, own+others)
		want := float64(t.clean) * math.Pow(float64(t.clean+t.retried)/float64(t.clean), part)
		low, high := 0.0, 3/max(1e-6, t.wall)
		for range 50 {
			mid := (low + high) / 2
			var sum float64
			for _, w := range walls[i] {
				sum += min(mostWeight, math.Exp(mid*w))
			}
			if sum < want {
				low = mid
			} else {
				high = mid
			}
		}
		t.pressure = low
	}
}
