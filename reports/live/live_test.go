package live

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/headroom-erp/headroom"
)

var update = flag.Bool("update", false, "write the golden files")

func ptr[T any](v T) *T { return &v }

// busy is a run in the middle of its window, with everything that can be said
// of one.
func busy() headroom.Status {
	order := headroom.ProcessStatus{
		Process: "order", Offered: ptr(4.21), Completed: 3.9, P50: ptr(0.82), P95: ptr(6.4), Bound: ptr(5.0), Scheduled: 420, Due: 200,
		Ended: 188, Failed: 3, Backlog: ptr(12), RecentFailed: 1, Cause: "Serialization failure\x1b[31m on stock.quant", CauseAt: ptr(41.0), Late: ptr(0.0012),
	}
	pick := headroom.ProcessStatus{Process: "pick", Completed: 1.1, P50: ptr(2.0), P95: ptr(3.1), Ended: 44, Operators: 6, Late: ptr(0.0008)}
	rare := headroom.ProcessStatus{Process: "invoice", Offered: ptr(0.0), Scheduled: 4, Backlog: ptr(0)}
	total := headroom.ProcessStatus{
		Offered: ptr(4.21), Completed: 5, P50: ptr(0.9), P95: ptr(6.1), Scheduled: 424, Due: 200, Ended: 232, Failed: 3, Backlog: ptr(12),
		Operators: 6, RecentFailed: 1, Cause: order.Cause, CauseAt: order.CauseAt, Late: ptr(0.0012),
	}
	return headroom.Status{
		Run: "standard-6", Plan: "pilot", Topology: "standard-6", Target: "erp", T: 42, LeadIn: 10, Duration: 130, Stage: headroom.StageWindow,
		Progress: 42.0 / 130, Left: 88, Peaks: []headroom.PeakStatus{{Name: "dispatch_cutoff", Phase: "during", From: 10, To: 130}},
		Total: total, Processes: []headroom.ProcessStatus{order, pick, rare}, Requests: 31.4,
		Documents: []headroom.DocumentStatus{{Kind: "delivery", Released: 80, Done: 70, Open: 10}},
		Stations:  []headroom.StationStatus{{Name: "app", Cores: 2.1, Utilization: ptr(0.7)}, {Name: "database", Cores: 0.6, Utilization: ptr(0.3)}},
		Host:      ptr(0.81), Conflicts: ptr(0.3),
		Rules: []headroom.RuleStatus{
			{Rule: headroom.StopRule{Measure: "backlog", AtMost: 10, Over: 30}, Name: "backlog of all processes", Value: ptr(12.0), Beyond: 7},
			{Rule: headroom.StopRule{Measure: "error_share", AtMost: 0.5, Over: 30}, Name: "error share of all processes", Value: ptr(0.01)},
		},
		Gaps: 1, LastGap: &headroom.Gap{T: 20, Probe: "redis", Reason: "connection refused"},
	}
}

func TestTheTerminalsLines(t *testing.T) {
	ended := busy()
	ended.Stage, ended.Reason = headroom.StageEnded, "interrupted"
	for name, c := range map[string]struct {
		status headroom.Status
		look   Look
	}{
		"wide":      {busy(), Look{Width: 110}},
		"narrow":    {busy(), Look{Width: 48}},
		"tiny":      {busy(), Look{Width: 12}},
		"low":       {busy(), Look{Width: 80, Height: 5}},
		"colour":    {busy(), Look{Width: 80, Color: true}},
		"ended":     {ended, Look{Width: 80}},
		"preparing": {headroom.Status{Run: "r", T: -5, Stage: headroom.StagePreparing}, Look{}},
	} {
		t.Run(name, func(t *testing.T) {
			lines := Lines(c.status, c.look)
			width := c.look.Width
			if width == 0 {
				width = 80
			}
			for _, l := range lines {
				if !c.look.Color && utf8.RuneCountInString(l) > width {
					t.Errorf("%d characters of %d: %s", utf8.RuneCountInString(l), width, l)
				}
				if !c.look.Color && strings.ContainsRune(l, '\x1b') {
					t.Errorf("a server's message steers the terminal: %q", l)
				}
			}
			if c.look.Height > 0 && len(lines) > c.look.Height {
				t.Errorf("%d lines of %d", len(lines), c.look.Height)
			}
			golden(t, name+".txt", strings.ReplaceAll(strings.Join(lines, "\n")+"\n", "\x1b", "^"))
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Errorf("%s: %v; got\n%s", name, err, got)
	}
}

func TestTheLogsLine(t *testing.T) {
	want := " 42 of 130 s: 200 journeys due, 232 ended, 3 failed, backlog 12; p95 6.10 s, app 70 %, database 30 %; generator late p99 1.20 ms; " +
		"stop rule: backlog of all processes is 12 journeys of at most 10 journeys, for 7 s; it ends the run at 30 s"
	if got := Line(busy()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	over := busy()
	over.Rules[0].Beyond = 34
	if got := Line(over); !strings.HasSuffix(got, "of at most 10 journeys, for 30 s; it ends the run") {
		t.Error(got)
	}
	waiting := headroom.Status{T: 131, Duration: 130, Stage: headroom.StageWaiting}
	if got := Line(waiting); !strings.HasSuffix(got, "waiting for the last to finish") {
		t.Error(got)
	}
	waiting.Blind = "no such file"
	if got := Line(waiting); !strings.HasSuffix(got, "the view sees nothing new: no such file") {
		t.Error(got)
	}
}

func TestThePagesFrame(t *testing.T) {
	f := NewFrame(busy())
	if len(f.Rows) != 4 || len(f.Rows[0]) != len(f.Head) || f.Rows[3][0].Text != "all" {
		t.Errorf("the table: %v", f.Rows)
	}
	if f.Point == nil || len(f.Point.P95) != 3 || *f.Point.P95[0] != 6.4 || f.Point.P95[2] != nil || f.Point.Backlog[1] != nil || f.Point.Busy["app"] != 0.7 {
		t.Errorf("the point: %+v", f.Point)
	}
	if len(f.Spans) != 2 || f.Spans[0].Name != "lead-in" || f.Good || f.Stage != "window" {
		t.Errorf("%+v", f)
	}
	if f := NewFrame(headroom.Status{T: -1}); f.Point != nil {
		t.Error("there are no figures before the start")
	}
}

func TestThePageAsksNobodyElse(t *testing.T) {
	for path, f := range Files() {
		if path == "/echarts.js" {
			continue
		}
		for _, far := range []string{"http://", "https://", "//cdn", "innerHTML", "eval("} {
			if strings.Contains(strings.ReplaceAll(f.Body, "http://www.w3.org", ""), far) {
				t.Errorf("%s has %q", path, far)
			}
		}
	}
}
