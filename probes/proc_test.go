package probes

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

func TestParseStat(t *testing.T) {
	// proc(5); the command is chosen to be hard.
	line := "4242 (a) b (c 1 2) S 17 4242 4242 0 -1 4194560 100 0 0 0 250 50 1000 200 20 0 1 0 987654 123456789 321 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0"
	p, err := parseStat([]byte(line))
	want := proc{pid: 4242, parent: 17, started: 987654, own: 300, waited: 1200, resident: 321 * float64(os.Getpagesize())}
	if err != nil || p != want {
		t.Errorf("got %+v, %v; want %+v", p, err, want)
	}
	for _, bad := range []string{"", "1", "1 (x", "1 (x) S", "x (x)" + line[17:], "1 (x) S a" + line[20:]} {
		if _, err := parseStat([]byte(bad)); !errors.Is(err, errStat) {
			t.Errorf("%q: error %v", bad, err)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("1 (init) S 0 1 1 0 -1 4194560 1 0 0 0 2 5 1 2 20 0 1 0 9 1 3 18446744073709551615 1"))
	f.Add([]byte(")("))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := parseStat(data); err != nil && !errors.Is(err, errStat) {
			t.Error(err)
		}
	})
}

func TestReadProcsOfAFolderThatIsNone(t *testing.T) {
	for _, root := range []string{t.TempDir(), filepath.Join(t.TempDir(), "missing")} {
		if procs, err := readProcs(root); err == nil {
			t.Errorf("%v without an error", procs)
		}
	}
}

// Readings of a master (10), its workers (11, 12, …) and a stranger (99), with
// what the counters must say after each.
func TestCPUIsCountedWhileProcessesComeAndGo(t *testing.T) {
	const master, database = 0, 1
	roots := map[int]root{10: {role: master}, 50: {role: database}}
	p := func(pid, parent int, started uint64, own, waited int64) proc {
		return proc{pid: pid, parent: parent, started: started, own: own, waited: waited, resident: 1000}
	}
	for _, c := range []struct {
		name  string
		reads [][]proc
		want  [][2]int64
	}{{
		"what was before the first reading does not count",
		[][]proc{{p(10, 1, 1, 500, 900), p(11, 10, 2, 70, 0)}, {p(10, 1, 1, 510, 900), p(11, 10, 2, 75, 0)}},
		[][2]int64{{0, 0}, {15, 0}},
	}, {
		"a child that ended: its last moments are in the parent",
		[][]proc{{p(10, 1, 1, 0, 0), p(11, 10, 2, 70, 0)}, {p(10, 1, 1, 0, 0), p(11, 10, 2, 90, 0)}, {p(10, 1, 1, 0, 97)}},
		[][2]int64{{0, 0}, {20, 0}, {27, 0}},
	}, {
		"a child that came and went between two readings",
		[][]proc{{p(10, 1, 1, 0, 0)}, {p(10, 1, 1, 0, 33)}},
		[][2]int64{{0, 0}, {33, 0}},
	}, {
		"a worker is replaced, under the same id even",
		[][]proc{{p(10, 1, 1, 0, 0), p(11, 10, 2, 100, 0)}, {p(10, 1, 1, 0, 100), p(11, 10, 7, 5, 0)}},
		[][2]int64{{0, 0}, {5, 0}},
	}, {
		"the child is seen gone before its parent is seen to have waited",
		[][]proc{{p(10, 1, 1, 0, 0), p(11, 10, 2, 40, 0)}, {p(10, 1, 1, 0, 0)}, {p(10, 1, 1, 0, 46)}},
		[][2]int64{{0, 0}, {0, 0}, {6, 0}},
	}, {
		"a parent that ignores the end of its children",
		[][]proc{{p(10, 1, 1, 0, 0), p(11, 10, 2, 0, 0)}, {p(10, 1, 1, 0, 0), p(11, 10, 2, 8, 0)}, {p(10, 1, 1, 1, 0)}, {p(10, 1, 1, 2, 0)}},
		[][2]int64{{0, 0}, {8, 0}, {9, 0}, {10, 0}},
	}, {
		"a grandchild's CPU reaches the top once",
		[][]proc{
			{p(10, 1, 1, 0, 0), p(11, 10, 2, 0, 0), p(12, 11, 3, 0, 0)},
			{p(10, 1, 1, 0, 0), p(11, 10, 2, 0, 0), p(12, 11, 3, 20, 0)},
			{p(10, 1, 1, 0, 0), p(11, 10, 2, 0, 25)},
			{p(10, 1, 1, 0, 25)},
		},
		[][2]int64{{0, 0}, {20, 0}, {25, 0}, {25, 0}},
	}, {
		"strangers do not count, other roles apart",
		[][]proc{
			{p(10, 1, 1, 0, 0), p(50, 10, 1, 0, 0), p(99, 1, 1, 0, 0)},
			{p(10, 1, 1, 1, 0), p(50, 10, 1, 4, 0), p(51, 50, 2, 2, 0), p(99, 1, 1, 77, 0)},
		},
		[][2]int64{{0, 0}, {1, 6}},
	}} {
		t.Run(c.name, func(t *testing.T) {
			tr := newTracker(2)
			for i, reading := range c.reads {
				tr.read(reading, roots)
				if got := [2]int64{tr.usage[0].cpu, tr.usage[1].cpu}; got != c.want[i] {
					t.Errorf("after reading %d: %v, want %v", i, got, c.want[i])
				}
			}
		})
	}
}

