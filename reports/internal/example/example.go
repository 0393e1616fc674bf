// Package example holds fixed reports for the renderers' tests. Its figures are
// invented; only their shapes are those of a demo.
package example

import (
	"fmt"
	"math"
	"time"

	"github.com/headroom-erp/headroom"
)

// Hostile is a name that must never become markup.
const Hostile = `</script><img src=x onerror=alert(1)>`

var (
	orders = headroom.Objective{Process: "order", Percentile: 95, Within: 5, Peak: "dispatch cutoff"}
	scans  = headroom.Objective{Process: "scan", Percentile: 95, Within: 0.8, Peak: "dispatch cutoff"}
	edi    = headroom.Objective{Process: "edi_order", Percentile: 90, Within: 60}
)

func est(v, spread float64) headroom.Estimate {
	return headroom.Estimate{Value: v, Low: v * (1 - spread), High: v * (1 + spread), Level: headroom.Level, N: 240, Method: "simulation", Identified: true}
}

func ptr[T any](v T) *T { return &v }

// Topology is web workers on six app and four database cores.
func topology(workers int) headroom.Topology {
	return headroom.Topology{Name: fmt.Sprintf("workers-%d", workers), Web: headroom.Web{Workers: workers, Cores: 6}, Database: headroom.Database{Cores: 4}}
}

func forecast(workers int, load float64) headroom.Forecast {
	w := float64(workers)
	pressure := load * 1.9 * math.Exp(9/w)
	process := func(o headroom.Objective, p95, mean float64) headroom.ProcessForecast {
		return headroom.ProcessForecast{Process: o.Process, Journeys: 210, Mean: est(mean, 0.08), RetryShare: est(0.02*w, 0.3), Objective: &o, Met: ptr(p95 <= o.Within),
			Percentile: map[string]headroom.Estimate{"50": est(mean*0.8, 0.1), fmt.Sprint(o.Percentile): est(p95, 0.14), "99": est(p95*1.4, 0.2)}}
	}
	f := headroom.Forecast{Topology: topology(workers), Method: "simulation of the run's own schedule", Scale: 1,
		Processes: []headroom.ProcessForecast{
			process(orders, pressure*0.72, pressure*0.35), process(scans, 0.11*pressure*pressure/4, 0.03*pressure),
			process(edi, 6*pressure, 3.5*pressure),
			{Process: "portal", Journeys: 96, Mean: est(0.09, 0.1), Percentile: map[string]headroom.Estimate{"95": est(0.21, 0.2)}},
		},
		Utilization: map[string]headroom.Estimate{"app": est(min(0.97, 0.09*w), 0.04), "database": est(min(0.8, 0.045*w), 0.06)},
		PoolBusy:    est(0.62*w, 0.05), Capacity: ptr(est(0.155*w, 0.07)), LimitedBy: "order p95, app CPU", Confidence: min(0.99, 0.11*w),
	}
	f.Meets = *f.Processes[0].Met && *f.Processes[1].Met && *f.Processes[2].Met
	return f
}

func measured(workers int) headroom.Measured {
	m := forecast(workers, 1.06)
	m.Method = "measured"
	return m
}

