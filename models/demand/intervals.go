package demand

import (
	"fmt"
	"math"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// A Period is what monitoring says of a span of time where there is no request
// log: how busy a station was, and for each class how many requests ended and
// their mean response time in seconds (0: none ended, or nobody knows).
type Period struct {
	Seconds     float64
	Utilization float64 // 0 to 1, of Servers
	Count       []float64
	Response    []float64
}

// A Spread is one class' service demand at a station by three methods, in CPU
// seconds, since none of them is right where they disagree.
type Spread struct {
	// Regression is the utilization law's least squares, not negative, without a
	// background: U·servers = Σ X·D.
	Regression float64
	// Split shares the busy time of the whole out by the classes' parts of the
	// response times: D_c = R_c · busy / Σ X·R.
	Split float64
	// Idle frees each class' mean response time of sharing: D_c = R_c (1 - U), which is
	// exact for processor sharing by one server that nothing else precedes.
	Idle float64
	// Estimate has the regression's value, and an interval that reaches over its
	// own and the other two methods.
	Estimate headroom.Estimate
}

// FromPeriods estimates the demands of classes at one station of so many
// servers from periods.
//
// Source of the methods: J. Rolia, V. Vetland, "Parameter estimation for
// performance models of distributed application systems", CASCON 1995; D.
// Menascé, V. Almeida, L. Dowdy, "Performance by Design", 2004, section 3;
// S. Kraft et al., "Estimating service resource consumption from response time
// measurements", VALUETOOLS 2009. They are compared in S. Spinner et al.,
// "Evaluating approaches to resource demand estimation", Performance
// Evaluation 92 (2015).
//
// Errors: *headroom.InputError for no periods, classes that differ in number,
// or values that are negative or not finite.
func FromPeriods(periods []Period, servers float64) ([]Spread, error) {
	classes, err := checkPeriods(periods, servers)
	if err != nil {
		return nil, err
	}
	var rows [][]float64
	var busy []float64
	var total, seconds float64
	count, response := make([]float64, classes), make([]float64, classes)
	for _, p := range periods {
		row := make([]float64, classes)
		for c := range row {
			row[c] = p.Count[c] / p.Seconds
			count[c] += p.Count[c]
			response[c] += p.Count[c] * p.Response[c]
		}
		rows, busy = append(rows, row), append(busy, p.Utilization*servers)
		total += p.Utilization * servers * p.Seconds
		seconds += p.Seconds
	}
	d, err := fit.NonNegative(rows, busy, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("demand: %w", err)
	}
	all := 0.0
	for c := range classes {
		all += response[c]
		response[c] /= max(1, count[c])
	}
	plain, plainErr := fit.LeastSquares(rows, busy, nil)
	u := total / seconds / servers
	out := make([]Spread, classes)
	for c := range out {
		s := Spread{Regression: d[c], Idle: response[c] * (1 - u)}
		if all > 0 {
			s.Split = response[c] * total / all
		}
		e := headroom.Estimate{Value: d[c], Low: d[c], High: d[c], Level: headroom.Level, N: int(count[c]), Method: "utilization law over periods; the interval reaches over three methods"}
		if plainErr == nil {
			low, high := plain.Interval(c, headroom.Level)
			e.Low, e.High = max(0, min(e.Low, low)), max(e.High, high)
		} else {
			e.Low, e.High = 0, total/max(1, count[c]) // classes that always move together
		}
		for _, v := range []float64{s.Split, s.Idle} {
			if v > 0 {
				e.Low, e.High = min(e.Low, v), max(e.High, v)
			}
		}
		e.Identified = plainErr == nil && e.Low > 0 && e.High < 4*e.Low
		s.Estimate = e
		out[c] = s
	}
	return out, nil
}

func checkPeriods(periods []Period, servers float64) (classes int, err error) {
	bad := func(format string, args ...any) error {
		return &headroom.InputError{What: fmt.Sprintf(format, args...), Where: "periods"}
	}
	if len(periods) == 0 || len(periods[0].Count) == 0 {
		return 0, bad("there are no periods, or no classes")
	}
	if !(servers > 0) || math.IsInf(servers, 0) {
		return 0, bad("%g is no number of servers", servers)
	}
	classes = len(periods[0].Count)
	for i, p := range periods {
		if len(p.Count) != classes || len(p.Response) != classes {
			return 0, bad("period %d has %d counts and %d response times, the first has %d classes", i, len(p.Count), len(p.Response), classes)
		}
		if !(p.Seconds > 0) || !(p.Utilization >= 0) || !finite(p.Seconds, p.Utilization) {
			return 0, bad("period %d lasts %g s and is %g busy", i, p.Seconds, p.Utilization)
		}
		for c := range classes {
			if !(p.Count[c] >= 0) || !(p.Response[c] >= 0) || !finite(p.Count[c], p.Response[c]) {
				return 0, bad("period %d has a negative or undefined figure of class %d", i, c)
			}
		}
	}
	return classes, nil
}
