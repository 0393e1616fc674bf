package main

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
)

// system is one that holds any scale up to its capacity, and whose objective
// takes the fourth power of the load; over a longer window it holds less.
type system struct {
	capacity, long float64
	probes         int
}

func (s *system) probe(_ context.Context, scale float64, long bool) (headroom.CapacityProbe, error) {
	s.probes++
	holds := s.capacity
	if long {
		holds = s.long
	}
	ratio := math.Pow(scale/holds, 4)
	return headroom.CapacityProbe{Scale: scale, Met: ratio <= 1, Ratio: ratio, Worst: "order"}, nil
}

func TestSearchFindsTheCapacity(t *testing.T) {
	for _, c := range []struct {
		what     string
		capacity float64
		runs     int // at most
	}{
		{"the model is right", 1.5, 6}, {"a little more", 1.6, 6}, {"a little less", 1.4, 6}, {"half as much", 0.75, 9}, {"three times as much", 4.5, 10},
	} {
		s := &system{capacity: c.capacity, long: c.capacity}
		got, err := capacitySearch{forecast: headroom.Estimate{Value: 1.5}, probe: s.probe, most: 20, within: endsWithin, confirm: true}.run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		m := got.Measured
		if !m.Identified || m.Low > c.capacity || m.High < c.capacity || m.High/m.Low > endsWithin || math.Abs(m.Value/c.capacity-1) > 0.005 || len(got.Probes) > c.runs {
			t.Errorf("%s: %+v in %d runs, want %g", c.what, m, len(got.Probes), c.capacity)
		}
		if got.Confirmed == nil || !*got.Confirmed || math.Abs(got.Error-(1.5/m.Value-1)) > 1e-12 {
			t.Errorf("%s: confirmed %v, error %g", c.what, got.Confirmed, got.Error)
		}
	}
}

// What held over the window and not over a longer one has not held.
func TestSearchConfirms(t *testing.T) {
	s := &system{capacity: 2, long: 1.7}
	got, err := capacitySearch{forecast: headroom.Estimate{Value: 2}, probe: s.probe, most: 30, within: endsWithin, confirm: true}.run(t.Context())
	if err != nil || got.Confirmed == nil || !*got.Confirmed || got.Measured.Low > 1.7 || got.Measured.Low < 1.5 {
		t.Errorf("%v: %+v, confirmed %v", err, got.Measured, got.Confirmed)
	}
	got, err = capacitySearch{forecast: headroom.Estimate{Value: 2}, probe: s.probe, most: 30, within: endsWithin}.run(t.Context())
	if err != nil || got.Confirmed != nil || got.Measured.Low < 1.9 {
		t.Errorf("without: %v: %+v, confirmed %v", err, got.Measured, got.Confirmed)
	}
}

// Whatever the runs say, in whatever order, the search ends within its runs and
// answers with figures.
func FuzzSearch(f *testing.F) {
	f.Add(uint64(1), 1.0, 8)
	f.Add(uint64(9), 0.01, 2)
	f.Fuzz(func(t *testing.T, seed uint64, start float64, most int) {
		if !(start > 0.01 && start < 1000) || most < 1 || most > 40 {
			return
		}
		r := rand.New(rand.NewPCG(seed, 1))
		n := 0
		got, err := capacitySearch{forecast: headroom.Estimate{Value: start}, most: most, within: endsWithin, confirm: seed%2 == 0, probe: func(_ context.Context, scale float64, _ bool) (headroom.CapacityProbe, error) {
			n++
			ratio := []float64{0, 0.5, 1, 1.5, analyse.Beyond}[r.IntN(5)]
			return headroom.CapacityProbe{Scale: scale, Met: ratio <= 1, Ratio: ratio}, nil
		}}.run(t.Context())
		m := got.Measured
		if err != nil || n > most || math.IsNaN(m.Value+m.Low+m.High+got.Error) || math.IsInf(m.Value, 0) || !(m.Value > 0) || m.Identified && !(m.Low <= m.Value && m.Value <= m.High) {
			t.Errorf("%v: %+v in %d runs", err, got, n)
		}
	})
}

// The last of the runs that are allowed confirms what there is.
func TestSearchKeepsARunToConfirm(t *testing.T) {
	s := &system{capacity: 4.5, long: 4.5}
	got, err := capacitySearch{forecast: headroom.Estimate{Value: 1.5}, probe: s.probe, most: 6, within: endsWithin, confirm: true}.run(t.Context())
	if err != nil || len(got.Probes) != 6 || got.Confirmed == nil || !*got.Confirmed || !(got.Measured.Low <= 4.5 && got.Measured.High >= 4.5) {
		t.Errorf("%v: %+v, confirmed %v", err, got, got.Confirmed)
	}
}

func TestSearchEndsWithARunThatCannotBeMade(t *testing.T) {
	broken := errors.New("the disk is full")
	_, err := capacitySearch{forecast: headroom.Estimate{Value: 1}, most: 5, within: endsWithin, probe: func(context.Context, float64, bool) (headroom.CapacityProbe, error) {
		return headroom.CapacityProbe{}, broken
	}}.run(t.Context())
	if !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

// A rule that ends a probe leaves no doubt: half of the journeys of twice the
// share that the objective leaves free take longer than it allows, in the window.
func TestHopelessRules(t *testing.T) {
	h := headroom.Header{LeadIn: 120, Window: 600}
	got := hopeless([]headroom.Objective{
		{Process: "order", Percentile: 95, Within: 5},
		{Process: "scan", Percentile: 50, Within: 1},                    // half may: never clear before the end
		{Process: "order", Percentile: 95, Within: 5, Peak: "cutoff"},   // of a part
		{Measure: headroom.MeasureErrorShare, AtMost: 0.01},             //
		{Measure: headroom.MeasureAttainment, AtLeast: 0.99},            // no rule speaks of it
		{Process: "order", Percentile: 99.9, Within: 60, Site: "north"}, // of a part
	}, h)
	want := []headroom.StopRule{
		{Measure: headroom.MeasureResponse, Process: "order", Percentile: 50, AtMost: 7.5, Over: 60, From: 120},
		{Measure: headroom.MeasureErrorShare, AtMost: 0.5, Over: 12, From: 120},
	}
	if len(got) != 2 || math.Abs(got[0].Over-60) > 1e-9 {
		t.Fatalf("%+v", got)
	}
	got[0].Over = 60
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
}
