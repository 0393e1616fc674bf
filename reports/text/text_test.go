package text

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/internal/example"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; accept it with go test ./reports/text -update. Got:\n%s", path, got)
	}
}

func TestSummary(t *testing.T) {
	for _, c := range []struct {
		name   string
		report headroom.Report
		path   string
	}{
		{"summary", example.Report(), "headroom-workspace/report.html"},
		{"missed", example.Missed(), "headroom-workspace/report.html"},
		{"hostile", example.Hostiles(), ""},
		{"runs", example.RunsOnly(), "r.html"},
		{"hollow", example.Hollow(), ""},
		{"empty", headroom.Report{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Summary(&b, c.report, c.path); err != nil {
				t.Fatal(err)
			}
			golden(t, c.name, b.Bytes())
			printable(t, b.String())
		})
	}
}

func TestRun(t *testing.T) {
	info := headroom.RunInfo{Plan: headroom.Plan{Name: "pilot"}, Schedule: example.Report().Schedule, TargetKind: "erp", Started: time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)}
	steady := info
	steady.Versions = map[string]string{"headroom": "v0.1.0", "odoo": "19.0", "postgresql": "15.14"}
	steady.Modules = map[string]string{"sale": "19.0.1.2", "stock": "19.0.1.1"}
	steady.Machine = &headroom.Machine{OS: "linux/amd64", Kernel: "6.1.0-18", CPU: "EPYC 7B13", Cores: 4, Memory: 16e9}
	cut := example.Missed().Runs[0]
	cut.Reason = "the database said \x1b[31mno\x1b[0m\nand died"
	for _, c := range []struct {
		name string
		run  headroom.RunReport
		info headroom.RunInfo
	}{
		{"run", example.Report().Runs[0], info},
		{"run-cut", cut, info},
		{"run-steady", example.Steady(), steady},
		{"run-hostile", example.Hostiles().Runs[0], headroom.RunInfo{Versions: map[string]string{example.Hostile: "1\x1b[2J"}}},
		{"run-empty", headroom.RunReport{}, headroom.RunInfo{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Run(&b, c.run, c.info); err != nil {
				t.Fatal(err)
			}
			golden(t, c.name, b.Bytes())
			printable(t, b.String())
		})
	}
}

// printable wants no control character, no trailing space and no number that
// only a computer would print.
func printable(t *testing.T, s string) {
	t.Helper()
	for _, line := range strings.Split(s, "\n") {
		if strings.TrimRight(line, " ") != line {
			t.Errorf("trailing space: %q", line)
		}
		for _, bad := range []string{"NaN", "Inf", "%!", "\x1b", "\u00a0", "\u202f", "<nil>"} {
			if strings.Contains(line, bad) {
				t.Errorf("%q in %q", bad, line)
			}
		}
	}
}

func TestWrap(t *testing.T) {
	lines := wrap(strings.Repeat("a load of 3.10\u00a0s ", 30), "- ", "  ")
	for i, l := range lines {
		if utf8.RuneCountInString(l) > width {
			t.Errorf("line %d has %d characters: %q", i, utf8.RuneCountInString(l), l)
		}
		if strings.HasSuffix(l, "3.10") {
			t.Errorf("line %d parts a figure from its unit: %q", i, l)
		}
	}
	if len(lines) < 4 {
		t.Errorf("%d lines", len(lines))
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestFullDiskIsToldOf(t *testing.T) {
	if err := Summary(broken{}, example.Report(), ""); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Summary: %v", err)
	}
	if err := Run(broken{}, example.Report().Runs[0], headroom.RunInfo{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Run: %v", err)
	}
}
