package html

import (
	"html/template"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// A view is what the template shows, in its order.
type view struct {
	Policy  string
	CSS     template.CSS
	Library template.JS
	Boot    template.JS

	Title    string
	Subtitle string
	Status   string // "met", "missed" or "none": the colour of the answer
	Verdict  string // the same in a word
	Answer   string
	Shout    string // in large letters
	Faults   []string
	Facts    []fact
	Reasons  []string
	Sure     []string
	Rule     string
	Source   string // of the rule of thumb
	Window   string
	Warnings []string

	Sections []section
	Commands []string
	Glossary []term
	Charts   bool
}

// A fact is one of the large figures under the answer.
type fact struct{ Label, Value, Note string }

// A section is a heading, what to look for, charts and tables.
type section struct {
	ID, Title, Lead string
	Charts          []chart
	Tables          []table
	Commands        []string
}

// A table is captioned and scoped; its first column heads its rows.
type table struct {
	ID      string
	Caption string
	Head    []cell
	Rows    [][]cell
	Note    string
	Stacked bool // intervals go below their values
}

// A cell is text, with a badge ("met", "missed", "plain") before it and a
// second, quieter text behind it.
type cell struct {
	Text, Quiet  string
	Badge, Class string
	Left         bool
	Strong       bool
}

type term struct{ Word, Meaning string }

func newView(r headroom.Report) (view, error) {
	v := view{
		Title: r.Title, Subtitle: subtitle(r), Status: "none", Answer: prose.Answer(r), Faults: prose.Faults(r),
		Sure: prose.Sure(r), Rule: prose.Rule(r), Window: prose.Window(r.Schedule), Warnings: prose.Warnings(r), Glossary: glossary,
	}
	if v.Title == "" {
		v.Title = "Headroom report"
	}
	for _, run := range r.Runs {
		if v.Shout == "" {
			v.Shout = prose.Bottleneck(run)
		}
	}
	if held := prose.Held(r); held != nil {
		v.Status, v.Verdict = "missed", "Not every objective is met"
		if *held {
			v.Status, v.Verdict = "met", "Every objective is met"
		}
		if r.Verified == nil {
			v.Verdict += ", by forecast"
		}
	}
	if rec := r.Recommendation; rec != nil {
		v.Reasons, v.Source = rec.Reasons, rec.RuleOfThumb.Source
		v.Facts = facts(r, rec)
	}
	b := &builder{report: r, colors: map[string]int{}}
	for _, build := range []func() section{b.candidates, b.workers, b.accuracy, b.objectives, b.load, b.peaks, b.time, b.model, b.method} {
		if s := build(); len(s.Charts)+len(s.Tables)+len(s.Commands) > 0 {
			v.Sections = append(v.Sections, s)
			v.Charts = v.Charts || len(s.Charts) > 0
		}
	}
	return v, b.err
}

func subtitle(r headroom.Report) string {
	var parts []string
	if r.Plan.Name != "" {
		parts = append(parts, "plan "+r.Plan.Name)
	}
	switch r.Target {
	case "erp":
		parts = append(parts, "measured on the stand-in ERP, not on Odoo")
	case "odoo":
		parts = append(parts, "measured on Odoo")
	case "external":
		parts = append(parts, "measured on a system of yours")
	}
	if !r.Generated.IsZero() {
		parts = append(parts, r.Generated.UTC().Format("2 January 2006, 15:04 UTC"))
	}
	return strings.Join(parts, " · ")
}

func facts(r headroom.Report, rec *headroom.Recommendation) []fact {
	f := rec.Forecast
	out := []fact{
		{"Web workers", figure.Count(rec.Workers), "on " + prose.Hardware(rec.Topology)},
		{"Confidence", figure.Share(f.Confidence), "of simulated repetitions met every objective"},
	}
	if f.Capacity != nil {
		note := "the replayed load"
		if f.LimitedBy != "" {
			note += "; then " + f.LimitedBy
		}
		out = append(out, fact{"Capacity", figure.Value(*f.Capacity, figure.Times), note})
	}
	if e, ok := f.Utilization["app"]; ok {
		out = append(out, fact{"App CPU busy", figure.Value(e, figure.Part), busyNote(f)})
	}
	if i := slices.IndexFunc(rec.Candidates, func(c headroom.Candidate) bool { return prose.Chosen(c, rec) }); i >= 0 {
		if cost := prose.Cost(rec.Candidates[i].CostMonth, r.Plan.Prices); cost != figure.Unknown {
			out = append(out, fact{"Cost", cost, "a month, at the plan's prices"})
		}
	}
	return out
}

func busyNote(f headroom.Forecast) string {
	if e, ok := f.Utilization["database"]; ok {
		return "the database's " + figure.Value(e, figure.Part)
	}
	return ""
}

func text(s string) cell { return cell{Text: s} }

func left(s string) cell { return cell{Text: s, Left: true} }

func heads(names ...string) []cell {
	out := make([]cell, len(names))
	for i, n := range names {
		out[i] = cell{Text: strings.TrimPrefix(n, "<"), Left: i == 0 || strings.HasPrefix(n, "<")}
	}
	return out
}

// estimate is a cell of value and, quieter, interval.
func estimate(e headroom.Estimate, u figure.Unit) cell {
	value := figure.Value(e, u)
	if value != figure.Unknown && !e.Identified {
		value += figure.Doubtful
	}
	return cell{Text: value, Quiet: figure.Interval(e, u)}
}

// judged puts the verdict on an objective before a cell.
func judged(c cell, met *bool) cell {
	switch {
	case met == nil:
	case *met:
		c.Badge = "met"
	default:
		c.Badge = "missed"
	}
	return c
}
