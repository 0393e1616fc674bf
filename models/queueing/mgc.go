package queueing

import (
	"errors"
	"fmt"
	"math"
)

// MGc is the queue with Poisson arrivals (1/s), c servers, and service of that
// mean (s) and squared coefficient of variation, first come first served.
//
// Exact: M/M/c (scv 1); M/D/c (scv 0, up to 1000 servers); the mean of M/G/1 for any law; and M/PH/c by matrices, where two
// moments name a law of few phases (up to 129 servers from scv 0.5 on, 7 at
// 0.25, 1 at 0.008). The law for scv > 1 is a hyperexponential that stands for a
// log-normal, which service times resemble; for scv < 1 a mixture of Erlang
// laws. For scv > 1, where two moments do not settle the answer,
// ResponseMeanRange spans laws from balanced means to the third moment of a
// log-normal.
//
// Otherwise the wait is interpolated in scv between exact answers, scaled
// from 100 servers, or beyond 99.99 % utilization, where the matrices run out of
// digits, interpolated towards the limit of heavy traffic; Method names it and Error how far it is off.
//
// An scv is 0 to 1000. Errors: a parameter out of its range. Overload is no
// error: it answers with nil and says by how much.
func MGc(servers int, arrivalRate, serviceTime, scv float64) (Answer, error) {
	q := MMc{Servers: servers, ArrivalRate: arrivalRate, ServiceTime: serviceTime}
	if err := q.Check(); err != nil {
		return Answer{}, err
	}
	if !(scv >= 0) || scv > mostSCV {
		return Answer{}, fmt.Errorf("queueing: a squared coefficient of variation of %g is not 0 to %d", scv, mostSCV)
	}
	switch {
	case scv == 1:
		return q.Solve()
	case q.Overloaded():
		return q.answer(fmt.Sprintf("M/G/%d, overloaded", servers)), nil
	case q.Load() < smallest:
		return alone(q, scv), nil
	}
	a, err := variable(q, scv)
	if err == nil && scv > 1 {
		err = a.widen(q, scv)
	}
	return a, err
}

const mostSCV = 1000

// mostStages of one customer's service that are followed; a law with a smaller
// SCV is a constant.
const mostStages = 1000

func variable(q MMc, scv float64) (Answer, error) {
	if scv == 0 {
		return constant(q)
	}
	l := lawOf(q.ServiceTime, scv)
	if !fits(q.Servers, l.phases()) {
		if fits(q.Servers, 2) && scv < 1 {
			return interpolated(q, scv)
		}
		return scaled(q, scv)
	}
	if q.nearSaturation() {
		return extended(q, scv, l)
	}
	p, err := solvePhases(q, l)
	if err != nil {
		return saturated(q, scv)
	}
	a := q.answer(fmt.Sprintf("M/PH/%d, exact by matrices for a %v", q.Servers, l))
	if q.Servers == 1 {
		a.Method = fmt.Sprintf("M/G/1, mean exact for any law (Pollaczek-Khinchine), percentiles by matrices for a %v", l)
	}
	if scv > 1 {
		a.Error = "none for that law; " + shapeError(q, scv)
	}
	a.means(p.wait, waitOf(q, scv, p.waitMean()), q)
	if wait, response, ok := p.tails(); ok {
		a.percentiles(wait.percentile, response.percentile)
		return a, nil
	}
	w := p.asymptotic()
	a.Method += ", percentiles from its slowest exponential"
	a.Error = "percentiles within 0.5 %, means exact"
	if scv > 1 {
		a.Error += "; " + shapeError(q, scv)
	}
	a.percentiles(w.percentile, w.responsePercentile(l))
	return a, nil
}

// shapeError is what the choice of a service law may be worth, beside
// log-normal service of the same two moments (TestLikeLognormal).
func shapeError(q MMc, scv float64) string {
	switch {
	case scv > 4 && q.Servers == 1:
		return "the mean holds for other laws of the same two moments, percentiles may not"
	case scv > 4:
		return "with other laws of the same two moments the mean response is within the range given for them"
	}
	return "beside a log-normal law of the same two moments the mean response is within 1.5 %, p95 within 10 %, p99 within 17 %"
}

func lawOf(mean, scv float64) law {
	if scv > 1 {
		return likeLognormal(mean, scv, lognormalShare)
	}
	return mixedErlang(mean, max(scv, 1.0/mostStages))
}

// waitOf is the exact mean wait of one server, and what was computed for more.
func waitOf(q MMc, scv, computed float64) float64 {
	if q.Servers == 1 {
		return pollaczekKhinchine(q, scv)
	}
	return computed
}

// pollaczekKhinchine is the mean wait of M/G/1 in seconds: aS(1+scv)/(2(1-a)).
// Source: Kleinrock 1975, chapter 5.
func pollaczekKhinchine(q MMc, scv float64) float64 {
	return q.Load() * q.ServiceTime * (1 + scv) / 2 / q.idle()
}

// alone is a queue that nobody comes to: no wait, and service of a law.
func alone(q MMc, scv float64) Answer {
	a := q.answer("service alone: nothing arrives")
	a.means(0, 0, q)
	if scv < 1.0/mostStages {
		a.percentiles(func(float64) float64 { return 0 }, func(float64) float64 { return q.ServiceTime })
		return a
	}
	a.percentiles(waiting{}.percentile, waiting{}.responsePercentile(lawOf(q.ServiceTime, scv)))
	return a
}

