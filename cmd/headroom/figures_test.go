package main

import (
	"iter"
	"math"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/scenarios"
)

func TestMeasuredCapacityLiesBetweenTheRuns(t *testing.T) {
	held := &headroom.CapacityProbe{Scale: 1, Ratio: 0.5, Met: true}
	missed := &headroom.CapacityProbe{Scale: 1.21, Ratio: 2}
	for _, c := range []struct {
		what       string
		low, high  *headroom.CapacityProbe
		want       float64
		identified bool
	}{
		// The bound is half way between 0.5 and 2 as a power, so 1.1 between 1 and 1.21.
		{"half way", held, missed, 1.1, true},
		{"the bound itself held", &headroom.CapacityProbe{Scale: 1, Ratio: 1, Met: true}, missed, 1, true},
		{"failed journeys", held, &headroom.CapacityProbe{Scale: 1.21, Ratio: analyse.Beyond * 10}, math.Pow(1.21, math.Log(2)/math.Log(2000)), true},
		{"nothing missed", held, nil, 1, false},
		{"nothing held", nil, missed, 1.21, false},
	} {
		e := between(c.low, c.high)
		if math.Abs(e.Value-c.want) > 1e-9 || e.Identified != c.identified || math.IsNaN(e.Value) {
			t.Errorf("%s: %+v, want %g", c.what, e, c.want)
		}
	}
}

type listed struct {
	header   headroom.Header
	arrivals []headroom.Arrival
}

func (l listed) Header() headroom.Header { return l.header }

func (l listed) Arrivals() iter.Seq2[headroom.Arrival, error] {
	return func(yield func(headroom.Arrival, error) bool) {
		for _, a := range l.arrivals {
			if !yield(a, nil) {
				return
			}
		}
	}
}

func TestVirtualUsersAreForTheBusiestSpan(t *testing.T) {
	l := listed{header: headroom.Header{
		Processes: []headroom.ScheduledProcess{{Engine: scenarios.K6}, {Engine: scenarios.Attack}},
		Lanes:     []headroom.Lane{{Connections: 3}, {Connections: 4}},
	}}
	add := func(at time.Duration, process uint16, kind headroom.Kind, n int) {
		for range n {
			l.arrivals = append(l.arrivals, headroom.Arrival{At: at, Process: process, Kind: kind})
		}
	}
	add(0, 0, headroom.Open, 30)
	add(time.Second, 1, headroom.Open, 1000)   // not k6's
	add(time.Second, 0, headroom.Batched, 500) // through 7 connections
	add(patienceOfVU, 0, headroom.Open, 10)    // still within the span of the first
	add(patienceOfVU+1, 0, headroom.Open, 5)   // when the first 30 are out of it
	got, err := virtualUsers(l)
	if err != nil || got != 40+7 {
		t.Errorf("%d virtual users, %v; want 47", got, err)
	}
	for _, c := range []struct{ arrivals, want int }{{0, fewestVUs}, {10_000, mostVUs}} {
		l.header.Lanes, l.arrivals = nil, nil
		add(0, 0, headroom.Open, c.arrivals)
		if got, err := virtualUsers(l); err != nil || got != c.want {
			t.Errorf("%d arrivals: %d virtual users, %v; want %d", c.arrivals, got, err, c.want)
		}
	}
}
