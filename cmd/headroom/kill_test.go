package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/odoo"
	"github.com/headroom-erp/headroom/results"
)

// A victim is a run of the stand-in of which something is going to be killed.
type victim struct {
	t         *testing.T
	cmd       *exec.Cmd
	workspace string
	stdout    bytes.Buffer // read it after end
	exited    chan struct{}

	mu     sync.Mutex
	stderr bytes.Buffer
}

// startVictim starts a run that would take half a minute.
func startVictim(t *testing.T, more ...string) *victim {
	t.Helper()
	v := &victim{t: t, workspace: filepath.Join(t.TempDir(), "w"), exited: make(chan struct{})}
	v.cmd = exec.Command(binary, append([]string{"run", "pilot", "--target", "erp", "--topology", "standard-6",
		"--date", "2026-11-20", "--peak", "dispatch_cutoff", "--for", "30s", "--lead-in", "2s", "--workspace", v.workspace}, more...)...)
	v.cmd.Stdout = &v.stdout
	pipe, err := v.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go v.listen(pipe)
	t.Cleanup(func() {
		_ = v.cmd.Process.Kill()
		<-v.exited
	})
	return v
}

// listen keeps what the run says.
func (v *victim) listen(pipe io.Reader) {
	for s := bufio.NewScanner(pipe); s.Scan(); {
		v.mu.Lock()
		v.stderr.WriteString(s.Text() + "\n")
		v.mu.Unlock()
	}
	_ = v.cmd.Wait() // its code is in ProcessState
	close(v.exited)
}

func (v *victim) said() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.stderr.String()
}

// await waits until the run has said something.
func (v *victim) await(text string) {
	v.t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for !strings.Contains(v.said(), text) {
		select {
		case <-v.exited:
			v.t.Fatalf("the run ended before it said %q\n%s", text, v.said())
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("no %q in 3 minutes\n%s", text, v.said())
		}
	}
}

// awaitStart waits for the run's start.
func (v *victim) awaitStart() {
	v.t.Helper()
	v.await("replaying")
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		run, err := results.Open(filepath.Join(v.workspace, "runs", "standard-6"))
		if err != nil {
			continue // it is not made yet
		}
		started := run.Info().Started
		_ = run.Close()
		if !started.IsZero() && time.Now().After(started) {
			return
		}
	}
	v.t.Fatalf("the run did not start\n%s", v.said())
}

// end waits for the parent's exit code.
func (v *victim) end() int {
	v.t.Helper()
	select {
	case <-v.exited:
		return v.cmd.ProcessState.ExitCode()
	case <-time.After(time.Minute):
		v.t.Fatalf("still running a minute after the kill\n%s", v.said())
		return 0
	}
}

// process is one of the tree below a pid.
type process struct {
	pid     int
	cmdline string
}

// tree is every descendant of a pid.
func tree(t *testing.T, root int) []process {
	t.Helper()
	children := map[int][]int{}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		// The name in parentheses may hold anything; fields after it are plain.
		after := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		parent, _ := strconv.Atoi(after[1])
		children[parent] = append(children[parent], pid)
	}
	var out []process
	for queue := children[root]; len(queue) > 0; queue = queue[1:] {
		pid := queue[0]
		raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		out = append(out, process{pid, strings.TrimSpace(strings.ReplaceAll(string(raw), "\x00", " "))})
		queue = append(queue, children[pid]...)
	}
	return out
}

// find is the one process of the tree whose command line has the text; 0 when
// there is none yet.
func (v *victim) find(text string) int {
	v.t.Helper()
	for _, p := range tree(v.t, v.cmd.Process.Pid) {
		if strings.Contains(p.cmdline, text) {
			return p.pid
		}
	}
	return 0
}

func alive(pid int) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !bytes.Contains(raw, []byte(") Z ")) // a zombie is gone
}

// wantGone fails when a process outlives the patience.
func wantGone(t *testing.T, processes []process) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for _, p := range processes {
		for alive(p.pid) {
			if time.Now().After(deadline) {
				t.Errorf("left running: %d %s", p.pid, p.cmdline)
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// wantFoldersGone fails when what a run makes outside of its workspace stays:
// control groups, and PostgreSQL's folder.
func (v *victim) wantFoldersGone(all []process) {
	v.t.Helper()
	var folders []string
	for _, p := range all {
		if _, after, ok := strings.Cut(p.cmdline, "postgres -D "); ok {
			folders = append(folders, strings.Fields(after)[0])
		}
	}
	for _, folder := range folders {
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			if _, err := os.Stat(folder); os.IsNotExist(err) {
				break
			}
			if time.Now().After(deadline) {
				v.t.Errorf("PostgreSQL's folder is left behind: %s", folder)
				break
			}
		}
	}
	mark := strconv.Itoa(v.cmd.Process.Pid)
	_ = filepath.WalkDir("/sys/fs/cgroup", func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() && strings.Contains(e.Name(), "headroom") && strings.Contains(e.Name(), mark) {
			v.t.Errorf("a control group is left behind: %s", path)
		}
		return nil
	})
}

// bundle is the run's folder, opened; nil when the run had not come that far.
func (v *victim) bundle() *results.Reader {
	v.t.Helper()
	folder := filepath.Join(v.workspace, "runs", "standard-6")
	if _, err := os.Stat(filepath.Join(folder, "run.json")); os.IsNotExist(err) {
		return nil
	}
	run, err := results.Open(folder)
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { _ = run.Close() })
	if info := run.Info(); info.Complete || info.Reason == "" {
		v.t.Errorf("the bundle of a run that was ended says complete=%v, reason %q", info.Complete, info.Reason)
	}
	return run
}

