package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/design"
)

const proofPlan = `
headroom: 1
name: proof
sites:
  - {name: hub, time_zone: Europe/Berlin, database: hub, users: 8}
catalogue: {products: 60, popularity: 0.8, opening_stock: 100000, partners: 10, open_orders: 60}
processes:
  - {name: order_entry, scenario: order_entry, per_hour: 3600, lines: {mean: 2.5, max: 8}}
  - name: pick
    scenario: pick
    think_time: 1
    shifts: [{days: [mon, tue, wed, thu, fri, sat, sun], from: "00:00", to: "24:00", operators: 2}]
  - {name: scan, scenario: scan, per_hour: 7200}
topologies:
  - {name: two, web: {workers: 2, cores: 2}, database: {cores: 1}}
objectives:
  - {process: scan, percentile: 95, within: 5}
`

const proofCombinations = `
headroom: 1
defaults: {workers: 2, app_cores: 2, database_cores: 1, seconds: 12, lead_in: 3}
combinations:
  - {name: c1, role: calibrate, per_hour: {order_entry: 1800, scan: 10800}, operators: {pick: 1}}
  - {name: c2, role: calibrate, per_hour: {order_entry: 3600, scan: 14400}, operators: {pick: 2}, seed: 2}
  - {name: p1, workers: 4, per_hour: {order_entry: 2400, scan: 10800}, operators: {pick: 2}, seed: 3}
`

