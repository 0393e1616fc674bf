// Package text renders reports for a terminal: plain, aligned, without colour.
// It computes nothing but layout.
package text

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// printer keeps the first error of a bufio.Writer by itself; blocks are parted
// by an empty line.
type printer struct {
	w       *bufio.Writer
	started bool
}

func (p *printer) block(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	if p.started {
		fmt.Fprintln(p.w)
	}
	p.started = true
	if title != "" {
		fmt.Fprintln(p.w, title)
	}
	for _, l := range lines {
		fmt.Fprintln(p.w, l)
	}
}

// Summary writes what a report says, ending with the path of its page, if there
// is one.
func Summary(w io.Writer, r headroom.Report, path string) error {
	p := &printer{w: bufio.NewWriter(w)}
	for _, run := range r.Runs {
		if shout := prose.Bottleneck(run); shout != "" {
			p.block("", banner(shout))
			break // the faults name the runs
		}
	}
	p.block("", answer(r))
	p.block("Not to be trusted", bullets(prose.Faults(r), "! "))
	p.block("Why", reasons(r))
	p.block("Candidates", candidates(r))
	p.block("Forecast against measurement", comparisons(r))
	p.block("Capacity, searched on the running system", verified(r.Verified))
	p.block("Delays of the load generator (p50 / p99 / max)", delays(r.Runs))
	p.block("Conflicts (share of requests that lost at least one try)", conflicts(r.Runs))
	p.block("Warnings", bullets(prose.Warnings(r), "! "))
	if path != "" {
		p.block("", []string{"Report: " + clean(path)})
	}
	return p.w.Flush()
}

func answer(r headroom.Report) []string {
	out := wrap(prose.Answer(r), "", "")
	for _, s := range prose.Sure(r) {
		out = append(out, wrap(s, "", "")...)
	}
	return out
}

func bullets(list []string, mark string) []string {
	var out []string
	for _, s := range list {
		out = append(out, wrap(s, "  "+mark, "  "+strings.Repeat(" ", len(mark)))...)
	}
	return out
}

func reasons(r headroom.Report) []string {
	var list []string
	if r.Recommendation != nil {
		list = append(list, r.Recommendation.Reasons...)
	}
	if rule := prose.Rule(r); rule != "" {
		list = append(list, rule)
	}
	return bullets(list, "- ")
}

// candidates has a line for each objective of each candidate, so that it fits
// a terminal whatever their number.
func candidates(r headroom.Report) []string {
	list := prose.Candidates(r)
	objectives := prose.Objectives(list)
	t := &table{head: []string{"topology", "workers", "<cores", "<basis", "<objective", "<forecast", "<", "<capacity × replayed", "<app / db", "cost/month"}}
	for _, c := range list {
		f := c.Forecast
		front := []string{mark(c, r.Recommendation) + prose.Topology(c.Topology), figure.Count(c.Topology.Web.Workers), prose.Cores(c.Topology), prose.Basis(c)}
		back := []string{prose.Capacity(f), figure.Value(f.Utilization["app"], figure.Part) + " / " + figure.Value(f.Utilization["database"], figure.Part),
			prose.Cost(c.CostMonth, r.Plan.Prices)}
		if len(objectives) == 0 {
			t.add(slices.Concat(front, []string{"", "", ""}, back)...)
		}
		for i, o := range objectives {
			if i > 0 {
				front, back = []string{"", "", "", ""}, nil
			}
			value, met := forecast(f, o)
			t.add(slices.Concat(front, []string{o.Process + " " + figure.Percentile(o.Percentile) + " ≤ " + figure.Bound(o.Within), value, met}, back)...)
		}
	}
	return t.lines("  ")
}

// mark stars the recommended candidate.
func mark(c headroom.Candidate, rec *headroom.Recommendation) string {
	if prose.Chosen(c, rec) {
		return "* "
	}
	return "  "
}

func forecast(f headroom.Forecast, o headroom.Objective) (value, met string) {
	i := slices.IndexFunc(f.Processes, func(p headroom.ProcessForecast) bool { return p.Process == o.Process })
	if i < 0 {
		return figure.Unknown, ""
	}
	p := f.Processes[i]
	return figure.Estimate(prose.At(p.Percentile, &o), figure.Time), strings.TrimSpace(word(p.Met))
}

func word(met *bool) string {
	switch {
	case met == nil:
		return ""
	case *met:
		return "met "
	}
	return "MISSED "
}

func comparisons(r headroom.Report) []string {
	t := &table{head: []string{"topology", "<process", "<", "<forecast", "<measured", "error", "<"}}
	for _, e := range prose.Errors(r.Comparisons) {
		t.add(e.Topology, e.Process, e.What, figure.Estimate(e.Forecast, figure.Time), figure.Estimate(e.Measured, figure.Time),
			figure.Signed(e.Relative), prose.FitWord(e.InFit))
	}
	return t.lines("  ")
}

func verified(v *headroom.CapacityCheck) []string {
	if v == nil {
		return nil
	}
	out := wrap(fmt.Sprintf("%s: measured %s, forecast %s, error %s", v.Topology, figure.Estimate(v.Measured, figure.Times),
		figure.Estimate(v.Forecast, figure.Times), figure.Signed(v.Error)), "  ", "  ")
	if s := prose.Confirmed(*v); s != "" {
		out = append(out, wrap(s, "  ", "  ")...)
	}
	t := &table{head: []string{"scale", "<", "<nearest objective", "of its bound", "window"}}
	for _, p := range v.Probes {
		share, length := figure.Share(p.Ratio), ""
		if p.Seconds > 0 {
			length = figure.Bound(p.Seconds)
		}
		if p.Early {
			share, length = "", "broken off"
		}
		t.add(figure.Number(p.Scale)+" ×", strings.TrimSpace(word(&p.Met)), orUnknown(p.Worst), share, length)
	}
	return append(out, t.lines("  ")...)
}

func delays(runs []headroom.RunReport) []string {
	t := &table{head: []string{"run", "<timer late", "<no virtual user", "<both", "<by design"}}
	for _, run := range runs {
		d := run.Delays
		if d == (headroom.Delays{}) {
			continue // no journey began
		}
		t.add(prose.Topology(run.Topology), figure.Spread(d.TimerLate), figure.Spread(d.VUWait), figure.Spread(d.Generator), figure.Spread(d.DesignWait))
	}
	return t.lines("  ")
}

func conflicts(runs []headroom.RunReport) []string {
	t := &table{head: []string{"run", "<step", "requests", "lost tries", "share"}}
	for _, run := range runs {
		for _, s := range run.Steps {
			if s.Conflicts != nil && s.RetryShare != nil && *s.Conflicts > 0 {
				t.add(prose.Topology(run.Topology), s.Process+"."+s.Step, figure.Count(s.Requests), figure.Count(*s.Conflicts), figure.Share(*s.RetryShare))
			}
		}
	}
	return t.lines("  ")
}
