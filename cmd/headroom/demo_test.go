package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/headroom-erp/headroom"
)

// shortDemo runs the whole chain on the stand-in with twenty seconds of the
// window, and the unseen topology afterwards.
func shortDemo(t *testing.T) (workspace string, r headroom.Report) {
	t.Helper()
	workspace = filepath.Join(t.TempDir(), "w")
	cmd := exec.Command(binary, "demo", "--seconds", "20", "--verify", "--capacity=false", "--json", "--workspace", workspace)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	// 1 means that no candidate holds the objectives in so short a window.
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() > headroom.ExitMissed {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("standard output is not one JSON document: %v", err)
	}
	return workspace, r
}

func TestDemo(t *testing.T) {
	workspace, r := shortDemo(t)
	t.Run("what is in the report", func(t *testing.T) { checkDemo(t, r) })
	t.Run("forecast and measurement overlap", func(t *testing.T) { checkOverlap(t, r) })
	t.Run("the page in a browser", func(t *testing.T) { checkPage(t, filepath.Join(workspace, reportPage)) })
	t.Run("show", func(t *testing.T) { checkShow(t, filepath.Join(workspace, "runs", "standard-6")) })
	if _, err := os.Stat(filepath.Join(workspace, "private")); !os.IsNotExist(err) {
		t.Errorf("the folder of secrets is left behind: %v", err)
	}
}

func checkDemo(t *testing.T, r headroom.Report) {
	if len(r.Runs) != 3 || r.Recommendation == nil || r.Recommendation.Workers < 1 || len(r.Forecasts) != 1 {
		t.Fatalf("%d runs, %d forecasts, recommendation %+v", len(r.Runs), len(r.Forecasts), r.Recommendation)
	}
	for _, run := range r.Runs {
		if !run.Complete || run.Joined == nil || run.Joined.Found != run.Joined.Requests {
			t.Errorf("run %s: complete %v, joined %+v", run.ID, run.Complete, run.Joined)
		}
		for _, p := range run.Processes {
			for outcome, n := range p.Outcomes {
				if outcome != headroom.OK && outcome != headroom.NothingToDo {
					t.Errorf("run %s: %d of %s ended as %s: %s", run.ID, n, p.Process, outcome, p.Examples[outcome])
				}
			}
		}
	}
	if f := r.Forecasts[0]; f.Topology.Name != "large-9" || f.Capacity == nil {
		t.Errorf("forecast of %s with capacity %v", f.Topology.Name, f.Capacity)
	}
	if rule := r.Recommendation.RuleOfThumb; rule.Workers != 7 {
		t.Errorf("the rule of thumb gives %d workers for 3 cores, want 7", rule.Workers)
	}
}

// checkOverlap holds the forecast of the topology that was not run against its
// run, for the processes with journeys enough.
func checkOverlap(t *testing.T, r headroom.Report) {
	seen := 0
	for _, c := range r.Comparisons {
		if c.InFit {
			continue
		}
		for i, f := range c.Forecast.Processes {
			m := c.Measured.Processes[i]
			if f.Process != m.Process {
				t.Fatalf("%s is beside %s", f.Process, m.Process)
			}
			if f.Process != "order" && f.Process != "scan" {
				continue
			}
			seen++
			if f.Mean.Low > m.Mean.High || f.Mean.High < m.Mean.Low {
				t.Errorf("%s: forecast mean %.3f s (%.3f to %.3f), measured %.3f s (%.3f to %.3f)", f.Process,
					f.Mean.Value, f.Mean.Low, f.Mean.High, m.Mean.Value, m.Mean.Low, m.Mean.High)
			}
		}
	}
	if seen != 2 {
		t.Errorf("%d processes were compared, want order and scan", seen)
	}
}

// checkPage opens the page from its file, as a reader does: charts are drawn,
// the console stays empty, and nothing is asked of any network.
func checkPage(t *testing.T, page string) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("%v: install it with: scripts/need chromium", err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	ctx, stop = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(time.Minute))...)
	defer stop()
	ctx, stop = chromedp.NewContext(ctx)
	defer stop()
	var mu sync.Mutex
	var troubles []string
	chromedp.ListenTarget(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; !strings.HasPrefix(u, "file:") && !strings.HasPrefix(u, "data:") {
				troubles = append(troubles, "it requested "+u)
			}
		case *runtime.EventConsoleAPICalled:
			troubles = append(troubles, fmt.Sprintf("console %s %v", e.Type, e.Args))
		case *runtime.EventExceptionThrown:
			troubles = append(troubles, "exception: "+e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			troubles = append(troubles, "log: "+e.Entry.Text)
		}
	})
	var plots, drawn int
	err = chromedp.Run(ctx, network.Enable(), log.Enable(), runtime.Enable(), chromedp.Navigate("file://"+page), chromedp.Sleep(time.Second),
		chromedp.Evaluate(`document.querySelectorAll('.plot').length`, &plots),
		chromedp.Evaluate(`[...document.querySelectorAll('.plot')].filter(p => p.querySelectorAll('svg path').length > 3).length`, &drawn))
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, trouble := range troubles {
		t.Error(trouble)
	}
	if plots < 5 || drawn != plots {
		t.Errorf("%d of %d charts were drawn", drawn, plots)
	}
}

func checkShow(t *testing.T, folder string) {
	code, out := headroomWith(t, nil, "show", folder)
	if code > headroom.ExitMissed || !strings.Contains(out, "order.confirm") || !strings.Contains(out, "by design") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	code, out = headroomWith(t, nil, "show", folder, "--json")
	var r headroom.RunReport
	if err := json.Unmarshal([]byte(out), &r); code > headroom.ExitMissed || err != nil || r.ID != "standard-6" {
		t.Errorf("exit code %d, %v, run %q", code, err, r.ID)
	}
}
