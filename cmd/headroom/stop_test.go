package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/profiles"
	"github.com/headroom-erp/headroom/results"
)

// overloaded writes a plan whose topology "tiny" is far too small for it, with
// stop rules.
func overloaded(t *testing.T, rules ...headroom.StopRule) string {
	t.Helper()
	plan, err := loadPlan("pilot")
	if err != nil {
		t.Fatal(err)
	}
	plan.Stop = rules
	plan.Topologies = append(plan.Topologies, headroom.Topology{
		Name: "tiny", Web: headroom.Web{Workers: 1, Cores: 0.3}, Database: headroom.Database{Cores: 0.3}})
	path := filepath.Join(t.TempDir(), "plan.yaml")
	if err := os.WriteFile(path, profiles.Marshal(plan), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestStopRules ends runs of a target that is overloaded.
func TestStopRules(t *testing.T) {
	for name, c := range map[string]struct {
		rule headroom.StopRule
		want []string
	}{
		"backlog":  {headroom.StopRule{Measure: headroom.MeasureBacklog, AtMost: 15, Over: 5}, []string{"backlog of all processes was ", " journeys, and beyond 15 journeys for "}},
		"response": {headroom.StopRule{Measure: headroom.MeasureResponse, Process: "scan", Percentile: 90, AtMost: 0.5, Over: 5}, []string{"p90 of scan was ", ", and beyond 500 ms for "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			workspace := filepath.Join(t.TempDir(), "w")
			// The first rule is far away, and does not hide the second.
			plan := overloaded(t, headroom.StopRule{Measure: headroom.MeasureErrorShare, AtMost: 0.9}, c.rule)
			cmd := exec.Command(binary, "run", plan, "--target", "erp", "--topology", "tiny", "--date", "2026-11-20",
				"--peak", "dispatch_cutoff", "--for", "60s", "--lead-in", "1s", "--workspace", workspace, "--json")
			var out, said bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &said
			began := time.Now()
			_ = cmd.Run() // its code is looked at
			if code := cmd.ProcessState.ExitCode(); code != headroom.ExitNotMeasured {
				t.Errorf("exit code %d, want %d", code, headroom.ExitNotMeasured)
			}
			if took := time.Since(began); took > 55*time.Second {
				t.Errorf("the run took %v: it was not ended early", took)
			}
			sentence := plainSpaces(said.String()[strings.LastIndex(said.String(), "headroom: "):])
			for _, want := range append(c.want, "the plan's stop rule ended the run at ", "what was measured until then is kept in "+workspace) {
				if !strings.Contains(sentence, want) {
					t.Errorf("the message lacks %q:\n%s", want, said.String())
				}
			}
			var shown headroom.RunReport
			if err := json.Unmarshal(out.Bytes(), &shown); err != nil || shown.Complete {
				t.Errorf("standard output is not one document of the run until then: %v\n%s", err, out.String())
			}
			run, err := results.Open(filepath.Join(workspace, "runs", "tiny"))
			if err != nil {
				t.Fatal(err)
			}
			defer run.Close()
			if info := run.Info(); info.Complete || !strings.Contains(plainSpaces(info.Reason), c.want[0]) || strings.Contains(info.Reason, workspace) {
				t.Errorf("complete=%v, reason %q", info.Complete, info.Reason)
			}
		})
	}
}

// plainSpaces reads a figure and its unit as people do.
func plainSpaces(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }
