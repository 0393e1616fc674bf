package queueing

import "math"

// An Answer is what a queue does in its steady state: what `model queue`
// prints. Times are in seconds; nil is what does not exist, because more
// arrives than can be served or the method cannot say.
type Answer struct {
	Method      string  `json:"method"`
	Utilization float64 `json:"utilization"`  // busy fraction, 0 to 1
	OfferedLoad float64 `json:"offered_load"` // arrival rate times service time, Erlang
	Throughput  float64 `json:"throughput"`   // 1/s
	// Overload is how many times more arrives than can be served, 1 or more; nil
	// where there is a steady state.
	Overload *float64 `json:"overload"`

	WaitProbability *float64 `json:"wait_probability"`
	WaitMean        *float64 `json:"wait_mean"`
	WaitP50         *float64 `json:"wait_p50"`
	WaitP95         *float64 `json:"wait_p95"`
	WaitP99         *float64 `json:"wait_p99"`
	ResponseMean    *float64 `json:"response_mean"`
	ResponseP50     *float64 `json:"response_p50"`
	ResponseP95     *float64 `json:"response_p95"`
	ResponseP99     *float64 `json:"response_p99"`
	NumberMean      *float64 `json:"number_mean"`

	// ResponseMeanRange spans the exact answers for service laws of the same mean
	// and SCV but other shapes, where two moments do not settle it; else nil.
	ResponseMeanRange *[2]float64 `json:"response_mean_range,omitempty"`
	// Error is how far the method is known to be off; "" where it is exact.
	Error    string   `json:"known_error,omitempty"`
	Warnings []string `json:"warnings"`
}

// answer is what holds whatever the load.
func (q MMc) answer(method string) Answer {
	a := Answer{Method: method, Utilization: min(1, q.Utilization()), OfferedLoad: q.Load(), Throughput: q.ArrivalRate, Warnings: []string{}}
	if q.Overloaded() {
		a.Utilization, a.Overload = 1, known(q.Utilization())
		a.Throughput = float64(q.Servers) / q.ServiceTime
		a.Warnings = append(a.Warnings, overload(q))
	}
	return a
}

func (a *Answer) means(probability, wait float64, q MMc) {
	a.WaitProbability, a.WaitMean = known(probability), known(wait)
	a.ResponseMean, a.NumberMean = known(wait+q.ServiceTime), known(q.ArrivalRate*wait+q.Load())
}

func (a *Answer) percentiles(wait, response func(p float64) float64) {
	a.WaitP50, a.WaitP95, a.WaitP99 = known(wait(0.5)), known(wait(0.95)), known(wait(0.99))
	a.ResponseP50, a.ResponseP95, a.ResponseP99 = known(response(0.5)), known(response(0.95)), known(response(0.99))
}

func known(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
