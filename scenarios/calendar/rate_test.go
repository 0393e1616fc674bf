package calendar

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// rate is an arrival rate over a whole run.
type rate []piece

// rateOf is that of a process at a site.
func rateOf(s *schedule, i, j int) (r rate) {
	f := flow{span: s.span.Seconds(), day: s.first, rater: rater{x: s.expansion, s: s.sites[i],
		p: s.sites[i].processes[j], scale: s.header.Scale, seed: s.header.Seed, cv: s.plan.DayVariation}}
	for q, ok := f.next(); ok; q, ok = f.next() {
		r = append(r, q)
	}
	return r
}

// total is the number of arrivals expected in the run.
func (r rate) total() float64 { return r.until(math.Inf(1)) }

// until is the number of arrivals expected before t.
func (r rate) until(t float64) (n float64) {
	for _, q := range r {
		n += q.between(0, t)
	}
	return n
}

// when is the time before which y arrivals are expected.
func (r rate) when(y float64) float64 {
	for _, q := range r {
		if y < q.before+q.expected() {
			return q.when(y - q.before)
		}
	}
	return math.NaN()
}

// surges has a surge that began before the run, a flat peak, and their overlap.
func surges() headroom.Plan {
	p := small()
	per := func(n float64) map[string]float64 { return map[string]float64{"order": n} }
	p.Processes = []headroom.Process{{Name: "order", Scenario: "order", PerHour: 360}, {Name: "scan", Scenario: "scan"}}
	p.Peaks = []headroom.Peak{
		{Name: "a", From: "14:51:40", To: "15:25", Shape: surge, PerHour: per(7200)},
		{Name: "b", From: "15:16:40", To: "15:33:20", PerHour: per(1800)},
		{Name: "c", From: "15:00", To: "15:50", Shape: surge, PerHour: map[string]float64{"scan": 1e6}},
	}
	return p
}

// Against the definition of the rate, integrated by the midpoint rule in steps
// that no knot falls into.
func TestRateAgainstQuadrature(t *testing.T) {
	const scale, step = 0.7, 0.5
	r := rateOf(schedule4(t, surges(), Window{At: friday, Seconds: 3000}, 1, scale), 0, 0)
	var sum float64
	for i := range 6000 {
		x := (float64(i) + 0.5) * step
		v := 0.1
		if x < 1500 {
			v += 2 * (0.5 + (x+500)/2000)
		}
		if x >= 1000 && x < 2000 {
			v += 0.5
		}
		sum += v * scale * step
		if got := r.until(x + step/2); math.Abs(got-sum) > 1e-9*sum {
			t.Fatalf("%g arrivals expected until %g s, want %g", got, x+step/2, sum)
		}
	}
	if math.Abs(r.total()-sum) > 1e-9*sum {
		t.Errorf("%g in all, want %g", r.total(), sum)
	}
}

func TestWhenInvertsUntil(t *testing.T) {
	fading := rate{{from: 0, to: 10, first: 2, last: 0}, {from: 10, to: 20, before: 10}, {from: 20, to: 30, last: 2, before: 10}}
	for name, r := range map[string]rate{"surges": rateOf(schedule4(t, surges(), Window{At: friday, Seconds: 3000}, 1, 1), 0, 0), "to 0 and back": fading} {
		last := 0.0
		for n := range 10_000 {
			y := r.total() * float64(n) / 10_000
			at := r.when(y)
			if back := r.until(at); math.Abs(back-y) > 1e-9*r.total() {
				t.Fatalf("%s: until(when(%g)) = %g", name, y, back)
			}
			if at < last {
				t.Fatalf("%s: when(%g) = %g comes before %g", name, y, at, last)
			}
			last = at
		}
	}
}

// kolmogorov is the largest distance between the sample and the distribution,
// times the root of the sample's size: above 1.63 at a level of 1 %.
// Source: Kolmogorov's limiting distribution, e.g. Smirnov 1948.
func kolmogorov(sample []float64, cdf func(float64) float64) float64 {
	s := slices.Sorted(slices.Values(sample))
	n := float64(len(s))
	var d float64
	for i, x := range s {
		f := cdf(x)
		d = max(d, f-float64(i)/n, float64(i+1)/n-f)
	}
	return d * math.Sqrt(n)
}

