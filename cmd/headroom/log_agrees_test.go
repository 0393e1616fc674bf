package main

import (
	"math"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
)

// stepCount is the requests of one step, as the client and as the log has them.
type stepCount struct{ client, found, queried int }

// logAgrees holds the request log of a run against what the client saw: the
// counts in all and by step, the queries, and the sleeps between tries.
func logAgrees(t *testing.T, run *results.Reader) {
	t.Helper()
	steps := map[string]*stepCount{}
	conflicts, retried := 0, 0
	joined, counts := results.Join(run)
	for j, err := range joined {
		if err != nil {
			t.Fatal(err)
		}
		if j.Protocol == "sql" {
			continue
		}
		name := j.Process + "." + j.Step
		if steps[name] == nil {
			steps[name] = &stepCount{}
		}
		s := steps[name]
		s.client++
		if j.Server == nil {
			continue
		}
		s.found++
		if j.Server.Queries > 0 && j.Server.SQL > 0 {
			s.queried++
		}
		conflicts += j.Server.Tries - 1
		if j.Server.Tries > 1 {
			retried++
			sleepIsInside(t, j)
		}
	}
	client, ours := counts.Found+counts.Missing, counts.Server-counts.Foreign
	t.Logf("the client has %d requests, the log %d of ours (and %d of others); %d found, %d lost tries of %d requests", client, ours, counts.Foreign, counts.Found, conflicts, retried)
	if client == 0 || math.Abs(float64(ours-client)) > 0.01*float64(client) {
		t.Errorf("the log has %d requests of ours, the client %d", ours, client)
	}
	if share := counts.FoundShare(); share == nil || *share < 0.99 {
		t.Errorf("of %d requests %d were found in the log", client, counts.Found)
	}
	for name, s := range steps {
		if float64(s.client-s.found) > 0.01*float64(s.client) {
			t.Errorf("%s: the client has %d requests, the log %d", name, s.client, s.found)
		}
		if float64(s.found-s.queried) > 0.01*float64(s.found) {
			t.Errorf("%s: of %d requests %d had queries", name, s.found, s.queried)
		}
	}
	logCounts(t, run, conflicts)
}

// sleepIsInside: what a worker slept is part of what the log has outside of
// SQL, and of what the client waited; the log rounds to a millisecond.
func sleepIsInside(t *testing.T, j results.Joined) {
	t.Helper()
	const rounding = 0.002
	s := j.Server
	if s.Sleep <= 0 || s.Other-s.Sleep < -rounding || j.End-j.Start < s.Sleep+s.SQL-rounding {
		t.Errorf("%s.%s a%d.%d: %d tries, slept %g s of %g s outside of SQL; the client waited %g s", j.Process, j.Step, j.Arrival, j.N, s.Tries, s.Sleep, s.Other, j.End-j.Start)
	}
}

// logCounts reads what the probe counted beside the requests.
func logCounts(t *testing.T, run *results.Reader, conflicts int) {
	t.Helper()
	last := map[string]float64{}
	for s, err := range run.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		if s.Probe == "odoo_log" {
			last[s.Metric] = s.Value
		}
	}
	if last["lines"] < last["requests"] || last["requests"] == 0 || last["conflicts_shown"] != 1 {
		t.Errorf("the log's counters: %v", last)
	}
	// Of a request of somebody else's, or of one that was cut off, nobody else knows.
	if counted := int(last["conflicts"] - last["exhausted"]); counted < conflicts {
		t.Errorf("%d lost tries were counted, requests have %d", counted, conflicts)
	}
	for g, err := range run.Gaps() {
		if err != nil {
			t.Fatal(err)
		}
		if g.Probe == "odoo_log" || g.Probe == "cgroup" {
			t.Errorf("a gap of %s at %g s: %s", g.Probe, g.T, g.Reason)
		}
	}
}

// describes checks that a bundle says what it was measured on.
func describes(t *testing.T, info headroom.RunInfo, versions ...string) {
	t.Helper()
	for _, name := range append(versions, "headroom", "go", "k6", "kernel", "postgresql", "sqlite") {
		if info.Versions[name] == "" {
			t.Errorf("the version of %s is not known: %v", name, info.Versions)
		}
	}
	if m := info.Machine; m == nil || m.Cores < 1 || m.Memory < 1e8 || m.Kernel != info.Versions["kernel"] || !strings.Contains(m.OS, "/") {
		t.Errorf("the machine is %+v", m)
	}
	if _, ok := info.Modules["stock"]; !ok || len(info.Modules) < 5 {
		t.Errorf("the modules are %v", info.Modules)
	}
}
