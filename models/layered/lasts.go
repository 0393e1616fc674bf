package layered

import "math"

// left is what a period has left for a burst of work, in CPU seconds a second,
// of a quota c of which so much is used on average: all of c for who is alone;
// near c less than c - used, because use comes in bursts itself. Of c (1 -
// used/c) to the power of 1.5, 2 and 3, the square was the least biased over
// 100 random systems beside package sim.
func left(c, used float64) float64 {
	if used >= c {
		return 0
	}
	return (c - used) * (c - used) / c
}

// stalled is how much longer a quota of a fraction c of what runs makes work
// that needs 1/y times what a period has, over what so slow a core would: exact
// for lone exponential work that begins anywhere in a period.
func stalled(y, c float64) float64 {
	if y < 1e-6 {
		return 1
	}
	if y > 700 {
		return 0
	}
	q := math.Exp(-y)
	return q * ((1-c)*y*(1+q)/(2*(1-q)) + c)
}

// lasts is the share, 0 to 1, of what a throttled station's backlog costs that
// is there for longer than a period: a quota's walk from period to period beside
// a core's. Where much of the quota is used it is the ratio of the means of a
// random walk's maximum and a Brownian motion's (Spitzer 1956; Chernoff 1965);
// where little is, that of a lone request. stay is stays of the unbound solver.
func (v *solver) lasts(s int, stay float64) float64 {
	c, used := v.stations[s].Servers, v.used(s)
	q := &v.quotas[s]
	if used >= c || stay <= 0 {
		return 1
	}
	lone := stalled(left(c, used)*q.period/stay, min(1, c/q.cores))
	if used <= 0 {
		return lone
	}
	return max(lone, walk((c-used)*math.Sqrt(q.period/(2*used*stay))))
}

// stays is how long, in seconds, those who use a station will still be there or
// come back to it, from any moment of their use.
func (v *solver) stays(s int) float64 {
	var work, time, most float64
	for i := range v.classes {
		k := &v.classes[i]
		d := k.demand[s]
		if d <= 0 {
			continue
		}
		left := k.held(k.stretch) * (1 + k.scv[s]) / 2
		r := k.rate * k.retry.work
		work, time = work+r*d, time+r*d*left
		most = max(most, left)
	}
	if work <= 0 {
		return most
	}
	return time / work
}

// walk is E[max of a walk with normal steps of mean -x and variance 1], over
// 1/(2x), that of Brownian motion.
func walk(x float64) float64 {
	if x < 0.2 {
		return 1 - 1.16519*x + x*x/2
	}
	var sum float64
	for k := 1.0; k < 2000; k++ {
		z := x * math.Sqrt(k)
		if z > 7 {
			break
		}
		sum += (math.Exp(-z*z/2)/math.Sqrt(2*math.Pi) - z*normal(-z)) / math.Sqrt(k)
	}
	return 2 * x * sum
}
