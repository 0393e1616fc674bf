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
	g := Start(context.Background(), Clock{logStart}, rec, &OdooLog{Source: path, Location: berlin})
	t.Cleanup(func() { g.Stop() })
	return rec, g
}

// informs is a line that shows that level INFO is not hidden.
const informs = "2026-11-20 20:00:00,000 6 INFO ? odoo.service.server: HTTP service (werkzeug) running on hub:8069 \n"

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
		if s := rec.series("odoo_log", "log", metric); len(s) == 0 || s[len(s)-1] != want {
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
	appendTo(t, path, informs)
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
	appendTo(t, path, informs+requestLine(1, 7, "?hr=a1.1"))
	eventually(t, "the request", func() bool { return len(rec.records().Server) == 1 })
	must(t, g.Stop())
	gaps := rec.records().Gaps
	if len(gaps) != 1 || !strings.Contains(gaps[0].Reason, "no such file") || gaps[0].Probe != "odoo_log" {
		t.Errorf("gaps %+v", gaps)
	}
}

// lines reads what is new of a log.
func lines(t *testing.T, tl *tail) []string {
	t.Helper()
	var out []string
	must(t, tl.read(func(l string) { out = append(out, l) }))
	return out
}

// logrotate's copytruncate: the copy has what was not read yet, and the file
// may have grown beyond where it was before anyone looks.
func TestNothingIsLostOrTwiceWhenALogIsCopiedAndTruncated(t *testing.T) {
	for what, c := range map[string]struct {
		unread, after string
		copied        bool
		want          []string
		lost          int
	}{
		"nothing was unread":        {"", "c\n", true, []string{"c"}, 0},
		"some lines were unread":    {"b1\nb2\n", "c\n", true, []string{"b1", "b2", "c"}, 0},
		"it has grown beyond":       {"b\n", strings.Repeat("grown again\n", 9), true, append([]string{"b"}, slices.Repeat([]string{"grown again"}, 9)...), 0},
		"the copy is not there":     {"b\n", "c\n", false, []string{"c"}, 1},
		"a writer goes on in zeros": {"", strings.Repeat("\x00", 70) + "c\n", true, []string{"c"}, 0},
	} {
		t.Run(what, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "odoo[1].log")
			const before = "a line of before that is long enough to be told from others\n"
			appendTo(t, path, before)
			tl := &tail{path: path}
			must(t, tl.begin())
			defer tl.close()
			appendTo(t, path, "a\n")
			if got := lines(t, tl); !slices.Equal(got, []string{"a"}) {
				t.Fatalf("got %q", got)
			}
			appendTo(t, path, c.unread)
			text, err := os.ReadFile(path)
			must(t, err)
			appendTo(t, path+"-20261120", "another day's, longer than ours\n"+strings.Repeat("x", len(text))+"\n")
			if c.copied {
				appendTo(t, path+".1", string(text))
			}
			must(t, os.Truncate(path, 0))
			appendTo(t, path, c.after)
			if got := lines(t, tl); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if tl.truncations != 1 || tl.lost != c.lost {
				t.Errorf("%d truncations, %d lost", tl.truncations, tl.lost)
			}
			appendTo(t, path, "d\n")
			if got := lines(t, tl); !slices.Equal(got, []string{"d"}) {
				t.Errorf("then got %q", got)
			}
		})
	}
}

// Several workers write one log: one opens the new file before another has
// written its last line into the old one.
func TestARotatedLogIsFollowedOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odoo.log")
	appendTo(t, path, "")
	tl := &tail{path: path}
	must(t, tl.begin())
	defer tl.close()
	appendTo(t, path, "1\n")
	must(t, os.Rename(path, path+".1"))
	appendTo(t, path, "2\n")
	if got := lines(t, tl); !slices.Equal(got, []string{"1", "2"}) {
		t.Fatalf("got %q", got)
	}
	appendTo(t, path+".1", "3\n")
	appendTo(t, path, "4\n")
	if got := lines(t, tl); !slices.Equal(got, []string{"3", "4"}) {
		t.Errorf("got %q", got)
	}
	tl.oldUntil = time.Now()
	appendTo(t, path+".1", "5\n")
	appendTo(t, path, "6\n")
	if got := lines(t, tl); !slices.Equal(got, []string{"5", "6"}) || tl.old != nil || tl.rotations != 1 {
		t.Errorf("got %q, the old one is followed: %t, %d rotations", got, tl.old != nil, tl.rotations)
	}
}

func TestALogFileOfAContainerEngine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.log")
	appendTo(t, path, `{"log":"`+strings.TrimSpace(informs)+`\n","stream":"stderr","time":"2026-11-20T19:00:00Z"}`+"\n")
	rec, g := follow(t, path)
	whole := strings.ReplaceAll(strings.TrimSpace(requestLine(1, 7, "?hr=a1.1")), `"`, `\"`)
	appendTo(t, path, `{"log":"`+whole[:90]+`","stream":"stderr","time":"2026-11-20T19:00:00Z"}`+"\n")
	appendTo(t, path, `{"log":"`+whole[90:]+`\n","stream":"stderr","time":"2026-11-20T19:00:00Z"}`+"\n")
	eventually(t, "the request", func() bool { return len(rec.records().Server) == 1 })
	must(t, g.Stop())
	if got := rec.records(); got.Server[0].Arrival != 1 || got.Server[0].Queries != 143 || len(got.Gaps) != 0 {
		t.Errorf("%+v, gaps %+v", got.Server, got.Gaps)
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
	if !slices.Equal(lines, []string{"one", "two", "three"}) || tl.overlong() != 1 {
		t.Errorf("lines %.60q, overlong %d", lines, tl.overlong())
	}
}
