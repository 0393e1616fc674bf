package demand

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/headroom-erp/headroom"
)

// A run of a machine that was a tenth slower than the model's, and a fifth slower
// in its second half than in its first, while the load changed too.
func TestSpeedOf(t *testing.T) {
	const share, power, unit = 0.3, 1.5, 0.0025
	estimate := func(v float64) headroom.Estimate { return headroom.Estimate{Value: v, Identified: true} }
	speed, elasticity := estimate(unit), estimate(power)
	m := headroom.Model{Speed: &speed, Elasticity: &elasticity, Interference: &headroom.Interference{Share: estimate(share), Probed: 0.5}}
	r := rand.New(rand.NewPCG(1, 2))
	run := &fakeRun{info: headroom.RunInfo{Schedule: headroom.Header{LeadIn: 100, Window: 500}}}
	add := func(t float64, probe, subject, metric string, v float64) {
		run.samples = append(run.samples, headroom.Sample{T: t, Probe: probe, Subject: subject, Metric: metric, Value: v})
	}
	add(0, "generator", "host", "cpus", 2)
	load := 0.0
	for at := range 600 {
		x, slow := 0.6, 1.1*0.9
		if at >= 350 {
			x, slow = 1.2, 1.1*1.1
		}
		load += x
		add(float64(at), "generator", "host", "cpu_seconds", load)
		alone := unit / (1 + share*0.5)
		add(float64(at), "speed", "machine", "unit_seconds", alone*slow*(1+share*othersBusy(x, 2))*(1+0.1*r.NormFloat64()))
	}
	d, known, err := SpeedOf(run, m)
	if err != nil || !known {
		t.Fatal(known, err)
	}
	mean := math.Pow(1.1, power) * (math.Pow(0.9, power) + math.Pow(1.1, power)) / 2
	within(t, "ratio", d.Ratio, mean, 0.04)
	for _, p := range d.Pace {
		want := math.Pow(0.9, power)
		switch {
		case p.From >= 385:
			want = math.Pow(1.1, power)
		case p.From > 300:
			continue // the readings around it are of both
		}
		want *= 2 / (math.Pow(0.9, power) + math.Pow(1.1, power))
		within(t, "pace", p.Times, want, 0.12)
	}
	if len(d.Pace) < 35 {
		t.Errorf("%d paces", len(d.Pace))
	}
	if _, known, err := SpeedOf(run, headroom.Model{}); known || err != nil {
		t.Error("a model that nobody's speed is known of", err)
	}
	run.samples = run.samples[:12]
	if _, known, err := SpeedOf(run, m); known || err != nil {
		t.Error("a run of a few readings", err)
	}
}
