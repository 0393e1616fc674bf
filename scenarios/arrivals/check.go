package arrivals

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/headroom-erp/headroom"
)

// A Verdict is what a recording looks like.
type Verdict string

// The verdicts.
const (
	Poisson       Verdict = "poisson"        // nothing speaks against a Poisson process of the rate
	TooFew        Verdict = "too_few"        // not enough arrivals to tell
	Rounded       Verdict = "rounded"        // Poisson but for times that lie on a grid
	EvenlySpaced  Verdict = "evenly_spaced"  // more regular than chance: a timer, a pacer
	UnevenSpacing Verdict = "uneven_spacing" // gaps of another distribution, by no cause that is told apart here
	OverDispersed Verdict = "over_dispersed" // counts vary more than chance: days of different level, or batches
	WrongRate     Verdict = "wrong_rate"     // a Poisson process, but of another rate
)

// A Cause says more about a verdict.
type Cause string

// The causes.
const (
	Batches Cause = "batches" // arrivals come in bursts
	Levels  Cause = "levels"  // the level goes up and down by itself
	Level   Cause = "level"   // the rate is too high or too low throughout
	Shape   Cause = "shape"   // the rate goes otherwise over time
)

// fewest is the number of arrivals below which nothing is said.
const fewest = 20

// A Dispersion is the index of dispersion: the variance of counts in intervals
// of equal expectation, over their mean. It is 1 for a Poisson process.
type Dispersion struct {
	Index     float64 `json:"index"`
	Low       float64 `json:"low"`  // 95 % interval of the index, by the chi-square distribution
	High      float64 `json:"high"` // as if counts were normal; see P for the test
	Intervals int     `json:"intervals"`
	Mean      float64 `json:"mean"` // count of an interval
	P         float64 `json:"p"`    // two-sided, of an index so far from 1
}

// A Count compares the number of arrivals with what the rate lets expect.
type Count struct {
	Observed int     `json:"observed"`
	Expected float64 `json:"expected"`
	P        float64 `json:"p"` // two-sided, by Poisson's law
}

// A Result is the answer of Check. Tests that could not be made are nil.
type Result struct {
	N    int     `json:"n"`    // arrivals tested
	From float64 `json:"from"` // seconds on the recording's clock
	To   float64 `json:"to"`
	// Level is the chance that a true Poisson process gets another verdict.
	Level          float64     `json:"level"`
	KS             *Test       `json:"ks"`
	Lewis          *Test       `json:"lewis"`
	Dispersion     *float64    `json:"dispersion"` // the index
	DispersionTest *Dispersion `json:"dispersion_test"`
	Count          *Count      `json:"count"` // nil without a rate
	// LocalVariation is 3 times the mean of ((a-b)/(a+b))² over neighbouring
	// gaps a and b: 1 for a Poisson process of any slowly varying rate, 0 for
	// a metronome, towards 3 for bursts. Source: Shinomoto, Shima and Tanji,
	// Neural Computation 15, 2003.
	LocalVariation *float64 `json:"local_variation"`
	Grid           *float64 `json:"grid"` // seconds; all times are multiples of it after the first; nil when it is too fine to matter
	// DayVariation estimates a plan's day_variation; nil below three days.
	DayVariation *float64 `json:"day_variation"`
	Verdict      Verdict  `json:"verdict"`
	Cause        Cause    `json:"cause,omitempty"`
	Means        string   `json:"means"` // the verdict in words
	Do           string   `json:"do"`
	Warnings     []string `json:"warnings"`
}

// Options of Check.
type Options struct {
	Rate  *Rate   // nil: constant over the observed span
	Level float64 // 0 means 0.01
}

// Check tests whether the arrivals are a Poisson process of the rate. Without
// a rate, it is a constant one from the first arrival to the last; those two
// then define the span and are left out of the tests, since given them the
// others are uniform between them. An unusable rate gives a
// *headroom.InputError.
func Check(rec Recording, o Options) (Result, error) {
	if o.Level == 0 {
		o.Level = 0.01
	}
	if !(o.Level > 0 && o.Level < 0.5) {
		return Result{}, &headroom.InputError{What: fmt.Sprintf("%g is not a level above 0 and below 0.5", o.Level)}
	}
	if o.Rate != nil && o.Rate.Clock != rec.Clock {
		return Result{}, &headroom.InputError{Where: rec.Name, Do: "write both as seconds, or both as timestamps",
			What: fmt.Sprintf("the arrivals are %s and the rate's times are %s", rec.Clock, o.Rate.Clock)}
	}
	times := make([]time.Duration, len(rec.Events))
	for i, e := range rec.Events {
		times[i] = e.T
	}
	s := newSample(times, o.Rate)
	res := Result{N: len(s.times) + s.ends, Level: o.Level, Warnings: []string{}}
	if s.rate != nil {
		res.From, res.To = s.rate.From().Seconds(), s.rate.To().Seconds()
	}
	if rec.Unsorted > 0 {
		res.warn("%d lines stand before an earlier arrival; the arrivals were sorted", rec.Unsorted)
	}
	s.measure(&res)
	g := gridOf(times)
	if g >= 1e-3*s.meanGap() {
		grid := g
		res.Grid = &grid
	}
	s.judge(&res, g)
	res.explain(s)
	return res, nil
}

func (r *Result) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

// A sample is the arrivals and the same on the scale on which they are
// uniform: the share of the expected arrivals that are expected before them.
type sample struct {
	times   []time.Duration
	u       []float64
	rate    *Rate
	ends    int // arrivals that only define the span
	outside int // arrivals where the rate is 0
	given   bool
}

