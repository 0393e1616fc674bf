package html

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var shots = flag.String("shots", "", "write screenshots of the pages into this folder")

// A watch notes what a page must not do.
type watch struct {
	sync.Mutex
	troubles []string
}

func (w *watch) add(format string, args ...any) {
	w.Lock()
	defer w.Unlock()
	w.troubles = append(w.troubles, fmt.Sprintf(format, args...))
}

func (w *watch) listen(ctx context.Context) {
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; !strings.HasPrefix(u, "file:") && !strings.HasPrefix(u, "data:") {
				w.add("requested %s", u)
			}
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
				for _, a := range e.Args {
					w.add("console %s: %s %s", e.Type, a.Value, a.Description)
				}
			}
		case *runtime.EventExceptionThrown:
			w.add("exception: %s", e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			w.add("log %s: %s", e.Entry.Level, e.Entry.Text)
		case *page.EventJavascriptDialogOpening:
			w.add("a dialog opened: %s", e.Message)
			go chromedp.Run(ctx, page.HandleJavaScriptDialog(true)) //nolint:errcheck // the dialog is the failure
		}
	})
}

// chromium starts a browser of its own that ends with the test.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("these tests open the page in a browser: install chromium (apt-get install chromium) so that it is in PATH")
	}
	profile := profileFolder(t)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile),
		chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(time.Minute))
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("chromium does not start: %v", err)
	}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("chromium does not end: %v", err)
		}
	})
	return ctx
}

// profileFolder is removed when the browser is gone; its helpers may write to
// it for a moment longer, which t.TempDir would fail for.
func profileFolder(t *testing.T) string {
	t.Helper()
	path, err := os.MkdirTemp("", "headroom-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 50 {
			if err = os.RemoveAll(path); err == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Errorf("the browser's folder stays behind: %v", err)
	})
	return path
}

// state is what the page says of itself.
type state struct {
	Overflow int      `json:"overflow"` // CSS pixels beyond the window
	Tips     int      `json:"tips"`     // tooltips that were shown
	Charts   int      `json:"charts"`
	Empty    []string `json:"empty"` // charts without a drawing
	Injected int      `json:"injected"`
	Shift    float64  `json:"shift"` // cumulative layout shift
	Drawn    string   `json:"drawn"`
}

const inspect = `(async () => {
  let shift = 0;
  const observer = new PerformanceObserver(() => {});
  observer.observe({type: 'layout-shift', buffered: true});
  await new Promise(done => setTimeout(done, 300));
  for (const e of observer.takeRecords()) shift += e.value;
  const plots = [...document.querySelectorAll('.plot')];
  const tips = [];
  for (const p of plots) { // as if the mouse were over the first datum of each series
    const chart = echarts.getInstanceByDom(p);
    chart.getOption().series.forEach((s, i) => {
      chart.dispatchAction({type: 'showTip', seriesIndex: i, dataIndex: 0});
      chart.getZr().flush();
      tips.push(p.textContent);
    });
    chart.dispatchAction({type: 'hideTip'});
  }
  return {
    tips: tips.length,
    overflow: document.documentElement.scrollWidth - %d, // window.innerWidth grows with what sticks out
    charts: plots.length,
    empty: plots.filter(p => p.querySelectorAll('svg path, svg text').length < 4 ||
      Math.abs(p.querySelector('svg').clientWidth - p.clientWidth) > 1).map(p => p.parentNode.id),
    injected: document.querySelectorAll('img, [onerror], [onload]').length,
    shift: shift,
    drawn: document.documentElement.getAttribute('data-drawn') || '',
  };
})()`

// TestBrowser opens the pages as a reader does, from a file: nothing may be
// requested, nothing may go wrong, every chart must be drawn, and nothing may
// stick out at the width of a telephone, a tablet or a desk.
func TestBrowser(t *testing.T) {
	browser := chromium(t)
	for _, c := range reports {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Render(&b, c.report); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "report.html")
			if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			want := strings.Count(b.String(), `class="plot"`)
			address := (&url.URL{Scheme: "file", Path: file}).String()
			for _, width := range []int64{360, 800, 1400} {
				visit(t, browser, c.name, address, width, "light", want)
			}
			visit(t, browser, c.name, address, 1400, "dark", want)
			visit(t, browser, c.name, address, 690, "print", want) // A4 with margins
			if *shots != "" {
				visit(t, browser, c.name, address, 800, "dark", want)
				visit(t, browser, c.name, address, 360, "dark", want)
			}
		})
	}
}

func visit(t *testing.T, browser context.Context, name, address string, width int64, scheme string, charts int) {
	t.Helper()
	tab, closeTab := chromedp.NewContext(browser)
	defer closeTab()
	w := &watch{}
	w.listen(tab)
	var s state
	err := chromedp.Run(tab, network.Enable(), log.Enable(), runtime.Enable(),
		emulation.SetDeviceMetricsOverride(width, 900, 1, width < 500),
		media(scheme),
		chromedp.Navigate(address),
		chromedp.Evaluate(fmt.Sprintf(inspect, width), &s, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }),
	)
	if err != nil {
		t.Fatalf("%d px: %v", width, err)
	}
	w.Lock()
	for _, trouble := range w.troubles {
		t.Errorf("%d px, %s: %s", width, scheme, trouble)
	}
	w.Unlock()
	if s.Overflow > 0 {
		t.Errorf("%d px: the page is %d px wider than the window", width, s.Overflow)
	}
	if s.Charts != charts || len(s.Empty) > 0 || (charts > 0 && s.Drawn != fmt.Sprint(charts)) {
		t.Errorf("%d px: %d charts of %d, said to be drawn %q, not drawn %q", width, s.Charts, charts, s.Drawn, s.Empty)
	}
	if s.Tips < charts {
		t.Errorf("%d px: %d tooltips of %d charts", width, s.Tips, charts)
	}
	if s.Injected > 0 {
		t.Errorf("%d px: %d elements came out of names", width, s.Injected)
	}
	if s.Shift > 0.01 {
		t.Errorf("%d px: the page moved by %.3f while it was drawn", width, s.Shift)
	}
	if *shots != "" {
		shoot(t, tab, fmt.Sprintf("%s-%d-%s.png", name, width, scheme))
	}
}

// media makes the page believe in a scheme of colours, or in paper.
func media(scheme string) chromedp.Action {
	if scheme == "print" {
		return emulation.SetEmulatedMedia().WithMedia("print")
	}
	return emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}})
}

func shoot(t *testing.T, tab context.Context, name string) {
	t.Helper()
	var png []byte
	if err := chromedp.Run(tab, chromedp.FullScreenshot(&png, 100)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, name), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
