package demand

import (
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// How many clean requests a class needs for a distribution of its own, and
// into how many equally likely steps it is cut with that many and with more.
const (
	enoughForQuantiles = 100
	coarseSteps        = 20
	enoughForFine      = 800
	fineSteps          = 40
)

// fewestDistinct is the number of different times below which the log's
// milliseconds, and not the work, make the distribution.
const fewestDistinct = 12

// quantiles gives each class the distribution of its work by station over its
// mean, beside what its documents' lines explain, as Class.Quantiles wants it.
// It is stretched about its mean to the variation that the model states, which
// is freed of what rounding and measuring add.
func (s *survey) quantiles(tallies []tally, classes []headroom.ClassModel) {
	values := make([][2][]weighted, len(classes))
	s.eachJoined(func(l *line) {
		if !l.timed() || s.classes[l.class].direct {
			return
		}
		c := &classes[l.class]
		size := 1.0
		if c.LineShare > 0 && c.Lines > 0 && l.size > 0 {
			size = 1 - c.LineShare + c.LineShare*l.size/c.Lines
		}
		for st := range stationNames {
			if st == database && l.waited {
				continue
			}
			values[l.class][st] = append(values[l.class][st], weighted{l.work[st] / size, tallies[l.class].weight(l)})
		}
	})
	for c := range classes {
		for st, name := range stationNames {
			if q := shape(values[c][st], classes[c].SCV[name]); q != nil {
				if classes[c].Quantiles == nil {
					classes[c].Quantiles = map[string][]float64{}
				}
				classes[c].Quantiles[name] = q
			}
		}
	}
}

type weighted struct{ value, weight float64 }

// shape is a distribution at equally likely steps, of mean 1 and the given
// squared variation; nil where too little is known, or there is none.
func shape(values []weighted, scv float64) []float64 {
	if len(values) < enoughForQuantiles || !(scv > 1e-4) {
		return nil
	}
	steps := coarseSteps
	if len(values) >= enoughForFine {
		steps = fineSteps
	}
	slices.SortFunc(values, func(a, b weighted) int {
		switch {
		case a.value < b.value:
			return -1
		case a.value > b.value:
			return 1
		}
		return 0
	})
	distinct := 1
	for i := 1; i < len(values); i++ {
		if values[i].value-values[i-1].value > 1e-6 {
			distinct++
		}
	}
	if distinct < fewestDistinct {
		return nil
	}
	q := nodes(values, steps)
	if q == nil {
		return nil
	}
	return withVariation(q, scv)
}

// nodes are the quantiles at the steps; the outermost are such that a straight
// line over the last step has the mean of the values in it, as one long request
// would else speak for all of them.
func nodes(values []weighted, steps int) []float64 {
	var total float64
	for _, v := range values {
		total += v.weight
	}
	out := make([]float64, steps+1)
	var first, last, firstWeight, lastWeight, before float64
	k := 1
	for i, v := range values {
		after := before + v.weight
		for k < steps && after >= total*float64(k)/float64(steps) {
			out[k] = v.value
			k++
		}
		if after <= total/float64(steps) || i == 0 {
			first, firstWeight = first+v.weight*v.value, firstWeight+v.weight
		}
		if before >= total*float64(steps-1)/float64(steps) || i == len(values)-1 {
			last, lastWeight = last+v.weight*v.value, lastWeight+v.weight
		}
		before = after
	}
	out[0] = min(out[1], max(0, 2*first/firstWeight-out[1]))
	out[steps] = max(out[steps-1], 2*last/lastWeight-out[steps-1])
	m, _ := moments2(out)
	if !(m > 0) {
		return nil
	}
	for i := range out {
		out[i] /= m
	}
	return out
}

// moments2 are the mean and the squared coefficient of variation of a
// distribution in straight lines between equally likely steps.
func moments2(q []float64) (mean, scv float64) {
	var square float64
	n := float64(len(q) - 1)
	for i := 1; i < len(q); i++ {
		a, b := q[i-1], q[i]
		mean += (a + b) / 2 / n
		square += (a*a + a*b + b*b) / 3 / n
	}
	if !(mean > 0) {
		return 0, 0
	}
	return mean, max(0, square/(mean*mean)-1)
}

// withVariation raises the values to the power that gives the wanted squared
// variation, with mean 1: an order and a sign stay what they were.
func withVariation(q []float64, scv float64) []float64 {
	at := func(power float64) []float64 {
		out := make([]float64, len(q))
		for i, v := range q {
			out[i] = math.Pow(v, power)
		}
		m, _ := moments2(out)
		if !(m > 0) || math.IsInf(m, 0) {
			return nil
		}
		for i := range out {
			out[i] /= m
		}
		return out
	}
	low, high := 0.02, 3.0
	for range 40 {
		mid := (low + high) / 2
		v := at(mid)
		if v == nil {
			high = mid
			continue
		}
		if _, got := moments2(v); got < scv {
			low = mid
		} else {
			high = mid
		}
	}
	return at(low)
}

// callsOf is the number of database calls of one try with its interval, from
// lines that were answered at the first try.
func (s *survey) callsOf() []*headroom.Estimate {
	values := make([][]float64, len(s.classes))
	s.eachJoined(func(l *line) {
		if l.clean {
			values[l.class] = append(values[l.class], l.queries)
		}
	})
	out := make([]*headroom.Estimate, len(s.classes))
	for c, v := range values {
		if len(v) == 0 {
			continue
		}
		half := fit.StudentT(headroom.Level, max(1, len(v)-1)) * fit.Spread(v) / math.Sqrt(float64(len(v)))
		m := mean(v)
		out[c] = &headroom.Estimate{
			Value: m, Low: max(0, m-half), High: m + half, Level: headroom.Level, N: len(v),
			Method: "queries of requests without a retry", Identified: len(v) >= fewRequests,
		}
	}
	return out
}
