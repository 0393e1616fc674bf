package sizing

import (
	"math"
	"reflect"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// Over many paths the logarithm has the standard deviation that was asked for, and a
// correlation that fades to 1/e in time.
func TestDriftedPaths(t *testing.T) {
	d := &headroom.Drift{SD: 0.1, Seconds: 80}
	var sum, square, later, n float64
	for replication := range 4000 {
		path := drifted(d, 7, replication, 800)
		if len(path) != 40 {
			t.Fatalf("%d steps", len(path))
		}
		for i := 0; i+stepsInFading < len(path); i++ {
			x, y := math.Log(path[i].Times), math.Log(path[i+stepsInFading].Times)
			sum, square, later, n = sum+x, square+x*x, later+x*y, n+1
		}
	}
	if mean, sd, fade := sum/n, math.Sqrt(square/n), later/square; math.Abs(mean) > 0.003 || math.Abs(sd-0.1) > 0.002 || math.Abs(fade-1/math.E) > 0.015 {
		t.Errorf("mean %.4f, standard deviation %.4f, correlation after %g s %.3f", mean, sd, d.Seconds, fade)
	}
	if got := drifted(d, 7, 3, 800); !reflect.DeepEqual(got, drifted(d, 7, 3, 800)) || reflect.DeepEqual(got, drifted(d, 7, 4, 800)) {
		t.Error("a path is not its seed's and replication's")
	}
	if n := len(drifted(d, 7, 0, 30*86_400)); n > mostSteps+1 {
		t.Errorf("%d steps of a month", n)
	}
	var levels float64
	for replication := range 4000 {
		x := math.Log(drifted(&headroom.Drift{Between: 0.15, Seconds: 80}, 7, replication, 100)[2].Times)
		levels += x * x / 4000
	}
	if sd := math.Sqrt(levels); math.Abs(sd-0.15) > 0.005 {
		t.Errorf("runs differ by %.4f", sd)
	}
	for _, none := range []*headroom.Drift{nil, {}, {SD: 0.1}, {Seconds: 5}, {SD: math.NaN(), Seconds: 5}} {
		if got := drifted(none, 1, 0, 100); got != nil {
			t.Errorf("%+v: %v", none, got)
		}
	}
}

// A machine that drifts has longer waits, and a run of which the speed is known has
// that one instead.
func TestForecastDrifts(t *testing.T) {
	m, top := model(), topology("t", 3, 1, 1)
	load, err := schedule(2, 10, 0.2)(1)
	if err != nil {
		t.Fatal(err)
	}
	p95 := func(d *headroom.Drift, pace ...sim.Pace) (float64, float64) {
		m.Drift = d
		f, err := Forecast(m, top, load, nil, Options{Seed: 3, Replications: 20, Pace: pace})
		if err != nil {
			t.Fatal(err)
		}
		e := f.Processes[0].Percentile["95"]
		return e.Value, e.High - e.Low
	}
	even, narrow := p95(nil)
	drifts, wide := p95(&headroom.Drift{SD: 0.25, Seconds: 60})
	if drifts <= even || wide <= narrow {
		t.Errorf("p95 %.3f (%.3f wide) with drift, %.3f (%.3f) without", drifts, wide, even, narrow)
	}
	known, _ := p95(&headroom.Drift{SD: 0.25, Seconds: 60}, sim.Pace{Times: 1})
	if math.Abs(known-even) > 1e-9 {
		t.Errorf("p95 %.3f at a known speed, %.3f without drift", known, even)
	}
}
