package layered

import (
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
)

// rival is how one class meets the commits of another of its group.
type rival struct {
	class int
	share float64 // probability that two such requests touch a common row
}

// rivals of each class, from the rows that their rules touch.
func (v *solver) rivals() [][]rival {
	out := make([][]rival, len(v.classes))
	touched := make([]touches, len(v.classes))
	for i := range v.classes {
		if r := v.classes[i].rule; r != nil {
			touched[i] = touchesOf(r)
		}
	}
	for i := range v.classes {
		a := v.classes[i].rule
		if a == nil {
			continue
		}
		var together []touches
		for n := range v.classes {
			b := v.classes[n].rule
			if b == nil || !a.Meets(*b) || v.classes[n].tenant != v.classes[i].tenant {
				continue
			}
			together = append(together, touched[n])
			if s := common(touched[i], touched[n]); s > 0 {
				out[i] = append(out[i], rival{n, s})
			}
		}
		if a.Documents {
			v.classes[i].hot = gammaHeat(touched[i].heat(together, a))
		}
	}
	return out
}

// conflicts updates every class' loss probability from the rates and durations
// of its rivals, and says how far it moved. A try loses to a rival that commits
// one of its rows between its start and its touch, or holds one then. A pool's
// meets is the rate of rivals that a running request meets there, compared with
// independent ones: 0 for one worker.
func (v *solver) conflicts(rivals [][]rival) float64 {
	moved := 0.0
	for i := range v.classes {
		k := &v.classes[i]
		if k.rule == nil {
			continue
		}
		var during, holding, blocked float64
		for _, r := range rivals[i] {
			o := &v.classes[r.class]
			hits := max(0, o.carried-v.itself(i, r.class)) * o.retry.success * v.meets(k, o) * r.share
			holds := (1 - o.rule.At) * o.try
			if k.rule.SkipLocked {
				holds = 0
			}
			during += hits * reach(k.rule, o.rule) * k.try
			holding += hits * holds
			blocked += hits * holds * holds * (1 + v.trySpread(o)) / 2
		}
		if k.rule.Queues { // it waits, and loses nothing
			during, holding = 0, 0
		}
		scv := v.trySpread(k)
		lost := func(heat float64) float64 {
			return 1 - laplace(heat*during, scv)*math.Exp(-heat*holding)
		}
		next := retryBy(lost, k.rule.At, k.hot)
		p := k.retry.lost + 0.6*(next.lost-k.retry.lost)
		moved = max(moved, math.Abs(p-k.retry.lost))
		k.retry.mix(next, 0.6)
		k.blocked += 0.6 * (min(blocked, k.try)*k.retry.tries - k.blocked)
	}
	return moved
}

// reach is the share of its work at which a transaction last touches rows that
// it has in common with a rival.
func reach(r, rival *headroom.ConflictRule) float64 {
	common := func(group string) bool { return group == rival.Group || slices.Contains(rival.Also, group) }
	if r.SkipLocked && r.Again > r.At && slices.ContainsFunc(r.Also, common) {
		return r.Again
	}
	return r.At
}

// itself is the rate of class o that comes from the very customer whose request
// of class k is looked at, and cannot be its rival, 1/s.
func (v *solver) itself(k, o int) float64 {
	var sum, rate float64
	for i := range v.chains {
		c := &v.chains[i]
		var mine, its float64
		for _, x := range c.visits {
			if x.class == k {
				mine = c.rate * x.n
			}
			if x.class == o {
				its = c.rate * x.n
			}
		}
		rate += mine
		if c.population > 0 {
			sum += mine * its / c.population
		}
	}
	if rate == 0 {
		return 0
	}
	return sum / rate
}

// mix goes a part of the way to the next values.
func (r *retries) mix(o retries, f float64) {
	for _, x := range []struct {
		to   *float64
		from float64
	}{{&r.lost, o.lost}, {&r.tries, o.tries}, {&r.work, o.work}, {&r.square, o.square}, {&r.sleep, o.sleep}, {&r.spread, o.spread}, {&r.success, o.success}} {
		*x.to += f * (x.from - *x.to)
	}
}

// laplace is the mean of exp(-x t) over a gamma distribution of t with mean 1.
func laplace(x, scv float64) float64 {
	if scv < 1e-6 {
		return math.Exp(-x)
	}
	return math.Pow(1+scv*x, -1/scv)
}

// meets compares the commits of o that a running k meets with those of
// independent requests.
func (v *solver) meets(k, o *class) float64 {
	if k.pool < 0 || o.pool != k.pool {
		return 1
	}
	q := &v.pools[k.pool]
	r := float64(q.replicas)
	return (q.meets + r - 1) / r
}

