package arrivals

import (
	"errors"
	"fmt"
	"io"
	"math"
	"sort"
	"strconv"
	"time"

	"github.com/headroom-erp/headroom"
)

// A Rate is an arrival rate that is linear between its points and 0 outside of
// them. Two points at one time are a jump.
type Rate struct {
	Clock Clock
	t     []time.Duration
	v     []float64 // 1/s
	sum   []float64 // arrivals expected before each point
}

// Constant is a rate of v per second from one time to another.
func Constant(clock Clock, from, to time.Duration, v float64) Rate {
	r := Rate{Clock: clock, t: []time.Duration{from, to}, v: []float64{v, v}}
	r.integrate()
	return r
}

// ReadRate reads a rate: CSV with the columns t and rate (1/s), in order of t,
// which is in seconds or an RFC 3339 timestamp. Errors are
// *headroom.InputError and name the line.
func ReadRate(in io.Reader, name string) (Rate, error) {
	var r Rate
	t := &table{name: name}
	if err := t.open(in, "t", "rate"); err != nil {
		return r, err
	}
	for {
		row, err := t.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return r, err
		}
		at, clock, err := ParseTime(t.of(row, "t"))
		if err != nil {
			return r, t.bad("t", t.of(row, "t"), err.Error(), "")
		}
		if len(r.t) == 0 {
			r.Clock = clock
		}
		switch n := len(r.t); {
		case clock != r.Clock:
			return r, t.bad("t", t.of(row, "t"), fmt.Sprintf("the lines before hold %s", r.Clock), "keep one kind of time in a file")
		case n > 0 && at < r.t[n-1]:
			return r, t.bad("t", t.of(row, "t"), "is before the line above", "write the rate in order of time")
		case n > 1 && at == r.t[n-1] && at == r.t[n-2]:
			return r, t.bad("t", t.of(row, "t"), "stands here for the third time", "a jump needs two lines at one time")
		}
		v, err := strconv.ParseFloat(t.of(row, "rate"), 64)
		if err != nil || !(v >= 0) || v > 1e9 {
			return r, t.bad("rate", t.of(row, "rate"), "is not a rate per second, from 0 to 1e9", "")
		}
		r.t, r.v = append(r.t, at), append(r.v, v)
	}
	if len(r.t) < 2 || r.t[0] == r.t[len(r.t)-1] {
		return r, &headroom.InputError{What: "a rate needs two points in time", Where: name, Do: "a constant rate has one line at its start and one at its end"}
	}
	r.integrate()
	if !(r.Total() > 0) {
		return r, &headroom.InputError{What: "the rate is 0 everywhere", Where: name}
	}
	return r, nil
}

func (r *Rate) integrate() {
	r.sum = make([]float64, len(r.t))
	for i := 1; i < len(r.t); i++ {
		r.sum[i] = r.sum[i-1] + (r.v[i-1]+r.v[i])/2*(r.t[i]-r.t[i-1]).Seconds()
	}
}

// From is the first of the rate's times.
func (r Rate) From() time.Duration { return r.t[0] }

// To is the last.
func (r Rate) To() time.Duration { return r.t[len(r.t)-1] }

// Total is the number of arrivals that the rate lets expect.
func (r Rate) Total() float64 { return r.sum[len(r.sum)-1] }

// Until is the number of arrivals expected before t: the integral of the rate.
func (r Rate) Until(t time.Duration) float64 {
	if t <= r.From() {
		return 0
	}
	if t >= r.To() {
		return r.Total()
	}
	i := sort.Search(len(r.t), func(i int) bool { return r.t[i] > t }) // r.t[i-1] <= t < r.t[i]
	x, length := (t - r.t[i-1]).Seconds(), (r.t[i] - r.t[i-1]).Seconds()
	slope := (r.v[i] - r.v[i-1]) / length
	return r.sum[i-1] + x*(r.v[i-1]+slope*x/2)
}

// when is the inverse of Until, for 0 <= y <= Total.
func (r Rate) when(y float64) time.Duration {
	i := sort.SearchFloat64s(r.sum, y)
	if i == 0 {
		return r.From()
	}
	i = min(i, len(r.t)-1)
	a, length := r.v[i-1], (r.t[i] - r.t[i-1]).Seconds()
	y -= r.sum[i-1]
	slope := (r.v[i] - a) / length
	root := a + math.Sqrt(max(0, a*a+2*slope*y))
	if root == 0 {
		return r.t[i-1]
	}
	return r.t[i-1] + time.Duration(min(2*y/root, length)*1e9)
}
