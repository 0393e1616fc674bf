package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/headroom-erp/headroom"
)

const tinyPlan = `headroom: 1
name: tiny
sites: [{name: hub, time_zone: UTC, database: hub, users: 4}]
catalogue: {products: 50, popularity: 0.5, opening_stock: 10000, partners: 10}
processes: [{name: scan, scenario: scan, per_hour: 36000}]
topologies:
  - name: one
    web: {workers: 2, cores: 0.3}
    database: {cores: 0.3}
objectives: [{process: scan, percentile: 95, within: 0.4}]
`

// tinyModel believes that a scan costs a sixth of what it does.
const tinyModel = `{"headroom": 1, "plan": "tiny", "runs": ["a"], "topologies": ["one"],
 "classes": [{"name": "scan.lookup", "pooled": true, "count": 1000, "scv": {"app": 0.5, "database": 0.5}, "database_calls": 5, "overhead": 0.003,
   "demand": {"app": {"value": 0.002, "low": 0.002, "high": 0.002, "level": 0.9, "n": 1000, "method": "made up", "identified": true},
              "database": {"value": 0.001, "low": 0.001, "high": 0.001, "level": 0.9, "n": 1000, "method": "made up", "identified": true}},
   "delay": {"value": 0, "low": 0, "high": 0, "level": 0.9, "n": 1000, "method": "made up", "identified": true}}],
 "journeys": [{"process": "scan", "steps": ["scan.lookup"], "visits": [1]}], "background": {}, "measured_utilization": {"app": 0.9}}`

// TestCapacityOnASystem searches a capacity of which the model promises far too
// much: the first run is broken off, and the answer lies far below.
func TestCapacityOnASystem(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{"plan.yaml": tinyPlan, "model.json": tinyModel} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(binary, "capacity", "plan.yaml", "--model", "model.json", "--topology", "one", "--target", "erp", "--from", "2026-11-20 10:00", "--for", "24s",
		"--lead-in", "2s", "--runs", "3", "--replications", "2", "--workspace", "w", "--json")
	var out, said bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, &out, &said
	_ = cmd.Run() // its code is looked at
	if code := cmd.ProcessState.ExitCode(); code != headroom.ExitMet && code != headroom.ExitMissed {
		t.Fatalf("exit code %d\n%s", code, &said)
	}
	var r headroom.CapacityReport
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	if r.Model == nil || r.Check == nil || r.Model.Value < 5 {
		t.Fatalf("%+v", r)
	}
	first := r.Check.Probes[0]
	if first.Met || !first.Early || first.Seconds != 24 {
		t.Errorf("the first run: %+v", first)
	}
	if m := r.Check.Measured; !(m.Value > 0 && m.Value < 0.8*r.Model.Value) || len(r.Check.Probes) > 3 || r.Check.Error < 0.2 {
		t.Errorf("measured %+v, error %g in %d runs", m, r.Check.Error, len(r.Check.Probes))
	}
	for _, p := range r.Check.Probes {
		if _, err := os.Stat(p.Folder); err != nil {
			t.Error(err) // every run is kept
		}
	}
}
