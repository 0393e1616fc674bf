package text

import (
	"bufio"
	"fmt"
	"io"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// maxGaps is how many gaps of a run are listed one by one.
const maxGaps = 10

// Run writes one run, as `headroom show` does.
func Run(w io.Writer, run headroom.RunReport, info headroom.RunInfo) error {
	p := &printer{w: bufio.NewWriter(w)}
	p.block("", banner(prose.Bottleneck(run)))
	p.block("", heading(run, info))
	if fault := prose.Fault(run); fault != "" {
		p.block("", wrap(fault, "! ", "  "))
	}
	p.block("Objectives", judged(run))
	lines := processes(run.Processes)
	p.block("Processes", lines)
	p.legend("rests on too few journeys to be pinned down.", lines)
	if s := prose.Warmup(run); s != "" {
		p.block("", wrap(s, "", ""))
	}
	p.block("Peaks", peaks(run))
	p.block("Before, during and after each peak", phases(run))
	p.block("Sites", sites(run))
	p.block("Events of the plan", incidents(run))
	p.block("Journeys that did not succeed", failures(run))
	p.block("Errors by cause", causes(run))
	p.block("Documents passed on (over the whole run)", documents(run))
	p.block("Steps (means per request)", steps(run))
	p.block("Delays of the load generator (p50 / p99 / max)", delays([]headroom.RunReport{run}))
	p.block("", generator(run))
	p.block("Utilization over the window", utilization(run))
	p.block("", joined(run.Joined))
	p.block("Gaps in the observation", gaps(run.Gaps))
	return p.w.Flush()
}

func heading(run headroom.RunReport, info headroom.RunInfo) []string {
	t := run.Topology
	out := []string{clean(fmt.Sprintf("Run %s of plan %s on %s: %s", orUnknown(run.ID), orUnknown(info.Plan.Name),
		prose.Topology(t), prose.Stacks(t)))}
	line := "Target " + orUnknown(info.TargetKind)
	if !info.Started.IsZero() {
		line += ", started " + info.Started.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	line += fmt.Sprintf(", seed %d", info.Schedule.Seed)
	if run.Folder != "" {
		line += ", kept in " + run.Folder
	}
	out = append(out, clean(line))
	if s := prose.Window(info.Schedule); s != "" {
		if !run.Complete {
			s = "The run was cut off; what it was to be: " + s
		}
		out = append(out, wrap(s, "", "")...)
	}
	if s := versions(info); s != "" {
		out = append(out, wrap(s, "", "")...)
	}
	return out
}

func processes(list []headroom.ProcessReport) []string {
	t := &table{head: []string{"process", "scheduled", "done", "per second", "<mean", "<p50", "<p95", "<p99", "<objective"}}
	for _, p := range list {
		mean := figure.Unknown
		if p.Mean != nil {
			mean = figure.Estimate(*p.Mean, figure.Time)
		}
		t.add(p.Process, figure.Count(p.Scheduled), figure.Count(p.Done), figure.Number(p.Throughput), mean,
			figure.Value(p.Percentile["50"], figure.Time), figure.Estimate(p.Percentile["95"], figure.Time),
			figure.Value(p.Percentile["99"], figure.Time), objective(p))
	}
	return t.lines("  ")
}

func objective(p headroom.ProcessReport) string {
	if p.Objective == nil {
		return ""
	}
	return word(p.Met) + figure.Percentile(p.Objective.Percentile) + " ≤ " + figure.Bound(p.Objective.Within)
}

// failures are journeys by outcome; an example is shown where no cause is.
func failures(run headroom.RunReport) []string {
	t := &table{head: []string{"process", "<outcome", "journeys", "<an example"}}
	if len(run.Errors) > 0 {
		t.head[3] = "<"
	}
	for _, p := range run.Processes {
		for _, o := range prose.Keys(p.Outcomes) {
			if o != headroom.OK && p.Outcomes[o] > 0 {
				example := p.Examples[o]
				if len(run.Errors) > 0 {
					example = ""
				}
				t.add(p.Process, string(o), figure.Count(p.Outcomes[o]), cut(example, 100))
			}
		}
		if p.NeverBegun > 0 {
			t.add(p.Process, "never begun", figure.Count(p.NeverBegun), "")
		}
	}
	return t.lines("  ")
}

// incidents are what the plan let happen, in seconds of the run.
func incidents(run headroom.RunReport) []string {
	t := &table{head: []string{"event", "from", "to"}}
	for _, i := range run.Incidents {
		t.add(i.Name, figure.Seconds(i.From), figure.Seconds(i.To))
	}
	return t.lines("  ")
}

// documents are those that one process released and another did.
func documents(run headroom.RunReport) []string {
	t := &table{head: []string{"site", "<document", "released", "done", "left over", "of before", "waited", "longest", "due", "<in time"}}
	for _, d := range run.Documents {
		attainment := ""
		if d.Attainment != nil {
			attainment = figure.Count(d.InTime) + " (" + figure.Share(*d.Attainment) + ")"
		}
		t.add(d.Site, d.Kind, figure.Count(d.Released), figure.Count(d.Done), figure.Count(d.Released-d.Done), figure.Count(d.Older),
			optional(d.Wait), optional(d.Longest), figure.Count(d.Due), attainment)
	}
	return t.lines("  ")
}

func steps(run headroom.RunReport) []string {
	t := &table{head: []string{"step", "<protocol", "requests", "failed", "client", "p95", "waiting", "Python", "SQL", "retry sleep", "lost tries", "retried"}}
	for _, s := range run.Steps {
		lost, share := figure.Unknown, figure.Unknown
		if s.Conflicts != nil {
			lost = figure.Count(*s.Conflicts)
		}
		if s.RetryShare != nil {
			share = figure.Share(*s.RetryShare)
		}
		t.add(s.Process+"."+s.Step, s.Protocol, figure.Count(s.Requests), figure.Count(s.Failed), figure.Seconds(s.Client), figure.Seconds(s.P95),
			optional(s.Waiting), optional(s.Python), optional(s.SQL), optional(s.Sleep), lost, share)
	}
	return t.lines("  ")
}

func optional(v *float64) string {
	if v == nil {
		return figure.Unknown
	}
	return figure.Seconds(*v)
}

func utilization(run headroom.RunReport) []string {
	t := &table{head: []string{"station", "busy"}}
	for _, station := range prose.Keys(run.Utilization) {
		t.add(station, figure.Share(run.Utilization[station]))
	}
	return t.lines("  ")
}

func joined(j *headroom.JoinReport) []string {
	return wrap(prose.Joined(j), "", "")
}

func gaps(list []headroom.Gap) []string {
	t := &table{head: []string{"at", "<probe", "<reason"}}
	for _, g := range list[:min(len(list), maxGaps)] {
		at := "before the start"
		if g.T >= 0 {
			at = figure.Seconds(g.T)
		}
		t.add(at, g.Probe, cut(g.Reason, 100))
	}
	out := t.lines("  ")
	if more := len(list) - maxGaps; more > 0 {
		out = append(out, fmt.Sprintf("  and %s more", figure.Count(more)))
	}
	return out
}
