package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/analyse"
	"github.com/headroom-erp/headroom/results"
)

// TestCutoff replays the end of a dispatch cutoff with everything at once on
// the stand-in.
func TestCutoff(t *testing.T) { runCutoff(t, "erp", "erp-8", "30s") }

// runCutoff holds what the client was answered against what SQL counts.
func runCutoff(t *testing.T, target, topology, length string) {
	t.Helper()
	workspace := filepath.Join(t.TempDir(), "w")
	cmd := exec.Command(binary, "run", "testdata/cutoff.yaml", "--target", target, "--topology", topology,
		"--date", "2026-11-20", "--peak", "dispatch_cutoff", "--for", length, "--lead-in", "5s", "--workspace", workspace)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = os.Stdout, &said
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != headroom.ExitMissed && cmd.ProcessState.ExitCode() != headroom.ExitNotMeasured {
		t.Fatalf("headroom run: %v\n%s", err, said.String())
	}
	t.Log(said.String())
	run, err := results.Open(filepath.Join(workspace, "runs", topology))
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	if info := run.Info(); !info.Complete {
		t.Fatalf("the run is incomplete: %s", info.Reason)
	}
	if !strings.Contains(said.String(), "confirmed sale orders") || !strings.Contains(said.String(), "shortened") {
		t.Error("what would run, and that it is shortened, was not said before")
	}
	countsAgree(t, run)
	logAgrees(t, run)
	describes(t, run.Info(), target)
	workIsPassedOn(t, run)
	carrierWasSlow(t, run)
}

func countsAgree(t *testing.T, run *results.Reader) {
	client, database := answered(t, run), grownAt(t, run)["hub"]
	for _, c := range []struct {
		counted string
		answers []string
	}{
		{"orders_confirmed", []string{"order.confirm", "edi.confirm"}},
		{"deliveries_done", []string{"ship.validate"}},
		{"labels", []string{"ship.validate"}},
		{"waves_done", []string{"wave.done"}},
		{"purchases_confirmed", []string{"purchase.confirm"}},
		{"receipts_done", []string{"receive.validate"}},
		{"putaways_done", []string{"putaway.validate"}},
	} {
		var want float64
		for _, a := range c.answers {
			want += client[a]
		}
		got, counted := database[c.counted]
		t.Logf("%s: %g answers, %g in the database", c.counted, want, got)
		if !counted || got != want || want == 0 {
			t.Errorf("%s: the client has %g answers, the database counts %g (counted: %t)", c.counted, want, got, counted)
		}
	}
	if client["pick.validate"] == 0 || database["picks_done"] < client["pick.validate"] {
		t.Errorf("picks: %g answers, %g in the database", client["pick.validate"], database["picks_done"])
	}
	for _, class := range []string{"scan.lookup", "portal.page", "webhook.post", "bi.stock_by_product", "invoice.post", "advice.find", "count.apply", "replenish.find", "cron.trigger"} {
		if client[class] == 0 {
			t.Errorf("nobody was answered at %s", class)
		}
	}
}

// workIsPassedOn follows documents from who released them to who did them.
func workIsPassedOn(t *testing.T, run *results.Reader) {
	r, err := analyse.RunReport(run, "")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(r.Documents, func(d headroom.DocumentReport) bool { return d.Kind == "delivery" })
	if i < 0 || r.Documents[i].Released == 0 || r.Documents[i].Older == 0 {
		t.Fatalf("deliveries released by orders, and done from the backlog: %+v", r.Documents)
	}
	if d := r.Documents[i]; d.Due == 0 || d.Attainment == nil {
		t.Errorf("no delivery was due at the cutoff: %+v", d)
	}
	kinds := map[headroom.Kind]int{}
	for j, err := range run.Journeys() {
		if err != nil {
			t.Fatal(err)
		}
		kinds[j.Kind]++
	}
	for _, k := range []headroom.Kind{headroom.Open, headroom.Batched, headroom.Scheduled, headroom.Closed} {
		if kinds[k] == 0 {
			t.Errorf("no journey is %s", k)
		}
	}
}

// carrierWasSlow looks for the event in the bundle, and for its effect in the
// ERP: the answer to a validation that asked the slow carrier takes longer.
func carrierWasSlow(t *testing.T, run *results.Reader) {
	var from, to float64
	for s, err := range run.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		if s.Probe == "event" && s.Subject == "carrier_slow" {
			if s.Value == 1 {
				from = s.T
			} else {
				to = s.T
			}
		}
	}
	if from <= 0 || to <= from {
		t.Fatalf("the event was not recorded: from %g to %g", from, to)
	}
	var during, otherwise []float64
	for r, err := range run.Requests() {
		if err != nil {
			t.Fatal(err)
		}
		if r.Process != "ship" || r.Step != "validate" || r.Outcome != headroom.OK {
			continue
		}
		if r.End >= from && r.Start < to { // it may have waited for a worker until then
			during = append(during, r.End-r.Start)
		} else {
			otherwise = append(otherwise, r.End-r.Start)
		}
	}
	if len(during) == 0 || len(otherwise) == 0 {
		t.Fatalf("%d validations while the carrier was slow, %d otherwise", len(during), len(otherwise))
	}
	if a, b := slices.Max(during), slices.Min(otherwise); a < b+0.3 {
		t.Errorf("a slow carrier did not show: %.2f s while it was, %.2f s otherwise", a, b)
	}
}
