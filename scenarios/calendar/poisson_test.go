package calendar_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios/arrivals"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// varied has a rate of every shape, which lie over each other and on a night of
// change.
func varied() headroom.Plan {
	low := 0.1
	every := headroom.When{Days: []string{"sat", "sun"}, Closed: "keep"}
	per := func(n float64) map[string]float64 { return map[string]float64{"order": n} }
	return headroom.Plan{Name: "varied", Sites: []headroom.Site{{Name: "hub", TimeZone: "Europe/Berlin", Users: 7}},
		Processes: []headroom.Process{{Name: "order", Scenario: "order", PerHour: 40}},
		Peaks: []headroom.Peak{
			{Name: "a", When: every, From: "00:30", To: "04:00", Shape: "surge", Steep: 0.3, PerHour: per(60)},
			{Name: "b", When: every, From: "01:00", To: "06:00", Shape: "triangle", Low: &low, Top: "02:30", PerHour: per(90)},
			{Name: "c", When: every, From: "02:00", To: "12:00", Shape: "wave", PerHour: per(80)},
			{Name: "d", When: every, From: "03:00", To: "09:00", Shape: "table", PerHour: per(50),
				Table: []headroom.TablePoint{{At: "03:00", Level: 1}, {At: "05:00", Level: 0}, {At: "07:00", Level: 4}}},
			{Name: "e", When: every, From: "10:00", To: "12:00", Shape: "ramp", Low: &low, Work: map[string]headroom.Work{"order": {Documents: 150}}},
		}}
}

var window = calendar.Window{At: time.Date(2026, 10, 24, 22, 0, 0, 0, time.UTC), Seconds: 13 * 3600} // 25 October, 00:00 to 12:00

