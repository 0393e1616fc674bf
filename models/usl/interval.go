package usl

import (
	"fmt"
	"math"

	"github.com/headroom-erp/headroom/models/fit"
)

// intervals are Wald's with Student's t of n-3 degrees where no coefficient is
// on its bound. On a bound the curve of the SSE is no parabola, so there they
// are those of the profile: all values of a coefficient with which the best
// fit of the others has
//
//	SSE(value) <= SSE (1 + t²/(n-3))
//
// which is the same in the interior of a linear model. An interval on a bound
// begins at it.
func (m *Model) intervals() {
	set := []**Interval{sigma: &m.ContentionInterval, kappa: &m.CoherencyInterval, single: &m.SingleClientInterval}
	b := [3]float64{m.Contention, m.Coherency, m.SingleClientThroughput}
	t := fit.StudentT(m.Level, m.Points-3)
	for j, at := range set {
		if m.ContentionAtBound || m.CoherencyAtBound {
			*at = m.profile(j, b[j], m.SSE*(1+t*t/float64(m.Points-3)))
			continue
		}
		h := t * math.Sqrt(m.covariance.At(j, j))
		*at = &Interval{Low: max(0, b[j]-h), High: b[j] + h}
	}
	m.peakIntervals(t)
}

// peakIntervals are by the delta method, of the concurrency on a logarithmic
// scale. Where no coherency at all is within its interval, there may be no
// peak, and no upper end.
func (m *Model) peakIntervals(t float64) {
	n, x, ok := m.Peak()
	if !ok || m.ContentionAtBound || m.CoherencyAtBound || n <= 1 {
		return
	}
	// log N = (log(1-σ) - log κ)/2
	g := [3]float64{-0.5 / (1 - m.Contention), -0.5 / m.Coherency, 0}
	h := t * m.deviation(g)
	m.PeakConcurrencyInterval = &Interval{Low: max(1, n*math.Exp(-h)), High: n * math.Exp(h)}
	// X at its peak does not move with N: the derivative at the fixed N is all of it.
	h = t * m.deviation(m.derivatives(n))
	m.PeakThroughputInterval = &Interval{Low: max(0, x-h), High: x + h}
	if m.CoherencyInterval.Low <= 0 {
		m.PeakConcurrencyInterval.High, m.PeakThroughputInterval.High = math.Inf(1), math.Inf(1)
	}
}

// deviation is the standard error of what has the derivatives g by σ, κ, X(1).
func (m *Model) deviation(g [3]float64) float64 {
	var v float64
	for i := range 3 {
		for j := range 3 {
			v += g[i] * g[j] * m.covariance.At(i, j)
		}
	}
	return math.Sqrt(max(0, v))
}

// profile finds both ends for a coefficient, whose best value is b.
func (m *Model) profile(j int, b, limit float64) (at *Interval) {
	outside := func(v float64) bool {
		f, err := least(m.points, fixed{at: []int{j}, value: v})
		return err != nil || f.SSE > limit
	}
	defer func() {
		for _, v := range []float64{at.Low, at.High} {
			if f, err := least(m.points, fixed{at: []int{j}, value: v}); err == nil && !math.IsInf(v, 0) {
				m.ends = append(m.ends, curve(f.Coefficients))
			}
		}
	}()
	unit := b
	if unit == 0 { // on its bound: a size at which the largest concurrency would notice
		if unit = 1 / m.Largest; j == kappa {
			unit /= m.Largest
		}
	}
	// A perfect fit leaves a limit of no SSE at all: both ends are the value.
	if m.SSE <= 1e-24*square(m.points) {
		return &Interval{Low: b, High: b}
	}
	high, step := b, unit/64
	for !outside(high + step) {
		high, step = high+step, step*2
		if step > 1e9*unit {
			return &Interval{Low: m.down(b, outside), High: math.Inf(1)}
		}
	}
	return &Interval{Low: m.down(b, outside), High: bisect(high, high+step, outside)}
}

func (m *Model) down(b float64, outside func(float64) bool) float64 {
	if b == 0 || !outside(0) {
		return 0
	}
	return bisect(b, 0, outside)
}