// trySpread is the SCV of a whole try's time.
func (v *solver) trySpread(k *class) float64 {
	if k.try <= 0 {
		return 0
	}
	sum := k.delayVariance
	for i, d := range k.demand {
		sum += math.Pow(d*k.stretch[i], 2) * k.scv[i]
	}
	return sum / (k.try * k.try)
}

// touches is the probability that a transaction touches a row, by kinds of
// rows that are alike.
type touches struct {
	rows  float64   // mean number touched
	ranks []float64 // how many rows of a kind
	p     []float64 // that one of the kind is touched
}

const singleRanks = 16 // ranks that are a kind of their own; later kinds double every third

// touchesOf finds the probabilities 1 - (1 - w)^t, w being the weight of a row
// of some popularity, with the t that makes them add up to the rows touched.
func touchesOf(r *headroom.ConflictRule) touches {
	t := touches{rows: min(r.Touched(), r.Population)}
	if r.Popularity == 0 {
		t.ranks, t.p = []float64{r.Population}, []float64{t.rows / r.Population}
		return t
	}
	var weights []float64
	var sum float64
	population := math.Ceil(r.Population)
	for at := 0.0; at < population; {
		n := 1.0
		if at >= singleRanks {
			n = math.Min(math.Ceil(at*0.26), population-at)
		}
		// The mean weight of ranks at+1 ... at+n, by the integral between the halves.
		w := math.Pow(at+1, -r.Popularity)
		if n > 1 {
			w = power(at+0.5, at+n+0.5, r.Popularity) / n
		}
		t.ranks, weights = append(t.ranks, n), append(weights, w)
		sum += n * w
		at += n
	}
	for i := range weights {
		weights[i] /= sum
	}
	t.p = make([]float64, len(weights))
	low, high := 0.0, math.Inf(1)
	draws := t.rows
	for range 60 {
		var got, slope float64
		for i, w := range weights {
			l := math.Log1p(-min(w, 1-1e-15))
			miss := math.Exp(draws * l)
			t.p[i] = 1 - miss
			got += t.ranks[i] * (1 - miss)
			slope -= t.ranks[i] * miss * l
		}
		if math.Abs(got-t.rows) <= 1e-9*t.rows {
			break
		}
		if got < t.rows {
			low = draws
		} else {
			high = draws
		}
		next := draws + (t.rows-got)/slope
		if !(next > low && next < high) {
			next = 2*draws + 1
			if !math.IsInf(high, 1) {
				next = (low + high) / 2
			}
		}
		draws = next
		if draws > 1e9 {
			break
		}
	}
	return t
}

// power is the integral of x^-s from a to b.
func power(a, b, s float64) float64 {
	if math.Abs(s-1) < 1e-9 {
		return math.Log(b / a)
	}
	return (math.Pow(b, 1-s) - math.Pow(a, 1-s)) / (1 - s)
}

// common is the probability that two transactions touch a common row.
func common(a, b touches) float64 {
	if len(a.ranks) != len(b.ranks) { // rules of one group that differ in what it is: the wider one
		return 1 - math.Exp(-a.rows*b.rows/math.Max(a.population(), b.population()))
	}
	var miss float64
	for i, n := range a.ranks {
		miss += n * math.Log1p(-min(a.p[i]*b.p[i], 1-1e-15))
	}
	return 1 - math.Exp(miss)
}

func (t touches) population() float64 {
	var n float64
	for _, r := range t.ranks {
		n += r
	}
	return n
}

// heat is the relative variance, over documents, of the rivals' touches that a
// document meets: inclusion is taken as independent but for the number of rows,
// whose own variance is that of the rule.
func (t touches) heat(others []touches, r *headroom.ConflictRule) float64 {
	var mean, square, linear, count float64
	for i, n := range t.ranks {
		var e float64
		for _, o := range others {
			if len(o.p) == len(t.p) {
				e += o.p[i]
			}
		}
		q := n * t.p[i] * (1 - t.p[i])
		mean += n * t.p[i] * e
		square += q * e * e
		linear += q * e
		count += q
	}
	if mean <= 0 || count <= 0 {
		return 0
	}
	f := r.Rows - math.Floor(r.Rows)
	number := f * (1 - f)
	switch {
	case r.Intensity > 1:
		number = number*r.Intensity*r.Intensity + (r.Intensity-1)*r.Rows
	case r.Intensity > 0:
		number = number*r.Intensity*r.Intensity + r.Intensity*(1-r.Intensity)*r.Rows
	}
	each := linear / count
	return max(0, square-linear*each+number*each*each) / (mean * mean)
}
