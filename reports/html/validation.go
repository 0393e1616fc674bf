package html

import (
	"fmt"
	"io"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// Validation writes what a validation found as a page like a report's.
func Validation(w io.Writer, v headroom.Validation) error {
	return renderValidation(w, v, echarts)
}

func renderValidation(w io.Writer, r headroom.Validation, library string) error {
	v, err := validationView(r)
	if err != nil {
		return err
	}
	return v.write(w, style, library, boot)
}

func validationView(r headroom.Validation) (view, error) {
	v := view{Title: r.Title, Status: "none", Answer: prose.Validated(r), Warnings: slices.Concat(r.Warnings, r.Model.Warnings), Glossary: validationGlossary}
	if v.Title == "" {
		v.Title = "Validation"
	}
	v.Subtitle = subtitle(headroom.Report{Plan: headroom.Plan{Name: r.Plan}, Target: r.Target, Generated: r.Generated})
	if held := prose.ValidationHeld(r); held != nil {
		v.Status, v.Verdict = "missed", "Not every target is met"
		if *held {
			v.Status, v.Verdict = "met", "Every target is met"
		}
	}
	for _, s := range r.Scores {
		if s.N > 0 {
			v.Facts = append(v.Facts, fact{prose.ScoreName(s.What), prose.ScoreValue(s), fmt.Sprintf("wanted %s; of %s", prose.ScoreTarget(s), figures(s.N))})
		}
	}
	v.Window = "Errors are (forecast − measured) / measured; scores are means of their absolute values. Every forecast that is scored was written down, with the model's hash, before its run began; the forecast simulates the run's own arrivals."
	b := &validationBuilder{builder{colors: map[string]int{}}, r}
	for _, s := range []section{b.scores(), b.failures(), b.figures(), b.capacities(), b.speed(), b.calibration(), b.provenance()} {
		if len(s.Charts)+len(s.Tables)+len(s.Commands) > 0 {
			v.Sections = append(v.Sections, s)
			v.Charts = v.Charts || len(s.Charts) > 0
		}
	}
	return v, b.err
}

// A validationBuilder makes the sections of a validation's page.
type validationBuilder struct {
	builder
	r headroom.Validation
}

func (b *validationBuilder) scores() section {
	s := section{ID: "scores", Title: "How wrong, all in all",
		Lead: "Mean absolute errors over all scored figures of all combinations, none of which the model had seen when it forecast them."}
	t := table{ID: "t-scores", Caption: "Scores against their targets", Head: heads("What", "<Verdict", "Error", "<Wanted", "Worst", "At the run's own speed", "Figures"),
		Note: "At the run's own speed: the model's demands are taken times what the machine's fixed piece of work took during the run over what it took during the calibration. It says how much of the error is the machine's, and is no score."}
	for _, x := range b.r.Scores {
		worst := figure.Unknown
		if x.N > 0 && x.What != headroom.ProofCoverage {
			worst = figure.Share(x.Worst)
		}
		t.Rows = append(t.Rows, []cell{text(prose.ScoreName(x.What)), judgedOr(x.Met, prose.ScoreVerdict(x)), text(prose.ScoreValue(x)), left(prose.ScoreTarget(x)),
			text(worst), text(prose.ScoreAtSpeed(x)), text(figure.Count(x.N))})
	}
	s.Tables = append(s.Tables, t)
	if len(b.r.Fit) > 0 {
		s.Tables = append(s.Tables, b.fit())
	}
	if p := b.byProcess(); len(p.Rows) > 0 {
		s.Tables = append(s.Tables, p)
	}
	return s
}

// fit says how well the model fits what was measured before its forecast.
func (b *validationBuilder) fit() table {
	t := table{ID: "t-fit", Caption: "Fit to what was measured before its forecast: no score", Head: heads("What", "Error", "At the run's own speed", "Figures"),
		Note: "Model and forecasts were made again when these runs were there: this says how well the model describes what was known, and not how well it forecasts."}
	for _, x := range b.r.Fit {
		t.Rows = append(t.Rows, []cell{text(prose.ScoreName(x.What)), text(prose.ScoreValue(x)), text(prose.ScoreAtSpeed(x)), text(figure.Count(x.N))})
	}
	return t
}

func (b *validationBuilder) byProcess() table {
	kinds := []string{headroom.ProofMean, headroom.ProofP95, headroom.ProofThroughput, headroom.ProofRetries}
	p := table{ID: "t-by-process", Caption: "Mean absolute error by process", Head: heads("Process", "Mean", "p95", "Throughput", "Retry share")}
	for _, e := range prose.ErrorsByProcess(b.r) {
		row := []cell{text(e.Process)}
		for _, k := range kinds {
			if e.N[k] == 0 {
				row = append(row, text(figure.Unknown))
				continue
			}
			row = append(row, cell{Text: figure.Share(e.Mean[k]), Quiet: "of " + figure.Count(e.N[k])})
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

func figures(n int) string {
	if n == 1 {
		return "1 figure"
	}
	return figure.Count(n) + " figures"
}

// judgedOr is a badge, or a word where there is no verdict.
func judgedOr(met *bool, word string) cell {
	if met == nil {
		return left(word)
	}
	return judged(cell{Left: true}, met)
}

func (b *validationBuilder) failures() section {
	s := section{ID: "failures", Title: "Where the model fails"}
	sentences := func(id, caption string, list []string) {
		t := table{ID: id, Caption: caption, Head: heads("Which")}
		for _, f := range list {
			t.Rows = append(t.Rows, []cell{{Text: f, Left: true, Class: "prose"}})
		}
		if len(t.Rows) > 0 {
			s.Tables = append(s.Tables, t)
		}
	}
	sentences("t-failures", "Figures beyond their kind's target, worst first", b.r.Failures)
	var out []string
	for _, p := range b.r.Proofs {
		out = append(out, prose.Unscored(p)...)
	}
	sentences("t-unscored", "What is not scored, or proves less", out)
	return s
}

// figures are one chart and table a combination.
func (b *validationBuilder) figures() section {
	s := section{ID: "figures", Title: "Forecast against measurement",
		Lead: "Each row is divided by its measured figure: a forecast on the dotted line would be perfect. Bars are 90 % intervals: of the forecast, what one run may show; of the measurement, what longer measuring could change."}
	for i, p := range b.r.Proofs {
		if len(p.Figures) > 0 {
			s.Charts = append(s.Charts, b.proofChart(i, p))
		}
	}
	t := table{ID: "t-combinations", Caption: "The combinations, none of which the model was learned from", Head: heads("Combination", "<Topology", "<Load", "Of the capacity, forecast", "<Window", "<App CPU, forecast / measured", "<Database CPU"),
		Note: "Of the capacity: the load over the highest one at which the model forecasts that every objective holds."}
	for _, p := range b.r.Proofs {
		t.Rows = append(t.Rows, []cell{text(p.Name), left(prose.Workers(p.Topology.Web.Workers) + ", " + prose.Hardware(p.Topology)),
			{Text: prose.OfferedLoad(p.Load, p.Popularity), Left: true, Class: "prose"}, text(prose.OfCapacity(p)), left(figure.Exact(p.Seconds) + "\u00a0s"), utilizations(p, "app"), utilizations(p, "database")})
	}
	if len(t.Rows) > 0 {
		s.Tables = append(s.Tables, t)
	}
	return s
}

func utilizations(p headroom.Proof, station string) cell {
	u, ok := p.Utilization[station]
	if !ok {
		return left(figure.Unknown)
	}
	return left(figure.Share(u.Forecast) + " / " + figure.Share(u.Measured))
}

func (b *validationBuilder) capacities() section {
	s := section{ID: "capacities", Title: "Capacity",
		Lead: "The highest multiple of a combination's load within the objectives: forecast, and searched for on the running system."}
	for i, p := range b.r.Proofs {
		if p.Capacity != nil {
			t := verified(p.Capacity)
			t.ID, t.Caption = fmt.Sprintf("t-capacity-%d", i), "Capacity of "+p.Name
			if p.CapacityWhy != "" {
				t.Note += " Not scored: " + p.CapacityWhy + "."
			}
			s.Tables = append(s.Tables, t)
		}
	}
	return s
}

func (b *validationBuilder) speed() section {
	s := section{ID: "speed", Title: "The machine's speed",
		Lead: "A machine is not equally fast at all times. A probe does a fixed piece of work each second; what it takes of CPU says how fast the machine was, whatever else went on."}
	t := table{ID: "t-speed", Caption: "CPU time of the fixed piece of work", Head: heads("Run", "<CPU time", "<Beside the calibration", "Cores busy with other work")}
	for _, p := range b.r.Proofs {
		if p.Speed != nil || p.Others != nil {
			speed := left(figure.Unknown)
			if p.Speed != nil {
				speed = leftly(estimate(*p.Speed, figure.Time))
			}
			t.Rows = append(t.Rows, []cell{text(p.Name), speed, left(prose.SpeedOf(p.SpeedRatio)), text(prose.OthersOf(p.Others))})
		}
	}
	if len(t.Rows) > 0 {
		s.Tables = append(s.Tables, t)
	}
	return s
}

func (b *validationBuilder) calibration() section {
	s := section{ID: "calibration", Title: "What the model was learned from"}
	t := table{ID: "t-calibration", Caption: "Runs that the model was learned from", Head: heads("Run", "<Topology", "<Load", "<Window", "<App / database busy", "<CPU time of the fixed work", "Cores busy with other work")}
	for _, c := range b.r.Calibration {
		speed := left(figure.Unknown)
		if c.Speed != nil {
			speed = leftly(estimate(*c.Speed, figure.Time))
		}
		run := headroom.RunReport{Utilization: c.Utilization}
		t.Rows = append(t.Rows, []cell{text(c.Name), left(prose.Workers(c.Topology.Web.Workers) + ", " + prose.Hardware(c.Topology)),
			{Text: prose.OfferedLoad(c.Load, nil), Left: true, Class: "prose"}, left(figure.Exact(c.Seconds) + "\u00a0s"), left(busy(run, "app") + " / " + busy(run, "database")), speed, text(prose.OthersOf(c.Others))})
	}
	if len(t.Rows) > 0 {
		s.Tables = append(s.Tables, t)
	}
	return s
}

func (b *validationBuilder) provenance() section {
	r := b.r
	s := section{ID: "method", Title: "Method and provenance", Commands: r.Commands}
	t := table{ID: "t-forecasts", Caption: "When each forecast was written down, and when its run began", Head: heads("Combination", "<Forecast", "<Measured", "<Seed", "<Model")}
	const moment = "2 Jan 2006 15:04:05 UTC"
	for _, p := range r.Proofs {
		forecast, at := p.ForecastAt.UTC().Format(moment), figure.Unknown
		if p.MeasuredAt != nil {
			at = p.MeasuredAt.UTC().Format(moment)
		}
		if p.Late {
			forecast += ", after the run had begun"
		}
		t.Rows = append(t.Rows, []cell{text(p.Name), left(forecast), left(at), left(fmt.Sprint(p.Seed)), left(p.Hash[:min(12, len(p.Hash))])})
	}
	if len(t.Rows) > 0 {
		s.Tables = append(s.Tables, t)
	}
	w := table{ID: "t-provenance", Caption: "What these figures rest on", Head: heads("What", "<Value")}
	add := func(what, value string) {
		if value != "" {
			w.Rows = append(w.Rows, []cell{text(what), {Text: value, Left: true, Class: "prose"}})
		}
	}
	add("SHA-256 of the model", r.Model.Hash)
	add("The machine's own speed", prose.Wandering(r.Model))
	if m := r.Machine; m != nil {
		add("Machine", fmt.Sprintf("%s, %s, %s, kernel %s, %s", m.CPU, prose.MachineCores(*m), figure.Bytes(m.Memory), m.Kernel, m.OS))
	}
	add("Headroom", r.Tool)
	for _, name := range prose.Keys(r.Versions) {
		add(name, r.Versions[name])
	}
	if len(w.Rows) > 0 {
		s.Tables = append(s.Tables, w)
	}
	return s
}

var validationGlossary = []term{
	{"calibration", "The runs that the model was learned from, all on one topology."},
	{"capacity", "The highest multiple of a combination's load at which every objective still holds."},
	{"combination", "A topology and a load that the model had not seen: forecast first, measured afterwards."},
	{"coverage", "The share of measured figures that lie in the forecast's 90 % interval: 90 % would be right."},
	{"interval", "The range in brackets. Of a forecast it holds what one run shows in 90 of 100 cases; of a measurement, the true figure."},
	{"journey", "All steps of one process instance. Its time runs from the moment that the schedule says; an operator's from when the journey begins."},
	{"operators", "People of a closed population: each begins a journey when the one before has ended and a pause is over. How many they make depends on the system, which is why their throughput is scored. That of open arrivals is what was offered, and proves nothing."},
	{"p95", "95 of 100 journeys were at least as quick as this."},
	{"retry share", "The share of requests that lost at least one try to a conflict. That of confirms of sales orders is scored."},
	{"scored", "Forecast before it was measured, with journeys enough, hardly any of which failed; shares of retries with retried requests enough, measured or forecast; capacities with journeys enough in the runs at both ends. Everything else is shown and counts for nothing."},
}
