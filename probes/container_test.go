package probes

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fakeEngine puts a command of that name on the path. It behaves as docker logs
// does on a container's log file, whose lines are "STAMP STREAM text", and notes
// its arguments and what it sees of our environment. While the file "stopped" is
// there it fails as for a container that is not; the file "cut" ends it.
func fakeEngine(t *testing.T, name string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	script := `#!/bin/sh
cd ` + folder + `
echo "$0 $* $(env | grep -c '^HEADROOM_')" >> calls
tail=all since=0 follow=
while [ $# -gt 0 ]; do
  case $1 in
  --tail) tail=$2; shift;;
  --since|--since-time) since=$2; shift;;
  --follow) follow=yes;;
  esac
  shift
done
if [ -e stopped ]; then echo "Error response from daemon: No such container: hub" >&2; exit 1; fi
[ $tail = all ] && from=1 || from=$(( $(wc -l < log) - tail + 1 ))
[ $from -lt 1 ] && from=1
n=$(wc -l < log)
show() { sed -n "$1,$2p" log | while read -r stamp stream text; do
  [ "$(printf '%s\n%s\n' "$since" "$stamp" | LC_ALL=C sort | head -n 1)" = "$since" ] || continue
  if [ $stream = stderr ] && [ ` + name + ` = docker ]; then echo "$stamp $text" >&2; else echo "$stamp $text"; fi
done; }
show $from $n
while [ -n "$follow" ]; do
  [ -e cut ] && { rm cut; exit 0; }
  m=$(wc -l < log)
  [ $m -gt $n ] && show $((n+1)) $m
  n=$m
  sleep 0.02
done
`
	must(t, os.WriteFile(filepath.Join(folder, name), []byte(script), 0o700))
	must(t, os.WriteFile(filepath.Join(folder, "log"), nil, 0o600))
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	t.Setenv("HEADROOM_ODOO_PASSWORD", "geheim")
	return folder
}

// A program that the command started may hold its output and live on, out of
// reach of a signal to the group: the run's end does not wait for it.
func TestTheEndDoesNotWaitForWhatACommandLeftBehind(t *testing.T) {
	folder := t.TempDir()
	script := `#!/bin/sh
trap '' TERM INT
setsid sh -c 'echo $$ > "$1"; exec sleep 30' x "` + folder + `/pid" &
echo "2026-11-20T16:00:00.000000000Z a line"
exec sleep 30
`
	must(t, os.WriteFile(filepath.Join(folder, "docker"), []byte(script), 0o700))
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	f := dockerLog("hub")
	must(t, f.begin())
	var pid int
	eventually(t, "what is left behind", func() bool {
		text, err := os.ReadFile(filepath.Join(folder, "pid"))
		if err != nil {
			return false
		}
		pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
		return err == nil
	})
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
	began := time.Now()
	f.close()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the end took %v", took)
	}
}

// contain appends a line to a container's log, stamped so many milliseconds
// after logStart.
func contain(t *testing.T, folder, stream string, ms int, line string) {
	t.Helper()
	stamp := logStart.Add(time.Duration(ms) * time.Millisecond).Format("2006-01-02T15:04:05.000000000Z")
	appendTo(t, filepath.Join(folder, "log"), stamp+" "+stream+" "+strings.TrimSuffix(line, "\n")+"\n")
}

func followSource(t *testing.T, o *OdooLog) (*memory, *Group) {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	must(t, err)
	o.Location = berlin
	rec := &memory{}
	g := Start(context.Background(), Clock{logStart}, rec, o)
	t.Cleanup(func() { g.Stop() })
	return rec, g
}

// A container's log is followed from its end, through ends of the command and
// an engine that is away, each line once: those of both streams, and those whose
// stamps are equal.
func TestContainerLogIsFollowedThroughRestarts(t *testing.T) {
	for name, source := range map[string]string{"docker": "docker:hub", "kubectl": "kubernetes:erp/hub-0/odoo"} {
		t.Run(name, func(t *testing.T) {
			folder := fakeEngine(t, name)
			contain(t, folder, "stderr", -5000, informs)
			contain(t, folder, "stderr", -4000, requestLine(-4000, 7, "?hr=a1.1")) // of an earlier run
			rec, g := followSource(t, &OdooLog{Source: source})
			line := func(n int, stream string, ms int) {
				contain(t, folder, stream, ms, requestLine(ms, 7, fmt.Sprintf("?hr=a%d.1", n)))
			}
			seen := func(n int) {
				t.Helper()
				eventually(t, fmt.Sprintf("%d requests", n), func() bool { return len(rec.records().Server) >= n })
			}
			line(2, "stderr", 1000)
			line(3, "stdout", 1000)
			line(4, "stderr", 1000) // the same moment
			seen(3)
			must(t, os.WriteFile(filepath.Join(folder, "stopped"), nil, 0o600))
			must(t, os.WriteFile(filepath.Join(folder, "cut"), nil, 0o600))
			eventually(t, "a gap", func() bool { return len(rec.records().Gaps) > 0 })
			line(5, "stderr", 1000)
			line(6, "stdout", 990) // its stream was slower
			line(7, "stderr", 1500)
			must(t, os.Remove(filepath.Join(folder, "stopped")))
			seen(6)
			line(8, "stderr", 2000)
			seen(7)
			must(t, g.Stop())
			got := arrivals(rec)
			slices.Sort(got) // the streams of a command are read side by side
			if !slices.Equal(got, []uint64{2, 3, 4, 5, 6, 7, 8}) {
				t.Errorf("arrivals %v, want each once", got)
			}
			checkCalls(t, folder, name, rec)
		})
	}
}

