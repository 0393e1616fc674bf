package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// watch runs headroom watch and returns its exit code and both outputs.
func watch(t *testing.T, args ...string) (code int, out, said string) {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"watch"}, args...)...)
	var err, std strings.Builder
	cmd.Stdout, cmd.Stderr = &std, &err
	_ = cmd.Run() // its code is returned
	return cmd.ProcessState.ExitCode(), std.String(), err.String()
}

// TestWatch looks at a run from beside, and at its page.
func TestWatch(t *testing.T) {
	v := startVictim(t, "--live")
	v.awaitStart()
	folder := filepath.Join(v.workspace, "runs", "standard-6")
	page := regexp.MustCompile(`live view: (http://127\.0\.0\.1:\d+/)`).FindStringSubmatch(v.said())
	if page == nil {
		t.Fatalf("the page's address is not said\n%s", v.said())
	}
	state := func() (s headroom.Status) {
		answer, err := http.Get(page[1] + "status.json")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if err := json.NewDecoder(answer.Body).Decode(&s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	for deadline := time.Now().Add(time.Minute); state().Total.Ended < 40; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no journeys in a minute: %+v", state())
		}
	}
	before := state()
	code, out, said := watch(t, folder, "--json")
	var beside headroom.Status
	if err := json.Unmarshal([]byte(out), &beside); err != nil || code != 0 || said != "" {
		t.Fatalf("exit code %d, %v\n%s%s", code, err, out, said)
	}
	if after := state(); beside.Run != "standard-6" || beside.Total.Ended < before.Total.Ended || beside.Total.Ended > after.Total.Ended+50 ||
		beside.Stage != headroom.StageWindow && beside.Stage != headroom.StageLeadIn || beside.Total.Scheduled != after.Total.Scheduled {
		t.Errorf("beside: %+v\nbefore: %+v\nafter: %+v", beside.Total, before.Total, after.Total)
	}
	if beside.Host == nil || len(beside.Stations) != 2 || beside.Total.Late == nil {
		t.Errorf("CPU and lateness are missing: %+v", beside)
	}
	watching := make(chan []any, 1)
	go func() {
		code, out, said := watch(t, folder)
		watching <- []any{code, out, said}
	}()
	time.Sleep(3 * time.Second) // it has begun
	if err := v.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-watching:
		if got[0] != headroom.ExitNotMeasured || got[1] != "" || !strings.Contains(got[2].(string), "the run is incomplete: interrupted") {
			t.Errorf("watch ended with %v", got)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("watch did not end with the run")
	}
	v.end()
	wantWatch(t, v.workspace, folder)
}

// wantWatch looks at a run that is over, and at what is refused.
func wantWatch(t *testing.T, workspace, folder string) {
	t.Helper()
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{folder}, headroom.ExitNotMeasured, "the run has ended early"},
		{[]string{folder, "--live=0.0.0.0:8090"}, headroom.ExitBadInput, "loopback"},
		{[]string{folder, "--live=127.0.0.1:http"}, headroom.ExitBadInput, "--live"},
		{[]string{workspace}, headroom.ExitBadInput, "runs/standard-6"},
		{[]string{filepath.Join(workspace, "logs")}, headroom.ExitBadInput, "is not the folder of a run"},
	} {
		if code, out, said := watch(t, c.args...); code != c.code || !strings.Contains(said, c.says) || out != "" {
			t.Errorf("watch %v: exit code %d, want %d and %q\n%s", c.args, code, c.code, c.says, said)
		}
	}
}
