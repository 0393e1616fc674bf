package example

import (
	"time"

	"github.com/headroom-erp/headroom"
)

// Validation is one of four combinations: one that went well, one that missed,
// one that is yet to be measured, and one that was forecast late.
func Validation() headroom.Validation {
	at := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	speed, hot := est(0.0016, 0.03), 1.4
	v := headroom.Validation{
		Headroom: 1, Title: "How wrong is the model: hub", Generated: at.Add(3 * time.Hour), Tool: "v1", Plan: "hub", Target: "odoo",
		Machine: &headroom.Machine{OS: "linux/amd64", Kernel: "6.1", CPU: "a CPU", Cores: 2, Memory: 8e9}, Versions: map[string]string{"odoo": "19.0"},
		Model: headroom.ValidatedModel{Hash: "0123456789abcdef", Speed: &speed, Elasticity: ptr(est(1.4, 0.2)), Drift: &headroom.Drift{Between: 0.05, SD: 0.08, Seconds: 60}, Warnings: []string{"pick.find and pick.moves always come together"}},
		Calibration: []headroom.CalibrationRun{{Name: "c1", Topology: topology(2), Load: load(1800), Seconds: 600, Started: at, Speed: &speed,
			Utilization: map[string]float64{"app": 0.41, "database": 0.3}}},
		Proofs:   []headroom.Proof{proof("p1", 4, at, 0.04), proof("p2", 1, at, 0.31)},
		Failures: []string{"p2: order p95 is forecast 31 % too high; its interval does not hold what was measured."},
		Warnings: []string{"the stand-in was not measured"}, Commands: []string{"headroom validate hub.yaml --combinations combinations.yaml --target odoo --seed 1"},
		Scores: []headroom.Score{
			{What: headroom.ProofCapacity, Target: 0.05, N: 1, Value: 0.031, Worst: 0.031, Met: ptr(true)}, {What: headroom.ProofThroughput, Target: 0.03},
			{What: headroom.ProofMean, Target: 0.09, N: 2, Value: 0.175, Worst: 0.31, AtSpeed: f(0.12), Met: ptr(false)},
			{What: headroom.ProofP95, Target: 0.15, N: 2, Value: 0.1, Worst: 0.2, AtSpeed: f(0.09), Met: ptr(true)},
			{What: headroom.ProofRetries, Target: 1.0 / 3, N: 1, Value: 0.2, Worst: 0.2, Met: ptr(true)},
			{What: headroom.ProofCoverage, Target: 0.8, N: 6, Value: 0.83, Met: ptr(true)},
		},
	}
	v.Proofs[0].Capacity = &headroom.CapacityCheck{Topology: "workers-4", Forecast: est(1.6, 0.05), Measured: est(1.55, 0.02), Error: 0.0323,
		Probes: []headroom.CapacityProbe{{Scale: 2.1, Worst: "the search gave the run up at 71 s", Ratio: 1000, Early: true, Folder: "runs/p1-at-2.100"},
			{Scale: 1.6, Worst: "order p95 within 3 s", Ratio: 1.2, Folder: "runs/p1-at-1.600"}, {Scale: 1.52, Met: true, Worst: "order p95 within 3 s", Ratio: 0.8, Folder: "runs/p1-at-1.520"}}}
	v.Proofs[0].OfCapacity, v.Proofs[1].Popularity = f(1/1.6), &hot
	// So far off that the axis is logarithmic, which has no zero.
	wide := &v.Proofs[1].Figures[5]
	wide.Forecast.Low, wide.Forecast.High = 0, 30*wide.Forecast.Value
	v.Proofs[1].Figures[0].Forecast.Value *= 15
	v.Proofs = append(v.Proofs, headroom.Proof{Name: "p3", Topology: topology(3), Load: load(900), Seconds: 1200, Seed: 3, OfCapacity: f(0.31), ForecastAt: at, Hash: "0123456789abcdef"}, late(at))
	v.Fit = []headroom.Score{{What: headroom.ProofMean, Target: 0.09, N: 1, Value: 0.12, Worst: 0.12, AtSpeed: f(0.06)}, {What: headroom.ProofCoverage, Target: 0.8, N: 3, Value: 0, Worst: 0}}
	return v
}

