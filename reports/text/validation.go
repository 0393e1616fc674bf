package text

import (
	"bufio"
	"io"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// Validation writes what a validation found, ending with the path of its page,
// if there is one.
func Validation(w io.Writer, v headroom.Validation, path string) error {
	p := &printer{w: bufio.NewWriter(w)}
	p.block("", wrap(prose.Validated(v), "", "  "))
	t := &table{head: []string{"what", "error", "<wanted", "<verdict", "at the run's speed", "figures"}}
	for _, s := range v.Scores {
		t.add(prose.ScoreName(s.What), prose.ScoreValue(s), prose.ScoreTarget(s), prose.ScoreVerdict(s), prose.ScoreAtSpeed(s), figure.Count(s.N))
	}
	p.block("Scores (mean absolute errors)", t.lines("  "))
	t = &table{head: []string{"what", "error", "at the run's speed", "figures"}}
	for _, s := range v.Fit {
		t.add(prose.ScoreName(s.What), prose.ScoreValue(s), prose.ScoreAtSpeed(s), figure.Count(s.N))
	}
	if len(v.Fit) > 0 {
		p.block("Fit to what was measured before its forecast: no score", t.lines("  "))
	}
	p.block("Where the model fails", bullets(v.Failures, "! "))
	p.block("Forecast against measurement", proofs(v.Proofs))
	var unscored []string
	for _, one := range v.Proofs {
		unscored = append(unscored, prose.Unscored(one)...)
	}
	p.block("Not scored, and what is to be known", bullets(unscored, "- "))
	p.block("Warnings", bullets(slices.Concat(v.Warnings, v.Model.Warnings), "! "))
	if path != "" {
		p.block("", []string{"Page: " + clean(path)})
	}
	return p.w.Flush()
}

func proofs(list []headroom.Proof) []string {
	t := &table{head: []string{"combination", "<figure", "<forecast", "<measured", "error", "<"}}
	for _, p := range list {
		name := p.Name
		if p.OfCapacity != nil {
			t.add(name, "load, of the capacity", prose.OfCapacity(p), "", "", "")
			name = "" // as above
		}
		for _, g := range p.Figures {
			if g.What == headroom.ProofMedian {
				continue
			}
			note := ""
			switch {
			case !g.Scored:
				note = "not scored"
			case !g.Covered:
				note = "outside of its interval"
			}
			unit := prose.ProofUnit(g.What)
			t.add(name, prose.FigureName(g), figure.Estimate(g.Forecast, unit), figure.Estimate(g.Measured, unit), prose.FigureError(g), note)
			name = ""
		}
		if c := p.Capacity; c != nil {
			note := ""
			if p.CapacityWhy != "" {
				note = "not scored"
			}
			t.add(name, "capacity", figure.Estimate(c.Forecast, figure.Times), figure.Estimate(c.Measured, figure.Times), figure.Signed(c.Error), note)
		}
	}
	return t.lines("  ")
}
