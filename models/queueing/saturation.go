package queueing

import (
	"fmt"
	"math"
)

// leastIdle is the share of idle servers from which on the matrices are taken.
// Their rounding errors go with 1/idle²: at 1e-4 they are 1e-8 of the wait (3e-5
// at an SCV of 1000), at 1e-6 1e-4 (8 %), and at 1e-8 no digit is right.
const leastIdle = 1e-4

func (q MMc) nearSaturation() bool { return q.idle() < leastIdle*float64(q.Servers) }

// solveWait is the wait with service of a law as exponentials: its mean and
// probability by matrices, or near saturation between those and heavy traffic.
func solveWait(q MMc, l law) (waiting, error) {
	at := q
	if q.nearSaturation() {
		at.ArrivalRate = float64(q.Servers) * (1 - leastIdle) / q.ServiceTime
	}
	p, err := solvePhases(at, l)
	if err != nil {
		return waiting{}, err
	}
	w := p.asymptotic()
	if !q.nearSaturation() {
		return w, nil
	}
	// What the mean is beside heavy traffic's, and the probability beside 1, are
	// straight lines in the share of idle servers, to within 1 % from 1e-3 on.
	left := q.idle() / at.idle()
	beside := p.waitMean()/heavyTraffic(at, l.scv()) - 1
	return w.to(1-(1-p.wait)*left, heavyTraffic(q, l.scv())*(1+beside*left)), nil
}

// extended is the answer near saturation, where all waits are so long that their
// slowest exponential tells their percentiles.
func extended(q MMc, scv float64, l law) (Answer, error) {
	w, err := solveWait(q, l)
	if err != nil {
		return saturated(q, scv)
	}
	a := q.answer(fmt.Sprintf("M/PH/%d near saturation: between exact matrices at %g %% utilization and the limit of heavy traffic (Köllerström), for a %v", q.Servers, 100*(1-leastIdle), l))
	a.Error = "mean within 0.01 %, percentiles within 0.5 %"
	if q.Servers == 1 {
		a.Method = "M/G/1, mean exact for any law (Pollaczek-Khinchine), percentiles from its slowest exponential"
		a.Error = "percentiles within 0.5 %, means exact"
	}
	if scv > 1 {
		a.Error += "; " + shapeError(q, scv)
	}
	a.means(w.above(0), waitOf(q, scv, w.mean()), q)
	a.percentiles(w.percentile, w.responsePercentile(l))
	return a, nil
}

// heavyTraffic is the mean wait that M/G/c comes to towards saturation, in
// seconds: (1+scv)/2 times that of M/M/c.
//
// Source: J. Köllerström, "Heavy traffic theory for queues with several
// servers, I", J. Applied Probability 11 (1974).
func heavyTraffic(q MMc, scv float64) float64 { return q.WaitMean() * (1 + scv) / 2 }

// saturated is where not even the neighbourhood of saturation could be solved:
// the wait is exponential there, and heavy traffic's.
func saturated(q MMc, scv float64) (Answer, error) {
	a := q.answer(fmt.Sprintf("M/G/%d in heavy traffic (Kingman, Köllerström), exponential wait", q.Servers))
	a.Error = fmt.Sprintf("exact in the limit; here within about %.2g %%", 100*min(1, 2*math.Sqrt(float64(q.Servers))*(1-q.Utilization())*(1+scv)))
	a.waits(q, scv, exponentialWait(q.WaitProbability(), heavyTraffic(q, scv)))
	return a, nil
}
