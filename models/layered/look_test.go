package layered

import (
	"math"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// looked is a system that is simulated in looks, each twice as long as the one
// before, as many of them as pay.
type looked struct {
	system headroom.System
	seed   uint64
	rate   float64 // requests, 1/s
	next   float64 // requests of a replication of the next look
	each   []sim.Result
	last   sim.Result // of the last look, pooled
}

const (
	replications = 8   // of a look
	settling     = 0.2 // of a replication, not measured
)

func newLooked(s headroom.System, answer headroom.Solution, seed uint64, requests float64) *looked {
	l := &looked{system: s, seed: seed, next: requests}
	for _, c := range answer.Classes {
		l.rate += c.Throughput
	}
	return l
}

func (l *looked) look() error {
	d := l.next / l.rate
	o := sim.Options{Seed: l.seed + uint64(len(l.each))<<32, Duration: (1 + settling) * d, Warmup: settling * d, Replications: replications, MaxEvents: 100_000_000}
	r, err := sim.Run(l.system, sim.Load{}, o)
	l.each, l.last, l.next = append(l.each, r.Each...), r, 2*l.next
	return err
}

// student is Student's t, two-sided 99.9 % (there are thousands of comparisons),
// of 1 to 4 looks. Replications of unequal lengths have as many degrees of freedom
// as (Σ lengths)²/Σ lengths² equal ones: 7, 13, 17 and 20.
var student = []float64{5.408, 4.221, 3.965, 3.850}

// counted is what one replication counts: seconds, say, and what they are of.
type counted func(one *sim.Result) (sum, count float64)

// figure is the weighted sum of ratios over all replications, and half of its
// interval, from what each replication adds to the deviation from it.
func (l *looked) figure(ratios []counted, weights []float64) (value, half float64, ok bool) {
	n := float64(len(l.each))
	off := make([]float64, len(l.each))
	for i, of := range ratios {
		var sum, count float64
		for r := range l.each {
			s, c := of(&l.each[r])
			sum, count = sum+s, count+c
		}
		if count == 0 {
			return 0, 0, false
		}
		value += weights[i] * sum / count
		for r := range l.each {
			s, c := of(&l.each[r])
			off[r] += weights[i] * (s - c*sum/count) / count
		}
	}
	var square float64
	for _, x := range off {
		square += x * x
	}
	return value, student[len(l.each)/replications-1] * math.Sqrt(square*n/(n-1)), true
}

func response(class int) counted {
	return func(one *sim.Result) (float64, float64) {
		x := &one.Classes[class].Response
		mean, _ := x.Mean()
		return mean * float64(x.N()), float64(x.N())
	}
}

func journey(k int) counted {
	return func(one *sim.Result) (float64, float64) {
		x := &one.Journeys[k].Response
		mean, _ := x.Mean()
		return mean * float64(x.N()), float64(x.N())
	}
}

func retried(class int) counted {
	return func(one *sim.Result) (float64, float64) {
		c := &one.Classes[class]
		return float64(c.Retried), float64(c.Count + c.Failed)
	}
}

// throughput of a journey of operators, 1/s. Of those who always find work it
// follows from the responses, N/(Z + R): their pauses are known exactly, and
// counting would bring in how long they happened to be. Of those who need what
// others make, it is counted.
func (l *looked) throughput(k int) (value, half float64, ok bool) {
	j := l.system.Journeys[k]
	if j.Takes != "" {
		return l.figure([]counted{func(one *sim.Result) (float64, float64) { return float64(one.Journeys[k].Count), one.Measured }}, []float64{1})
	}
	var ratios []counted
	var weights []float64
	think := j.ThinkTime
	for _, st := range j.Steps {
		visits := st.Visits
		if visits == 0 {
			visits = 1
		}
		think += visits * st.ThinkTime
		for i, c := range l.system.Classes {
			if c.Name == st.Class {
				ratios, weights = append(ratios, response(i)), append(weights, visits)
			}
		}
	}
	inside, half, ok := l.figure(ratios, weights)
	x := float64(j.Population) / (think + inside)
	return x, x * half / (think + inside), ok
}