func checkCalls(t *testing.T, folder, name string, rec *memory) {
	t.Helper()
	calls, err := os.ReadFile(filepath.Join(folder, "calls"))
	must(t, err)
	for call := range strings.Lines(string(calls)) {
		if !strings.HasSuffix(strings.TrimSpace(call), " 0") {
			t.Errorf("the command saw variables of ours: %s", call)
		}
	}
	want := map[string]string{
		"docker":  "docker logs --timestamps --follow --since 2026-11-20T18:59:58Z hub",
		"kubectl": "kubectl logs --timestamps --follow --since-time 2026-11-20T18:59:58Z --namespace erp hub-0 --container odoo",
	}[name]
	if !strings.Contains(string(calls), want) {
		t.Errorf("no call %q in\n%s", want, calls)
	}
	var reasons []string
	for _, g := range rec.records().Gaps {
		reasons = append(reasons, g.Reason)
	}
	if all := strings.Join(reasons, "\n"); !strings.Contains(all, name+" logs ") || strings.Contains(all, "geheim") {
		t.Errorf("gaps:\n%s", all)
	}
	if r := rec.series("odoo_log", "log", "restarts"); len(r) == 0 || r[len(r)-1] < 1 {
		t.Errorf("restarts %v", r)
	}
}

func TestContainerThatIsNotThereIsAGapWithTheReason(t *testing.T) {
	folder := fakeEngine(t, "docker")
	must(t, os.WriteFile(filepath.Join(folder, "stopped"), nil, 0o600))
	rec, g := followSource(t, &OdooLog{Source: "docker:hub"})
	must(t, g.Stop())
	gaps := rec.records().Gaps
	if len(gaps) == 0 || !strings.Contains(gaps[0].Reason, "docker logs hub ended: exit status 1: Error response from daemon: No such container: hub") {
		t.Errorf("gaps %+v", gaps)
	}
}

func TestCommandThatIsNotThereIsAGap(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	rec, g := followSource(t, &OdooLog{Source: "kubernetes:erp/hub"})
	must(t, g.Stop())
	if gaps := rec.records().Gaps; len(gaps) == 0 || !strings.Contains(gaps[0].Reason, "kubectl logs erp/hub cannot be started") {
		t.Errorf("gaps %+v", gaps)
	}
}

func TestNoProcessOfTheCommandIsLeft(t *testing.T) {
	folder := fakeEngine(t, "docker")
	contain(t, folder, "stderr", 0, informs)
	_, g := followSource(t, &OdooLog{Source: "docker:hub"})
	must(t, g.Stop())
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	must(t, err)
	for _, path := range lines {
		if text, _ := os.ReadFile(path); strings.Contains(string(text), folder) {
			t.Errorf("%s: %s", path, text)
		}
	}
}

// A log that hides what it should show is told apart from a quiet one.
func TestHiddenLinesAreAGap(t *testing.T) {
	warns := "2026-11-20 20:00:01,000 6 WARNING hub odoo.http: Session expired \n"
	static := `2026-11-20 20:00:01,000 6 INFO hub werkzeug: 127.0.0.1 - - [20/Nov/2026 20:00:00] "GET /web/static/x.js HTTP/1.1" 200 - - - -` + "\n"
	for what, c := range map[string]struct {
		lines    string
		answered int
		want     []string // of each gap a part
		shown    []float64
	}{
		"all is there":            {informs + requestLine(1, 7, "?hr=a1.1"), 500, nil, []float64{1}},
		"nobody was answered":     {informs, 0, nil, nil},
		"a few are on their way":  {informs, 3, nil, nil},
		"werkzeug at WARNING":     {informs, 500, []string{"no request line though 20 requests"}, nil},
		"another server's log":    {informs + requestLine(1, 7, "") + static, 500, []string{"no request line of this run though 20 requests"}, []float64{1}},
		"an empty log":            {"", 500, []string{"had no line though 20 requests"}, nil},
		"odoo at WARNING":         {warns + requestLine(1, 7, "?hr=a1.1"), 500, []string{"conflicts (odoo.service.model) are hidden"}, []float64{0}},
		"odoo at WARNING, a loss": {warns + conflictLine(1, 7, 0.5) + requestLine(600, 7, "?hr=a1.1"), 500, nil, []float64{1}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "odoo.log")
			appendTo(t, path, "")
			rec := &memory{}
			g := Start(context.Background(), Clock{logStart}, rec, &OdooLog{Source: path, Answered: func(most int) int { return min(most, c.answered) }})
			appendTo(t, path, c.lines)
			must(t, g.Stop())
			gaps := rec.records().Gaps
			if len(gaps) != len(c.want) {
				t.Fatalf("gaps %+v, want %q", gaps, c.want)
			}
			for i, want := range c.want {
				if !strings.Contains(gaps[i].Reason, want) {
					t.Errorf("gap %q, want %q", gaps[i].Reason, want)
				}
			}
			if s := rec.series("odoo_log", "log", "conflicts_shown"); !slices.Equal(s, c.shown) {
				t.Errorf("conflicts_shown %v, want %v", s, c.shown)
			}
		})
	}
}