// Report is a demo that went well.
func Report() headroom.Report {
	plan := headroom.Plan{Name: "pilot", Prices: &headroom.Prices{Currency: "EUR", Source: "list prices of a hoster, 2026"}, Objectives: []headroom.Objective{orders, scans, edi}}
	candidate := func(n int, run bool) headroom.Candidate {
		return headroom.Candidate{Topology: topology(n), Forecast: forecast(n, 1), CostMonth: ptr(180 + 24.5*float64(n)), Measured: run}
	}
	rule := forecast(13, 1)
	r := headroom.Report{
		Title: "Will the pilot site hold its dispatch cutoff?", Generated: time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC), Tool: "headroom v0.1.0",
		Plan: plan, Schedule: header(), Target: "erp", Versions: map[string]string{"PostgreSQL": "15.14", "k6": "v1.8.1", "Go": "go1.26.8"},
		Runs: []headroom.RunReport{run(4), run(7)}, Model: model(),
		Comparisons: []headroom.Comparison{
			{Topology: "workers-4", Forecast: forecast(4, 1), Measured: measured(4), InFit: true},
			{Topology: "workers-7", Forecast: forecast(7, 1), Measured: measured(7), InFit: true},
			{Topology: "workers-9", Forecast: forecast(9, 1), Measured: measured(9)},
		},
		Recommendation: &headroom.Recommendation{Workers: 9, Topology: topology(9), Forecast: forecast(9, 1), Met: true,
			RuleOfThumb: headroom.RuleOfThumb{Workers: 13, MemoryBytes: 5.2e9, Forecast: &rule, Source: "Odoo documentation, System configuration, worker number calculation"},
			Candidates:  []headroom.Candidate{candidate(4, true), candidate(7, true), candidate(9, false)},
			ByWorkers: []headroom.Candidate{candidate(3, false), candidate(4, true), candidate(5, false), candidate(6, false), candidate(7, true), candidate(8, false),
				candidate(9, false), candidate(10, false), candidate(11, false), candidate(12, false), candidate(13, false), candidate(14, false)},
			Reasons: []string{
				"Below 9 workers orders wait for a free worker: at 7 workers 41 % of the order's time is waiting.",
				"Above 11 workers conflicts cost more than the extra workers give: retried confirms rise from 18 % to 29 %.",
				"The app's CPU is 81 % busy; the database has room.",
			},
			Warnings: []string{"At 9 workers the app is 81 % busy; the highest that was measured is 63 %. The forecast extrapolates."}},
		Verified: &headroom.CapacityCheck{Topology: "workers-9", Forecast: est(1.395, 0.07), Measured: headroom.Estimate{Value: 1.44, Low: 1.38, High: 1.5, Level: 0.9, N: 4, Identified: true}, Error: -0.031,
			Probes: []headroom.CapacityProbe{{Scale: 1, Met: true, Worst: "order p95", Ratio: 0.74, Folder: "runs/verify-1"}, {Scale: 2, Met: false, Worst: "order p95", Ratio: 2.9, Folder: "runs/verify-2"},
				{Scale: 1.5, Met: false, Worst: "order p95", Ratio: 1.08, Folder: "runs/verify-3"}, {Scale: 1.38, Met: true, Worst: "scan p95", Ratio: 0.93, Folder: "runs/verify-4"}}},
		Warnings: []string{"Two runs are few: intervals of demands that always move together are wide."},
		Commands: []string{"headroom demo --target erp --seed 7 --verify", "headroom report headroom-workspace/runs/workers-4 headroom-workspace/runs/workers-7"},
	}
	return r
}

func header() headroom.Header {
	return headroom.Header{Plan: "pilot", Seed: 7, Scale: 1, WindowAt: time.Date(2026, 11, 20, 16, 44, 30, 0, time.FixedZone("CET", 3600)), LeadIn: 10, Window: 60, Shortened: true,
		Spans: []headroom.Span{{Name: "dispatch cutoff", From: 0, To: 70}, {Name: "EDI burst", From: 40, To: 70}}}
}

func run(workers int) headroom.RunReport {
	w := float64(workers)
	f := measured(workers)
	r := headroom.RunReport{ID: fmt.Sprintf("20261121-0930-w%d", workers), Folder: fmt.Sprintf("runs/workers-%d", workers), Topology: topology(workers), Complete: true, Valid: true,
		Delays: headroom.Delays{TimerLate: headroom.Spread{P50: 0.0002, P99: 0.0021, Max: 0.0063}, VUWait: headroom.Spread{Max: 0.0004},
			Generator: headroom.Spread{P50: 0.0002, P99: 0.0022, Max: 0.0063}, DesignWait: headroom.Spread{P99: 14.2 / w, Max: 71 / w}},
		Joined: &headroom.JoinReport{Requests: 2412, Found: 2410, Foreign: 3}, Utilization: map[string]float64{"app": 0.09 * w, "database": 0.045 * w},
		Series: lines(w),
	}
	for _, p := range f.Processes {
		pr := headroom.ProcessReport{Process: p.Process, Scheduled: p.Journeys, Done: p.Journeys - 2, Throughput: float64(p.Journeys-2) / 60, Mean: ptr(p.Mean), Percentile: p.Percentile,
			Objective: p.Objective, Met: p.Met, Outcomes: map[headroom.Outcome]int{headroom.OK: p.Journeys - 2}}
		if p.Process == "order" {
			pr.Outcomes[headroom.Conflict], pr.Outcomes[headroom.NothingToDo] = 2, 0
			pr.Examples = map[headroom.Outcome]string{headroom.Conflict: "could not serialize access due to concurrent update"}
		}
		r.Processes = append(r.Processes, pr)
	}
	for i, s := range []struct{ process, step, protocol string }{{"order", "create", "jsonrpc"}, {"order", "confirm", "jsonrpc"}, {"order", "read_order", "jsonrpc"}, {"order", "read_moves", "jsonrpc"},
		{"order", "pick", "jsonrpc"}, {"order", "ship", "jsonrpc"}, {"scan", "lookup", "json2"}, {"edi_order", "create", "xmlrpc"}, {"edi_order", "confirm", "xmlrpc"}, {"portal", "page", "http"}} {
		scale := []float64{1, 2.6, 0.2, 0.2, 0.5, 1.8, 0.3, 1.2, 2.5, 0.6}[i]
		wait, python, sql, sleep := scale*0.9/w, scale*0.11, scale*0.06, 0.0
		if s.step == "confirm" || s.step == "ship" {
			sleep = 0.02 * w
		}
		r.Steps = append(r.Steps, headroom.StepReport{Process: s.process, Step: s.step, Protocol: s.protocol, Requests: 208, Failed: i % 2, Client: wait + python + sql + sleep, P95: 2.4 * (wait + python),
			Waiting: &wait, Python: &python, SQL: &sql, Sleep: &sleep, Conflicts: ptr(int(sleep * 400)), RetryShare: ptr(sleep * 1.5)})
	}
	r.Gaps = []headroom.Gap{{T: 21.5, Probe: "postgres", Reason: "no answer within 1 s"}}
	measure(&r, w)
	return r
}

