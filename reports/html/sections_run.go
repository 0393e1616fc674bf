package html

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// objectives are those of the plan against what each run measured.
func (b *builder) objectives() section {
	s := section{ID: "objectives", Title: "Objectives, as measured",
		Lead: "Every objective of the plan against every run. Where the interval reaches across the bound the verdict is not sure."}
	t := table{ID: "t-objectives", Caption: "Objectives by run", Head: heads("Objective", "<Run", "<Measured", "<Verdict", "<Where, or why not")}
	for i, run := range b.report.Runs {
		for _, o := range run.Objectives {
			verdict := judged(cell{Left: true}, o.Met)
			switch {
			case o.Met == nil:
				verdict.Text = "not judged"
			case !o.Sure:
				verdict.Quiet = "not surely"
			}
			t.Rows = append(t.Rows, []cell{text(o.Name), left(b.runName(i)), left(prose.Figure(o)), verdict, {Text: prose.Aside(o), Left: true, Class: "prose"}})
		}
	}
	if len(t.Rows) > 0 {
		s.Tables = []table{t}
	}
	return s
}

// maxSpans is how many occurrences of peaks are listed one by one.
const maxSpans = 60

// peaks are how each was got through: what piled up, when it was gone, and the
// processes before, during and after it.
func (b *builder) peaks() section {
	s := section{ID: "peaks", Title: "Peaks: backlog, cutoff, and what came after",
		Lead: "Backlog is work that is due and not done: journeys that have not ended, operators' left out, and documents that wait for the next hand.", Charts: b.backlogs()}
	for _, t := range []table{b.peakTable(), b.phaseTable()} {
		if len(t.Rows) > 0 {
			s.Tables = append(s.Tables, t)
		}
	}
	return s
}

func (b *builder) backlogs() []chart {
	var out []chart
	for _, name := range []string{"backlog", "peak_backlog"} {
		for i, label := range b.labels(name) {
			t := timeline{role: lineRole, y: number(1, ""), write: whole, lines: b.byRun(name, label),
				chart: chart{ID: fmt.Sprintf("%s-%d", strings.ReplaceAll(name, "_", "-"), i), Title: "Backlog, " + label, Lead: "Due or released, and not done, by run.", Height: 220}}
			out = append(out, b.timeline(t)...)
		}
	}
	return out
}

// whole writes a number of things, of which an average need not be whole.
func whole(v float64) string {
	if v == math.Trunc(v) {
		return figure.Exact(v)
	}
	return figure.Number(v)
}

func (b *builder) peakTable() table {
	t := table{ID: "t-peaks", Caption: "How each peak was got through",
		Head: heads("Peak", "<Run", "<From", "<To", "Backlog before it", "At its begin", "At its end", "Most", "<At", "<Gone after its end", "<Done in time", "<Sites"),
		Note: "Backlog before it is the highest of the minute before; gone: when it was again no larger. Done in time: of the documents that were due by the cutoff."}
	x, offset := clock(b.report.Schedule)
	at := func(v float64) cell { return left(moment(x, offset+v)) }
	for i, run := range b.report.Runs {
		for _, p := range run.Peaks {
			t.Rows = append(t.Rows, []cell{text(p.Name), left(b.runName(i)), at(p.From), at(p.To), text(whole(p.Ordinary)), text(whole(p.BacklogFrom)), text(whole(p.BacklogTo)), text(whole(p.BacklogMost)), at(p.MostAt),
				left(prose.Drain(p)), left(orUnknown(prose.Attained(p))), {Text: strings.Join(p.Sites, ", "), Left: true, Class: "prose"}})
		}
	}
	return shortened(t, maxSpans)
}

func (b *builder) phaseTable() table {
	t := table{ID: "t-phases", Caption: "Processes before, during and after each peak", Stacked: true,
		Head: heads("Peak", "<Phase", "<Run", "<Process", "Scheduled", "Done", "Failed", "Done a second", "<Mean", "<p95")}
	for i, run := range b.report.Runs {
		for _, p := range prose.Phases(run) {
			for _, x := range p.Processes {
				t.Rows = append(t.Rows, append([]cell{{Text: p.Peak, Quiet: strings.Join(p.Sites, ", ")}, left(p.Phase), left(b.runName(i))}, measuredProcess(x)...))
			}
		}
	}
	return shortened(t, 6*maxSpans)
}