// poisson judges arrivals, given as the arrivals expected before each: of a
// Poisson process, these are unit-rate points. Their gaps are exponential, and
// counts in equal cells have a variance equal to their mean.
func poisson(points []float64) error {
	gaps := make([]float64, len(points))
	for i, p := range points {
		gaps[i] = p
		if i > 0 {
			gaps[i] -= points[i-1]
		}
	}
	if d := kolmogorov(gaps, func(x float64) float64 { return -math.Expm1(-x) }); d > 1.63 {
		return fmt.Errorf("gaps are not exponential: the distance is %.2f", d)
	}
	const cell = 5.0
	cells := int(points[len(points)-1] / cell)
	counts := make([]float64, cells)
	for _, p := range points {
		if i := int(p / cell); i < cells {
			counts[i]++
		}
	}
	var mean, squares float64
	for _, c := range counts {
		mean += c / float64(cells)
	}
	for _, c := range counts {
		squares += (c - mean) * (c - mean)
	}
	// The index has mean 1 and variance 2/(cells-1); 3 deviations.
	index := squares / mean / float64(cells-1)
	if off := 3 * math.Sqrt(2/float64(cells-1)); math.Abs(index-1) > off {
		return fmt.Errorf("the dispersion index is %.2f, more than %.2f from 1", index, off)
	}
	return nil
}

// points are the arrivals of a schedule's only source, over seeds, end to end.
func points(t *testing.T, p headroom.Plan, w Window, seeds int) (points, uniform []float64) {
	var before float64
	for seed := range seeds {
		s := schedule4(t, p, w, uint64(seed), 1)
		r := rateOf(s, 0, 0)
		for _, a := range arrivals(t, s) {
			y := r.until(a.At.Seconds())
			points = append(points, before+y)
			uniform = append(uniform, y/r.total())
		}
		before += r.total()
	}
	return points, uniform
}

func TestArrivalsArePoisson(t *testing.T) {
	p := small()
	p.Peaks = []headroom.Peak{{Name: "cutoff", From: "15:00", To: "15:20", Shape: surge, PerHour: map[string]float64{"order": 7200}}}
	all, uniform := points(t, p, Window{At: friday.Add(-5 * time.Minute), Seconds: 1800}, 20)
	if len(all) < 60_000 {
		t.Fatalf("only %d arrivals", len(all))
	}
	if err := poisson(all); err != nil {
		t.Error(err)
	}
	// Given their number, arrivals are spread as the integrated rate is.
	if d := kolmogorov(uniform, func(x float64) float64 { return x }); d > 1.63 {
		t.Errorf("times do not follow the rate: the distance is %.2f", d)
	}
	// The same helper sees what is not Poisson.
	even, twins := make([]float64, len(all)), make([]float64, len(all))
	for i := range all {
		even[i] = float64(i) + 0.5
		twins[i] = all[i/2*2]
	}
	for name, sample := range map[string][]float64{"evenly spaced arrivals": even, "twins": twins} {
		if poisson(sample) == nil {
			t.Errorf("%s pass for Poisson", name)
		}
	}
	jittered := make([]float64, len(all)) // exponential gaps would be lost, a wrong rate as well
	for i := range all {
		jittered[i] = all[i] * 1.05
	}
	if poisson(jittered) == nil {
		t.Error("a rate that is 5 % too low passes")
	}
}

func TestNoRateNoArrivals(t *testing.T) {
	p := small()
	p.Processes[0].PerHour = 0
	s := schedule4(t, p, Window{At: friday, Seconds: 60}, 1, 1)
	if n := len(arrivals(t, s)); n != 0 || len(s.header.Processes) != 1 {
		t.Errorf("%d arrivals of %d processes", n, len(s.header.Processes))
	}
}
