package sim

import (
	"fmt"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
)

// pilot learns how long the drain is and what a replication costs, and from
// that how many of them there are and where the series ends.
func (x *transient) pilot() {
	if x.Until == 0 {
		x.plan.until = x.plan.origin // the drain alone
		if !x.plan.seek {
			x.plan.until = max(2*x.plan.origin-x.warm, x.plan.origin+x.warm)
		}
	}
	w := x.plan
	n := pilots
	if x.o.Replications > 0 {
		n = min(n, x.o.Replications)
	}
	longest, last := 0.0, (*engine)(nil)
	for i := 0; i < n; i++ {
		drain, events, end := x.once(w, i, &last)
		x.events += events
		if w.seek && math.IsNaN(drain) {
			x.warn("a replication had not drained after %d events, at %.4g s", events, end-x.warm)
			x.plan.seek, n = false, i+1
			if x.Until == 0 {
				x.plan.until = max(end, x.warm)
			}
			break
		}
		longest = max(longest, drain)
		if x.events > eventsOfPilots {
			n = i + 1
		}
	}
	if x.Until == 0 && x.plan.seek {
		x.plan.until = x.plan.origin + longest
	}
	x.series()
	if x.o.Replications <= 0 {
		each := float64(max(1, x.events/n))
		x.o.Replications = int(max(leastReplications, min(mostReplications, eventsInAll/each)))
	}
	x.events = 0
}

// series sets the points.
func (x *transient) series() {
	length := x.plan.until - x.warm
	x.plan.step, x.plan.points = x.Step, 1
	if x.Step > 0 && length/x.Step > mostPoints {
		x.warn("a step of %.4g s makes more than %d points of the %.4g s: it is longer", x.Step, mostPoints, length)
		x.plan.step = 0
	}
	if x.plan.step == 0 {
		x.plan.step = length / stepsOfSeries
	}
	if x.plan.step > 0 {
		x.plan.points += int(math.Floor(length/x.plan.step + 1e-9))
	}
}

// never is a time in seconds that no replication sees.
const never = 1e15

const mostPoints = 10_000

// run simulates the replications, some of them on each of Parallel cores.
func (x *transient) run() {
	x.seen = newCourse(x.plan.points)
	x.drains = make([]float64, x.o.Replications)
	width := max(1, x.o.Parallel)
	Parallel(width, width, func(part int) {
		w := x.plan
		w.seen = newCourse(w.points)
		total, last := 0, (*engine)(nil)
		for n := part; n < x.o.Replications; n += width {
			drain, events, _ := x.once(w, n, &last)
			x.drains[n] = drain
			total += events
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		x.seen.add(w.seen)
		x.events += total
	})
}

// once is one replication: the seconds of its drain, NaN when it did not see
// the end of it, and when it ended. It uses the memory of the last one.
func (x *transient) once(w watch, n int, last **engine) (drain float64, events int, end float64) {
	o := x.o
	o.Seed = key(x.o.Seed, uint64(n))
	o.Warmup, o.Duration = never/2, never // the watch ends it, and measures
	e := newEngine(x.program, x.load, o)
	if *last != nil {
		e.adopt(*last)
	}
	*last = e
	w.attach(e)
	if err := e.run(); err != nil {
		return math.NaN(), e.events, e.time // a budget
	}
	w.sample(e, math.Inf(1))
	return w.drained - w.origin, e.events, e.time
}

// z90 is the normal distribution's 95th percentile, for intervals of 90 %.
const z90 = 1.6448536269514722

func (x *transient) solution() headroom.TransientSolution {
	out := headroom.TransientSolution{Method: fmt.Sprintf("discrete-event simulation, %d replications from a steady start", len(x.drains)),
		Replications: len(x.drains), Warnings: append([]string{}, x.warnings...), Series: []headroom.TransientPoint{}}
	n := float64(len(x.drains))
	for i := range x.plan.points {
		if x.seen.seen[i] < int64(len(x.drains)) {
			out.Warnings = append(out.Warnings, fmt.Sprintf("the series ends at %.4g s, where a replication had used up its %d events", float64(i)*x.plan.step, x.o.MaxEvents))
			break
		}
		p := headroom.TransientPoint{T: float64(i) * x.plan.step, NumberMean: float64(x.seen.number[i]) / n, WaitingMean: float64(x.seen.waiting[i]) / n}
		p.ResponseP95 = known(x.seen.responses[i].quantile(0.95))
		out.Series = append(out.Series, p)
	}
	out.Drain = x.drain(&out)
	if out.FailedMean = float64(x.seen.failed) / n; out.FailedMean > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%.4g requests fail on the mean: with a worker that is lost, before a pool without workers, at a full backlog, or after five conflicts; they are in no response time, and wait no longer", out.FailedMean))
	}
	return out
}

func (x *transient) drain(out *headroom.TransientSolution) *headroom.Drain {
	if !x.plan.seek {
		return nil
	}
	if never := len(x.drains) - len(finite(x.drains)); never > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%d of %d replications had not drained after %d events", never, len(x.drains), x.o.MaxEvents))
		return nil
	}
	if len(x.AllPools()) == 0 {
		out.Warnings = append(out.Warnings, "the system has no pool: no request ever waits for a worker")
	}
	sorted := slices.Sorted(slices.Values(x.drains))
	var sum, square float64
	for _, d := range sorted {
		sum += d
	}
	n := float64(len(sorted))
	mean := sum / n
	for _, d := range sorted {
		square += (d - mean) * (d - mean)
	}
	d := &headroom.Drain{Mean: mean, P50: Quantile(sorted, 0.5), P95: Quantile(sorted, 0.95)}
	if n > 1 {
		half := z90 * math.Sqrt(square/(n-1)/n)
		d.Interval = &[2]float64{max(0, mean-half), mean + half}
	}
	return d
}

func finite(v []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(v), math.IsNaN)
}