// measuredProcess are a process' journeys and times.
func measuredProcess(p headroom.ProcessReport) []cell {
	failed := p.NeverBegun
	for o, n := range p.Outcomes {
		if o != headroom.OK && o != headroom.NothingToDo {
			failed += n
		}
	}
	mean := cell{Text: figure.Unknown}
	if p.Mean != nil {
		mean = estimate(*p.Mean, figure.Time)
	}
	p95 := estimate(p.Percentile["95"], figure.Time)
	mean.Left, p95.Left = true, true
	return []cell{left(p.Process), text(figure.Count(p.Scheduled)), text(figure.Count(p.Done)), text(figure.Count(failed)), text(figure.Number(p.Throughput)), mean, p95}
}

// shortened cuts a long table and says so.
func shortened(t table, rows int) table {
	if n := len(t.Rows) - rows; n > 0 {
		t.Rows = t.Rows[:rows]
		t.Note = strings.TrimSpace(t.Note + " And " + figure.Count(n) + " more rows, which --json has.")
	}
	return t
}

func orUnknown(s string) string {
	if s == "" {
		return figure.Unknown
	}
	return s
}

// siteTable are the processes of each site, of runs at several.
func (b *builder) siteTable() table {
	t := table{ID: "t-sites", Caption: "Processes by site", Stacked: true,
		Head: heads("Site", "<Run", "<Process", "Scheduled", "Done", "Failed", "Done a second", "<Mean", "<p95")}
	for i, run := range b.report.Runs {
		for _, s := range run.Sites {
			for _, p := range s.Processes {
				t.Rows = append(t.Rows, append([]cell{text(s.Site), left(b.runName(i))}, measuredProcess(p)...))
			}
		}
	}
	return shortened(t, 6*maxSpans)
}

// maxCauses is how many causes of errors are listed one by one.
const maxCauses = 40

// causeTable are the errors by cause.
func (b *builder) causeTable() table {
	t := table{ID: "t-errors", Caption: "Errors by cause", Head: heads("Cause", "<Run", "<Step", "<Outcome", "Times", "First at", "<An example"),
		Note: "Requests that failed, and journeys that failed without one. Names and numbers are taken out of a cause."}
	for i, run := range b.report.Runs {
		for _, e := range run.Errors {
			step := e.Process
			if e.Step != "" {
				step += "." + e.Step
			}
			t.Rows = append(t.Rows, []cell{text(e.Cause), left(b.runName(i)), left(step), left(outcome(e.Outcome)), text(figure.Count(e.Count)), text(figure.Seconds(e.At)),
				{Text: e.Example, Left: true, Class: "prose"}})
		}
	}
	return shortened(t, maxCauses)
}

// warmups are the warm-up of runs of steady load.
func (b *builder) warmups() []chart {
	var out []chart
	for i, run := range b.report.Runs {
		if run.Warmup == nil || len(run.Warmup.T) == 0 {
			continue
		}
		w := run.Warmup
		t := timeline{role: lineRole, y: durations(slices.Max(w.Mean)), write: figure.Seconds,
			chart: chart{ID: fmt.Sprintf("warmup-%d", i), Title: "Warm-up, " + b.runName(i), Lead: prose.Warmup(run), Height: 200}}
		t.lines = []series{{headroom.Series{Name: "warmup", T: w.T, V: w.Mean}, "mean of five journeys", i}}
		out = append(out, b.timeline(t)...)
	}
	return out
}

// generatorTable is what the load generator used.
func (b *builder) generatorTable() table {
	t := table{ID: "t-generator", Caption: "The load generator and its machine", Head: heads("Run", "Cores used", "Machine busy", "Given to other machines", "<Noticed")}
	share := func(v *float64) cell {
		if v == nil {
			return text(figure.Unknown)
		}
		return text(figure.Share(*v))
	}
	for i, run := range b.report.Runs {
		g := run.Generator
		if g == nil {
			continue
		}
		cores := text(figure.Unknown)
		if g.CPU != nil {
			cores = text(figure.Number(*g.CPU))
		}
		t.Rows = append(t.Rows, []cell{text(b.runName(i)), cores, share(g.Host), share(g.Steal), {Text: orUnknown(strings.Join(g.Reasons, "; ")), Left: true, Class: "prose"}})
	}
	return t
}
