package text

import (
	"bufio"
	"io"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// Comparison writes what changed between runs, as `headroom compare` does.
func Comparison(w io.Writer, c headroom.RunComparison) error {
	p := &printer{w: bufio.NewWriter(w)}
	var lines []string
	for _, s := range prose.Compared(c) {
		lines = append(lines, wrap(s, "", "  ")...)
	}
	p.block("", lines)
	p.block("NOT COMPARABLE", bullets(c.Problems, "! "))
	sets := wrap(prose.Set(c.Baseline, true), "  ", "    ")
	for _, o := range c.Others {
		sets = append(sets, wrap(prose.Set(o, false), "  ", "    ")...)
	}
	p.block("Runs", sets)
	p.block("What is not the same", runDifferences(c))
	for _, o := range c.Others {
		title := "Changes"
		if len(c.Others) > 1 {
			title += " of " + clean(o.Name)
		}
		p.block(title, changes(c, o.Name))
	}
	p.block("Not tested", bullets(prose.Untested(c.Changes), "- "))
	if s := prose.HowCompared(c); s != "" {
		p.block("", wrap(s, "", ""))
	}
	p.block("Warnings", bullets(c.Warnings, "! "))
	return p.w.Flush()
}

func runDifferences(c headroom.RunComparison) []string {
	t := &table{head: []string{"what", "<baseline", "<run", "<value"}}
	for _, d := range c.Differences {
		t.add(cut(d.What, 50), cut(d.Baseline, 40), d.Other, cut(d.Value, 40))
	}
	return t.lines("  ")
}

func changes(c headroom.RunComparison, other string) []string {
	t := &table{head: []string{"when", "<process", "<figure", "n", "baseline", "run", "<change", "shows from", "<verdict"}}
	when := ""
	for _, x := range prose.Told(c.Changes) {
		if x.Other != other {
			continue
		}
		first := prose.When(x)
		if first == when {
			first = "" // as above
		} else {
			when = first
		}
		t.add(first, x.Process, prose.Measure(x), figure.Count(min(x.N[0], x.N[1])), prose.ChangedFrom(x), prose.ChangedTo(x), prose.Difference(x),
			prose.Showable(x), prose.Concluded(x.Verdict))
	}
	return t.lines("  ")
}

// Check writes what became of a run's objectives, as `headroom check` does.
func Check(w io.Writer, run headroom.RunReport) error {
	p := &printer{w: bufio.NewWriter(w)}
	var faults []string
	if s := prose.Bottleneck(run); s != "" {
		faults = append(faults, s)
	}
	if s := prose.Fault(run); s != "" {
		faults = append(faults, wrap(s, "! ", "  ")...)
	}
	p.block("", faults)
	t := &table{head: []string{"objective", "<verdict", "<measured", "<"}}
	for _, o := range run.Objectives {
		t.add(o.Name, prose.Judged(o), prose.Figure(o), prose.Aside(o))
	}
	p.block("Objectives of run "+clean(orUnknown(run.ID)), t.lines("  "))
	return p.w.Flush()
}
