package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/headroom-erp/headroom"
)

// TestForecastDocsRun runs the commands of docs/forecast.md that need no
// system, with the model of the script test.
func TestForecastDocsRun(t *testing.T) {
	text, err := os.ReadFile("../../docs/forecast.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := txtar.ParseFile("testdata/script/forecast.txtar")
	if err != nil {
		t.Fatal(err)
	}
	folder, ran := t.TempDir(), 0
	for _, f := range script.Files {
		if f.Name == "scan.json" {
			if err := os.WriteFile(filepath.Join(folder, "model.json"), f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, line := range strings.Split(string(text), "\n") {
		args := strings.Fields(line)
		if !strings.HasPrefix(line, "    headroom ") || strings.Contains(line, "--target") {
			continue
		}
		cmd := exec.Command(binary, append(args[1:], "--replications", "2")...)
		cmd.Dir = folder
		out, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != headroom.ExitMet && code != headroom.ExitMissed {
			t.Errorf("%s: %v\n%s", strings.TrimSpace(line), err, out)
		}
		ran++
	}
	if ran != 5 {
		t.Errorf("%d commands were run, want 5", ran)
	}
}
