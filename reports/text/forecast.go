package text

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// Simulation writes one topology's forecast with its course over time, as
// `headroom simulate` does.
func Simulation(w io.Writer, s headroom.Simulation) error {
	p := &printer{w: bufio.NewWriter(w)}
	f := s.Forecast
	lead := fmt.Sprintf("Simulated %s times: plan %s on %s: %s.", figure.Count(s.Replications), orUnknown(s.Plan), prose.Topology(f.Topology), prose.Stacks(f.Topology))
	p.block("", append(wrap(lead, "", ""), wrap(prose.Looked(s.Schedule), "", "")...))
	objectives, processes, drain := objectivesOf(f), processForecasts(f), estimates(f.Drain, figure.Time)
	p.block("Objectives", objectives)
	p.block("", wrap(confident(f), "", ""))
	p.block("Processes", processes)
	p.block("Conflicts (share of requests that lose at least one try)", retries(f))
	p.block("Documents done in time", estimates(f.Attainment, figure.Part))
	p.block("Backlog gone after the peak's end", drain)
	p.legend(cutOff, objectives, processes, drain)
	p.block("Utilization over the window", used(f))
	p.block("Over time (median of the repetitions)", courses(s))
	p.block("Warnings", bullets(f.Warnings, "! "))
	return p.w.Flush()
}

// Forecasts writes several topologies side by side, as `headroom forecast` does.
func Forecasts(w io.Writer, r headroom.ForecastReport) error {
	p := &printer{w: bufio.NewWriter(w)}
	p.block("", append(wrap(fmt.Sprintf("Forecast of plan %s.", orUnknown(r.Plan)), "", ""), wrap(prose.Looked(r.Schedule), "", "")...))
	p.block("Topologies", entries(r.Entries))
	objectives, processes := besides(r.Entries), processesBeside(r.Entries)
	p.block("Objectives", objectives)
	p.block("Processes", processes)
	p.legend(cutOff, objectives, processes)
	for _, e := range r.Entries {
		p.block("Warnings of "+clean(e.Name), bullets(e.Forecast.Warnings, "! "))
	}
	return p.w.Flush()
}

// Capacity writes how much a topology holds, as `headroom capacity` does.
func Capacity(w io.Writer, r headroom.CapacityReport) error {
	p := &printer{w: bufio.NewWriter(w)}
	p.block("", append(wrap(prose.Capable(r), "", ""), wrap(prose.Looked(r.Schedule), "", "")...))
	if r.Check != nil {
		p.block("Searched on the running system", verified(r.Check))
	}
	if r.At != nil {
		objectives := objectivesOf(*r.At)
		p.block("The model's forecast at its capacity", objectives)
		p.legend(cutOff, objectives)
		p.block("", used(*r.At))
	}
	warnings := slices.Clone(r.Warnings)
	if r.At != nil {
		warnings = append(warnings, r.At.Warnings...)
	}
	p.block("Warnings", bullets(warnings, "! "))
	return p.w.Flush()
}

// cutOff is what the question mark of a simulated figure means.
const cutOff = "had no end in some of the repetitions, because journeys failed or a backlog stayed: its interval ends at the largest that had one."

// legend says what a question mark means, where one stands in the tables.
func (p *printer) legend(meaning string, tables ...[]string) {
	if slices.ContainsFunc(slices.Concat(tables...), func(l string) bool { return strings.Contains(l+" ", figure.Doubtful+" ") }) {
		p.block("", wrap("A figure with "+figure.Doubtful+" "+meaning, "", ""))
	}
}

func objectivesOf(f headroom.Forecast) []string {
	t := &table{head: []string{"objective", "<forecast", "<verdict", "<"}}
	for _, o := range f.Objectives {
		t.add(o.Name, prose.Figure(o), prose.Judged(o), prose.Aside(o))
	}
	return t.lines("  ")
}

// confident says how many of the repetitions held everything.
func confident(f headroom.Forecast) string {
	if len(f.Objectives) == 0 {
		return "The plan has no objective."
	}
	return figure.Share(f.Confidence) + " of the repetitions held every objective that was judged."
}

func processForecasts(f headroom.Forecast) []string {
	t := &table{head: []string{"process", "journeys", "<mean", "<p50", "<p95", "<p99", "<done per second", "operators"}}
	for _, p := range f.Processes {
		people := ""
		if p.Operators > 0 {
			people = figure.Count(p.Operators)
		}
		t.add(p.Process, figure.Count(p.Journeys), figure.Estimate(p.Mean, figure.Time), figure.Estimate(p.Percentile["50"], figure.Time),
			figure.Estimate(p.Percentile["95"], figure.Time), figure.Estimate(p.Percentile["99"], figure.Time), figure.Estimate(p.Throughput, figure.Plain), people)
	}
	return t.lines("  ")
}

