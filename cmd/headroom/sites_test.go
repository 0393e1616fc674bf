package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
)

// TestTwoSites runs one plan of two sites on a stack that they share, and on
// two stacks of their own.
func TestTwoSites(t *testing.T) {
	for _, topology := range []string{"shared", "dedicated"} {
		t.Run(topology, func(t *testing.T) { runTwoSites(t, "erp", topology, "8s") })
	}
}

// runTwoSites holds what the client was answered at each site against what SQL
// counts in that site's database.
func runTwoSites(t *testing.T, target, topology, length string) {
	t.Helper()
	workspace := filepath.Join(t.TempDir(), "w")
	cmd := exec.Command(binary, "run", "testdata/two-sites.yaml", "--target", target, "--topology", topology,
		"--from", "2026-11-20 10:00", "--for", length, "--lead-in", "2s", "--workspace", workspace)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = os.Stdout, &said
	// A generator that had to wait for the machine spoils times, not counts.
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != headroom.ExitNotMeasured {
		t.Fatalf("headroom run: %v\n%s", err, said.String())
	}
	run, err := results.Open(filepath.Join(workspace, "runs", topology))
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	if info := run.Info(); !info.Complete {
		t.Fatalf("the run is incomplete: %s\n%s", info.Reason, said.String())
	}
	shipped := map[string]float64{}
	for r, err := range run.Requests() {
		if err != nil {
			t.Fatal(err)
		}
		if r.Process == "order" && r.Step == "ship" && r.Outcome == headroom.OK {
			shipped[r.Site]++
		}
	}
	counted := grownAt(t, run)
	for _, site := range []string{"north", "south"} {
		if n := counted[site]["deliveries_done"]; shipped[site] == 0 || n != shipped[site] {
			t.Errorf("%s: the client has %g answers, its database counts %g deliveries", site, shipped[site], n)
		}
	}
	stacks := map[string]bool{}
	for s, err := range run.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		if stack, role, ok := strings.Cut(s.Subject, "/"); ok && s.Probe == "process" && role == "web" {
			stacks[stack] = true
		}
	}
	if want := map[string]int{"shared": 0, "dedicated": 2}[strings.TrimPrefix(topology, "odoo-")]; len(stacks) != want {
		t.Errorf("web workers of stacks %v were observed, want %d stacks with names", stacks, want)
	}
}

// grownAt is how much each business count grew during the run, by database.
func grownAt(t *testing.T, run *results.Reader) map[string]map[string]float64 {
	t.Helper()
	first, last := map[string]map[string]float64{}, map[string]map[string]float64{}
	for s, err := range run.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		if s.Probe != "business" {
			continue
		}
		if first[s.Subject] == nil {
			first[s.Subject], last[s.Subject] = map[string]float64{}, map[string]float64{}
		}
		if _, seen := first[s.Subject][s.Metric]; !seen {
			first[s.Subject][s.Metric] = s.Value
		}
		last[s.Subject][s.Metric] = s.Value
	}
	for db := range last {
		for k := range last[db] {
			last[db][k] -= first[db][k]
		}
	}
	return last
}

// answered counts the client's successful requests by class.
func answered(t *testing.T, run *results.Reader) map[string]float64 {
	t.Helper()
	n := map[string]float64{}
	for r, err := range run.Requests() {
		if err != nil {
			t.Fatal(err)
		}
		if r.Outcome == headroom.OK {
			n[r.Process+"."+r.Step]++
		}
	}
	return n
}