// wantRecorded holds the bundle against the stand-in's own log: but for the
// last second before the kill, each request that the server answered is there.
// It returns how many those are.
func (v *victim) wantRecorded(run *results.Reader, killed time.Time) int {
	v.t.Helper()
	started := run.Info().Started
	if started.IsZero() {
		return 0
	}
	type key struct {
		arrival uint64
		n       int
	}
	got := map[key]bool{}
	for r, err := range run.Requests() {
		if err != nil {
			v.t.Fatal(err)
		}
		got[key{r.Arrival, r.N}] = true
	}
	log, err := os.Open(filepath.Join(v.workspace, "logs", "standard-6.log"))
	if err != nil {
		v.t.Fatal(err)
	}
	defer log.Close()
	joiner := odoo.NewJoiner(started)
	// A second of what the recorder may lose, and a quarter for what was on its
	// way between the server's line and the client's clock.
	at := killed.Sub(started).Seconds()
	served, missing := 0, 0
	for line := range odoo.NewParser(time.UTC).Lines(log) {
		s, ok := joiner.Add(line)
		if !ok || s.Arrival == 0 || s.End > at-1.25 {
			continue
		}
		served++
		if !got[key{s.Arrival, s.N}] {
			missing++
			if missing <= 5 {
				v.t.Logf("missing: a%d.%d %s, answered at %.3f s, killed at %.3f s", s.Arrival, s.N, s.Path, s.End, at)
			}
		}
	}
	if missing > 0 {
		v.t.Errorf("%d of %d requests that the server had answered are not in the bundle", missing, served)
	}
	v.wantObserved(run, at)
	return served
}

// wantObserved holds the parent's own part against its probes' interval of a
// second.
func (v *victim) wantObserved(run *results.Reader, killed float64) {
	v.t.Helper()
	last := 0.0
	for s, err := range run.Samples() {
		if err != nil {
			v.t.Fatal(err)
		}
		if s.Probe == "generator" && s.T <= killed {
			last = max(last, s.T)
		}
	}
	// The interval, the second of the recorder, and a quarter.
	if killed > 3 && last < killed-2.25 {
		v.t.Errorf("the probes' last sample is of %.2f s, and the kill was at %.2f s", last, killed)
	}
}

// A target of a kill.
type target struct {
	name string
	find string // in its command line; "" is the parent
	says string // what the parent says then
}

var targets = []target{
	{name: "parent"},
	{"k6", " k6 run", "k6 ended "},
	{"PostgreSQL", "postgres -D", "PostgreSQL ended "},
	{"the stand-in", "erp --config-from-stdin", "the ERP ended "},
}

// TestKilledAtRandomMoments kills one process of a run after the other, each
// at a moment of its own. HEADROOM_KILLS sets how many runs there are (8),
// HEADROOM_KILL_SEED when.
func TestKilledAtRandomMoments(t *testing.T) {
	number := func(name string, usual uint64) uint64 {
		if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
			return n
		}
		return usual
	}
	seed := number("HEADROOM_KILL_SEED", uint64(time.Now().UnixNano()))
	t.Logf("HEADROOM_KILL_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var served atomic.Int64
	t.Run("runs", func(t *testing.T) {
		for i := range number("HEADROOM_KILLS", 8) {
			c := targets[i%uint64(len(targets))]
			early := i/uint64(len(targets))%2 == 1 // also before there is any load
			after := time.Duration((1 + 5*random.Float64()) * float64(time.Second))
			t.Run(fmt.Sprintf("%s, early %v, after %.2f s", c.name, early, after.Seconds()), func(t *testing.T) {
				t.Parallel()
				served.Add(int64(kill(t, c, early, after)))
			})
		}
	})
	if served.Load() < 100 {
		t.Errorf("only %d requests in the servers' logs: the test shows nothing", served.Load())
	}
}

// kill kills a process of a run and looks at what is left. It returns how many
// requests the server had answered.
func kill(t *testing.T, c target, early bool, after time.Duration) int {
	v := startVictim(t)
	if !early {
		v.awaitStart()
	}
	pid := v.cmd.Process.Pid
	if early && c.find != "" {
		v.await("replaying") // of the stack that is loaded, not of the one that is seeded
	}
	for c.find != "" {
		if pid = v.find(c.find); pid != 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	time.Sleep(after)
	all := tree(t, v.cmd.Process.Pid)
	killed := time.Now()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("%v\n%s", err, v.said())
	}
	code := v.end()
	if c.find != "" && (code != headroom.ExitNotMeasured || !strings.Contains(v.said(), c.says)) {
		t.Errorf("exit code %d, want %d and %q\n%s", code, headroom.ExitNotMeasured, c.says, v.said())
	}
	wantGone(t, all)
	v.wantFoldersGone(all)
	run := v.bundle()
	if run == nil {
		if !early {
			t.Errorf("there is no bundle\n%s", v.said())
		}
		return 0
	}
	return v.wantRecorded(run, killed)
}
