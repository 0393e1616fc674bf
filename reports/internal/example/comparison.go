package example

import "github.com/headroom-erp/headroom"

func f(v float64) *float64 { return &v }

// Comparison is of two topologies with a baseline, with every verdict.
func Comparison() headroom.RunComparison {
	change := func(other, process, phase, measure string, from, to, by, low, high float64, v headroom.Verdict) headroom.Change {
		c := headroom.Change{Other: other, Process: process, Phase: phase, From: 10, To: 70, Measure: measure, N: [2]int{240, 238}, Baseline: &from, Value: &to, Change: &by,
			Low: &low, High: &high, P: f(0.0004), Adjusted: f(0.004), Smallest: f((high - low) / 1.6), Blocks: 40, Method: "the same arrivals in both, differences in blocks, Student's t", Verdict: v,
			Relative: measure != headroom.ChangeErrors && measure != headroom.ChangeAttainment}
		if phase != "" {
			c.Peak = "dispatch cutoff"
		}
		return c
	}
	untested := headroom.Change{Other: "after", Process: "edi_order", Measure: headroom.ChangeP95, Relative: true, N: [2]int{40, 40}, Baseline: f(12.5), Verdict: headroom.NotTested, Reason: "too few to test a 95th percentile: at least 60 are needed in each"}
	again := untested
	again.Process, again.Value = "invoice", f(0.5)
	open := change("eight", "order", "", headroom.ChangeMean, 3.12, 3.4, 0.0897, 0, 0, headroom.NoDifference)
	open.Low, open.High, open.Smallest = nil, nil, nil
	return headroom.RunComparison{
		Baseline: headroom.RunSet{Name: "before", Runs: []string{"runs/before-1", "runs/before-2"}, Seeds: []uint64{7, 8}},
		Others: []headroom.RunSet{{Name: "after", Runs: []string{"runs/after-1", "runs/after-2"}, Seeds: []uint64{7, 8}, Verdict: headroom.Worse, Paired: true},
			{Name: "eight", Runs: []string{"runs/eight"}, Seeds: []uint64{9}, Verdict: headroom.NoDifference}},
		Comparable: true,
		Differences: []headroom.RunDifference{{Other: "after", What: "version of odoo", Baseline: "19.0-20260901", Value: "19.0-20261101"},
			{Other: "eight", What: "topology web.workers", Baseline: "6", Value: "8"}, {Other: "eight", What: "seed", Baseline: "7", Value: "9"}},
		Window: headroom.Span{Name: "window", From: 10, To: 70}, AtLeast: 0.02, Level: 0.95, Tests: 9,
		Changes: []headroom.Change{
			change("after", "order", "", headroom.ChangeMean, 3.12, 3.43, 0.0994, 0.061, 0.139, headroom.Worse),
			change("after", "order", "", headroom.ChangeErrors, 0, 0.021, 0.021, 0.004, 0.038, headroom.Worse),
			change("after", "scan", "", headroom.ChangeMean, 0.0312, 0.0316, 0.012, 0.004, 0.02, headroom.Negligible),
			change("after", "scan", "", headroom.ChangeErrors, 0, 0, 0, -0.02, 0.02, headroom.NoDifference),
			change("after", "picker", "during", headroom.ChangeThroughput, 0.95, 0.97, 0.021, -0.03, 0.072, headroom.NoDifference),
			change("after", "order", "during", headroom.ChangeP95, 9.6, 8.2, -0.146, -0.22, -0.07, headroom.Better),
			change("after", "delivery", "during", headroom.ChangeAttainment, 0.97, 0.91, -0.06, -0.1, -0.02, headroom.Worse),
			untested, again, open,
		},
		Warnings: []string{"A run that was not repeated says nothing of how runs differ though nothing was changed."},
	}
}

// Incomparable are runs that replayed other work.
func Incomparable() headroom.RunComparison {
	c := Comparison()
	c.Comparable, c.Changes, c.Tests, c.Warnings = false, nil, 0, nil
	c.Problems = []string{"run runs/after-1 is incomplete: interrupted", "run runs/eight has another scale of the load: 1.5, the baseline 1"}
	return c
}

// HostileComparison has names that must never become markup.
func HostileComparison() headroom.RunComparison {
	c := Comparison()
	c.Others = c.Others[:1]
	c.Baseline.Name, c.Others[0].Name = Hostile, "a|b\n# c `x` @team"
	c.Changes = c.Changes[:2]
	for i := range c.Changes {
		c.Changes[i].Other, c.Changes[i].Process = c.Others[0].Name, "\x1b[31m"+Hostile
	}
	c.Differences = []headroom.RunDifference{{Other: c.Others[0].Name, What: "version of " + Hostile, Baseline: "1\x00", Value: "[2](http://x)"}}
	c.Problems, c.Warnings = []string{Hostile}, []string{"<b>\xff"}
	return c
}

// Checked is a run with an objective of each verdict.
func Checked() headroom.RunReport {
	r := Report().Runs[1]
	met, missed := true, false
	r.Objectives = []headroom.ObjectiveReport{
		{Objective: scans, Name: "scan p95 within 800 ms during dispatch cutoff", Value: &headroom.Estimate{Value: 0.412, Low: 0.37, High: 0.48, Level: 0.9, N: 240, Identified: true}, Met: &met, Sure: true},
		{Objective: orders, Name: "order p95 within 5 s during dispatch cutoff", Value: &headroom.Estimate{Value: 5.62, Low: 4.9, High: 6.3, Level: 0.9, N: 208, Identified: true}, Met: &missed},
		{Objective: headroom.Objective{Measure: headroom.MeasureDrain, Peak: "EDI burst", AtMost: 60}, Name: "EDI burst drained within 60 s", Met: &missed, Sure: true, Reason: "its backlog was still there when the run ended"},
		{Objective: headroom.Objective{Measure: headroom.MeasureReplicationLag, AtMost: 2}, Name: "replication lag at most 2 s", Reason: "no replica was observed"},
	}
	return r
}

// HostileCheck has names that must never become markup.
func HostileCheck() headroom.RunReport {
	r := Checked()
	r.Complete, r.Reason = false, "\x1b[31m]]>"+Hostile
	r.ID = Hostile
	r.Objectives[1].Name, r.Objectives[3].Reason = "a & b \"c\" "+Hostile+"\x01\ufffe", "|"+Hostile
	return r
}