func newSample(times []time.Duration, rate *Rate) sample {
	s := sample{rate: rate, given: rate != nil}
	if rate == nil {
		if len(times) < 3 || times[0] == times[len(times)-1] {
			return sample{ends: len(times)}
		}
		from, to := times[0], times[len(times)-1]
		r := Constant(0, from, to, float64(len(times)-1)/(to-from).Seconds())
		s.rate, s.ends = &r, 2
		times = times[1 : len(times)-1]
	}
	for _, t := range times {
		if t < s.rate.From() || t > s.rate.To() || (s.given && s.rate.zero(t)) {
			s.outside++
			continue
		}
		s.times = append(s.times, t)
		s.u = append(s.u, s.rate.Until(t)/s.rate.Total())
	}
	return s
}

// zero reports whether the rate is 0 around t.
func (r Rate) zero(t time.Duration) bool {
	const around = time.Millisecond
	return r.Until(t+around) == r.Until(t-around)
}

// meanGap is the time between arrivals, in seconds.
func (s sample) meanGap() float64 {
	if s.rate == nil || len(s.times) == 0 {
		return 0
	}
	return (s.rate.To() - s.rate.From()).Seconds() / float64(len(s.times))
}

// measure makes the tests that the number of arrivals allows.
func (s sample) measure(r *Result) {
	if s.given {
		r.Count = countTest(len(s.times)+s.outside, s.rate.Total())
	}
	if len(s.u) < 3 {
		return
	}
	ks, lw := kolmogorov(s.u), lewis(s.u)
	r.KS, r.Lewis = &ks, &lw
	if d := dispersion(s.u); d != nil {
		r.DispersionTest, r.Dispersion = d, &d.Index
	}
	if lv, _, ok := localVariation(s.u); ok {
		r.LocalVariation = &lv
	}
	r.DayVariation = s.dayVariation()
}

// alpha is the level of each test: the tests share the level of the verdict.
func (r *Result) alpha() float64 {
	n := 0
	for _, made := range []bool{r.KS != nil, r.Lewis != nil, r.DispersionTest != nil, r.Count != nil} {
		if made {
			n++
		}
	}
	return r.Level / float64(max(n, 1))
}

func (r *Result) rejected() bool {
	a := r.alpha()
	return r.KS != nil && r.KS.P < a || r.Lewis != nil && r.Lewis.P < a ||
		r.DispersionTest != nil && r.DispersionTest.P < a || r.Count != nil && r.Count.P < a
}

// coarse is the share of the mean gap from which a grid hides the spacing,
// whether or not the tests see it: a tenth of the gaps are then 0.
const coarse = 0.1

// judge finds the verdict.
func (s sample) judge(r *Result, grid float64) {
	n := len(s.times) + s.outside
	if n < fewest && !(r.Count != nil && r.Count.P < r.alpha()) || len(s.u) < 3 {
		r.Verdict = TooFew
		if r.Count != nil && r.Count.P < r.alpha() {
			r.Verdict, r.Cause = WrongRate, Level
		}
		return
	}
	if s.outside > 0 {
		r.Verdict, r.Cause = WrongRate, Shape
		if float64(s.outside) > 0.001*float64(n) || r.rejected() {
			return
		}
		r.warn("%d arrivals lie where the rate is 0 and were left out", s.outside)
		r.Cause = ""
	}
	switch {
	case !r.rejected() && grid < coarse*s.meanGap():
		r.Verdict = Poisson
	case grid >= 0.01*s.meanGap():
		var again Result
		var smooth sample
		for _, before := range []float64{0.5, 0} { // rounded to the nearest, or down
			smooth, again = s.unround(grid, before), Result{Level: r.Level}
			if smooth.measure(&again); !again.rejected() {
				r.Verdict = Rounded
				return
			}
		}
		smooth.classify(r, &again)
	default:
		s.classify(r, r)
	}
}

// unround spreads the times over their cells of the grid, of which a share
// lies before the time, within the rate's span. Without a rate, the cells of
// the first arrival and the last bound the span, and no arrival is left out.
func (s sample) unround(grid, before float64) sample {
	random := rand.New(rand.NewPCG(uint64(len(s.times)), uint64(grid*1e9)))
	cell := time.Duration(grid * 1e9)
	out, times := s, s.times
	if !s.given {
		from, to := s.rate.From(), s.rate.To()
		times = append(append([]time.Duration{from}, times...), to)
		r := Constant(0, from, to+cell, float64(len(times))/(to+cell-from).Seconds())
		out.rate, out.ends, before = &r, 0, 0
	}
	out.times, out.u = make([]time.Duration, len(times)), make([]float64, len(times))
	for i, t := range times {
		from := t - time.Duration(before*float64(cell))
		to := min(from+cell, out.rate.To())
		from = max(from, out.rate.From())
		out.times[i] = from + time.Duration(random.Float64()*float64(to-from))
	}
	slices.Sort(out.times)
	for i, t := range out.times {
		out.u[i] = out.rate.Until(t) / out.rate.Total()
	}
	return out
}

// gridOf is the largest step of which all times are multiples after the first
// one, in seconds; 0 if all are equal.
func gridOf(times []time.Duration) float64 {
	var g time.Duration
	for _, t := range times {
		for d := t - times[0]; d != 0; {
			g, d = d, g%d
		}
		if g == 1 {
			break
		}
	}
	return g.Seconds()
}
