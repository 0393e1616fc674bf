package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/models/sizing"
	"github.com/headroom-erp/headroom/reports/html"
	"github.com/headroom-erp/headroom/reports/text"
)

// conclude learns from the runs, forecasts, recommends, and reports.
func (d *demo) conclude(ctx context.Context, folders []string) error {
	consider := append(append([]string(nil), d.block.Run...), d.block.Forecast)
	a, err := analyse.Analyse(analyse.Input{
		Plan: d.plan, Folders: folders, Unseen: []string{d.block.Forecast}, Consider: consider,
		Provider: d.load, Seed: d.o.seed, Say: d.say,
	})
	if err != nil {
		return err
	}
	if d.target == ground.External {
		a.Warnings = append(a.Warnings, fmt.Sprintf("the external target was run once, as topology %s: whether it has those workers and cores is for its owner to say; and its database keeps what the run wrote", d.block.Run[0]))
	}
	report := d.report(a)
	if err := d.writeReport(report); err != nil {
		return err
	}
	if d.o.verify {
		if err := d.verify(ctx, a, &report); err != nil {
			return err
		}
		if err := d.writeReport(report); err != nil {
			return err
		}
	}
	if err := d.show(report); err != nil {
		return err
	}
	if !a.Recommendation.Met {
		return fmt.Errorf("no candidate holds every objective: %w", headroom.ErrMissed)
	}
	return nil
}

// load is the schedule at a scale of the demo's load, for the models.
func (d *demo) load(scale float64) (sizing.Load, error) {
	s, err := d.schedule(scale)
	if err != nil {
		return sizing.Load{}, err
	}
	return sizing.Collect(s)
}

func (d *demo) report(a analyse.Analysis) headroom.Report {
	versions := engineVersions()
	for name, v := range a.Versions {
		versions[name] = v
	}
	command := fmt.Sprintf("headroom demo --target %s --plan %s --seed %d", d.o.target, d.o.plan, d.o.seed)
	if d.o.seconds > 0 {
		command += fmt.Sprintf(" --seconds %g", d.o.seconds)
	}
	return headroom.Report{
		Title: "Headroom: " + d.plan.Name, Generated: time.Now().UTC().Truncate(time.Second), Tool: toolVersion(),
		Plan: d.plan, Schedule: a.Header, Target: a.Target, Versions: versions,
		Runs: a.Runs, Model: &a.Model, Comparisons: a.Comparisons, Forecasts: a.Forecasts,
		Recommendation: &a.Recommendation, Warnings: a.Warnings, Commands: []string{command},
	}
}

// writeReport writes the page, the same as JSON, and the model.
func (d *demo) writeReport(r headroom.Report) error {
	asJSON := func(v any) func(io.Writer) error {
		return func(w io.Writer) error {
			enc := json.NewEncoder(w)
			enc.SetIndent("", "  ")
			return enc.Encode(v)
		}
	}
	if _, err := d.writeFile("model.json", asJSON(r.Model)); err != nil {
		return err
	}
	if _, err := d.writeFile("report.json", asJSON(r)); err != nil {
		return err
	}
	_, err := d.writeFile(reportPage, func(w io.Writer) error { return html.Render(w, r) })
	return err
}

const reportPage = "report.html"

func (d *demo) show(r headroom.Report) error {
	if d.o.json {
		return writeJSON(d.std.out, r)
	}
	if err := text.Summary(d.std.out, r, d.path(reportPage)); err != nil {
		return err
	}
	for _, run := range r.Runs {
		fmt.Fprintf(d.std.out, "Run:    headroom show %s\n", run.Folder)
	}
	return nil
}
