package demand

import (
	"math"
	"slices"
)

// A piece is a stretch of time in which a line's request was at work: all of
// it for a first try, the tries around the sleeps for a retried one.
type piece struct {
	line       int
	start, end float64
	at         [2]float64 // probability of being at each station, within the piece
	share      float64    // of the line's work
}

// pieces says where in time a line's work lies. A first try fills it whole.
// Of a retried one the failed first try stands at its start, the good one at
// its end, and sleeps (and further failed tries, mixed) between; lost is the
// share of its work that a failed try does, and sql the seconds of its SQL
// that were not waits for locks.
func (l *line) pieces(index int, lost, sql float64) []piece {
	active := l.active()
	if active <= 0 || l.hold() <= 0 {
		return nil
	}
	var at [2]float64
	at[app], at[database] = (l.other-l.away)/active, min(l.sql, sql)/active
	if l.tries == 1 {
		return []piece{{index, l.start, l.end, at, 1}}
	}
	lost = max(lost, 0.02)
	all := 1 + lost*float64(l.tries-1)
	first, last := lost/all, 1/all
	begin, finish := l.start+first*active, l.end-last*active
	out := []piece{{index, l.start, begin, at, first}, {index, finish, l.end, at, last}}
	if middle := 1 - first - last; l.tries > 2 && finish > begin {
		p := min(1, middle*active/(finish-begin))
		out = append(out, piece{index, begin, finish, [2]float64{at[app] * p, at[database] * p}, middle})
	}
	return out
}

// The fixed point between work and rates of progress: rounds, and the part of
// the way that a share goes in one. Whole steps swing to and fro without end
// where a station is nearly full, since everybody's share moves everybody's
// rate; these settle to a few thousandths.
const (
	rounds  = 20
	partWay = 0.3
	settled = 0.001
)

// maxCrowd is the number of requests beyond which nobody is left out of the
// crowd that he meets: it would cost much and change little.
const maxCrowd = 20

// deStretch finds each line's mean rate of progress at either station:
// wall seconds there times the rate are CPU seconds.
//
// The log tells who held a worker when, and how long at which station in all,
// but not who was where at a moment. Between two events the holders are a
// closed network of two stations, c servers each, shared by all present. Its
// states have probabilities of product form, whatever the distribution of
// work (F. Baskett et al., J. ACM 22, 1975): with x_j the share of j's work
// that is the database's,
//
//	P(set S at the database, n = |S|, of N) ~ Π_S x_j Π_rest (1-x_j) f(n, c_database) f(N-n, c_app),
//	f(n, c) = Π_{k=1..n} k/min(k, c)
//
// and a request that is one of n at a station progresses at min(1, c/n) CPU
// seconds a second. Its mean rate at a station is the integral of the
// progress over that of the presence. Shares follow from the work, the work
// from the rates: a fixed point, from the wall times on.
func (r *run) deStretch() {
	for i := range r.lines {
		l := &r.lines[i]
		l.rate = [2]float64{1, 1}
		l.share = l.databaseShare()
	}
	events := r.events()
	for range rounds {
		m := r.meet(events)
		var moved float64
		for i := range r.lines {
			for st := range stationNames {
				if m[i].present[st] > 0 {
					r.lines[i].rate[st] = m[i].progress[st] / m[i].present[st]
				}
			}
			before := r.lines[i].share
			r.lines[i].approach()
			moved = max(moved, math.Abs(r.lines[i].share-before))
		}
		if r.shared || moved < settled {
			return // shares do not matter where there is one station
		}
	}
}

type event struct {
	t     float64
	piece int
	begin bool
}

// atWork is the presence from which a piece counts as one at work throughout;
// below it, as one that is away.
const atWork = 0.5

func (r *run) events() []event {
	events := make([]event, 0, 2*len(r.pieces))
	for i, p := range r.pieces {
		if p.end > p.start && p.at[app]+p.at[database] >= atWork {
			events = append(events, event{p.start, i, true}, event{p.end, i, false})
		}
	}
	slices.SortFunc(events, func(a, b event) int {
		switch {
		case a.t != b.t:
			return cmpFloat(a.t, b.t)
		case a.begin != b.begin:
			if b.begin {
				return -1
			}
			return 1
		}
		return a.piece - b.piece
	})
	return events
}

// meeting is integrals over time, by station.
type meeting struct{ present, progress [2]float64 }

