package example

import "github.com/headroom-erp/headroom"

// Simulation is one of the pilot's windows on one topology, with operators,
// documents, an objective that cannot be judged and one that is missed.
func Simulation() headroom.Simulation {
	f := forecasted("standard-6", 6)
	series := func(name, label, unit string, v ...float64) headroom.SimulatedSeries {
		s := headroom.SimulatedSeries{Name: name, Label: label, Unit: unit, V: v}
		for i, x := range v {
			s.T, s.Low, s.High = append(s.T, float64(i)), append(s.Low, 0.8*x), append(s.High, 1.3*x)
		}
		return s
	}
	return headroom.Simulation{Plan: "pilot", Schedule: Report().Schedule, Replications: 20, Forecast: f, Series: []headroom.SimulatedSeries{
		series("arrivals", "order", "1/s", 1, 2, 3, 4, 5, 6, 7, 8), series("in_flight", "order", "journeys", 0, 1, 1, 2, 4, 8, 9, 4),
		series("backlog", "journeys", "journeys", 0, 0, 0, 0, 0, 0, 0, 0), series("utilization", "app", "", 0.2, 0.4, 0.6, 0.8, 1, 1, 0.9, 0.5)}}
}

func forecasted(name string, workers int) headroom.Forecast {
	e := func(v, low, high float64) headroom.Estimate {
		return headroom.Estimate{Value: v, Low: low, High: high, Level: headroom.Level, N: 120, Method: "simulated schedule", Identified: true}
	}
	p := func(v headroom.Estimate) *headroom.Estimate { return &v }
	yes, no, at := true, false, 31.0
	order := headroom.Objective{Process: "order", Percentile: 95, Within: 5}
	cpu := headroom.Objective{Measure: headroom.MeasureAppCPU, AtMost: 0.8, Sliding: 60}
	return headroom.Forecast{
		Topology: headroom.Topology{Name: name, Web: headroom.Web{Workers: workers, Cores: 3}, Database: headroom.Database{Cores: 2}},
		Method:   "simulated schedule", Scale: 1, Meets: false, Confidence: 0.35,
		Processes: []headroom.ProcessForecast{
			{Process: "order", Journeys: 191, Mean: e(0.738, 0.564, 0.876), Percentile: map[string]headroom.Estimate{"50": e(0.575, 0.492, 0.609), "95": e(1.76, 1.14, 2.37), "99": e(2.72, 1.55, 3.76)},
				Throughput: e(3.18, 3.15, 3.2), RetryShare: e(0.05, 0.011, 0.079), Retries: map[string]headroom.Estimate{"order.confirm": e(0.05, 0.011, 0.079), "order.ship": e(0, 0, 0)}, Objective: &order, Met: &yes},
			{Process: "pick", Journeys: 88, Operators: 6, Mean: e(0.42, 0.4, 0.47), Percentile: map[string]headroom.Estimate{"95": e(0.9, 0.8, 1.2)}, Throughput: e(1.42, 1.4, 1.44)},
		},
		Utilization: map[string]headroom.Estimate{"app": e(0.82, 0.77, 0.88), "database": e(0.5, 0.45, 0.54)}, PoolBusy: e(4.3, 3.9, 4.8),
		Attainment: map[string]headroom.Estimate{"delivery": e(0.97, 0.94, 0.99)}, Drain: map[string]headroom.Estimate{"dispatch_cutoff": e(42, 20, 95)},
		Objectives: []headroom.ObjectiveReport{
			{Objective: order, Name: "order p95 within 5 s", Value: p(e(1.76, 1.14, 2.37)), Met: &yes, Sure: true},
			{Objective: cpu, Name: "app CPU at most 80 % in every 1 min", Value: p(e(0.93, 0.78, 1)), Met: &no, At: &at},
			{Objective: headroom.Objective{Measure: headroom.MeasureReplicationLag, AtMost: 1}, Name: "replicas behind at most 1 s", Reason: "it is held against runs only: no forecast speaks of it"},
		},
		Warnings: []string{"app is 82 % busy in this forecast, and was 51 % at most in the runs: it extrapolates"},
	}
}

// Forecasts are a topology and what would become of it with more workers.
func Forecasts() headroom.ForecastReport {
	more := forecasted("standard-6", 12)
	more.Meets, more.Confidence, more.Warnings = true, 1, nil
	return headroom.ForecastReport{Plan: "pilot", Schedule: Report().Schedule, Entries: []headroom.ForecastedPlan{
		{Name: "standard-6", Forecast: forecasted("standard-6", 6)}, {Name: "standard-6, 12 workers", Changed: true, Forecast: more}}}
}

// Capacity was searched on the system after the model.
func Capacity() headroom.CapacityReport {
	model := headroom.Estimate{Value: 1.49, Low: 1.4, High: 1.69, Level: headroom.Level, N: 20, Identified: true}
	measured := headroom.Estimate{Value: 1.55, Low: 1.49, High: 1.58, Level: headroom.Level, N: 2, Identified: true}
	f := forecasted("standard-6", 6)
	low, high, left, yes := 1.49, 1.58, 1-1/1.55, true
	return headroom.CapacityReport{Plan: "pilot", Schedule: Report().Schedule, Topology: f.Topology, Model: &model, Objective: "order p95 within 5 s", Station: "workers",
		At: &f, Low: &low, High: &high, Headroom: &left, Warnings: []string{"the plan's event carrier_slow falls into the window; the forecast knows nothing of it"},
		Check: &headroom.CapacityCheck{Topology: "standard-6", Forecast: model, Measured: measured, Error: 1.49/1.55 - 1, Confirmed: &yes, Probes: []headroom.CapacityProbe{
			{Scale: 1.49, Met: true, Worst: "order p95 within 5 s", Ratio: 0.84, Seconds: 600}, {Scale: 1.97, Worst: "the search gave the run up at 71 s", Ratio: 1000, Seconds: 600, Early: true},
			{Scale: 1.58, Worst: "order p95 within 5 s", Ratio: 1.2, Seconds: 600}, {Scale: 1.49, Met: true, Worst: "order p95 within 5 s", Ratio: 0.88, Seconds: 1200}}}}
}

// HostileForecast has a name and an objective that would steer a terminal.
func HostileForecast() headroom.Simulation {
	s := Simulation()
	s.Plan, s.Forecast.Topology.Name, s.Forecast.Objectives[0].Name = Hostile, Hostile, Hostile
	s.Series[0].Label, s.Forecast.Warnings = Hostile, []string{Hostile}
	return s
}
