package layered

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

const (
	sweep        = 500   // systems
	replications = 8     // of each simulation
	simulated    = 40000 // of each system, in all of them
	doubtT       = 5.41  // Student's t of 7 degrees of freedom, two-sided 99.9 %: there are thousands of comparisons
)

// of says what the i-th system of the sweep has: seven in ten none of it.
func of(i int) features {
	switch i % 10 {
	case 7, 8:
		return features{conflicts: true}
	case 9:
		return features{pools: i%20 == 9, replicas: i%20 == 19}
	}
	return features{}
}

// comparison is one figure of both solvers.
type comparison struct {
	analytic, simulation, interval float64 // interval: half of the simulated one's
}

func (c comparison) error() float64 { return math.Abs(c.analytic/c.simulation - 1) }

// beyond says by how much the two are apart beyond what is allowed and the interval.
func (c comparison) beyond(allowed float64) bool {
	return math.Abs(c.analytic-c.simulation) > allowed*c.simulation+c.interval
}

// agreement of the two solvers on one system.
type agreement struct {
	system     headroom.System
	analytic   headroom.Solution
	means      []comparison // of classes
	throughput []comparison // of operators' journeys
	retries    []comparison
	p95        []comparison
	err        error
}

func compare(i int) agreement {
	s := randomSystem(rand.New(rand.NewPCG(uint64(i), 5)), of(i))
	out := agreement{system: s}
	if out.analytic, out.err = Solve(s); out.err != nil {
		return out
	}
	var rate float64
	for _, c := range out.analytic.Classes {
		rate += c.Throughput
	}
	d := simulated / replications / rate
	r, err := sim.Run(s, sim.Load{}, sim.Options{Seed: uint64(i), Duration: 1.15 * d, Warmup: 0.15 * d, Replications: replications, MaxEvents: 50_000_000})
	if err != nil {
		out.err = err
		return out
	}
	over := func(figure func(one *sim.Result) (float64, bool)) (half float64, ok bool) {
		var sum, square float64
		for n := range r.Each {
			v, known := figure(&r.Each[n])
			if !known {
				return 0, false
			}
			sum, square = sum+v, square+v*v
		}
		const n = replications
		return doubtT * math.Sqrt(max(0, square/n-sum*sum/n/n)/(n-1)), true
	}
	for k, c := range out.analytic.Classes {
		mean, _ := r.Classes[k].Response.Mean()
		half, ok := over(func(one *sim.Result) (float64, bool) { return one.Classes[k].Response.Mean() })
		if !ok || c.ResponseMean == nil {
			continue
		}
		out.means = append(out.means, comparison{*c.ResponseMean, mean, half})
		p95, _ := r.Classes[k].Response.Percentile(95)
		out.p95 = append(out.p95, comparison{*c.ResponseP95, p95, half * p95 / mean})
		if c.RetryShare != nil {
			share, _ := r.Classes[k].RetryShare()
			half, _ := over(func(one *sim.Result) (float64, bool) { return one.Classes[k].RetryShare() })
			out.retries = append(out.retries, comparison{*c.RetryShare, share, half})
		}
	}
	for k, j := range s.Journeys {
		if j.Population == 0 { // what an open one's throughput is, is its rate
			continue
		}
		count := func(one *sim.Result) (float64, bool) { return float64(one.Journeys[k].Count) / one.Measured, true }
		half, _ := over(count)
		x, _ := count(&r)
		out.throughput = append(out.throughput, comparison{out.analytic.Journeys[k].Throughput, x, half})
	}
	return out
}

// The two solvers share nothing, and agree over a sweep of random systems:
// wherever Solve does not warn, every class' mean response is within 5 % and
// every operator's throughput within 1 %, but for the simulation's own interval;
// and it does not warn of the most. Where it warns, the errors are bounded too.
func TestAgreesWithSimulation(t *testing.T) {
	all := make([]agreement, sweep)
	sim.Parallel(sweep, 2, func(i int) { all[i] = compare(i) })
	var sure, doubted, retries, p95, intervals []float64
	warned, plain, plainWarned := 0, 0, 0
	for i, a := range all {
		if a.err != nil {
			t.Errorf("system %d: %v", i, a.err)
			continue
		}
		warns := len(a.analytic.Warnings) > 0
		if of(i) == (features{}) {
			plain++
		}
		if warns {
			warned++
			if of(i) == (features{}) {
				plainWarned++
			}
		}
		for k, c := range a.means {
			p95 = append(p95, a.p95[k].error())
			if warns {
				doubted = append(doubted, c.error())
				continue
			}
			sure = append(sure, c.error())
			intervals = append(intervals, c.interval/c.simulation)
			if c.beyond(0.05) {
				d, _ := json.Marshal(a.system)
				t.Errorf("system %d, %d. class: mean %.4g, simulated %.4g ± %.2g: %s", i, k+1, c.analytic, c.simulation, c.interval, d)
			}
		}
		for k, c := range a.throughput {
			if !warns && c.beyond(0.01) {
				t.Errorf("system %d, %d. operators: throughput %.5g, simulated %.5g ± %.2g", i, k+1, c.analytic, c.simulation, c.interval)
			}
		}
		for _, c := range a.retries {
			if warns || c.simulation < 0.005 {
				continue
			}
			retries = append(retries, c.error())
			if c.beyond(0.33) {
				t.Errorf("system %d: retry share %.4f, simulated %.4f ± %.2g", i, c.analytic, c.simulation, c.interval)
			}
		}
	}
	t.Logf("%d systems, of which it warns of %d; of %d without conflicts, several pools or replicas, of %d", sweep, warned, plain, plainWarned)
	for _, f := range []struct {
		name      string
		errors    []float64
		half, p90 float64 // most that the median and the 90th percentile may be
	}{{"means without a warning", sure, 0.02, 0.08}, {"means with one", doubted, 0.12, 0.6}, {"simulated intervals", intervals, 0.12, 0.45}, {"retry shares", retries, 0.15, 0.4}, {"p95", p95, 0.12, 0.5}} {
		slices.Sort(f.errors)
		n := len(f.errors)
		t.Logf("%s: %d, median %.1f %%, 90th percentile %.1f %%, worst %.1f %%", f.name, n, 100*f.errors[n/2], 100*f.errors[n*9/10], 100*f.errors[n-1])
		if f.errors[n/2] > f.half || f.errors[n*9/10] > f.p90 {
			t.Errorf("%s: median %.3f, 90th percentile %.3f", f.name, f.errors[n/2], f.errors[n*9/10])
		}
	}
	if 2*warned >= sweep || 5*plainWarned >= 2*plain {
		t.Errorf("it warns of %d of %d systems, of %d of the %d plain ones", warned, sweep, plainWarned, plain)
	}
}
