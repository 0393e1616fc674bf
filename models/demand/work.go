package demand

import (
	"math"
	"slices"

	"github.com/headroom-erp/headroom/models/fit"
)

// findWork gives every line its CPU seconds by station, as the log has them:
// freed of sharing, of what the database's client costs the application inside
// of the log's SQL seconds, and of waits for outside services. The latter two are
// what the CPU counters say, so that times are freed again with what they said.
func (s *survey) findWork(tallies []tally, o Options) {
	s.away, s.awayDoubt, s.unlogged = make([]float64, len(s.classes)), make([]float64, len(s.classes)), unlogged{}
	s.executed = s.execution(tallies, o)
	s.freeTimes(tallies)
	s.shareOut(tallies)
	if s.findAway(tallies); slices.ContainsFunc(s.away, func(share float64) bool { return share > 0 }) {
		s.freeTimes(tallies)
		s.shareOut(tallies)
	}
	if s.unlogged = s.newLaw().unlogged(s.outsideShare(tallies)); s.unlogged.request+s.unlogged.call > 0 {
		s.shareOut(tallies)
	}
	if s.unlogged.wait, s.unlogged.waitRequest = s.newLaw().waits(s.unlogged.outside, s.taken()); s.unlogged.wait+s.unlogged.waitRequest > 0 {
		s.shareOut(tallies)
	}
}

// taken is the seconds of SQL that freeing took off for each that it left.
func (s *survey) taken() float64 {
	var off, left float64
	s.eachJoined(func(l *line) {
		f := s.free(l, database)
		off += l.sql * (1 - f)
		left += l.sql * f
	})
	return max(0, off) / max(1e-9, left)
}

// freeTimes finds the lines' rates of progress with what is known of outside
// services so far.
func (s *survey) freeTimes(tallies []tally) {
	for _, r := range s.runs {
		r.pieces = r.pieces[:0]
		for i := range r.lines {
			l := &r.lines[i]
			lost, sql := 0.5, l.sql
			if l.class != unjoined {
				l.away = s.away[l.class] * l.other
				t := &tallies[l.class]
				lost = t.lost
				if l.tries > 1 && t.clean > 0 {
					sql = t.sql * l.effective(lost)
				}
			}
			r.pieces = append(r.pieces, l.pieces(i, lost, sql)...)
		}
		r.deStretch()
	}
	s.sharpen()
}

// shareOut makes CPU seconds of the log's, with what is known so far of those that
// the log does not have as such.
func (s *survey) shareOut(tallies []tally) {
	for _, r := range s.runs {
		for i := range r.lines {
			l := &r.lines[i]
			p := r.pace.at((l.start + l.end) / 2)
			l.work = [2]float64{(l.other - l.away) * s.free(l, app) * p, l.sql * s.free(l, database) * p}
			client := min(s.unlogged.call*l.queries, mostClient*l.work[database])
			l.work[app] += client + s.unlogged.request
			l.work[database] -= client
			l.wait = min(s.unlogged.wait*l.queries+s.unlogged.waitRequest, mostClient*l.work[database])
			l.work[database] -= l.wait
		}
	}
	s.markWaits(tallies)
	means := s.means(tallies, nil)
	s.eachJoined(func(l *line) {
		t, m := &tallies[l.class], means[l.class]
		if !(l.tries > 1 || l.waited) || t.clean == 0 {
			return
		}
		// Its SQL holds waits for rows. Clean requests tell what goes with its
		// app work, which knows the size of its document, or else with a try.
		switch {
		case m[app] > 0 && l.work[app] > 0:
			l.work[database] = m[database] * l.work[app] / m[app]
		default:
			l.work[database] = m[database] * l.effective(t.lost)
		}
	})
	s.findUsual(tallies)
}

// findUsual gives every line what its class usually takes for as many database
// calls: calls, unlike seconds, are not stretched by anything, and tell the size
// of the document as well as the tries.
func (s *survey) findUsual(tallies []tally) {
	means := s.means(tallies, nil)
	for _, r := range s.runs {
		for i := range r.lines {
			l := &r.lines[i]
			l.usual = l.work
			if l.class == unjoined {
				continue
			}
			t, m := &tallies[l.class], means[l.class]
			if t.clean < fewRequests || math.IsNaN(m[app]+m[database]) {
				continue
			}
			size := l.effective(t.lost)
			if t.queries > 0 && l.queries > 0 {
				size = l.queries / t.queries
			}
			l.usual = [2]float64{m[app] * size, m[database] * size}
		}
	}
}

