package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/campaign"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/prove"
	"github.com/headroom-erp/headroom/models/demand"
	"github.com/headroom-erp/headroom/reports/html"
	"github.com/headroom-erp/headroom/reports/markdown"
	"github.com/headroom-erp/headroom/reports/text"
	"github.com/headroom-erp/headroom/results"
)

// Files of a validation's workspace.
const (
	validationPage = "validation.html"
	validationText = "validation.md"
	validationJSON = "validation.json"
)

// prove measures what was forecast, and reports. What was measured until an
// error or an interruption is reported too.
func (v *validation) prove(ctx context.Context) error {
	cause := v.measureProofs(ctx)
	report, err := v.assemble()
	if err != nil {
		return first(cause, err)
	}
	if err := v.write(report); err != nil {
		return first(cause, err)
	}
	if cause != nil {
		return cause
	}
	if err := v.show(report); err != nil {
		return err
	}
	return verdict(report)
}

// verdict is a miss where a score is beyond its target; where nothing could be
// scored, nothing was shown.
func verdict(r headroom.Validation) error {
	judged := false
	for _, s := range r.Scores {
		if s.Met != nil && !*s.Met {
			return fmt.Errorf("%s is beyond its target: %w", s.What, headroom.ErrMissed)
		}
		judged = judged || s.Met != nil
	}
	if !judged {
		return &headroom.MeasureError{What: "nothing that was measured can be scored", Do: "see why beside each combination"}
	}
	return nil
}

// first is the first of two errors.
func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// measureProofs measures every proof, and then searches the capacities: those
// take longest, and the page is worth reading without them.
func (v *validation) measureProofs(ctx context.Context) error {
	if err := v.measure(ctx, v.book.Proofs); err != nil {
		return err
	}
	v.capacities = map[string]*headroom.CapacityCheck{}
	for _, k := range v.book.Proofs {
		if k.CapacitySeconds > 0 {
			check, err := v.searchCapacity(ctx, k, true)
			if err != nil {
				return err
			}
			v.capacities[k.Name] = check
		}
	}
	return nil
}

func (v *validation) write(r headroom.Validation) error {
	for name, write := range map[string]func(io.Writer) error{
		validationJSON: indented(r),
		validationPage: func(w io.Writer) error { return html.Validation(w, r) },
		validationText: func(w io.Writer) error { return markdown.Validation(w, r) },
	} {
		if _, err := v.writeFile(name, write); err != nil {
			return err
		}
	}
	return nil
}

func (v *validation) show(r headroom.Validation) error {
	if v.o.json {
		return writeJSON(v.std.out, r)
	}
	return text.Validation(v.std.out, r, v.path(validationPage))
}

// assemble puts what was forecast and measured so far together.
func (v *validation) assemble() (headroom.Validation, error) {
	r := headroom.Validation{
		Headroom: 1, Title: "How wrong is the model: " + v.plan.Name, Generated: time.Now().UTC().Truncate(time.Second), Tool: toolVersion(),
		Plan: v.plan.Name, Target: v.target, Commands: v.commands(),
		Model: headroom.ValidatedModel{Hash: v.hash, Speed: v.model.Speed, Elasticity: v.model.Elasticity, Drift: v.model.Drift, Warnings: v.model.Warnings},
	}
	for _, name := range v.model.Runs {
		run, err := v.calibrationRun(name, &r)
		if err != nil {
			return r, err
		}
		r.Calibration = append(r.Calibration, run)
	}
	for _, k := range v.book.Proofs {
		p, err := v.proof(k)
		if err != nil {
			return r, fmt.Errorf("combination %s: %w", k.Name, err)
		}
		r.Proofs = append(r.Proofs, p)
	}
	r.Scores, r.Fit, r.Failures = prove.Score(r.Proofs), prove.Fit(r.Proofs), prove.Failures(r.Proofs)
	late := 0
	for _, p := range r.Proofs {
		if p.Late {
			late++
		}
	}
	if late > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d of %d forecasts were made when their runs had been measured: they show how well the model fits what was known, and are not scored", late, len(r.Proofs)))
	}
	if v.target == "erp" {
		r.Warnings = append(r.Warnings, "the stand-in ERP was measured, not Odoo: this shows that the method works, and says nothing of Odoo")
	}
	return r, nil
}

func (v *validation) commands() []string {
	line := fmt.Sprintf("headroom validate %s --combinations %s --target %s --seed %d", filepath.Base(v.o.plan), filepath.Base(v.o.combinations), v.target, v.o.seed)
	if v.o.least != prove.LeastJourneys {
		line += fmt.Sprintf(" --journeys %d", v.o.least)
	}
	return []string{line}
}

