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
	sweep         = 500   // systems
	sweepLooks    = 4     // at one of them, at most
	firstLook     = 2500  // requests of a replication
	meanOff       = 0.05  // most that a mean response may be off where there is no warning
	throughputOff = 0.01  // an operator's throughput
	retriesOff    = 0.33  // a share of retries
	leastRetried  = 0.005 // of requests, to be judged
	narrow        = 0.03  // half an interval that is narrow enough
	leastProven   = 0.7   // of those means, that their whole intervals are within meanOff
)

// of says what the i-th system of the sweep has: six in ten none of it.
func of(i int) features {
	switch i % 10 {
	case 6:
		return features{memory: i%20 == 6, stock: i%20 == 16}
	case 7, 8:
		return features{conflicts: true}
	case 9:
		return features{pools: i%20 == 9, replicas: i%20 == 19}
	}
	return features{}
}

// comparison is one figure of both solvers.
type comparison struct {
	what                           string
	analytic, simulation, interval float64 // interval: half of the simulated one's
}

func (c comparison) error() float64 { return math.Abs(c.analytic/c.simulation - 1) }

// beyond says that the two are apart by more than is allowed and the interval.
func (c comparison) beyond(allowed float64) bool {
	return math.Abs(c.analytic-c.simulation) > allowed*c.simulation+c.interval
}

// within says that they are within what is allowed wherever in its interval the
// simulated figure is.
func (c comparison) within(allowed float64) bool {
	return math.Abs(c.analytic-c.simulation)+c.interval <= allowed*c.simulation
}

// agreement of the two solvers on one system.
type agreement struct {
	system     headroom.System
	analytic   headroom.Solution
	means      []comparison // of classes and journeys
	throughput []comparison // of operators' journeys
	retries    []comparison
	p95        []comparison
	seen       *looked
	err        error
}

// warns says whether the analytic solver doubts its answer.
func (a *agreement) warns() bool { return len(a.analytic.Warnings) > 0 }

// clear says that more simulation would tell nothing.
func (a *agreement) clear() bool {
	for _, c := range a.means {
		if !c.within(meanOff) || c.interval > narrow*c.simulation {
			return false
		}
	}
	for _, c := range a.throughput {
		if !c.within(throughputOff) {
			return false
		}
	}
	return true
}

// compare looks once at what is warned of, and at all else until it is clear, or
// for so many looks.
func compare(s headroom.System, seed uint64, looks int) agreement {
	a := agreement{system: s}
	if a.analytic, a.err = Solve(s); a.err != nil {
		return a
	}
	a.seen = newLooked(s, a.analytic, seed, firstLook)
	for range looks {
		if a.err = a.seen.look(); a.err != nil {
			return a
		}
		a.fill()
		if a.warns() || a.clear() {
			break
		}
	}
	return a
}

// fill compares the answer with what has been seen.
func (a *agreement) fill() {
	l := a.seen
	a.means, a.throughput, a.retries, a.p95 = nil, nil, nil, nil
	put := func(to *[]comparison, what string, analytic, value, half float64, ok bool) {
		if ok && value > 0 {
			*to = append(*to, comparison{what, analytic, value, half})
		}
	}
	for k, c := range a.analytic.Classes {
		if c.ResponseMean == nil {
			continue
		}
		v, half, ok := l.figure([]counted{response(k)}, []float64{1})
		put(&a.means, "class "+c.Name, *c.ResponseMean, v, half, ok)
		p95, ok := l.last.Classes[k].Response.Percentile(95)
		put(&a.p95, "class "+c.Name, *c.ResponseP95, p95, 0, ok)
		if c.RetryShare != nil {
			v, half, ok := l.figure([]counted{retried(k)}, []float64{1})
			put(&a.retries, "class "+c.Name, *c.RetryShare, v, half, ok)
		}
	}
	for k, j := range a.analytic.Journeys {
		if j.ResponseMean == nil {
			continue
		}
		v, half, ok := l.figure([]counted{journey(k)}, []float64{1})
		put(&a.means, "journey "+j.Name, *j.ResponseMean, v, half, ok)
		if a.system.Journeys[k].Population > 0 { // what an open one's throughput is, is its rate
			v, half, ok := l.throughput(k)
			put(&a.throughput, "operators "+j.Name, j.Throughput, v, half, ok)
		}
	}
}