func retries(f headroom.Forecast) []string {
	t := &table{head: []string{"request", "<share"}}
	for _, p := range f.Processes {
		for _, name := range prose.Keys(p.Retries) {
			t.add(name, zeroed(p.Retries[name], figure.Part))
		}
	}
	return t.lines("  ")
}

// zeroed writes an estimate of which 0 is known, and not unknown.
func zeroed(e headroom.Estimate, u figure.Unit) string {
	if e.Identified && e.Value == 0 && e.High == 0 {
		return "0"
	}
	return figure.Estimate(e, u)
}

func estimates(by map[string]headroom.Estimate, u figure.Unit) []string {
	t := &table{head: []string{"of", "<"}}
	for _, name := range prose.Keys(by) {
		t.add(name, zeroed(by[name], u))
	}
	if len(t.rows) == 0 {
		return nil
	}
	return t.lines("  ")[1:]
}

func used(f headroom.Forecast) []string {
	t := &table{head: []string{"station", "<"}}
	for _, name := range prose.Keys(f.Utilization) {
		t.add(name, figure.Estimate(f.Utilization[name], figure.Part))
	}
	t.add("busy workers", figure.Estimate(f.PoolBusy, figure.Plain))
	return t.lines("  ")[1:]
}

// courseWidth is how many characters a course is drawn in.
const courseWidth = 60

// courses draw each series in one line, beside its highest value.
func courses(s headroom.Simulation) []string {
	t := &table{head: []string{"what", "<of", "highest", "<unit", "<from the lead-in to the window's end"}}
	for _, x := range s.Series {
		highest := 0.0
		for _, v := range x.V {
			highest = max(highest, v)
		}
		if highest == 0 {
			continue // nothing to see
		}
		unit, value := x.Unit, figure.Number(highest)
		if x.Name == "utilization" {
			unit, value = "", figure.Share(highest)
		}
		t.add(strings.ReplaceAll(x.Name, "_", " "), x.Label, value, unit, drawn(x.V, highest))
	}
	return t.lines("  ")
}

// drawn are values as bars of a line, the mean of as many as fall on each.
func drawn(values []float64, highest float64) string {
	n := min(len(values), courseWidth)
	out := make([]rune, n)
	for i := range out {
		from, to := i*len(values)/n, (i+1)*len(values)/n
		var sum float64
		for _, v := range values[from:to] {
			sum += v
		}
		out[i] = bars[min(max(int(math.Ceil(sum/float64(to-from)/highest*8)), 0), 8)]
		if out[i] == ' ' {
			out[i] = '·'
		}
	}
	return string(out)
}

func entries(list []headroom.ForecastedPlan) []string {
	t := &table{head: []string{"topology", "<", "<cores", "objectives held in", "<busy workers", "<utilization"}}
	for _, e := range list {
		f := e.Forecast
		var use []string
		for _, name := range prose.Keys(f.Utilization) {
			use = append(use, name+" "+figure.Value(f.Utilization[name], figure.Part))
		}
		met, share := f.Meets, figure.Share(f.Confidence)
		verdict := strings.TrimSpace(word(&met))
		if len(f.Objectives) == 0 {
			verdict, share = "", ""
		}
		t.add(e.Name, verdict, prose.Cores(f.Topology), share, figure.Estimate(f.PoolBusy, figure.Plain), strings.Join(use, ", "))
	}
	return t.lines("  ")
}

// besides has each objective's figure on every topology.
func besides(list []headroom.ForecastedPlan) []string {
	t := &table{head: []string{"objective", "<topology", "<forecast", "<verdict", "<"}}
	if len(list) == 0 {
		return nil
	}
	for i, o := range list[0].Forecast.Objectives {
		name := o.Name
		for _, e := range list {
			if i >= len(e.Forecast.Objectives) {
				continue
			}
			x := e.Forecast.Objectives[i]
			t.add(name, e.Name, prose.Figure(x), prose.Judged(x), prose.Aside(x))
			name = ""
		}
	}
	return t.lines("  ")
}

func processesBeside(list []headroom.ForecastedPlan) []string {
	t := &table{head: []string{"process", "<topology", "journeys", "<mean", "<p95", "<done per second"}}
	var names []string
	for _, e := range list {
		for _, p := range e.Forecast.Processes {
			if !slices.Contains(names, p.Process) {
				names = append(names, p.Process)
			}
		}
	}
	for _, name := range names {
		first := name
		for _, e := range list {
			for _, p := range e.Forecast.Processes {
				if p.Process == name {
					t.add(first, e.Name, figure.Count(p.Journeys), figure.Estimate(p.Mean, figure.Time), figure.Estimate(p.Percentile["95"], figure.Time), figure.Estimate(p.Throughput, figure.Plain))
					first = ""
				}
			}
		}
	}
	return t.lines("  ")
}