func TestMemoryAndCountAreOfNow(t *testing.T) {
	tr := newTracker(1)
	a := proc{pid: 10, parent: 1, started: 1, resident: 100}
	b := proc{pid: 11, parent: 10, started: 2, resident: 50}
	tr.read([]proc{a, b}, map[int]root{10: {}})
	if u := tr.usage[0]; u.resident != 150 || u.processes != 2 {
		t.Errorf("%+v", u)
	}
	tr.read([]proc{a}, map[int]root{10: {}})
	if u := tr.usage[0]; u.resident != 100 || u.processes != 1 {
		t.Errorf("%+v", u)
	}
	tr.read([]proc{a, b}, map[int]root{10: {alone: true}})
	if u := tr.usage[0]; u.processes != 1 {
		t.Errorf("alone: %+v", u)
	}
}

// A real master whose workers do all the work and end: what the kernel counts
// in the end is what the probe says.
func TestProcessesAgreeWithTheKernel(t *testing.T) {
	const work = `i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done`
	cmd := exec.Command("sh", "-c", "read go; for n in 1 2 3 4 5 6; do ( "+work+" ); done; echo done; read stop")
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	rec := &memory{}
	busy := 0.0
	g := Start(context.Background(), Clock{time.Now()}, rec, Processes{Interval: 50 * time.Millisecond, Roles: []headroom.Role{
		{Name: "web", Station: "app", PIDs: func() []int { return []int{cmd.Process.Pid} }, BusySeconds: func() (float64, error) { busy++; return busy, nil }},
		{Name: "cron", Station: "app", PIDs: func() []int { return nil }, BusySeconds: func() (float64, error) { return -1, nil }},
		{Name: "database", Station: "database", BusySeconds: func() (float64, error) { return 0, errors.New("no such station") }},
	}})
	eventually(t, "a first sample", func() bool { return len(rec.series("process", "web", "cpu_seconds")) > 0 })
	_, err = io.WriteString(in, "go\n")
	must(t, err)
	_, err = io.ReadFull(out, make([]byte, len("done\n")))
	must(t, err)
	must(t, g.Stop())
	_, err = io.WriteString(in, "stop\n")
	must(t, err)
	must(t, cmd.Wait())

	cpu := rec.series("process", "web", "cpu_seconds")
	for i := 1; i < len(cpu); i++ {
		if cpu[i] < cpu[i-1] {
			t.Fatalf("the counter falls: %v", cpu)
		}
	}
	kernel := (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	got := cpu[len(cpu)-1]
	t.Logf("kernel %.3f s, probe %.3f s in %d samples", kernel, got, len(cpu))
	// /proc rounds each of 7 processes down to 10 ms; 10 ms more of the shell's
	// own start.
	if kernel < 0.05 || got > kernel+0.02 || got < kernel-0.08 {
		t.Errorf("the probe says %v s, the kernel %v s", got, kernel)
	}
	if n := rec.series("process", "web", "processes"); n[0] != 1 {
		t.Errorf("processes %v", n)
	}
	if r := rec.series("process", "web", "rss_bytes"); r[0] < 1e5 || r[0] > 1e9 {
		t.Errorf("resident %v bytes", r)
	}
	if s := rec.series("station", "app", "busy_seconds"); len(s) != len(cpu) || s[0] != 1 || s[1] != 2 {
		t.Errorf("busy seconds of a shared station: %v", s)
	}
	if s := rec.series("process", "database", "cpu_seconds"); len(s) != 0 {
		t.Errorf("a role without processes has CPU: %v", s)
	}
	gaps := rec.records().Gaps
	if len(gaps) != 1 || gaps[0].Probe != "station" || gaps[0].Reason != "database: no such station" {
		t.Errorf("gaps %+v", gaps)
	}
}

// work uses so much CPU of this process, however long a busy machine takes.
func work(t *testing.T, much time.Duration) {
	t.Helper()
	used := func() time.Duration {
		var u syscall.Rusage
		must(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	for end := used() + much; used() < end; {
	}
}

func TestGeneratorSeesItselfAndTheHost(t *testing.T) {
	rec := &memory{}
	g := Start(context.Background(), Clock{time.Now()}, rec, Generator{Interval: 20 * time.Millisecond})
	work(t, 300*time.Millisecond)
	must(t, g.Stop())
	own, host := rec.series("generator", "generator", "cpu_seconds"), rec.series("generator", "host", "cpu_seconds")
	if len(own) < 3 || own[len(own)-1] < 0.1 {
		t.Errorf("own CPU %v after 0.3 s of work", own)
	}
	if rise := host[len(host)-1] - host[0]; rise < 0.1 || host[0] <= 0 {
		t.Errorf("the host's CPU rose by %v s", rise)
	}
	for _, metric := range []string{"steal_seconds", "iowait_seconds", "load1", "cpus"} {
		if s := rec.series("generator", "host", metric); len(s) != len(host) || s[0] < 0 {
			t.Errorf("%s: %v", metric, s)
		}
	}
	if gaps := rec.records().Gaps; len(gaps) != 0 {
		t.Errorf("gaps %+v", gaps)
	}
}

func BenchmarkReadProcs(b *testing.B) {
	for b.Loop() {
		if _, err := readProcs(procRoot); err != nil {
			b.Fatal(err)
		}
	}
}
