package live

import (
	"context"
	"fmt"
	"os"
	"os/exec"
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

// browser starts a chromium of its own that ends with the test, and notes what
// a page must not do.
func browser(t *testing.T, own string) (context.Context, func() []string) {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("this test opens the page in a browser: install chromium (apt-get install chromium) so that it is in PATH")
	}
	profile, err := os.MkdirTemp("", "headroom-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // the browser's helpers may write for a moment longer
		for range 50 {
			if os.RemoveAll(profile) == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(profile), chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(time.Minute))
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	var mu sync.Mutex
	var troubles []string
	chromedp.ListenTarget(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; !strings.HasPrefix(u, own) && !strings.HasPrefix(u, "data:") {
				troubles = append(troubles, "requested "+u)
			}
		case *runtime.EventConsoleAPICalled:
			troubles = append(troubles, fmt.Sprintf("console: %v", e.Args))
		case *runtime.EventExceptionThrown:
			troubles = append(troubles, e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			troubles = append(troubles, e.Entry.Text)
		}
	})
	return ctx, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return troubles
	}
}

// TestThePageInABrowser opens the page on a run whose names and messages are
// markup, follows it to its end, and to the end of its server.
func TestThePageInABrowser(t *testing.T) {
	s, err := Serve(AnyPort)
	if err != nil {
		t.Fatal(err)
	}
	const markup = `<img src=x onerror="window.injected=1">{a|b}`
	hostile := func(at float64) headroom.Status {
		one := status(at)
		one.Run, one.Peaks = markup, []headroom.PeakStatus{{Name: markup, Phase: "during", From: 2, To: 90}}
		p95, backlog, cpu := 0.5, int(at), 0.4
		one.Processes[0] = headroom.ProcessStatus{Process: markup, P95: &p95, Backlog: &backlog, Cause: markup, CauseAt: &at}
		one.Total = headroom.ProcessStatus{Offered: &p95, Cause: markup, CauseAt: &at, Failed: 1}
		one.Stations = []headroom.StationStatus{{Name: markup, Utilization: &cpu}}
		one.Documents = []headroom.DocumentStatus{{Kind: markup, Open: 3}}
		return one
	}
	for at := range 20 {
		s.Show(hostile(float64(at)))
	}
	ctx, troubles := browser(t, s.URL())
	text := func(selector string) (out string) {
		t.Helper()
		if err := chromedp.Run(ctx, chromedp.Text(selector, &out, chromedp.ByQuery)); err != nil {
			t.Fatal(err)
		}
		return out
	}
	shown := func(points int) {
		t.Helper()
		if err := chromedp.Run(ctx, chromedp.WaitVisible(fmt.Sprintf(`html[data-shown="%d"]`, points), chromedp.ByQuery)); err != nil {
			t.Fatalf("%d points are not shown: %v; %v", points, err, troubles())
		}
	}
	if err := chromedp.Run(ctx, chromedp.Navigate(s.URL())); err != nil {
		t.Fatal(err)
	}
	shown(20)
	var plots, overflow int
	if err := chromedp.Run(ctx,
		chromedp.Evaluate(`document.querySelectorAll('.plot svg path').length`, &plots),
		chromedp.Evaluate(`document.documentElement.scrollWidth - innerWidth`, &overflow)); err != nil {
		t.Fatal(err)
	}
	if plots < 10 || overflow > 0 || text("#rows th") != markup || text("h1") != "Run "+markup {
		t.Errorf("%d paths, %d pixels too wide, %q, %q", plots, overflow, text("#rows th"), text("h1"))
	}
	s.Show(hostile(20))
	shown(21)
	ended := hostile(21)
	ended.Stage, ended.Reason = headroom.StageEnded, "interrupted"
	s.Show(ended)
	shown(22)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond) // the page notices
	var injected bool
	if err := chromedp.Run(ctx, chromedp.Evaluate(`'injected' in window`, &injected)); err != nil {
		t.Fatal(err)
	}
	if got := text("#moment"); got != "Has ended early, after 21 s: interrupted" || injected {
		t.Errorf("the page says %q, injected: %v", got, injected)
	}
	for _, what := range troubles() {
		if !strings.Contains(what, "ERR_") { // the server that has ended
			t.Error(what)
		}
	}
}