// late is a combination of which nothing is scored: it was forecast after its
// run, and a run of its capacity was too short.
func late(at time.Time) headroom.Proof {
	p := proof("p4", 2, at, 0.12)
	p.ForecastAt, p.Late = at.Add(2*time.Hour), true
	for i := range p.Figures {
		if g := &p.Figures[i]; g.Scored {
			g.Scored, g.Why = false, headroom.AfterMeasurement
		}
	}
	p.Capacity = &headroom.CapacityCheck{Topology: "workers-2", Forecast: est(1.2, 0.05), Measured: est(1.1, 0.02), Error: 0.0909,
		Probes: []headroom.CapacityProbe{{Scale: 1.12, Worst: "order p95 within 3 s", Ratio: 1.1, Folder: "runs/p4-at-1.120"}, {Scale: 1.08, Met: true, Worst: "order p95 within 3 s", Ratio: 0.9, Folder: "runs/p4-at-1.080"}}}
	p.CapacityWhy = "212 journeys of order in runs/p4-at-1.080, and 300 are wanted"
	return p
}

func load(perHour float64) []headroom.ProofLoad {
	return []headroom.ProofLoad{{Process: "order", PerHour: perHour}, {Process: "pick", Operators: 3}}
}

func proof(name string, workers int, at time.Time, wrong float64) headroom.Proof {
	speed, begun := est(0.00165, 0.02), at.Add(time.Hour)
	figure := func(process, what string, measured, wrong float64) headroom.ProofFigure {
		g := headroom.ProofFigure{Process: process, What: what, Forecast: est(measured*(1+wrong), 0.1), Measured: est(measured, 0.03), Error: wrong,
			AtSpeed: f(measured * (1 + wrong/2)), ErrorAtSpeed: f(wrong / 2), Covered: wrong < 0.1, Scored: true, Count: 1200}
		return g
	}
	median := figure("order", headroom.ProofMedian, 0.4, wrong)
	median.Scored, median.Why = false, "it has no target"
	few := figure("pick", headroom.ProofMean, 0.5, wrong)
	few.Scored, few.Why = false, "412 journeys, and 1000 are wanted"
	retries := figure("order", headroom.ProofRetries, 0.02, wrong)
	retries.Class = "order.confirm"
	return headroom.Proof{Name: name, Topology: topology(workers), Load: load(3600), Seconds: 1200, Seed: uint64(workers), ForecastAt: at, Hash: "0123456789abcdef", MeasuredAt: &begun,
		Speed: &speed, SpeedRatio: f(1.03), Others: f(0.04), Utilization: map[string]headroom.ProofComparison{"app": {Forecast: 0.5, Measured: 0.52}, "database": {Forecast: 0.3, Measured: 0.31}},
		Figures: []headroom.ProofFigure{figure("order", headroom.ProofMean, 0.45, wrong), median, figure("order", headroom.ProofP95, 1.2, wrong), retries,
			few, figure("pick", headroom.ProofThroughput, 0.7, wrong/10)}}
}

// HostileValidation has a hostile name wherever there is one.
func HostileValidation() headroom.Validation {
	v := Validation()
	v.Title, v.Plan, v.Tool, v.Target, v.Model.Hash = Hostile, Hostile, Hostile, Hostile, Hostile
	v.Machine.CPU, v.Versions = Hostile, map[string]string{Hostile: Hostile}
	v.Warnings, v.Failures, v.Commands, v.Model.Warnings = []string{Hostile}, []string{Hostile}, []string{Hostile}, []string{Hostile}
	v.Calibration[0].Name = Hostile
	for i := range v.Proofs {
		p := &v.Proofs[i]
		p.Name, p.Topology.Name, p.Load[0].Process = Hostile, Hostile, Hostile
		for k := range p.Figures {
			p.Figures[k].Process = Hostile
			if p.Figures[k].Class != "" {
				p.Figures[k].Class = Hostile
			}
			if p.Figures[k].Why != "" {
				p.Figures[k].Why = Hostile
			}
		}
		if c := p.Capacity; c != nil {
			if p.CapacityWhy != "" {
				p.CapacityWhy = Hostile
			}
			c.Probes[0].Worst, c.Probes[0].Folder = Hostile, Hostile
		}
	}
	return v
}