// effective is the number of whole tries that a line's work amounts to.
func (l *line) effective(lost float64) float64 { return 1 + lost*float64(l.tries-1) }

// farOut is how many (robust) standard deviations of the logarithm above its
// class' median a line's SQL must lie to count as a wait: log-normal service
// itself gets there once in 30,000 requests.
const farOut = 4

// markWaits finds, in classes that share rows with others, the lines whose
// SQL waited for a row's lock and then went through: the holder lost too. The
// statements of a stand-in's classes may all wait, for a machine that is busy: nothing
// of that is their demand.
func (s *survey) markWaits(tallies []tally) {
	logs := make([][]float64, len(tallies))
	s.eachJoined(func(l *line) {
		if t := l.work[database] + l.wait; l.timed() && t > 0 {
			logs[l.class] = append(logs[l.class], math.Log(t))
		}
	})
	limit := make([]float64, len(tallies))
	virtual := s.virtual()
	for c, v := range logs {
		limit[c] = math.Inf(1)
		if len(v) < 10 || tallies[c].retried == 0 && !virtual {
			continue
		}
		median := fit.Quantile(v, 0.5)
		away := make([]float64, len(v))
		for i, x := range v {
			away[i] = math.Abs(x - median)
		}
		// 1.4826 makes the median absolute deviation a normal's standard deviation.
		limit[c] = math.Exp(median + farOut*1.4826*max(0.05, fit.Quantile(away, 0.5)))
	}
	s.eachJoined(func(l *line) { l.waited = l.clean && l.work[database]+l.wait > limit[l.class] })
}

// sums are a class' weighted sums over clean lines, by station.
type sums struct {
	weight, work [2]float64
	n            int
}

func (a *sums) add(l *line, weight float64) {
	a.n++
	for st := range stationNames {
		if st == database && l.waited {
			continue
		}
		a.weight[st] += weight
		a.work[st] += weight * l.work[st]
	}
}

// means are the classes' mean CPU seconds of one try by station, as the log
// has them; use picks lines, nil takes all clean ones. NaN without any.
func (s *survey) means(tallies []tally, use func(*line) bool) [][2]float64 {
	acc := make([]sums, len(tallies))
	s.eachJoined(func(l *line) {
		if l.timed() && (use == nil || use(l)) {
			acc[l.class].add(l, tallies[l.class].weight(l))
		}
	})
	out := make([][2]float64, len(acc))
	for c, a := range acc {
		out[c] = [2]float64{a.work[app] / a.weight[app], a.work[database] / a.weight[database]}
	}
	return out
}

// variation is a class' squared coefficient of variation by station.
//
// The rates of progress are estimates, and their error passes for spread; it
// is least where least was taken off, so that the half of the lines with the
// higher rate speaks. Rounding of the log to a millisecond adds 1/12 ms² to
// the variance, and twice that where a difference of two is logged.
func (s *survey) variation(tallies []tally) [][2]float64 {
	out := make([][2]float64, len(tallies))
	values := make([][2][]pair, len(tallies))
	s.eachJoined(func(l *line) {
		if !l.timed() {
			return
		}
		for st := range stationNames {
			if st == database && l.waited {
				continue
			}
			values[l.class][st] = append(values[l.class][st], pair{l.rate[st], l.work[st], tallies[l.class].weight(l)})
		}
	})
	for c := range values {
		for st, v := range values[c] {
			out[c][st] = squaredVariation(v)
		}
	}
	return out
}

type pair struct{ rate, work, weight float64 }

func squaredVariation(v []pair) float64 {
	if len(v) < 3 {
		return 1 // the default of a class that nobody measured
	}
	rates := make([]float64, len(v))
	for i, p := range v {
		rates[i] = p.rate
	}
	quiet := 0.0
	if len(v) >= 20 {
		quiet = fit.Quantile(rates, 0.5)
	}
	var n, w, sum float64
	for _, p := range v {
		if p.rate >= quiet {
			n++
			w += p.weight
			sum += p.weight * p.work
		}
	}
	mean := sum / w
	if !(mean > 0) || n < 3 {
		return 0
	}
	var ss float64
	for _, p := range v {
		if p.rate >= quiet {
			ss += p.weight * (p.work - mean) * (p.work - mean)
		}
	}
	const rounding = 1e-6 / 12
	return max(0, ss/w*n/(n-1)-rounding) / (mean * mean)
}
