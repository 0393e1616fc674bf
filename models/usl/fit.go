package usl

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/headroom-erp/headroom/models/fit"
)

// A Point is one measurement.
type Point struct {
	Concurrency float64 // > 0
	Throughput  float64 // >= 0
}

// A Model is a fitted curve with what is known of its doubt.
type Model struct {
	Curve
	Points  int
	Largest float64 // measured concurrency
	Level   float64 // of all intervals, 0 to 1

	SSE        float64 // in the unit of X, squared
	ResidualSD float64 // sqrt(SSE / (Points-3)); 0 of three points
	R2         float64 // 1 - SSE/SST about the mean throughput

	// Intervals of the coefficients and of the peak, two-sided. nil where three
	// points leave nothing to judge by, and of a peak that is not there.
	SingleClientInterval, ContentionInterval, CoherencyInterval *Interval
	PeakConcurrencyInterval, PeakThroughputInterval             *Interval

	// ContentionAtBound and CoherencyAtBound say that the best fit without the
	// bound at 0 would be negative, or is 0.
	ContentionAtBound, CoherencyAtBound bool
	Warnings                            []string

	points     []Point
	covariance *mat.SymDense // of σ, κ, X(1)
	ends       []Curve       // at the ends of the profiles' intervals
}

// An Interval is a range at the model's level. High is +Inf where the points
// set no upper limit.
type Interval struct{ Low, High float64 }

// DefaultLevel is the level of intervals when Options names none.
const DefaultLevel = 0.95

// Options of Fit.
type Options struct {
	Level float64 // of intervals, above 0 and below 1; 0: DefaultLevel
}

// ErrPoints says that the points cannot carry three coefficients.
var ErrPoints = errors.New("usl: throughput at 3 different concurrencies or more is needed")

// Fit finds the coefficients that minimise the squared error of X itself, not
// of a linearised form, under σ >= 0 and κ >= 0. Intervals are Student's with
// n-3 degrees of freedom, cut at 0; those of a fit with a coefficient on its
// bound come from the profile of the likelihood, see interval.go. It wants at
// least 3 points at different concurrencies; 6 and more give useful intervals.
func Fit(points []Point, o Options) (Model, error) {
	if o.Level == 0 {
		o.Level = DefaultLevel
	}
	if !(o.Level > 0 && o.Level < 1) {
		return Model{}, fmt.Errorf("usl: a level of %g is not above 0 and below 1", o.Level)
	}
	if err := check(points); err != nil {
		return Model{}, err
	}
	p := slices.Clone(points)
	slices.SortStableFunc(p, func(a, b Point) int {
		return cmp.Or(cmp.Compare(a.Concurrency, b.Concurrency), cmp.Compare(a.Throughput, b.Throughput))
	})
	best, err := simplest(p)
	if err != nil {
		return Model{}, err
	}
	m := Model{Curve: curve(best.Coefficients), Points: len(p), Largest: p[len(p)-1].Concurrency, Level: o.Level,
		SSE: best.SSE, R2: 1 - best.SSE/spread(p), points: p, covariance: best.Covariance,
		ContentionAtBound: best.OnBound[0], CoherencyAtBound: best.OnBound[1]}
	if m.R2 < -1e9 || math.IsNaN(m.R2) || math.IsInf(m.R2, 0) {
		m.R2 = 0 // the throughput is the same everywhere
	}
	if len(p) > 3 {
		m.ResidualSD = math.Sqrt(m.SSE / float64(len(p)-3))
		m.covariance.ScaleSym(1/float64(len(p)-3), m.covariance)
		m.intervals()
	}
	m.warn()
	return m, nil
}

func check(points []Point) error {
	different := map[float64]bool{}
	var done bool
	for i, p := range points {
		if !(p.Concurrency > 0) || math.IsInf(p.Concurrency, 0) {
			return fmt.Errorf("usl: the concurrency of point %d is %g, not a number above 0", i+1, p.Concurrency)
		}
		if !(p.Throughput >= 0) || math.IsInf(p.Throughput, 0) {
			return fmt.Errorf("usl: the throughput of point %d is %g, not a number of 0 or more", i+1, p.Throughput)
		}
		if p.Concurrency > 1e12 || p.Concurrency < 1e-12 || p.Throughput > 1e150 {
			return fmt.Errorf("usl: point %d (%g, %g) is beyond what can be computed with", i+1, p.Concurrency, p.Throughput)
		}
		different[p.Concurrency] = true
		done = done || p.Throughput > 1e-150
	}
	if len(different) < 3 {
		return fmt.Errorf("%w, there are %d", ErrPoints, len(different))
	}
	if !done {
		return errors.New("usl: nothing was done at any concurrency: all throughputs are 0")
	}
	return nil
}

// fixed holds coefficients at a value.
type fixed struct {
	at    []int
	value float64
}

// Indices of coefficients.
const (
	sigma = iota
	kappa
	single
)

func curve(b []float64) Curve {
	return Curve{Contention: b[sigma], Coherency: b[kappa], SingleClientThroughput: b[single]}
}

