package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/fixtures/postgres"
	"github.com/headroom-erp/headroom/results"
)

// withStore starts a PostgreSQL that is the store of the test's runs.
func withStore(t *testing.T) (*results.Store, headroom.Secret) {
	t.Helper()
	server, err := postgres.Start(t.Context(), postgres.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	dsn := server.DSN("postgres")
	t.Setenv(results.EnvStore, dsn.Reveal())
	store, err := results.OpenStore(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	return store, dsn
}

// onlyRun is the one run in the store.
func onlyRun(t *testing.T, store *results.Store) *results.StoreRun {
	t.Helper()
	runs, err := store.Runs(t.Context())
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs in the store, %v", len(runs), err)
	}
	run, err := store.Open(t.Context(), runs[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// headroomJSON runs a verb and decodes what it answers.
func headroomJSON(t *testing.T, to any, args ...string) {
	t.Helper()
	out, err := exec.Command(binary, args...).Output()
	if err != nil {
		t.Fatalf("headroom %v: %v", args, err)
	}
	if err := json.Unmarshal(out, to); err != nil {
		t.Fatalf("headroom %v: %v\n%s", args, err, out)
	}
}

// A run that is also written to a store reads the same there and in a .zip; it
// is listed, exported and deleted; and nothing tells the store's password.
func TestStore(t *testing.T) {
	_, dsn := withStore(t)
	workspace := filepath.Join(t.TempDir(), "w")
	cmd := exec.Command(binary, "run", "pilot", "--target", "erp", "--topology", "standard-6", "--date", "2026-11-20",
		"--peak", "dispatch_cutoff", "--for", "6s", "--lead-in", "2s", "--store", "--workspace", workspace)
	said, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState.ExitCode() != headroom.ExitMissed { // on a slow machine
		t.Fatalf("%v\n%s", err, said)
	}
	var runs []runLine
	headroomJSON(t, &runs, "runs", "--store", "--valid", "--json")
	if len(runs) != 1 || runs[0].State != "complete" || runs[0].Valid == nil || runs[0].Plan != "pilot" || *runs[0].Window != 6 || *runs[0].Bytes < 1000 {
		t.Fatalf("%+v\n%s", runs, said)
	}
	stored := runs[0].Run
	if !strings.Contains(string(said), stored) {
		t.Errorf("the run does not say that it is %s:\n%s", stored, said)
	}
	folder := filepath.Join(workspace, "runs", "standard-6")
	headroomJSON(t, &runs, "runs", workspace, "--json")
	if len(runs) != 1 || runs[0].Run != folder || runs[0].State != "complete" || runs[0].Valid != nil {
		t.Errorf("%+v", runs)
	}
	archive := filepath.Join(t.TempDir(), "run.zip")
	if out, err := exec.Command("python3", "-m", "zipfile", "-c", archive, folder).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := shownJSON(t, folder)
	for _, name := range []string{stored, archive} {
		if got := shownJSON(t, name); got != want {
			t.Errorf("show %s says other things than of the folder:\n%s\n%s", name, got, want)
		}
	}
	checkExport(t, stored, folder)
	password, _ := dsnPassword(dsn)
	for _, place := range append([]string{string(said)}, filesBelow(t, workspace)...) {
		if strings.Contains(place, password) {
			t.Error("the store's password was written down")
		}
	}
	if out, err := exec.Command(binary, "runs", "--store", "--delete", stored).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	headroomJSON(t, &runs, "runs", "--store", "--json")
	if len(runs) != 0 {
		t.Errorf("after the deletion: %+v", runs)
	}
}

// shownJSON is what show says of a run but for where it is.
func shownJSON(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command(binary, "show", name, "--json").Output()
	var shown map[string]any
	if json.Unmarshal(out, &shown) != nil || len(shown) < 10 {
		t.Fatalf("show %s: %v\n%s", name, err, out)
	}
	delete(shown, "id")
	delete(shown, "folder")
	text, err := json.Marshal(shown)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkExport compares a table from the store with the same one from the folder.
func checkExport(t *testing.T, stored, folder string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "tables")
	var written []exported
	headroomJSON(t, &written, "export", stored, "--format", "csv", "--out", out, "--json")
	if len(written) != 6 || written[0].Table != "journeys" || written[0].Rows < 10 {
		t.Errorf("%+v", written)
	}
	kept, err := os.ReadFile(filepath.Join(out, "requests.csv"))
	if err != nil {
		t.Fatal(err)
	}
	printed, err := exec.Command(binary, "export", folder, "--format", "csv", "--table", "requests", "--out", "-").Output()
	if err != nil || !bytes.Equal(kept, printed) {
		t.Errorf("%v; from the store %d bytes, from the folder %d", err, len(kept), len(printed))
	}
	if rows, err := csv.NewReader(bytes.NewReader(kept)).ReadAll(); err != nil || int64(len(rows)) != written[1].Rows+1 {
		t.Errorf("%d lines in requests.csv, %v", len(rows), err)
	}
	again := exec.Command(binary, "export", stored, "--format", "csv", "--out", out, "--table", "gaps,requests")
	if said, _ := again.CombinedOutput(); again.ProcessState.ExitCode() != headroom.ExitBadInput || !strings.Contains(string(said), "nothing is overwritten") {
		t.Errorf("a second export: %s", said)
	}
	if unfinished, _ := filepath.Glob(filepath.Join(out, "*.part")); len(unfinished) > 0 {
		t.Errorf("left behind: %v", unfinished)
	}
}

func dsnPassword(dsn headroom.Secret) (string, error) {
	cfg, err := pgx.ParseConfig(dsn.Reveal())
	if err != nil {
		return "", err
	}
	return cfg.Password, nil
}

// filesBelow are the contents of all files of a workspace.
func filesBelow(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		out = append(out, string(data))
		return err
	})
	if err != nil || len(out) < 4 {
		t.Fatalf("%d files, %v", len(out), err)
	}
	return out
}

// A store that is lost ends the run with the reason, and the folder has
// everything until then.
func TestStoreIsLost(t *testing.T) {
	_, dsn := withStore(t)
	v := startVictim(t, "--store")
	v.awaitStart()
	time.Sleep(3 * time.Second)
	conn, err := pgx.Connect(t.Context(), dsn.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'headroom'"); err != nil {
		t.Fatal(err)
	}
	lost := time.Now()
	if code := v.end(); code != headroom.ExitNotMeasured {
		t.Errorf("exit code %d", code)
	}
	last := v.said()[strings.LastIndex(v.said(), "headroom: "):]
	if !strings.Contains(last, "the store shut down, or its administrator ended the connection") || strings.Count(last, "\n") > 1 {
		t.Errorf("the message is not one sentence about the store:\n%s", last)
	}
	run := v.bundle()
	if !strings.Contains(run.Info().Reason, "the store") {
		t.Errorf("the folder's reason is %q", run.Info().Reason)
	}
	if v.wantRecorded(run, lost) == 0 {
		t.Error("the server had answered nothing")
	}
	store, err := results.OpenStore(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	if stored := onlyRun(t, store); stored.Info().Complete || !strings.Contains(stored.Info().Reason, "the store") {
		t.Errorf("the store's reason is %q", stored.Info().Reason)
	}
}

// After kill -9 of the whole run the store has all but the last second, and says
// that it was cut off.
func TestStoreOfAKilledRun(t *testing.T) {
	store, _ := withStore(t)
	v := startVictim(t, "--store")
	v.awaitStart()
	time.Sleep(4 * time.Second)
	killed := time.Now()
	if err := v.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	v.end()
	time.Sleep(2 * time.Second) // until the child has followed
	folder, stored := v.bundle(), onlyRun(t, store)
	if info := stored.Info(); info.Complete || !strings.Contains(info.Reason, "cut off") || info.Started.IsZero() {
		t.Errorf("%+v", info)
	}
	at := killed.Sub(folder.Info().Started).Seconds()
	missing, compared := 0, 0
	got := map[uint64]bool{}
	for r, err := range stored.Requests() {
		if err != nil {
			t.Fatal(err)
		}
		got[r.Arrival<<8|uint64(r.N)] = true
	}
	for r, err := range folder.Requests() {
		if err != nil {
			t.Fatal(err)
		}
		if r.End > at-1 {
			continue
		}
		if compared++; !got[r.Arrival<<8|uint64(r.N)] {
			missing++
		}
	}
	if missing > 0 || compared == 0 {
		t.Errorf("of %d requests that were answered a second before the kill the store lacks %d", compared, missing)
	}
	scheduled := 0
	for _, err := range stored.Arrivals() {
		if err != nil {
			t.Fatal(err)
		}
		scheduled++
	}
	if scheduled == 0 {
		t.Error("the store has no schedule")
	}
}
