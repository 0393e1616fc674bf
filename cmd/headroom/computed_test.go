package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/headroom-erp/headroom"
)

// TestInterruptedWhileComputing ends verbs that compute for minutes: soon, with
// the code of an interruption, and without a word of an answer.
func TestInterruptedWhileComputing(t *testing.T) {
	model := fromScript(t, "forecast.txtar", "scan.json")
	burst := fromScript(t, "transient.txtar", "burst.json")
	busy := filepath.Join(t.TempDir(), "busy.json")
	// A job that comes seldom beside many requests of many slices is simulated for long.
	if err := os.WriteFile(busy, []byte(`{"stations": [{"name": "cpu", "servers": 8}, {"name": "db", "servers": 8}], "pool": {"servers": 64},
		"classes": [{"name": "d", "demand": {"cpu": 0.3, "db": 0.3}, "database_calls": 64, "arrival_rate": 20}, {"name": "e", "demand": {"cpu": 1}, "every": 1e6}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args   []string
		signal syscall.Signal
	}{
		"simulate":  {[]string{"simulate", "pilot", "--model", model, "--topology", "standard-6", "--replications", "3000", "--peak", "dispatch_cutoff", "--date", "2026-11-20", "--for", "30m"}, syscall.SIGINT},
		"forecast":  {[]string{"forecast", "pilot", "--model", model, "--replications", "3000", "--scale", "1,2,3"}, syscall.SIGTERM},
		"capacity":  {[]string{"capacity", "pilot", "--model", model, "--topology", "standard-6", "--model-only", "--peak", "dispatch_cutoff", "--date", "2026-11-20", "--for", "3h"}, syscall.SIGINT},
		"transient": {[]string{"model", "transient", "--replications", "1000000", burst}, syscall.SIGINT},
		"system":    {[]string{"model", "system", "--simulate", busy}, syscall.SIGTERM},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			cmd := exec.Command(binary, c.args...)
			var out, said bytes.Buffer
			cmd.Dir, cmd.Stdout, cmd.Stderr = folder, &out, &said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan struct{})
			go func() {
				_ = cmd.Wait() // its code is looked at
				close(ended)
			}()
			defer func() { _ = cmd.Process.Kill(); <-ended }()
			awaitWork(t, cmd.Process.Pid, ended, 2*time.Second)
			if err := cmd.Process.Signal(c.signal); err != nil {
				t.Fatalf("%v\n%s", err, said.String())
			}
			select {
			case <-ended:
			case <-time.After(5 * time.Second):
				t.Fatal("still computing after 5 s")
			}
			if code := cmd.ProcessState.ExitCode(); code != headroom.ExitInterrupted || !strings.Contains(said.String(), "headroom: interrupted") {
				t.Errorf("exit code %d\n%s", code, said.String())
			}
			if list, err := os.ReadDir(folder); err != nil || len(list) > 0 || out.Len() > 0 {
				t.Errorf("it leaves %v (%v) and\n%s", list, err, out.String())
			}
		})
	}
}

// fromScript writes a file of a script into a folder.
func fromScript(t *testing.T, script, name string) string {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "script", script))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	for _, f := range archive.Files {
		if f.Name == name {
			if err := os.WriteFile(path, f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
			return path
		}
	}
	t.Fatalf("%s has no %s", script, name)
	return ""
}

// awaitWork waits until a process has used so much CPU time: it computes.
func awaitWork(t *testing.T, pid int, ended chan struct{}, used time.Duration) {
	t.Helper()
	const tick = time.Second / 100 // USER_HZ
	for {
		raw, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if after := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:])); len(after) > 11 {
			if n, err := strconv.Atoi(after[11]); err == nil && time.Duration(n)*tick >= used {
				return
			}
		}
		select {
		case <-ended:
			t.Fatal("it ended before it could be interrupted")
		case <-time.After(10 * time.Millisecond):
		}
	}
}