// simplest is the best fit, with those coefficients at 0 that do no better
// elsewhere than rounding does: linear data have no peak at a billion.
func simplest(p []Point) (fit.CurveFit, error) {
	best, err := least(p, fixed{})
	if err != nil {
		return best, err
	}
	for _, set := range [][]int{{kappa}, {sigma}, {sigma, kappa}} {
		if f, err := least(p, fixed{at: set}); err == nil && f.SSE <= best.SSE*(1+1e-13)+1e-28*square(p) {
			best = f
		}
	}
	return best, nil
}

// least is the best fit from several starts: the linearised one, and corners.
func least(p []Point, hold fixed) (fit.CurveFit, error) {
	largest := p[len(p)-1].Concurrency
	starts := append(linearised(p), [3]float64{0.1, 0, 0}, [3]float64{0.01, 0.1 / (largest * largest), 0},
		[3]float64{0, 1 / (largest * largest), 0}, [3]float64{0.5, 0.01, 0})
	var best fit.CurveFit
	failed, found := error(nil), false
	for _, s := range starts {
		f, err := from(p, s, hold)
		if err != nil {
			failed = err
			continue
		}
		if !found || f.SSE < best.SSE*(1-1e-12) {
			best, found = f, true
		}
	}
	if !found {
		return fit.CurveFit{}, fmt.Errorf("usl: the points do not tell the coefficients apart: %w", failed)
	}
	return best, nil
}

// from fits from one start, whose X(1) is the best one for its σ and κ.
func from(p []Point, s [3]float64, hold fixed) (fit.CurveFit, error) {
	b := s[:]
	var at []int // the free ones
	for j := range 3 {
		if slices.Contains(hold.at, j) {
			b[j] = hold.value
		} else {
			at = append(at, j)
		}
	}
	if !slices.Contains(hold.at, single) {
		b[single] = scale(p, b)
	}
	full := slices.Clone(b)
	expand := func(v []float64) []float64 {
		for a, j := range at {
			full[j] = v[a]
		}
		return full
	}
	start := make([]float64, len(at))
	for a, j := range at {
		start[a] = b[j]
	}
	c := fit.Curve{Observations: len(p), Lower: make([]float64, len(at)),
		Residuals: func(v, out []float64) {
			c := curve(expand(v))
			for i, x := range p {
				out[i] = x.Throughput - c.SingleClientThroughput*x.Concurrency/c.stretch(x.Concurrency)
				if c.stretch(x.Concurrency) <= 0 {
					out[i] = math.Inf(1) // concurrencies below 1 with a large σ
				}
			}
		},
		Slopes: func(v []float64, out *mat.Dense) { slopes(p, expand(v), at, out) },
	}
	f, err := c.Fit(start)
	if err != nil {
		return f, err
	}
	return whole(f, slices.Clone(expand(f.Coefficients)), at), nil
}

// whole is a fit of the coefficients at some indices as one of all three.
func whole(f fit.CurveFit, b []float64, at []int) fit.CurveFit {
	cov := mat.NewSymDense(3, nil)
	bound := []bool{b[sigma] <= 0, b[kappa] <= 0, false}
	for i, r := range at {
		for j, c := range at[:i+1] {
			cov.SetSym(r, c, f.Covariance.At(i, j)*float64(f.Degrees))
		}
	}
	f.Coefficients, f.OnBound, f.Covariance = b, bound, cov
	return f
}

// slopes are dX/dσ, dX/dκ and dX/dX(1) at each point.
func slopes(p []Point, b []float64, at []int, out *mat.Dense) {
	c := curve(b)
	for i, x := range p {
		d := c.derivatives(x.Concurrency)
		for a, j := range at {
			out.Set(i, a, d[j])
		}
	}
}

// derivatives of X(N) by σ, κ and X(1).
func (c Curve) derivatives(n float64) [3]float64 {
	s := c.stretch(n)
	x := n / s
	down := -c.SingleClientThroughput * x * (n - 1) / s
	return [3]float64{down, down * n, x}
}

// scale is the X(1) that fits best with the other two coefficients given.
func scale(p []Point, b []float64) float64 {
	one := Curve{SingleClientThroughput: 1, Contention: b[sigma], Coherency: b[kappa]}
	var xy, xx float64
	for _, x := range p {
		h := one.ThroughputAtConcurrency(x.Concurrency)
		xy += h * x.Throughput
		xx += h * h
	}
	return xy / xx
}

// linearised fits N/X = (1 + σ(N-1) + κN(N-1)) / X(1), which is linear in
// 1/X(1), σ/X(1) and κ/X(1), weighted so that errors are those of X. It is
// only where the search begins.
func linearised(p []Point) [][3]float64 {
	var rows [][]float64
	var y, w []float64
	for _, x := range p {
		if x.Throughput <= 0 {
			continue
		}
		n := x.Concurrency
		rows = append(rows, []float64{1, n - 1, n * (n - 1)})
		y = append(y, n/x.Throughput)
		w = append(w, math.Pow(x.Throughput/n, 2)*x.Throughput*x.Throughput)
	}
	b, err := fit.NonNegative(rows, y, w, nil)
	if err != nil || b[0] <= 0 {
		return nil
	}
	return [][3]float64{{b[1] / b[0], b[2] / b[0], 0}}
}

func spread(p []Point) float64 {
	var mean, ss float64
	for _, x := range p {
		mean += x.Throughput / float64(len(p))
	}
	for _, x := range p {
		ss += (x.Throughput - mean) * (x.Throughput - mean)
	}
	return ss
}
