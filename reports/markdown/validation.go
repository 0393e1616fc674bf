package markdown

import (
	"bufio"
	"fmt"
	"io"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// Validation writes what a validation found: scores, then every figure.
func Validation(w io.Writer, v headroom.Validation) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "### %s\n\n%s\n", escape(or(v.Title, "Validation")), escape(prose.Validated(v)))
	var rows [][]string
	for _, s := range v.Scores {
		verdict := prose.ScoreVerdict(s)
		if s.Met == nil || !*s.Met {
			verdict = "**" + verdict + "**"
		}
		rows = append(rows, []string{escape(prose.ScoreName(s.What)), verdict, prose.ScoreValue(s), prose.ScoreTarget(s), prose.ScoreAtSpeed(s), figure.Count(s.N)})
	}
	table(b, []string{"what", "verdict", "error", "wanted", "at the run's own speed", "figures"}, rows)
	fit(b, v.Fit)
	if len(v.Failures) > 0 {
		fmt.Fprintf(b, "\n#### Where the model fails\n\n")
		list(b, v.Failures, "")
	}
	for _, p := range v.Proofs {
		proof(b, p)
	}
	if len(v.Warnings)+len(v.Model.Warnings) > 0 {
		fmt.Fprintf(b, "\n#### Warnings\n\n")
		list(b, v.Warnings, "")
		list(b, v.Model.Warnings, "")
	}
	provenance(b, v)
	return b.Flush()
}

// fit writes how well the model fits what was measured before its forecast.
func fit(b *bufio.Writer, list []headroom.Score) {
	if len(list) == 0 {
		return
	}
	var rows [][]string
	for _, s := range list {
		rows = append(rows, []string{escape(prose.ScoreName(s.What)), prose.ScoreValue(s), prose.ScoreAtSpeed(s), figure.Count(s.N)})
	}
	fmt.Fprint(b, "\n#### Fit to what was measured before its forecast: no score\n")
	table(b, []string{"what", "error", "at the run's own speed", "figures"}, rows)
}

func proof(b *bufio.Writer, p headroom.Proof) {
	fmt.Fprintf(b, "\n#### %s: %s, %s\n\n%s", escape(p.Name), prose.Workers(p.Topology.Web.Workers),
		escape(prose.Hardware(p.Topology)), escape(prose.OfferedLoad(p.Load, p.Popularity)))
	if p.OfCapacity != nil {
		fmt.Fprintf(b, "; %s of the capacity that the model forecasts", prose.OfCapacity(p))
	}
	if p.SpeedRatio != nil {
		fmt.Fprintf(b, "; the machine was %s beside the calibration", escape(prose.SpeedOf(p.SpeedRatio)))
	}
	fmt.Fprintln(b, ".")
	if notes := prose.Unscored(p); len(notes) > 0 {
		fmt.Fprintln(b)
		list(b, notes, "")
	}
	var rows [][]string
	for _, g := range p.Figures {
		unit := prose.ProofUnit(g.What)
		covered := "no"
		if g.Covered {
			covered = "yes"
		}
		rows = append(rows, []string{escape(prose.FigureName(g)), figure.Estimate(g.Forecast, unit), figure.Estimate(g.Measured, unit), prose.FigureError(g), prose.FigureAtSpeed(g), covered})
	}
	if c := p.Capacity; c != nil {
		rows = append(rows, []string{"capacity", figure.Estimate(c.Forecast, figure.Times), figure.Estimate(c.Measured, figure.Times), figure.Signed(c.Error), figure.Unknown, ""})
	}
	table(b, []string{"figure", "forecast", "measured", "error", "at the run's own speed", "in the interval"}, rows)
}

func provenance(b *bufio.Writer, v headroom.Validation) {
	fmt.Fprintf(b, "\nMade %s by headroom %s on target %s", v.Generated.UTC().Format("2 January 2006, 15:04 UTC"), escape(v.Tool), escape(v.Target))
	if m := v.Machine; m != nil {
		fmt.Fprintf(b, ", %s, %s", escape(m.CPU), prose.MachineCores(*m))
	}
	fmt.Fprintf(b, "; model %s.\n", escape(v.Model.Hash))
	if w := prose.Wandering(v.Model); w != "" {
		fmt.Fprintf(b, "\nThe machine's own speed: %s.\n", escape(w))
	}
	for _, c := range v.Commands {
		fmt.Fprintf(b, "\nTo get the same again: %s\n", escape(c))
	}
}
