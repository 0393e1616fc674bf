package probes

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// logStart is 20:00:00 in Berlin.
var logStart = time.Date(2026, 11, 20, 19, 0, 0, 0, time.UTC)

// requestLine is a line as Odoo 19 writes it, ms milliseconds after logStart
// in Berlin's time.
func requestLine(ms, pid int, hr string) string {
	stamp := logStart.Add(time.Hour + time.Duration(ms)*time.Millisecond).Format("2006-01-02 15:04:05,000")
	return fmt.Sprintf(`%s %d INFO hub werkzeug: 127.0.0.1 - - [20/Nov/2026 20:00:00] "POST /web/dataset/call_kw/sale.order/action_confirm%s#sale.order.action_confirm HTTP/1.1" 200 - 143 0.080 0.135`+"\n", stamp, pid, hr)
}

func conflictLine(ms, pid int, sleep float64) string {
	stamp := logStart.Add(time.Hour + time.Duration(ms)*time.Millisecond).Format("2006-01-02 15:04:05,000")
	return fmt.Sprintf("%s %d INFO hub odoo.service.model: SERIALIZATION_FAILURE, 4 tries left, try again in %.4f sec...\n", stamp, pid, sleep)
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	must(t, err)
	_, err = f.WriteString(text)
	must(t, err)
	must(t, f.Close())
}

// follow starts the probe on a log.
func follow(t *testing.T, path string) (*memory, *Group) {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	must(t, err)
	rec := &memory{}
	g := Start(context.Background(), Clock{logStart}, rec, &OdooLog{Path: path, Location: berlin})
	t.Cleanup(func() { g.Stop() })
	return rec, g
}

func arrivals(rec *memory) []uint64 {
	var ids []uint64
	for _, s := range rec.records().Server {
		ids = append(ids, s.Arrival)
	}
	return ids
}

func TestLogLinesBecomeServerRequests(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odoo.log")
	appendTo(t, path, requestLine(0, 7, "?hr=a1.1")) // before the start: not ours
	rec, g := follow(t, path)
	appendTo(t, path, conflictLine(1000, 7, 0.75)+requestLine(1200, 8, "?hr=a3.1")+requestLine(2500, 7, "?hr=a2.4"))
	appendTo(t, path, "Traceback (most recent call last):\n"+requestLine(3000, 8, "")[:40])
	eventually(t, "two requests", func() bool { return len(rec.records().Server) == 2 })
	appendTo(t, path, requestLine(3000, 8, "")[40:]) // the rest of the line
	must(t, g.Stop())

	got := rec.records().Server
	if !slices.Equal(arrivals(rec), []uint64{3, 2, 0}) {
		t.Fatalf("arrivals %v", arrivals(rec))
	}
	want := headroom.ServerRequest{End: 2.5, PID: 7, Database: "hub", Arrival: 2, N: 4, Path: "/web/dataset/call_kw/sale.order/action_confirm",
		Status: 200, Queries: 143, SQL: 0.08, Other: 0.135, Tries: 2, Sleep: 0.75}
	if got[1] != want {
		t.Errorf("got %+v\nwant %+v", got[1], want)
	}
	if got[0].Tries != 1 || got[2].N != 0 {
		t.Errorf("got %+v", got)
	}
	for metric, want := range map[string]float64{"lines": 5, "requests": 3, "untimed": 0, "orphans": 0, "overlong": 0} {
		if s := rec.series("odoo_log", "log", metric); len(s) != 1 || s[0] != want {
			t.Errorf("%s: %v, want %v", metric, s, want)
		}
	}
}

// What is written just after the stop is what the last requests did.
func TestLinesThatComeWithTheStopAreIn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odoo.log")
	appendTo(t, path, "")
	rec, g := follow(t, path)
	late := make(chan struct{})
	time.AfterFunc(250*time.Millisecond, func() {
		defer close(late)
		appendTo(t, path, requestLine(1, 7, "?hr=a9.1"))
	})
	must(t, g.Stop())
	<-late
	if !slices.Equal(arrivals(rec), []uint64{9}) {
		t.Errorf("arrivals %v", arrivals(rec))
	}
}

func TestLogIsFollowedThroughRotationAndTruncation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odoo.log")
	appendTo(t, path, "")
	rec, g := follow(t, path)
	line := func(n int) string { return requestLine(n, 7, fmt.Sprintf("?hr=a%d.1", n)) }
	seen := func(n int) {
		t.Helper()
		eventually(t, fmt.Sprintf("%d requests", n), func() bool { return len(rec.records().Server) >= n })
	}
	appendTo(t, path, line(1))
	seen(1)
	must(t, os.Rename(path, path+".1"))
	appendTo(t, path+".1", line(2)) // Odoo still has the old file
	seen(2)
	appendTo(t, path+".1", line(3))
	appendTo(t, path, line(4)) // and opens the new one
	seen(4)
	must(t, os.Truncate(path, 0))
	time.Sleep(2 * logPoll) // truncation can only be seen before the file has grown as long again
	appendTo(t, path, line(5))
	seen(5)
	must(t, g.Stop())
	if !slices.Equal(arrivals(rec), []uint64{1, 2, 3, 4, 5}) {
		t.Errorf("arrivals %v, want each once, in order", arrivals(rec))
	}
	if gaps := rec.records().Gaps; len(gaps) != 0 {
		t.Errorf("gaps %+v", gaps)
	}
}

func TestLogThatIsNotThereIsAGapUntilItComes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odoo.log")
	rec, g := follow(t, path)
	eventually(t, "a gap", func() bool { return len(rec.records().Gaps) > 0 })
	appendTo(t, path, requestLine(1, 7, "?hr=a1.1"))
	eventually(t, "the request", func() bool { return len(rec.records().Server) == 1 })
	must(t, g.Stop())
	gaps := rec.records().Gaps
	if len(gaps) != 1 || !strings.Contains(gaps[0].Reason, "no such file") || gaps[0].Probe != "odoo_log" {
		t.Errorf("gaps %+v", gaps)
	}
}

func TestOverlongLinesAreDroppedAndCounted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	must(t, os.WriteFile(path, []byte("one\r\n"+strings.Repeat("x", 3*maxLine)+"\ntwo\nthr"), 0o600))
	tl := &tail{path: path}
	defer tl.close()
	var lines []string
	must(t, tl.read(func(l string) { lines = append(lines, l) }))
	appendTo(t, path, "ee\n")
	must(t, tl.read(func(l string) { lines = append(lines, l) }))
	if !slices.Equal(lines, []string{"one", "two", "three"}) || tl.overlong != 1 {
		t.Errorf("lines %.60q, overlong %d", lines, tl.overlong)
	}
}
