package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/campaign"
	"github.com/headroom-erp/headroom/results"
)

// disturb adds to a bundle that other work took half a core.
func disturb(t *testing.T, folder string) {
	t.Helper()
	part, err := results.OpenPart(filepath.Join(folder, "parts", "conduct.sqlite"), "conduct")
	if err != nil {
		t.Fatal(err)
	}
	host := headroom.Sample{Probe: "generator", Subject: "host", Metric: "cpu_seconds"}
	var samples []headroom.Sample
	for i := range 11 {
		host.T, host.Value = float64(10+10*i), 5*float64(i)
		samples = append(samples, host)
	}
	if err := part.Record(headroom.Records{Samples: samples}); err != nil {
		t.Fatal(err)
	}
	if err := part.Close(); err != nil {
		t.Fatal(err)
	}
}

// A capacity counts when the runs at its two ends say enough, of undisturbed
// machines, and came after the forecast.
func TestWhichCapacitiesAreScored(t *testing.T) {
	began := time.Date(2026, 11, 20, 17, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	run := func(name string, window float64, cut bool) {
		staged{factor: 1, seed: 1, cut: cut, change: func(i *headroom.RunInfo) { i.Started, i.Schedule.Window = began, window }}.write(t, filepath.Join(dir, "runs", name))
	}
	run("held", 100, false) // 400 orders
	run("missed", 100, false)
	run("short", 50, false) // 200 orders
	run("stopped", 100, true)
	run("busy", 100, false)
	disturb(t, filepath.Join(dir, "runs", "busy"))
	v := &validation{workshop: workshop{folder: dir, plan: headroom.Plan{Name: "staged", Processes: []headroom.Process{{Name: "order", Scenario: "order_entry"}}, Objectives: orders}}}
	k := campaign.Combination{Name: "p1", PerHour: map[string]float64{"order": 14400}, Seconds: 100, CapacitySeconds: 100}
	name := analyse.Name(orders[0])
	for what, c := range map[string]struct {
		low, high headroom.CapacityProbe
		change    func(*headroom.Proof)
		want      string
	}{
		"enough":             {headroom.CapacityProbe{Folder: "runs/held", Worst: name}, headroom.CapacityProbe{Folder: "runs/missed", Worst: name}, nil, ""},
		"broken off":         {headroom.CapacityProbe{Folder: "runs/held", Worst: name}, headroom.CapacityProbe{Folder: "runs/stopped", Worst: "a stop rule", Early: true}, nil, ""},
		"few above":          {headroom.CapacityProbe{Folder: "runs/held", Worst: name}, headroom.CapacityProbe{Folder: "runs/short", Worst: name}, nil, "200 journeys of order in runs/short, and 300 are wanted"},
		"few below":          {headroom.CapacityProbe{Folder: "runs/short", Worst: "scan"}, headroom.CapacityProbe{Folder: "runs/missed", Worst: name}, nil, "200 journeys of order in runs/short, and 300 are wanted"},
		"nobody knows":       {headroom.CapacityProbe{Folder: "runs/held"}, headroom.CapacityProbe{Folder: "runs/stopped", Worst: "a stop rule", Early: true}, nil, "neither run beside it says which objective limits it"},
		"busy":               {headroom.CapacityProbe{Folder: "runs/held", Worst: name}, headroom.CapacityProbe{Folder: "runs/busy", Worst: name}, nil, "0.5 cores of the machine were busy with other work in runs/busy; remove that run and run again when it is quiet"},
		"one side":           {headroom.CapacityProbe{Folder: "runs/held", Worst: name}, headroom.CapacityProbe{Folder: "runs/missed", Worst: name}, func(p *headroom.Proof) { p.Capacity.Measured.Identified = false }, "all its runs lie on one side of it"},
		"forecast later":     {headroom.CapacityProbe{Folder: "runs/held", Worst: name}, headroom.CapacityProbe{Folder: "runs/missed", Worst: name}, func(p *headroom.Proof) { p.ForecastAt = began.Add(time.Second) }, headroom.AfterMeasurement},
		"its proof was late": {headroom.CapacityProbe{Folder: "runs/held", Worst: name}, headroom.CapacityProbe{Folder: "runs/missed", Worst: name}, func(p *headroom.Proof) { p.Late = true }, headroom.AfterMeasurement},
		"late and few":       {headroom.CapacityProbe{Folder: "runs/held", Worst: name}, headroom.CapacityProbe{Folder: "runs/short", Worst: name}, func(p *headroom.Proof) { p.Late = true }, "200 journeys of order in runs/short, and 300 are wanted"},
	} {
		c.low.Scale, c.low.Met, c.high.Scale = 1, true, 1.03
		p := headroom.Proof{Name: "p1", ForecastAt: began.Add(-time.Hour), Capacity: &headroom.CapacityCheck{Measured: headroom.Estimate{Value: 1.01, Identified: true}, Probes: []headroom.CapacityProbe{c.high, c.low}}}
		if c.change != nil {
			c.change(&p)
		}
		if got, err := v.capacityWhy(p, k); err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", what, got, err, c.want)
		}
	}
}

func TestDisturbed(t *testing.T) {
	for _, c := range []struct {
		target                  string
		others, stolen, stalled float64
		want                    string
	}{
		{"odoo", 0.1, 0.009, 0.009, ""},
		{"odoo", 0.5, 0, 0, "0.5 cores of the machine were busy with other work"},
		{"odoo", 0.1, 0.013, 0, "the hypervisor gave 1.3 % of the machine's CPU time to others"},
		{"odoo", 0.1, 0, 0.024, "the machine's cores stood still in between: 2.4 % of the speed probe's readings were above twice their median"},
		{"erp", 0.1, 0.013, 0.024, ""},
		{"erp", 0.5, 0, 0, "0.5 cores of the machine were busy with other work"},
	} {
		d := disturbance{others: &c.others, stolen: &c.stolen, stalled: &c.stalled}
		if got := d.why(c.target); got != c.want {
			t.Errorf("%s: %q, not %q", c.target, got, c.want)
		}
	}
	if got := (disturbance{}).why("odoo"); got != "" {
		t.Errorf("where nobody looked: %q", got)
	}
}