func schedule(t testing.TB, p headroom.Plan, w calendar.Window, seed uint64) headroom.Schedule {
	t.Helper()
	s, err := calendar.New(p, w, seed, 1, map[string]calendar.Player{"order": {Engine: "k6"}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func recording(t testing.TB, s headroom.Schedule) (r arrivals.Recording) {
	t.Helper()
	for a, err := range s.Arrivals() {
		if err != nil {
			t.Fatal(err)
		}
		r.Events = append(r.Events, arrivals.Event{T: a.At})
	}
	return r
}

func rate(t testing.TB, s headroom.Schedule) arrivals.Rate {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("t,rate\n")
	at, v := calendar.Knots(s, 0, 0)
	for i := range at {
		fmt.Fprintf(&b, "%.17g,%.17g\n", at[i], v[i])
	}
	r, err := arrivals.ReadRate(&b, "rate.csv")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func check(t testing.TB, rec arrivals.Recording, r arrivals.Rate) arrivals.Result {
	t.Helper()
	res, err := arrivals.Check(rec, arrivals.Options{Rate: &r, Level: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// Over many seeds, our arrivals pass for Poisson as often as true ones do: the
// tests of Kolmogorov and Smirnov, of Lewis, of dispersion and of the number of
// arrivals reject 1 % of all schedules together, and each test's p is uniform.
func TestPoissonOverManySeeds(t *testing.T) {
	const seeds = 250
	r := rate(t, schedule(t, varied(), window, 0))
	p := map[string][]float64{}
	rejected, n := 0, 0
	for seed := range seeds {
		res := check(t, recording(t, schedule(t, varied(), window, uint64(seed))), r)
		n += res.N
		if res.Verdict != arrivals.Poisson {
			rejected++
		}
		p["Kolmogorov-Smirnov"] = append(p["Kolmogorov-Smirnov"], res.KS.P)
		p["Lewis"] = append(p["Lewis"], res.Lewis.P)
		p["dispersion"] = append(p["dispersion"], res.DispersionTest.P)
		p["number"] = append(p["number"], res.Count.P)
	}
	if n < 500*seeds {
		t.Errorf("only %d arrivals", n)
	}
	// Binomial with a mean of 2.5: more than 9 in 0.03 % of all cases.
	if rejected > 9 {
		t.Errorf("%d of %d schedules are rejected at a level of 1 %%", rejected, seeds)
	}
	for name, values := range p {
		slices.Sort(values)
		var d float64
		for i, v := range values {
			d = max(d, v-float64(i)/seeds, float64(i+1)/seeds-v)
		}
		if d *= math.Sqrt(seeds); d > 1.95 { // a level of 0.1 %
			t.Errorf("%s: p is not uniform: the distance is %.2f", name, d)
		}
	}
}

// What is not Poisson, or of another rate, is seen on each seed.
func TestNotPoissonIsSeen(t *testing.T) {
	s := schedule(t, varied(), window, 0)
	r := rate(t, s)
	rec := recording(t, s)
	at, v := calendar.Knots(s, 0, 0)
	even := arrivals.Recording{} // in the rate's own time, as a pacer that follows it
	var sum float64
	next := 0.5
	for i := 0; i < len(at); i += 2 {
		const steps = 10_000
		for k := range steps {
			x := (float64(k) + 0.5) / steps
			sum += (v[i] + (v[i+1]-v[i])*x) * (at[i+1] - at[i]) / steps
			for ; sum >= next; next++ {
				even.Events = append(even.Events, arrivals.Event{T: time.Duration((at[i] + x*(at[i+1]-at[i])) * 1e9)})
			}
		}
	}
	constant := arrivals.Constant(arrivals.Seconds, 0, 13*time.Hour, sum/13/3600)
	twins := arrivals.Recording{}
	for i := 0; i+1 < len(rec.Events); i += 2 {
		twins.Events = append(twins.Events, rec.Events[i], rec.Events[i])
	}
	for name, c := range map[string]struct {
		rec arrivals.Recording
		r   arrivals.Rate
	}{"evenly spaced arrivals": {even, r}, "a constant rate": {rec, constant}, "twins": {twins, r}} {
		if res := check(t, c.rec, c.r); res.Verdict == arrivals.Poisson || res.Verdict == arrivals.TooFew {
			t.Errorf("%s: %s", name, res.Verdict)
		}
	}
	if res := check(t, even, r); res.Verdict != arrivals.EvenlySpaced {
		t.Errorf("evenly spaced arrivals: %s", res.Verdict)
	}
}

// Over seeds, the number of arrivals of a day has the mean of the integrated
// rate and the index of dispersion 1 + m·cv²: 1 with a fixed factor.
func TestDispersionOverSeeds(t *testing.T) {
	const seeds = 500
	for _, cv := range []float64{0, 0.1, 0.5} {
		p := varied()
		p.DayVariation = cv
		w := calendar.Window{At: time.Date(2026, 10, 24, 22, 0, 0, 0, time.UTC), Seconds: 6 * 3600}
		fixed := varied()
		var m float64 // expected with a factor of 1
		at, v := calendar.Knots(schedule(t, fixed, w, 0), 0, 0)
		for i := 0; i < len(at); i += 2 {
			m += (v[i] + v[i+1]) / 2 * (at[i+1] - at[i])
		}
		var mean, squares float64
		for seed := range seeds {
			n := float64(len(recording(t, schedule(t, p, w, uint64(seed))).Events))
			mean += n / seeds
			squares += (n - m) * (n - m) / seeds
		}
		index := squares / m
		want := 1 + m*cv*cv
		if off := 4 * math.Sqrt(m*want/seeds); math.Abs(mean-m) > off {
			t.Errorf("variation %g: a mean of %g arrivals, want %g ± %g", cv, mean, m, off)
		}
		// The squared deviations have themselves a variance of 2 + 6cv² or so.
		low, high := 1-4*math.Sqrt((2+6*cv*cv)/seeds), 1+4*math.Sqrt((2+6*cv*cv)/seeds)
		if q := index / want; q < low || q > high {
			t.Errorf("variation %g: an index of dispersion of %.2f, want %.2f", cv, index, want)
		}
		if cv == 0 {
			chi := distuv.ChiSquared{K: seeds}
			if x := index * seeds; x < chi.Quantile(1e-4) || x > chi.Quantile(1-1e-4) {
				t.Errorf("an index of %.3f over %d seeds is not Poisson's", index, seeds)
			}
		}
	}
}
