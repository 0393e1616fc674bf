package html

import (
	"fmt"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

func (b *builder) responseTable() table {
	t := table{ID: "t-response", Caption: "Journey times by process, as measured, from the scheduled time", Stacked: true,
		Head: heads("Process", "<Run", "Scheduled", "Done", "Done a second", "<Mean", "<p50", "<p95", "<p99", "<Objective")}
	for _, run := range b.report.Runs {
		for _, p := range run.Processes {
			mean := left(figure.Unknown)
			if p.Mean != nil {
				mean = estimate(*p.Mean, figure.Time)
			}
			row := []cell{text(p.Process), left(prose.Topology(run.Topology)), text(figure.Count(p.Scheduled)), text(figure.Count(p.Done)), text(figure.Number(p.Throughput)), mean}
			for _, key := range []string{"50", "95", "99"} {
				row = append(row, estimate(p.Percentile[key], figure.Time))
			}
			objective := cell{}
			if o := p.Objective; o != nil {
				objective = judged(cell{Text: figure.Percentile(o.Percentile) + " within " + figure.Bound(o.Within)}, p.Met)
			}
			row = append(row, objective)
			for i := 5; i < len(row); i++ {
				row[i].Left = true
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

func (b *builder) errorTable() table {
	t := table{ID: "t-failures", Caption: "Journeys that did not succeed", Head: heads("Process", "<Run", "<Outcome", "Journeys", "<An example")}
	row := func(p headroom.ProcessReport, run headroom.RunReport, what, example string, n int) {
		t.Rows = append(t.Rows, []cell{text(p.Process), left(prose.Topology(run.Topology)), left(what), text(figure.Count(n)), {Text: example, Left: true, Class: "prose"}})
	}
	for _, run := range b.report.Runs {
		for _, p := range run.Processes {
			for _, o := range prose.Keys(p.Outcomes) {
				if o == headroom.OK || p.Outcomes[o] == 0 {
					continue
				}
				row(p, run, outcome(o), p.Examples[o], p.Outcomes[o])
			}
			if p.NeverBegun > 0 {
				row(p, run, "never begun: the run ended before", "", p.NeverBegun)
			}
		}
	}
	return t
}

var outcomes = map[headroom.Outcome]string{
	headroom.BusinessError: "the ERP said no", headroom.Fault: "the ERP or a proxy broke", headroom.Conflict: "conflict, retries used up",
	headroom.Timeout: "timeout", headroom.Unreachable: "no connection", headroom.Aborted: "cut off by the run's end", headroom.NothingToDo: "nothing to do (not a failure)",
}

func outcome(o headroom.Outcome) string {
	if s, ok := outcomes[o]; ok {
		return s
	}
	return string(o)
}

// maxGaps is how many gaps are listed one by one.
const maxGaps = 20

func (b *builder) gapTable() table {
	t := table{ID: "t-gaps", Caption: "Gaps in the observation", Head: heads("Probe", "<Run", "At", "<Reason")}
	total := 0
	for _, run := range b.report.Runs {
		for _, g := range run.Gaps {
			if total++; total <= maxGaps {
				t.Rows = append(t.Rows, []cell{text(g.Probe), left(prose.Topology(run.Topology)), text(figure.Seconds(g.T)), {Text: g.Reason, Left: true, Class: "prose"}})
			}
		}
	}
	if total > maxGaps {
		t.Note = "and " + figure.Count(total-maxGaps) + " more"
	}
	return t
}

func (b *builder) model() section {
	s := section{ID: "model", Title: "The model", Lead: "What was learned from the runs. A question mark says that the data cannot pin a figure down."}
	m := b.report.Model
	if m == nil {
		return s
	}
	for _, t := range []table{classTable(m), conflictTable(m)} {
		if len(t.Rows) > 0 {
			s.Tables = append(s.Tables, t)
		}
	}
	return s
}

func classTable(m *headroom.Model) table {
	stations := []string{"app", "database"}
	t := table{ID: "t-classes", Caption: "Demands of one try of a request", Stacked: true,
		Head: heads("Request", "Seen", "<App CPU", "<Database CPU", "<Other time in the worker", "Database calls", "Outside of the server", "<Lost a try")}
	for _, c := range m.Classes {
		name := cell{Text: c.Name}
		if !c.Pooled {
			name.Quiet = "holds no worker"
		}
		row := []cell{name, text(figure.Count(c.Count))}
		for _, station := range stations {
			row = append(row, estimate(c.Demand[station], figure.Time))
		}
		retry := left(figure.Unknown)
		if c.RetryShare != nil {
			retry = estimate(*c.RetryShare, figure.Part)
		}
		row = append(row, estimate(c.Delay, figure.Time), text(figure.Number(c.DatabaseCalls)), text(figure.Seconds(c.Overhead)), retry)
		for _, i := range []int{2, 3, 4, 7} {
			row[i].Left = true
		}
		t.Rows = append(t.Rows, row)
	}
	for _, station := range prose.Keys(m.Background) {
		if t.Note != "" {
			t.Note += " "
		}
		t.Note += fmt.Sprintf("Background on %s, whatever the load: %s cores.", station, figure.Estimate(m.Background[station], figure.Cores))
	}
	return t
}

func conflictTable(m *headroom.Model) table {
	t := table{ID: "t-conflicts", Caption: "Conflicts: share of tries that lost",
		Head: heads("Hot rows", "<What would lose as many", "<Topology", "Measured", "Fitted")}
	for _, c := range m.Conflicts {
		fit := estimate(c.Population, figure.Plain)
		what := "equally hot rows"
		if c.Intensity != nil {
			fit = estimate(*c.Intensity, figure.Plain)
			what = "rows touched for each product of a document"
		}
		if fit.Text != figure.Unknown {
			fit.Quiet = strings.TrimSpace(fit.Quiet + " " + what)
		}
		fit.Left = true
		names := prose.Keys(c.Measured)
		for _, name := range names {
			fitted := figure.Unknown
			if f, ok := c.Fitted[name]; ok {
				fitted = figure.Share(f)
			}
			t.Rows = append(t.Rows, []cell{text(c.Group), fit, left(name), text(figure.Share(c.Measured[name])), text(fitted)})
		}
		if len(names) == 0 {
			t.Rows = append(t.Rows, []cell{text(c.Group), fit, left(figure.Unknown), text(figure.Unknown), text(figure.Unknown)})
		}
	}
	return t
}

func (b *builder) method() section {
	r := b.report
	s := section{ID: "method", Title: "Method and provenance", Commands: r.Commands}
	t := table{ID: "t-provenance", Caption: "What these figures rest on", Head: heads("What", "<Value")}
	add := func(what, value string) {
		if value != "" {
			t.Rows = append(t.Rows, []cell{text(what), {Text: value, Left: true, Class: "prose"}})
		}
	}
	if r.Recommendation != nil {
		add("Method of the forecast", r.Recommendation.Forecast.Method)
	}
	add("Window", prose.Window(r.Schedule))
	if r.Schedule.Window > 0 {
		add("Seed of the schedule", fmt.Sprint(r.Schedule.Seed))
		add("Scale of the plan's load", figure.Exact(r.Schedule.Scale))
	}
	if r.Model != nil {
		add("Fitted to", prose.And(r.Model.Topologies))
		for _, station := range prose.Keys(r.Model.MeasuredUtilization) {
			add("Highest measured utilization, "+station, figure.Share(r.Model.MeasuredUtilization[station])+"; beyond it, forecasts extrapolate")
		}
	}
	for _, run := range r.Runs {
		add("Run "+run.ID, run.Folder)
	}
	if p := r.Plan.Prices; p != nil {
		add("Prices", p.Source)
	}
	add("Headroom", r.Tool)
	for _, name := range prose.Keys(r.Versions) {
		add(name, r.Versions[name])
	}
	if len(t.Rows) > 0 {
		s.Tables = []table{t}
	}
	return s
}