// shares are the errors of many comparisons.
type shares []float64

func (s *shares) add(list []comparison) {
	for _, c := range list {
		*s = append(*s, c.error())
	}
}

// check fails where the median or the 90th percentile is more than that.
func (s shares) check(t *testing.T, name string, half, p90 float64) {
	t.Helper()
	slices.Sort(s)
	n := len(s)
	if n == 0 {
		t.Errorf("%s: none", name)
		return
	}
	t.Logf("%s: %d, median %.2f %%, 90th percentile %.1f %%, worst %.1f %%", name, n, 100*s[n/2], 100*s[n*9/10], 100*s[n-1])
	if s[n/2] > half || s[n*9/10] > p90 {
		t.Errorf("%s: median %.4f, 90th percentile %.4f", name, s[n/2], s[n*9/10])
	}
}

// The two solvers share nothing, and agree over a sweep of random systems:
// wherever Solve does not warn, the mean response of every class and journey is
// within 5 % and every operator's throughput within 1 %, but for the simulation's
// own interval; and it does not warn of the most. Where it warns, the errors are
// bounded too.
func TestAgreesWithSimulation(t *testing.T) {
	all := make([]agreement, sweep)
	sim.Parallel(sweep, 2, func(i int) {
		all[i] = compare(randomSystem(rand.New(rand.NewPCG(uint64(i), 5)), of(i)), uint64(i), sweepLooks)
		all[i].seen = nil // large
	})
	var sure, doubted, retries, p95, intervals, uneven shares
	warned, plain, plainWarned, proven := 0, 0, 0, 0
	for i, a := range all {
		if a.err != nil {
			t.Errorf("system %d: %v", i, a.err)
			continue
		}
		p95.add(a.p95)
		isPlain := of(i) == features{}
		if isPlain {
			plain++
		}
		if a.warns() {
			warned++
			if isPlain {
				plainWarned++
			}
			doubted.add(a.means)
			continue
		}
		a.judge(t, i)
		sure.add(a.means)
		uneven.add(a.throughput)
		for _, c := range a.means {
			intervals = append(intervals, c.interval/c.simulation)
			if c.within(meanOff) {
				proven++
			}
		}
		for _, c := range a.retries {
			if c.simulation > leastRetried {
				retries = append(retries, c.error())
			}
		}
	}
	t.Logf("%d systems, of which it warns of %d; of %d without conflicts, memory, several pools or replicas, of %d", sweep, warned, plain, plainWarned)
	t.Logf("of %d means without a warning %d are within %g %% with their whole intervals", len(sure), proven, 100*meanOff)
	sure.check(t, "means without a warning", 0.01, 0.04)
	uneven.check(t, "throughputs without a warning", 0.001, 0.005)
	doubted.check(t, "means with one", 0.08, 0.5)
	intervals.check(t, "simulated intervals", 0.03, 0.1)
	retries.check(t, "retry shares", 0.15, 0.4)
	p95.check(t, "p95", 0.12, 0.5)
	if 2*warned >= sweep || 5*plainWarned >= 2*plain {
		t.Errorf("it warns of %d of %d systems, of %d of the %d plain ones", warned, sweep, plainWarned, plain)
	}
	if float64(proven) < leastProven*float64(len(sure)) {
		t.Errorf("%d of %d means are proven", proven, len(sure))
	}
}

// judge fails for what is beyond what an answer without a warning may be off.
func (a *agreement) judge(t *testing.T, i int) {
	t.Helper()
	off := false
	for _, of := range []struct {
		list    []comparison
		allowed float64
	}{{a.means, meanOff}, {a.throughput, throughputOff}, {a.retries, retriesOff}} {
		for _, c := range of.list {
			if c.beyond(of.allowed) && (of.allowed != retriesOff || c.simulation > leastRetried) {
				t.Errorf("system %d, %s: %.5g, simulated %.5g ± %.2g", i, c.what, c.analytic, c.simulation, c.interval)
				off = true
			}
		}
	}
	if off {
		d, _ := json.Marshal(a.system)
		t.Logf("system %d: %s", i, d)
	}
}
