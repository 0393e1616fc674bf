package demand

import (
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// A class waits for somebody outside (a carrier, a payment service) when the
// counters show leastAway less of its work than the log. Others are usual: their
// work is what the log says, but for usualSpread of it.
const (
	leastAway   = 0.25
	shortAway   = 0.05 // seconds; whoever is outside takes longer
	surelyAway  = 20.0 // fall of minus twice the law's log-likelihood: over four standard deviations
	mostAway    = 0.98
	usualSpread = 0.05
	awayTurns   = 15
	rowsForEach = 4 // of a class, for it to be told from the others
)

// findAway finds the classes that wait for somebody outside, and how much of
// their seconds outside of SQL.
//
// CPU seconds are CPU seconds, so that the factors of the utilization law are 1,
// but for a few classes that may be anywhere below: a law of heavy tails (Cauchy's, by
// weighing again; P. Holland, R. Welsch, Communications in Statistics A6, 1977),
// under which one class takes a contradiction upon itself before all share it.
// Where more than a few classes would have to, it is something else, and none is
// taken to wait.
func (s *survey) findAway(tallies []tally) {
	w := s.newLaw()
	if !w.reduced[app] {
		return
	}
	if w.rowsOfApp() < rowsForEach*len(s.classes) {
		return
	}
	noise := w.noise
	if factor, _ := w.contradictions(-1, noise); factor != nil {
		noise = max(1e-6*cell*cell, w.squared(factor)/max(1, float64(len(w.rows)-len(s.classes)-4)))
	}
	factor, free := w.contradictions(-1, noise)
	if factor == nil {
		return
	}
	means := s.means(tallies, nil)
	var found []int
	var usual []float64
	for c := range s.classes {
		switch {
		case w.direct[c] || tallies[c].clean == 0:
		case factor[w.at(app, c)] < 1-leastAway && tallies[c].clean >= fewRequests && (1-factor[w.at(app, c)])*means[c][app] > shortAway:
			if _, bound := w.contradictions(c, noise); bound-free > surelyAway {
				found = append(found, c)
			}
		default:
			usual = append(usual, factor[w.at(app, c)])
		}
	}
	if len(found) == 0 || len(found) > max(1, len(s.classes)/4) {
		return
	}
	if m := quantile(usual, 0.5); !(math.Abs(m-1) < leastAway) {
		return
	}
	for _, c := range found {
		left := max(1-mostAway, factor[w.at(app, c)]/quantile(usual, 0.5))
		s.away[c] = 1 - left
		// The factor's own error, twice for what it shares with classes that come
		// with it.
		s.awayDoubt[c] = min(1, 2*math.Sqrt(noise/max(1e-12, w.squares(c)))/left)
	}
}

// rowsOfApp is how many rows speak of the application.
func (w *law) rowsOfApp() int {
	n := 0
	for _, r := range w.rows {
		if r.kind != database {
			n++
		}
	}
	return n
}

// squares is the sum of the squares of a class' work at the application.
func (w *law) squares(c int) float64 {
	var sum float64
	for _, r := range w.rows {
		sum += r.x[w.at(app, c)] * r.x[w.at(app, c)]
	}
	return sum
}

// contradictions are the law's factors when nearly all are 1, and minus twice its
// log-likelihood, with rows of that variance; a class may be bound to 1, and -1 is
// none. nil where it cannot be solved.
func (w *law) contradictions(bound int, noise float64) (factor []float64, unlikely float64) {
	p := 2 * w.width()
	factor = make([]float64, p)
	sd := make([]float64, p)
	for i := range factor {
		factor[i], sd[i] = 1, usualSpread
	}
	for st := range stationNames {
		factor[w.at(st, w.idle())], sd[w.at(st, w.idle())] = 0, 10*idleSpread
		sd[w.at(st, w.unjoined())] = unjoinedSpread
		for c, d := range w.direct {
			if d {
				factor[w.at(st, c)], sd[w.at(st, c)] = 0, directSpread
			}
		}
	}
	centre := slices.Clone(factor)
	for range awayTurns {
		n := fit.NewNormal(p)
		n.Add(w.total(nil), 1/noise)
		priors := make([]fit.Prior, p)
		for i := range priors {
			away := (factor[i] - centre[i]) / sd[i]
			priors[i] = fit.Prior{Value: centre[i], SD: sd[i] * math.Sqrt(1+away*away)}
			if i == bound { // of the application
				priors[i].SD = sd[i]
			}
		}
		n.Pull(priors)
		next, err := n.NonNegative()
		if err != nil {
			return nil, 0
		}
		factor = next
	}
	unlikely = w.squared(factor) / noise
	for i := range factor {
		away := (factor[i] - centre[i]) / sd[i]
		if i == bound {
			unlikely += away * away
			continue
		}
		unlikely += 2 * math.Log1p(away*away)
	}
	return factor, unlikely
}

// squared is the sum of the rows' squared errors.
func (w *law) squared(factor []float64) float64 {
	var ss float64
	for _, r := range w.rows {
		d := r.y
		for i, x := range r.x {
			d -= factor[i] * x
		}
		ss += d * d
	}
	return ss
}

// contradicted is how many of the prior's standard deviations the counters have
// to push a class' factor before it is let go.
const contradicted = 2.5

// loosen finds the classes whose proportions the counters contradict, and lets
// them go. A few may be; where many are, it is the counters or the freeing of
// times that is wrong, and none is.
func (w *law) loosen() {
	before := slices.Clone(w.loose)
	for n := 0; ; n++ {
		if n > max(1, w.classes/4) {
			w.loose = before
			return
		}
		factor, err := w.solve(nil, nil)
		if err != nil {
			return
		}
		usual := w.usual(factor, app)
		worst, at := contradicted, -1
		for c := range w.classes {
			if w.direct[c] || w.loose[c] || w.settled[c] {
				continue
			}
			if z := math.Abs(factor[w.at(app, c)]/usual-1) / classSpread; z > worst {
				worst, at = z, c
			}
		}
		if at < 0 {
			return
		}
		w.loose[at] = true
	}
}

// leastDelay is the part of a try's time, freed of sharing, below which time
// without CPU is not told from the error of the freeing.
const (
	leastDelay     = 0.05
	leastRealDelay = 0.01 // of a real system, whose freeing is held against lone requests
)

// delay is the time that a try holds its worker without a CPU: waits for outside
// services, and what the log has, freed of sharing, beyond what the counters
// have.
func (s *survey) delay(c int, logged [2]float64, demand [2]headroom.Estimate, again replicas, n int, w *law) headroom.Estimate {
	e := headroom.Estimate{Level: headroom.Level, N: n, Method: "log beyond CPU counters"}
	away := s.waitSeconds(c)
	all := logged[app] + logged[database] + away
	gap := all - demand[app].Value - demand[database].Value
	least := leastDelay
	if w.real {
		least = leastRealDelay
	}
	if s.away[c] == 0 && s.underQuotas() {
		// The rest is what quotas held back, which is simulated.
		e.Value, e.High, e.Method = away, 2*away, "the way to the database"
		return e
	}
	if n == 0 || !(gap > least*all) || !w.reduced[app] || !w.reduced[database] {
		return e
	}
	var replicas []float64
	for _, v := range again.beyond[c] {
		replicas = append(replicas, max(0, v+away))
	}
	e.Value = gap
	if len(replicas) > 0 {
		// All errors of freeing and counting end up in it.
		half := max(quantile(replicas, 0.95)-quantile(replicas, 0.05), 2*least*all) / 2
		half = math.Hypot(half, s.awayDoubt[c]*demand[app].Value)
		e.Low, e.High = max(0, gap-half), gap+half
	} else {
		e.High = 2 * gap
	}
	e.Identified = n >= fewRequests && e.Low > 0
	if s.away[c] > 0 {
		e.Method = "log beyond CPU counters; the class waits for others outside"
	}
	return e
}

// underQuotas says that a real system was held to CPU quotas: then time beyond the
// counters is mostly that of standing still until the next period.
func (s *survey) underQuotas() bool {
	return slices.ContainsFunc(s.runs, func(r *run) bool { return !r.virtual() && r.info.Topology.Quota != nil })
}

// waitSeconds is the mean time of a try of the class that is known to be nobody's
// CPU here: with somebody outside, and on the way to the database.
func (s *survey) waitSeconds(c int) float64 {
	var sum, n float64
	s.eachJoined(func(l *line) {
		if l.class == c && l.timed() {
			sum += l.away + l.wait
			n++
		}
	})
	return sum / max(1, n)
}

// delaySpread finds the squared variation of a delay that is most of the seconds
// outside of SQL: what their variance has beyond the CPU's own.
func (s *survey) delaySpread(classes []headroom.ClassModel) {
	other := make([][]float64, len(classes))
	s.eachJoined(func(l *line) {
		if l.timed() && s.away[l.class] > 0.5 {
			other[l.class] = append(other[l.class], l.other)
		}
	})
	var usual []float64
	for c := range classes {
		if classes[c].Pooled && s.away[c] == 0 && classes[c].Count >= fewRequests {
			usual = append(usual, classes[c].SCV[stationNames[app]])
		}
	}
	for c, v := range other {
		if len(v) < fewRequests || !(classes[c].Delay.Value > 0) {
			continue
		}
		cpu := 0.0
		if len(usual) > 0 {
			// The work's own variation is that of classes that wait for nobody.
			cpu = quantile(usual, 0.5)
			classes[c].SCV[stationNames[app]] = cpu
			delete(classes[c].Quantiles, stationNames[app])
		}
		d := classes[c].Demand[stationNames[app]].Value
		sd := fit.Spread(v)
		classes[c].DelaySCV = max(0, sd*sd-cpu*d*d) / (classes[c].Delay.Value * classes[c].Delay.Value)
	}
}