// bisect finds where inside ends on the way to out, to a millionth.
func bisect(in, out float64, outside func(float64) bool) float64 {
	for math.Abs(out-in) > 1e-7*max(math.Abs(in), math.Abs(out)) {
		mid := (in + out) / 2
		if mid == in || mid == out {
			break
		}
		if outside(mid) {
			out = mid
		} else {
			in = mid
		}
	}
	return in
}

func square(p []Point) float64 {
	var s float64
	for _, x := range p {
		s += x.Throughput * x.Throughput
	}
	return s
}

// reach is how far beyond the largest measured concurrency a prediction may
// go before it is worth little: the raytracer measured to 20 predicts 147 at
// 64, where 310 was measured.
const reach = 3

// A Prediction is a throughput or response time with its doubt.
type Prediction struct {
	Value    float64
	Interval *Interval // nil where the model has none, and beyond what was measured times 3
	Warning  string    // "" or what to do about the doubt
}

// PredictThroughputAtConcurrency is X(n) with the interval of the curve there
// (not of one more measurement), by the delta method with Student's t of n-3
// degrees; of a fit with a coefficient on its bound, it spans the curves at the
// ends of the coefficients' intervals as well.
func (m Model) PredictThroughputAtConcurrency(n float64) Prediction {
	p := Prediction{Value: m.ThroughputAtConcurrency(n), Warning: m.beyond(n)}
	if m.Points <= 3 || n <= 0 || n > reach*m.Largest {
		return p
	}
	h := fit.StudentT(m.Level, m.Points-3) * m.deviation(m.derivatives(n))
	p.Interval = &Interval{Low: max(0, p.Value-h), High: p.Value + h}
	for _, c := range m.ends {
		x := c.ThroughputAtConcurrency(n)
		p.Interval.Low, p.Interval.High = min(p.Interval.Low, x), max(p.Interval.High, x)
	}
	return p
}

// PredictResponseAtConcurrency is R(n) likewise: n over the ends of X(n).
func (m Model) PredictResponseAtConcurrency(n float64) Prediction {
	x := m.PredictThroughputAtConcurrency(n)
	p := Prediction{Value: m.ResponseAtConcurrency(n), Warning: x.Warning}
	if x.Interval != nil {
		p.Interval = &Interval{Low: n / x.Interval.High, High: n / x.Interval.Low}
	}
	return p
}

func (m Model) beyond(n float64) string {
	switch {
	case n > reach*m.Largest:
		return fmt.Sprintf("a concurrency of %.6g is more than %d times the largest measured one, %.6g: the law is known to fail there; measure nearer to it", n, reach, m.Largest)
	case n > m.Largest:
		return fmt.Sprintf("a concurrency of %.6g is beyond the largest measured one, %.6g", n, m.Largest)
	}
	return ""
}

func (m *Model) warn() {
	add := func(format string, a ...any) { m.Warnings = append(m.Warnings, fmt.Sprintf(format, a...)) }
	if m.Points == 3 {
		add("three points leave nothing to judge the fit by: no intervals; measure at 6 concurrencies or more")
	} else if m.Points < 6 {
		add("%d points make wide intervals; measure at 6 concurrencies or more", m.Points)
	}
	if m.CoherencyAtBound {
		add("the best fit has no coherency penalty (at its bound of 0), so no peak is predicted; there may be one beyond the largest measured concurrency, %.6g", m.Largest)
	}
	if m.ContentionAtBound {
		add("the best fit has no contention penalty (at its bound of 0)")
	}
	if m.SingleClientThroughput == 0 {
		add("the best fit has no throughput at all")
	}
	n, _, ok := m.Peak()
	if ok && n > m.Largest {
		if w := m.beyond(n); n > reach*m.Largest {
			add("the peak is extrapolated: %s", w)
		} else {
			add("the peak was not measured: %s; measure around it", w)
		}
	}
	if ok && m.CoherencyInterval != nil && !m.CoherencyAtBound && m.CoherencyInterval.Low <= 0 {
		add("a coherency of 0 is within its interval: there may be no peak; measure at higher concurrencies")
	}
	if m.R2 < 0.8 {
		add("the curve explains %.0f %% of the variation of the throughput only", 100*max(0, m.R2))
	}
}