// opened calls f with a bundle.
func opened(folder string, f func(*results.Reader) error) error {
	r, err := results.Open(folder)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // only read from
	return f(r)
}

// calibrationRun tells of a run that was learned from; the first says what the
// machine is.
func (v *validation) calibrationRun(name string, to *headroom.Validation) (headroom.CalibrationRun, error) {
	out := headroom.CalibrationRun{Name: name}
	err := opened(v.campaign.Folder(name), func(run *results.Reader) (err error) {
		info := run.Info()
		out.Started, out.Topology, out.Seconds, out.Load = info.Started, info.Topology, info.Schedule.Window, campaign.Offered(info.Plan)
		if to.Machine == nil {
			to.Machine, to.Versions = info.Machine, info.Versions
		}
		if out.Speed, err = prove.Speed(run); err != nil {
			return err
		}
		if out.Others, err = prove.Others(run); err != nil {
			return err
		}
		report, err := analyse.RunReport(run, run.Dir())
		if err != nil {
			return err
		}
		d, err := disturbanceOf(run, report)
		if what := d.why(v.target); what != "" {
			to.Warnings = append(to.Warnings, fmt.Sprintf("%s while %s was measured, of which the model was learned", what, name))
		}
		out.Utilization = report.Utilization
		return err
	})
	return out, err
}

// proof is a combination's forecast beside its measurement, as far as there is
// one.
func (v *validation) proof(k campaign.Combination) (headroom.Proof, error) {
	p := headroom.Proof{Name: k.Name, Topology: k.Topology, Load: k.Load(v.plan), Popularity: k.Popularity, Seconds: k.Seconds, Seed: k.Seed}
	w, err := v.written(k)
	if err != nil {
		return p, err
	}
	p.ForecastAt, p.Hash, p.Warnings = w.MadeAt, w.Model, slices.Clone(w.Forecast.Warnings)
	v.ofCapacity(&p, k, w)
	done, err := v.campaign.Done(k, 1)
	if err != nil || !done {
		return p, err
	}
	err = opened(v.campaign.Folder(k.Name), func(run *results.Reader) error { return v.beside(&p, k, w, run) })
	if err != nil || k.CapacitySeconds == 0 {
		return p, err
	}
	check, searched := v.capacities[k.Name]
	if !searched {
		check, err = v.searchCapacity(context.Background(), k, false)
	}
	if p.Capacity = check; err != nil || check == nil {
		return p, err
	}
	p.CapacityWhy, err = v.capacityWhy(p, k)
	return p, err
}

// beside puts the measurement beside the forecast.
func (v *validation) beside(p *headroom.Proof, k campaign.Combination, w writtenForecast, run *results.Reader) error {
	started := run.Info().Started
	p.MeasuredAt, p.Late = &started, started.Before(w.MadeAt)
	measured, err := prove.Measure(run)
	if err != nil {
		return err
	}
	report, err := analyse.RunReport(run, run.Dir())
	if err != nil {
		return err
	}
	if !report.Valid && report.Generator != nil {
		p.Invalid = "the load generator was the bottleneck: " + strings.Join(report.Generator.Reasons, "; ")
	}
	p.Others = measured.Others
	d, err := disturbanceOf(run, report)
	if err != nil {
		return err
	}
	if what := d.why(v.target); what != "" && p.Invalid == "" {
		p.Invalid = fmt.Sprintf("%s; remove %s and run again when it is quiet", what, filepath.Join("runs", k.Name))
	}
	p.Utilization = map[string]headroom.ProofComparison{}
	for station, u := range report.Utilization {
		if f, ok := w.Forecast.Utilization[station]; ok {
			p.Utilization[station] = headroom.ProofComparison{Forecast: f.Value, Measured: u}
		}
	}
	var atSpeed *headroom.Forecast
	if w.Model != v.hash {
		p.Warnings = append(p.Warnings, "its forecast was made by another model than the one that is here now")
	}
	p.Speed = measured.Speed
	speed, known, err := demand.SpeedOf(run, v.model)
	if err != nil {
		return err
	}
	if known && w.Model == v.hash {
		f, err := v.simulate(k, speed, w.Forecast.PoolBusy.N)
		if err != nil {
			return err
		}
		p.SpeedRatio, atSpeed = &speed.Ratio, &f
	}
	for _, name := range prove.Unforecast(w.Forecast, measured) {
		p.Warnings = append(p.Warnings, name+" was measured, and is not forecast")
	}
	p.Figures = prove.Figures(w.Forecast, atSpeed, measured,
		prove.Rules{Least: v.o.least, Operators: k.Operators, Confirms: prove.Confirms(v.plan), Late: p.Late})
	if p.Invalid != "" {
		prove.Void(p.Figures, "its run is not valid")
	}
	return nil
}
