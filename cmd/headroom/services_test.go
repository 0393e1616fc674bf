package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/fixtures/external"
	"github.com/headroom-erp/headroom/results"
)

// An observed is a run's bundle; its samples by "probe/subject/metric".
type observed struct{ *results.Reader }

type samples struct{ first, last map[string]float64 }

func (s samples) grown(name string) float64 { return s.last[name] - s.first[name] }

func (o observed) samples(t *testing.T) samples {
	t.Helper()
	out := samples{map[string]float64{}, map[string]float64{}}
	for s, err := range o.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		name := s.Probe + "/" + s.Subject + "/" + s.Metric
		if _, seen := out.first[name]; !seen {
			out.first[name] = s.Value
		}
		out.last[name] = s.Value
	}
	return out
}

// observedRun replays 20 s of the services plan and gives its bundle and folder.
func observedRun(t *testing.T, target, topology string, env []string) (observed, string) {
	t.Helper()
	workspace := filepath.Join(t.TempDir(), "w")
	cmd := exec.Command(binary, "run", "testdata/services.yaml", "--target", target, "--topology", topology,
		"--date", "2026-11-20", "--from", "16:00", "--for", "20s", "--lead-in", "3s", "--workspace", workspace)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	// A machine that is busy with other tests is the generator's bottleneck, and no matter here.
	if code := cmd.ProcessState.ExitCode(); err != nil && code != headroom.ExitMissed && code != headroom.ExitNotMeasured {
		t.Fatalf("headroom run: %v\n%s", err, out)
	}
	folder := filepath.Join(workspace, "runs", topology)
	run, err := results.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Close() })
	if info := run.Info(); !info.Complete {
		t.Fatalf("the run is incomplete: %s", info.Reason)
	}
	return observed{run}, workspace
}

func noGapsOf(t *testing.T, run observed, probes ...string) {
	t.Helper()
	for g, err := range run.Gaps() {
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(probes, g.Probe) {
			t.Errorf("gap %+v", g)
		}
	}
}

// What the environment names is observed with any target, a service that is not
// there is a gap and no reason to stop, and no credential is kept.
func TestServicesOfTheEnvironmentAreObserved(t *testing.T) {
	asked := 0
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t0k3n-of-the-test" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		asked++
		fmt.Fprintf(w, "# TYPE scanned_total counter\nscanned_total{door=\"1\"} %d\nother 1\n", asked)
	}))
	defer page.Close()
	run, workspace := observedRun(t, "erp", "erp-4", []string{
		external.EnvMetrics + "=doors=http://t0k3n-of-the-test@" + strings.TrimPrefix(page.URL, "http://") + "/metrics#^scanned",
		external.EnvRedis + "=redis://:s3cr3t-of-the-test@127.0.0.1:1/0",
	})
	seen := run.samples(t)
	if n := seen.grown(`metrics/doors/scanned_total{door="1"}`); n < 15 || n > 30 {
		t.Errorf("the page was read %g times after the first, want once a second as the plan has it", n)
	}
	if _, ok := seen.last["metrics/doors/other"]; ok {
		t.Error("a family that was not asked for")
	}
	if _, ok := seen.last["backlog/hub/pickings_waiting"]; !ok {
		t.Error("no backlog of the stand-in's tables")
	}
	gaps := 0
	for g, err := range run.Gaps() {
		if err != nil {
			t.Fatal(err)
		}
		if g.Probe == "redis" && strings.Contains(g.Reason, "refused") {
			gaps++
		}
	}
	if gaps != 1 {
		t.Errorf("%d gaps of a Redis that is not there, want 1", gaps)
	}
	noGapsOf(t, run, "metrics", "backlog")
	_ = filepath.WalkDir(workspace, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && (strings.Contains(string(text), "t0k3n-of-the-test") || strings.Contains(string(text), "s3cr3t-of-the-test")) {
			t.Errorf("a credential in %s", path)
		}
		return nil
	})
}

// Queries that nobody can be asked are found before anything starts.
func TestQueriesNeedAServer(t *testing.T) {
	plan, err := os.ReadFile("testdata/services.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, want string }{
		{"observe:\n", "observe:\n  queries: {cpu: \"sum(up)\"}\n", external.EnvPrometheus},
		{"redis: 1", "rediss: 1", `no probe "rediss"`},
	} {
		path := filepath.Join(t.TempDir(), "plan.yaml")
		if err := os.WriteFile(path, []byte(strings.Replace(string(plan), c.from, c.to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out := headroomWith(t, nil, "run", path, "--target", "erp", "--topology", "erp-4", "--from", "16:00", "--for", "20s")
		if code != headroom.ExitBadInput || !strings.Contains(out, c.want) {
			t.Errorf("exit code %d, want %q in\n%s", code, c.want, out)
		}
	}
}