func constant(q MMc) (Answer, error) {
	c := float64(q.Servers)
	if q.Servers > mostDetServers {
		return scaled(q, 0)
	}
	d := solveDet(q)
	a := q.answer(fmt.Sprintf("M/D/%d, exact (Crommelin, Franx)", q.Servers))
	mean := waitOf(q, 0, d.waitMean())
	if d.more == nil {
		w := exponentialWait(mean*decay(q.Utilization())*c/q.ServiceTime, mean)
		a.Method += ", percentiles from its slowest exponential"
		a.Error = "percentiles within 0.5 %, means exact"
		a.means(w.above(0), mean, q)
		a.percentiles(w.percentile, func(p float64) float64 { return w.percentile(p) + q.ServiceTime })
		return a, nil
	}
	a.means(d.waitAbove(0), mean, q)
	a.percentiles(d.waitPercentile, func(p float64) float64 { return d.waitPercentile(p) + q.ServiceTime })
	return a, nil
}

// interpolated lies between constant service and the most stages that the
// matrices can hold, linearly in SCV. That is exact for one server.
func interpolated(q MMc, scv float64) (Answer, error) {
	k := 2
	for fits(q.Servers, k+1) {
		k++
	}
	low, err := constant(q)
	if err != nil || low.WaitMean == nil {
		return low, err
	}
	high, err := solveWait(q, mixedErlang(q.ServiceTime, 1/float64(k)))
	if err != nil {
		return saturated(q, scv)
	}
	x := scv * float64(k)
	mean := waitOf(q, scv, (1-x)**low.WaitMean+x*high.mean())
	a := q.answer(fmt.Sprintf("M/G/%d, wait interpolated in SCV between exact M/D/%d and M/E%d/%d, and exponential", q.Servers, q.Servers, k, q.Servers))
	a.Error = "mean wait within 2 %, percentiles of the response within 3 %"
	a.waits(q, scv, exponentialWait((1-x)**low.WaitProbability+x*high.above(0), mean))
	return a, nil
}

// waits fills in everything from a law of waits and a service of an SCV.
func (a *Answer) waits(q MMc, scv float64, w waiting) {
	a.means(w.above(0), w.mean(), q)
	if scv < 1.0/mostStages {
		a.percentiles(w.percentile, func(p float64) float64 { return w.percentile(p) + q.ServiceTime })
		return
	}
	a.percentiles(w.percentile, w.responsePercentile(lawOf(q.ServiceTime, scv)))
}

// scaledFrom is the number of servers that larger queues are scaled from.
const scaledFrom = 100

// scaled takes the ratio to M/M/c from 100 servers with as many idle ones
// beside the square root of all, the regime in which large queues are alike.
//
// Source: S. Halfin and W. Whitt, "Heavy-traffic limits for queues with many
// exponential servers", Operations Research 29 (1981).
func scaled(q MMc, scv float64) (Answer, error) {
	spare := q.idle() / math.Sqrt(float64(q.Servers)) * math.Sqrt(scaledFrom)
	small := MMc{Servers: scaledFrom, ServiceTime: 1, ArrivalRate: scaledFrom - min(spare, scaledFrom/2)}
	if small.Overloaded() {
		return saturated(q, scv)
	}
	w, err := small.waitOf(scv)
	if err != nil {
		return saturated(q, scv)
	}
	a := q.answer(fmt.Sprintf("M/G/%d, scaled from %d servers at an equal share of idle ones", q.Servers, scaledFrom))
	a.Error = "mean wait within 5 %, percentiles of the response within 2 %"
	ratio := func(x, exact float64) float64 {
		if exact == 0 {
			return 1
		}
		return x / exact
	}
	probability := min(1, q.WaitProbability()*ratio(w.above(0), small.WaitProbability()))
	a.waits(q, scv, w.to(probability, q.WaitMean()*ratio(w.mean(), small.WaitMean())))
	return a, nil
}

// waitOf is the wait as exponentials: mean and probability as exact as there are.
func (q MMc) waitOf(scv float64) (waiting, error) {
	if l := lawOf(q.ServiceTime, scv); fits(q.Servers, l.phases()) {
		return solveWait(q, l)
	}
	a, err := variable(q, scv)
	if err != nil || a.WaitMean == nil {
		return waiting{}, errNoSteadyState
	}
	return exponentialWait(*a.WaitProbability, *a.WaitMean), nil
}

// widen adds the range over shapes of the service law.
func (a *Answer) widen(q MMc, scv float64) error {
	if q.Servers == 1 || a.ResponseMean == nil || !fits(q.Servers, 2) {
		return nil
	}
	r := *a.ResponseMean
	low, high := r, r
	for _, l := range []law{balanced(q.ServiceTime, scv), likeLognormal(q.ServiceTime, scv, 1)} {
		w, err := solveWait(q, l)
		if errors.Is(err, errNoSteadyState) {
			return nil
		}
		if err != nil {
			return err
		}
		o := w.mean() + q.ServiceTime
		low, high = min(low, o), max(high, o)
	}
	a.ResponseMeanRange = &[2]float64{low, high}
	if high-low > 0.02*r {
		a.Warnings = append(a.Warnings, fmt.Sprintf("mean and SCV alone do not settle the answer: the mean response is %.4g to %.4g s with other service laws of the same two", low, high))
	}
	return nil
}