func (r *run) meet(events []event) []meeting {
	out := make([]meeting, len(r.lines))
	var here []int // lines
	c := crowd{cores: r.parallel}
	var last float64
	for _, e := range events {
		if d := e.t - last; d > 0 && len(here) > 0 {
			c.share = c.share[:0]
			for _, i := range here {
				c.share = append(c.share, r.lines[i].share)
			}
			for k, i := range here {
				present, progress := c.one(k, r.shared)
				for st := range stationNames {
					out[i].present[st] += d * present[st]
					out[i].progress[st] += d * progress[st]
				}
			}
		}
		last = e.t
		l := r.pieces[e.piece].line
		if e.begin {
			here = append(here, l)
			continue
		}
		if i := slices.Index(here, l); i >= 0 {
			here = slices.Delete(here, i, i+1)
		}
	}
	return out
}

// databaseShare is the share of the line's work that is the database's, by
// what is known so far.
func (l *line) databaseShare() float64 {
	d, a := l.sql*l.rate[database], (l.other-l.away)*l.rate[app]
	if a+d <= 0 {
		return 0.5
	}
	return d / (a + d)
}

// approach moves the line's share part of the way, in log odds, to what its
// work now says.
func (l *line) approach() {
	to := l.databaseShare()
	if to <= 0 || to >= 1 || l.share <= 0 || l.share >= 1 {
		l.share = to
		return
	}
	odds := math.Pow(l.share/(1-l.share), 1-partWay) * math.Pow(to/(1-to), partWay)
	l.share = odds / (1 + odds)
}

// crowd is those who are at work at a moment.
type crowd struct {
	share  []float64 // of the database in the work of each
	dist   []float64
	cores  [2]float64
	logs   [2][]float64  // log f(n, c) by station, as far as it was needed
	shift  float64       // of logarithms of weights, so that none overflows
	cached [2][2]float64 // answer for anyone in a large crowd with nobody left out
}

// one is the probability that one of the crowd is at each station, and the
// mean progress that he makes there.
func (c *crowd) one(self int, shared bool) (present, progress [2]float64) {
	n := len(c.share)
	if shared {
		rate := min(1, c.cores[app]/float64(n))
		return [2]float64{1, 1}, [2]float64{rate, rate}
	}
	others := n - 1
	if n <= maxCrowd || self == 0 {
		c.others(self)
		c.shift = math.Inf(-1)
		for k, p := range c.dist {
			if p > 0 {
				c.shift = max(c.shift, math.Log(p)+c.factor(app, others-k)+c.factor(database, k))
			}
		}
		c.cached = [2][2]float64{c.at(app, others), c.at(database, others)}
	}
	x := c.share[self]
	weigh := [2]float64{(1 - x) * c.cached[app][0], x * c.cached[database][0]}
	all := weigh[app] + weigh[database]
	if !(all > 0) {
		return [2]float64{}, [2]float64{}
	}
	for st := range stationNames {
		present[st] = weigh[st] / all
		progress[st] = present[st] * c.cached[st][1]
	}
	return present, progress
}

// others finds the distribution of how many of the others would be at the
// database if nobody were in anybody's way.
func (c *crowd) others(self int) {
	c.dist = append(c.dist[:0], 1)
	for j, x := range c.share {
		if j == self {
			continue
		}
		c.dist = append(c.dist, 0)
		for k := len(c.dist) - 1; k > 0; k-- {
			c.dist[k] = c.dist[k]*(1-x) + c.dist[k-1]*x
		}
		c.dist[0] *= 1 - x
	}
}

// at is the weight of being at a station, relative to the other one, and the
// mean rate there.
func (c *crowd) at(station, others int) [2]float64 {
	var sum, rate float64
	for k, p := range c.dist {
		n := [2]int{others - k, k}
		n[station]++
		if p == 0 {
			continue
		}
		w := math.Exp(math.Log(p) + c.factor(app, n[app]) + c.factor(database, n[database]) - c.shift)
		sum += w
		rate += w * math.Min(1, c.cores[station]/float64(n[station]))
	}
	if !(sum > 0) || math.IsInf(sum, 0) {
		return [2]float64{1, math.Min(1, c.cores[station]/float64(others+1))}
	}
	return [2]float64{sum, rate / sum}
}

// factor is log f(n, c) of a station.
func (c *crowd) factor(station, n int) float64 {
	logs := c.logs[station]
	if len(logs) == 0 {
		logs = append(logs, 0)
	}
	for k := len(logs); k <= n; k++ {
		logs = append(logs, logs[k-1]+math.Log(float64(k)/math.Min(float64(k), c.cores[station])))
	}
	c.logs[station] = logs
	return logs[n]
}
