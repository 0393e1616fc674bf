package text

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// maxCauses is how many causes of errors, and maxSpans how many peaks, are
// listed one by one.
const (
	maxCauses = 15
	maxSpans  = 24
)

// banner says something in large letters, as far as a terminal has them.
func banner(s string) []string {
	if s == "" {
		return nil
	}
	s = clean(s)
	rule := strings.Repeat("#", utf8.RuneCountInString(s)+8)
	return []string{rule, "##  " + s + "  ##", rule}
}

// versions is what the run was measured on, in a line.
func versions(info headroom.RunInfo) string {
	var parts []string
	for _, name := range prose.Keys(info.Versions) {
		if name == "kernel" && info.Machine != nil {
			continue // it is said of the machine
		}
		parts = append(parts, name+"\u00a0"+info.Versions[name])
	}
	if m := info.Machine; m != nil {
		parts = append(parts, fmt.Sprintf("generator on %s, kernel %s, %s, %s, %s", orUnknown(m.OS), orUnknown(m.Kernel), orUnknown(m.CPU), prose.MachineCores(*m), figure.Bytes(m.Memory)))
	}
	if n := len(info.Modules); n > 0 {
		parts = append(parts, figure.Count(n)+" ERP modules")
	}
	if len(parts) == 0 {
		return ""
	}
	return "Versions: " + strings.Join(parts, ", ") + "."
}

// judged holds every objective against what was measured.
func judged(run headroom.RunReport) []string {
	t := &table{head: []string{"objective", "<measured", "<verdict", "<"}}
	for _, o := range run.Objectives {
		t.add(o.Name, prose.Figure(o), prose.Judged(o), prose.Aside(o))
	}
	return t.lines("  ")
}

// peaks say how each peak was got through.
func peaks(run headroom.RunReport) []string {
	t := &table{head: []string{"peak", "from", "to", "backlog before", "at its end", "most", "at", "<backlog gone after", "<done in time", "<sites"}}
	for _, p := range run.Peaks[:min(len(run.Peaks), maxSpans)] {
		t.add(p.Name, figure.Seconds(p.From), figure.Seconds(p.To), items(p.Ordinary), items(p.BacklogTo), items(p.BacklogMost),
			figure.Seconds(p.MostAt), prose.Drain(p), orUnknown(prose.Attained(p)), cut(strings.Join(p.Sites, ", "), 40))
	}
	return more(t.lines("  "), len(run.Peaks)-maxSpans)
}

// items counts what is whole.
func items(v float64) string { return figure.Count(int(math.Round(v))) }

// more ends a list that was cut.
func more(lines []string, n int) []string {
	if n > 0 {
		lines = append(lines, "  and "+figure.Count(n)+" more; --json has all")
	}
	return lines
}

// phases are the processes before, during and after each peak.
func phases(run headroom.RunReport) []string {
	t := &table{head: []string{"peak", "<phase", "<process", "scheduled", "done", "failed", "per second", "<mean", "<p95"}}
	apart := prose.Phases(run)
	for _, p := range apart[:min(len(apart), 3*maxSpans)] {
		first := []string{p.Peak, fmt.Sprintf("%s, %s–%s", p.Phase, figure.Seconds(p.From), figure.Seconds(p.To))}
		if len(p.Processes) == 0 {
			t.add(first[0], first[1], figure.Unknown)
		}
		for _, x := range p.Processes {
			t.add(append(first, counts(x)...)...)
			first = []string{"", ""}
		}
	}
	return more(t.lines("  "), len(apart)-3*maxSpans)
}

// counts are a process' cells: its name, journeys and times.
func counts(p headroom.ProcessReport) []string {
	failed := p.NeverBegun
	for o, n := range p.Outcomes {
		if o != headroom.OK && o != headroom.NothingToDo {
			failed += n
		}
	}
	mean := figure.Unknown
	if p.Mean != nil {
		mean = figure.Estimate(*p.Mean, figure.Time)
	}
	return []string{p.Process, figure.Count(p.Scheduled), figure.Count(p.Done), figure.Count(failed), figure.Number(p.Throughput), mean,
		figure.Estimate(p.Percentile["95"], figure.Time)}
}

// sites are the processes of each site.
func sites(run headroom.RunReport) []string {
	t := &table{head: []string{"site", "<process", "scheduled", "done", "failed", "per second", "<mean", "<p95"}}
	for _, s := range run.Sites[:min(len(run.Sites), maxSites)] {
		name := s.Site
		for _, p := range s.Processes {
			t.add(append([]string{name}, counts(p)...)...)
			name = ""
		}
	}
	return more(t.lines("  "), len(run.Sites)-maxSites)
}

// causes are what failed, most frequent first.
func causes(run headroom.RunReport) []string {
	t := &table{head: []string{"times", "<step", "<outcome", "<cause", "first at", "<an example"}}
	for _, e := range run.Errors[:min(len(run.Errors), maxCauses)] {
		step := e.Process
		if e.Step != "" {
			step += "." + e.Step
		}
		example := e.Example
		if example == e.Cause {
			example = ""
		}
		t.add(figure.Count(e.Count), step, string(e.Outcome), cut(e.Cause, 70), figure.Seconds(e.At), cut(example, 90))
	}
	return more(t.lines("  "), len(run.Errors)-maxCauses)
}

// generator says what the load generator used and what was noticed of it.
func generator(run headroom.RunReport) []string {
	var out []string
	if s := prose.Load(run.Generator); s != "" {
		out = wrap(s, "  ", "  ")
	}
	if g := run.Generator; g != nil && !g.Bottleneck {
		for _, s := range g.Reasons {
			out = append(out, wrap("! "+s, "  ", "    ")...)
		}
	}
	return out
}