func lines(w float64) []headroom.Series {
	var t, tu []float64
	for i := range 70 {
		t = append(t, float64(i))
		tu = append(tu, float64(i)+1)
	}
	wave := func(base, swing, phase float64) []float64 {
		v := make([]float64, len(t))
		for i := range v {
			v[i] = math.Max(0, math.Round(base+swing*math.Sin(float64(i)*1.7+phase)+swing*math.Sin(float64(i)*0.37+phase)))
		}
		return v
	}
	burst := make([]float64, len(t))
	backlog, app, db := make([]float64, len(t)), make([]float64, len(t)), make([]float64, len(t))
	for i := range t {
		if i >= 40 && i < 46 {
			burst[i] = 8
		}
		backlog[i] = 4 + 30/w*math.Exp(-math.Pow(float64(i-52)/(30/w), 2)) + float64(i%3)
		app[i] = math.Min(1, 0.09*w*(0.8+0.3*math.Sin(float64(i)/9)))
		db[i] = 0.5 * app[i]
	}
	return []headroom.Series{
		{Name: "arrivals", Label: "edi_order", Unit: "1/s", T: t, V: burst}, {Name: "arrivals", Label: "order", Unit: "1/s", T: t, V: wave(3, 1.2, 0)},
		{Name: "arrivals", Label: "portal", Unit: "1/s", T: t, V: wave(2, 1, 2)}, {Name: "arrivals", Label: "scan", Unit: "1/s", T: t, V: wave(6, 2, 4)},
		{Name: "in_flight", Label: "journeys", Unit: "journeys", T: t, V: backlog},
		{Name: "response", Label: "order", Unit: "s", T: []float64{2.5, 7.5, 12.5, 22.5, 32.5, 42.5, 52.5, 62.5}, V: []float64{8 / w, 9 / w, 8.5 / w, 9 / w, 10 / w, 16 / w, 21 / w, 14 / w}},
		{Name: "response", Label: "scan", Unit: "s", T: []float64{2.5, 12.5, 22.5, 42.5, 62.5}, V: []float64{0.5 / w, 0.6 / w, 0.55 / w, 1.6 / w, 1.1 / w}},
		{Name: "utilization", Label: "app", Unit: "fraction", T: tu, V: app}, {Name: "utilization", Label: "database", Unit: "fraction", T: tu, V: db},
	}
}

func model() *headroom.Model {
	m := &headroom.Model{Headroom: 1, Plan: "pilot", Topologies: []string{"workers-4", "workers-7"}, Background: map[string]headroom.Estimate{"app": est(0.02, 0.4), "database": est(0.05, 0.3)},
		MeasuredUtilization: map[string]float64{"app": 0.63, "database": 0.32},
		Conflicts: []headroom.ConflictModel{{Group: "stock_quant", Intensity: ptr(est(1.03, 0.15)), Measured: map[string]float64{"workers-4": 0.12, "workers-7": 0.21},
			Fitted: map[string]float64{"workers-4": 0.118, "workers-7": 0.224}},
			{Group: "account_move", Population: est(3.7, 0.4), Measured: map[string]float64{"workers-4": 0.05}, Fitted: map[string]float64{"workers-4": 0.052}}}}
	for i, name := range []string{"order.create", "order.confirm", "order.ship", "scan.lookup", "bi_report.stock_by_product"} {
		c := headroom.ClassModel{Name: name, Pooled: i < 4, Count: 416, Demand: map[string]headroom.Estimate{"app": est(0.05*float64(i+1), 0.06), "database": est(0.021*float64(i+1), 0.1)},
			Delay: est(0.004, 0.5), DatabaseCalls: 21.4, Overhead: 0.0019}
		if i == 1 || i == 2 {
			c.RetryShare = ptr(est(0.16, 0.2))
		}
		m.Classes = append(m.Classes, c)
	}
	m.Classes[3].Delay = headroom.Estimate{High: 0.03, Level: 0.9, N: 12}
	return m
}