// inFolder writes files and returns where they are.
func inFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// program runs the program in a folder and returns what it printed. A missed
// target or objective is no failure: the runs are short. Nor is that nothing is
// scored where the machine is busy with other work, such as other tests.
func program(t *testing.T, dir string, args ...string) (stdout, stderr string) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	busy := cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == headroom.ExitNotMeasured && strings.Contains(errs.String(), "nothing that was measured can be scored")
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() > headroom.ExitMissed && !busy {
		t.Fatalf("headroom %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String(), errs.String()
}

// The whole chain on the stand-in: learned, forecast, measured, compared; and
// gone on with, where nothing is left to run.
func TestValidate(t *testing.T) {
	dir := inFolder(t, map[string]string{"plan.yaml": proofPlan, "combinations.yaml": proofCombinations})
	args := []string{"validate", "plan.yaml", "--combinations", "combinations.yaml", "--target", "erp", "--workspace", "w", "--journeys", "15", "--json"}
	out, _ := program(t, dir, args...)
	var v headroom.Validation
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("standard output is not one JSON document: %v", err)
	}
	checkValidation(t, v)
	for _, name := range []string{validationPage, validationText, validationJSON, modelFile, forecastName("p1"), "runs/c1/run.json", "runs/p1/run.json"} {
		if _, err := os.Stat(filepath.Join(dir, "w", name)); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "w", "private")); !os.IsNotExist(err) {
		t.Errorf("the folder of secrets is left behind: %v", err)
	}
	out, stderr := program(t, dir, args...)
	var again headroom.Validation
	if err := json.Unmarshal([]byte(out), &again); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(stderr, "replaying") || !strings.Contains(stderr, "kept") {
		t.Errorf("it was not gone on with:\n%s", stderr)
	}
	if before, now := v.Proofs[0], again.Proofs[0]; !reflect.DeepEqual(now, before) {
		t.Errorf("the same validation says %+v, and then %+v", before, now)
	}
	checkAgain(t, dir, args)
	// What was forecast and run must not be taken for something else.
	changed := strings.Replace(proofCombinations, "seed: 3", "seed: 4", 1)
	if err := os.WriteFile(filepath.Join(dir, "combinations.yaml"), []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, more := range []string{"--measure-only", "--json"} {
		cmd := exec.Command(binary, append(args[:len(args):len(args)], more)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != headroom.ExitBadInput || !strings.Contains(string(out), "p1") {
			t.Errorf("another seed of p1, %s: %v\n%s", more, err, out)
		}
	}
}

func TestAWorkspaceIsGoneOnWith(t *testing.T) {
	for want, names := range map[bool][][]string{true: {{"runs"}, {"logs"}, {"logs", "private"}, {"model.json", "runs"}}, false: {{}, {"logs", "notes.txt"}, {"src"}}} {
		for _, list := range names {
			dir := t.TempDir()
			for _, name := range list {
				if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if begun(dir) != want {
				t.Errorf("a folder with %v: begun is %v", list, !want)
			}
		}
	}
	if begun(filepath.Join(t.TempDir(), "none")) {
		t.Error("a folder that there is not was begun")
	}
}

// Narrow enough is what is known to be; what nobody knows is not, and what is
// nothing, or hardly anything, need not be.
func TestNarrowEnough(t *testing.T) {
	dir := inFolder(t, map[string]string{"plan.yaml": proofPlan})
	plan, err := loadPlan(filepath.Join(dir, "plan.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := newCalibration(&workshop{plan: plan}, plan.Topologies[0], 10, 0.1, 60)
	if err != nil {
		t.Fatal(err)
	}
	c.measured = []design.Phase{{Overlap: 0.1}, {Overlap: 0.3}}
	about := func(v, share float64) headroom.Estimate {
		return headroom.Estimate{Value: v, Low: v * (1 - share), High: v * (1 + share), Level: headroom.Level, N: 100, Identified: true}
	}
	for what, k := range map[string]struct {
		scan map[string]headroom.Estimate
		want bool
		word string
	}{
		"all narrow":        {map[string]headroom.Estimate{"app": about(0.02, 0.05), "database": about(0.01, 0.05)}, true, "order_entry at app, ±8 %"},
		"one wide":          {map[string]headroom.Estimate{"app": about(0.02, 0.5), "database": about(0.01, 0.05)}, false, "scan at app, ±50 %"},
		"a station unknown": {map[string]headroom.Estimate{"app": about(0.02, 0.05)}, false, "scan at database, of which nothing is known yet"},
		"no demand":         {map[string]headroom.Estimate{"app": about(0.02, 0.05), "database": {N: 100}}, true, "order_entry at app, ±8 %"},
		"hardly any":        {map[string]headroom.Estimate{"app": about(0.02, 0.05), "database": {N: 100, High: 1e-6}}, true, "order_entry at app, ±8 %"},
		"who knows":         {map[string]headroom.Estimate{"app": about(0.02, 0.05), "database": {N: 100, High: 0.02}}, false, "scan at database, of which nothing is known yet"},
	} {
		m := headroom.Model{}
		for name, d := range map[string]map[string]headroom.Estimate{"order_entry": {"app": about(0.2, 0.08), "database": about(0.1, 0.07)}, "pick": {"app": about(0.2, 0.05), "database": about(0.1, 0.05)}, "scan": k.scan} {
			m.Classes = append(m.Classes, headroom.ClassModel{Name: name + ".step", Demand: d})
			m.Journeys = append(m.Journeys, headroom.JourneyModel{Process: name, Steps: []string{name + ".step"}, Visits: []float64{1}})
		}
		if word, narrow := c.narrow(m); narrow != k.want || word != k.word {
			t.Errorf("%s: narrow %v, widest %q, want %v, %q", what, narrow, word, k.want, k.word)
		}
		if _, err := json.Marshal(c.result(&m)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		var shown bytes.Buffer
		c.shop.std.out = &shown
		if err := c.show(false, &m); err != nil || strings.Contains(shown.String(), "Inf") || strings.Contains(shown.String(), "0000000") {
			t.Errorf("%s: %v\n%s", what, err, shown.String())
		}
	}
}

// checkAgain forecasts anew what was measured: it is shown, and not scored.
func checkAgain(t *testing.T, dir string, args []string) {
	t.Helper()
	out, stderr := program(t, dir, append(args[:len(args):len(args)], "--again")...)
	var v headroom.Validation
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatal(err)
	}
	p := v.Proofs[0]
	if strings.Contains(stderr, "replaying") || !p.Late || len(p.Figures) == 0 {
		t.Errorf("late is %v, %d figures\n%s", p.Late, len(p.Figures), stderr)
	}
	for _, g := range p.Figures {
		if g.Scored || g.Why == "" {
			t.Errorf("%s %s was forecast when it had been measured, and is scored: %+v", g.Process, g.What, g)
		}
	}
	for _, s := range v.Scores {
		if s.N != 0 {
			t.Errorf("a score of late forecasts: %+v", s)
		}
	}
	if p.Invalid == "" && len(v.Fit) != len(v.Scores) {
		t.Errorf("the fit is not summed: %+v", v.Fit)
	}
}

func checkValidation(t *testing.T, v headroom.Validation) {
	if len(v.Calibration) != 2 || len(v.Proofs) != 1 || len(v.Scores) != 6 || v.Model.Hash == "" {
		t.Fatalf("%d runs to learn from, %d proofs, %d scores", len(v.Calibration), len(v.Proofs), len(v.Scores))
	}
	p := v.Proofs[0]
	if p.MeasuredAt == nil || p.Late || !p.ForecastAt.Before(*p.MeasuredAt) || p.Hash != v.Model.Hash {
		t.Errorf("forecast at %v by %s, measured at %v", p.ForecastAt, p.Hash, p.MeasuredAt)
	}
	if p.OfCapacity == nil || !(*p.OfCapacity > 0) {
		t.Errorf("what its load is of the capacity is not known: %q", p.Warnings)
	}
	seen := map[string]bool{}
	for _, g := range p.Figures {
		seen[g.Process+" "+g.What] = true
		if !(g.Measured.Value > 0) && g.What != headroom.ProofRetries || !(g.Forecast.Low <= g.Forecast.Value && g.Forecast.Value <= g.Forecast.High) {
			t.Errorf("%s %s: forecast %+v, measured %+v", g.Process, g.What, g.Forecast, g.Measured)
		}
		// Short runs on a busy machine: what is off by a factor of 3 is a mistake.
		if g.What == headroom.ProofMean && g.Process == "scan" && (g.Error < -0.7 || g.Error > 2) {
			t.Errorf("the mean of %s is off by %+.0f %%", g.Process, 100*g.Error)
		}
	}
	for _, want := range []string{"scan mean", "scan p95", "order_entry mean", "pick mean", "pick throughput"} {
		if !seen[want] {
			t.Errorf("%s was not compared: %v", want, p.Warnings)
		}
	}
}

// A designed experiment on the stand-in ends when its time is over, and leaves a
// model.
func TestCalibrate(t *testing.T) {
	dir := inFolder(t, map[string]string{"plan.yaml": proofPlan})
	out, stderr := program(t, dir, "calibrate", "plan.yaml", "--target", "erp", "--topology", "two", "--minutes", "1.4", "--phase", "10s", "--workspace", "w", "--out", "m.json", "--json")
	var r calibrationResult
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("standard output is not one JSON document: %v", err)
	}
	if len(r.Phases) != 2 || r.Model == nil || r.Narrow == nil || r.Minutes > 1.4 || len(r.Demands) != 6 {
		t.Fatalf("%d phases in %.1f minutes, %d demands", len(r.Phases), r.Minutes, len(r.Demands))
	}
	for _, d := range r.Demands {
		if d.Process == "scan" && (d.Demand.Value < 0.001 || d.Demand.Value > 0.1 || d.Relative == nil || *d.Relative > 1) {
			t.Errorf("%s at %s: %+v", d.Process, d.Station, d.Demand)
		}
	}
	if !strings.Contains(stderr, "expected after all of them, as half of the 90 % intervals: order_entry at app ±") || !strings.Contains(stderr, "up to 2 phases in 1 minutes") {
		t.Errorf("what is to be expected was not said first:\n%s", stderr)
	}
	a, err := os.ReadFile(filepath.Join(dir, "m.json"))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "w", modelFile)); err != nil || !bytes.Equal(a, b) {
		t.Errorf("the model was written twice, and differs: %v", err)
	}
}
