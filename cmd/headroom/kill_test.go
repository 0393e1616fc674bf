package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
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
	stderr    bytes.Buffer
	loaded    chan struct{} // closed when load has been offered for some seconds
	exited    chan error
}

func startVictim(t *testing.T) *victim {
	t.Helper()
	v := &victim{t: t, workspace: filepath.Join(t.TempDir(), "w"), loaded: make(chan struct{}), exited: make(chan error, 1)}
	v.cmd = exec.Command(binary, "run", "pilot", "--target", "erp", "--topology", "standard-6",
		"--date", "2026-11-20", "--peak", "dispatch_cutoff", "--for", "20s", "--workspace", v.workspace)
	pipe, err := v.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go v.follow(pipe)
	t.Cleanup(func() { _ = v.cmd.Process.Kill() })
	select {
	case <-v.loaded:
	case err := <-v.exited:
		t.Fatalf("the run ended before anything was killed: %v\n%s", err, v.stderr.String())
	case <-time.After(3 * time.Minute):
		t.Fatalf("no load after 3 minutes\n%s", v.stderr.String())
	}
	return v
}

// follow waits for the second line of progress: some ten seconds of load.
func (v *victim) follow(pipe io.Reader) {
	lines := 0
	for s := bufio.NewScanner(pipe); s.Scan(); {
		v.stderr.WriteString(s.Text() + "\n")
		if strings.Contains(s.Text(), "journeys started") {
			if lines++; lines == 2 {
				close(v.loaded)
			}
		}
	}
	v.exited <- v.cmd.Wait()
}

// end waits for the parent's exit code.
func (v *victim) end() int {
	v.t.Helper()
	select {
	case <-v.exited:
		return v.cmd.ProcessState.ExitCode()
	case <-time.After(time.Minute):
		v.t.Fatalf("still running a minute after the kill\n%s", v.stderr.String())
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

// find is the one process of the tree whose command line has the text.
func (v *victim) find(text string) int {
	v.t.Helper()
	all := tree(v.t, v.cmd.Process.Pid)
	for _, p := range all {
		if strings.Contains(p.cmdline, text) {
			return p.pid
		}
	}
	v.t.Fatalf("no process with %q in %v", text, all)
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

// wantRecorded holds the bundle against the stand-in's own log: but for the
// last second before the kill, each request that the server answered is there.
func (v *victim) wantRecorded(killed time.Time) *results.Reader {
	v.t.Helper()
	run, err := results.Open(filepath.Join(v.workspace, "runs", "standard-6"))
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { _ = run.Close() })
	info := run.Info()
	if info.Complete || info.Reason == "" {
		v.t.Errorf("the bundle of a killed run says complete=%v, reason %q", info.Complete, info.Reason)
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
	joiner := odoo.NewJoiner(info.Started)
	// A second of what the recorder may lose, and a quarter for what was on its
	// way between the server's line and the client's clock.
	until := killed.Sub(info.Started).Seconds() - 1.25
	served, missing := 0, 0
	for line := range odoo.NewParser(time.UTC).Lines(log) {
		s, ok := joiner.Add(line)
		if !ok || s.Arrival == 0 || s.End > until {
			continue
		}
		served++
		if !got[key{s.Arrival, s.N}] {
			missing++
			if missing <= 5 {
				v.t.Logf("missing: a%d.%d %s, answered at %.3f s, killed at %.3f s", s.Arrival, s.N, s.Path, s.End, until+1.25)
			}
		}
	}
	if served < 100 {
		v.t.Errorf("only %d requests in the server's log: the test shows nothing", served)
	}
	if missing > 0 {
		v.t.Errorf("%d of %d requests that the server had answered are not in the bundle", missing, served)
	}
	return run
}

func TestKilledParent(t *testing.T) {
	v := startVictim(t)
	all := tree(t, v.cmd.Process.Pid)
	if len(all) < 4 {
		t.Fatalf("k6, the stand-in and PostgreSQL should run: %v", all)
	}
	killed := time.Now()
	if err := v.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	v.end()
	wantGone(t, all)
	v.wantRecorded(killed)
}

func TestKilledK6(t *testing.T) {
	v := startVictim(t)
	pid := v.find(" k6 run")
	all := tree(t, v.cmd.Process.Pid)
	killed := time.Now()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code := v.end(); code != headroom.ExitNotMeasured {
		t.Errorf("exit code %d, want %d\n%s", code, headroom.ExitNotMeasured, v.stderr.String())
	}
	if !strings.Contains(v.stderr.String(), "k6") {
		t.Errorf("the message does not say what ended:\n%s", v.stderr.String())
	}
	wantGone(t, all)
	v.wantRecorded(killed)
}

func TestKilledPostgres(t *testing.T) {
	v := startVictim(t)
	pid := v.find("postgres -D")
	all := tree(t, v.cmd.Process.Pid)
	killed := time.Now()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code := v.end(); code != headroom.ExitNotMeasured {
		t.Errorf("exit code %d, want %d\n%s", code, headroom.ExitNotMeasured, v.stderr.String())
	}
	if !strings.Contains(v.stderr.String(), "PostgreSQL ended in the middle of the run; what was measured until then is kept in ") {
		t.Errorf("the message does not say what ended:\n%s", v.stderr.String())
	}
	wantGone(t, all)
	v.wantRecorded(killed)
}

func TestInterrupted(t *testing.T) {
	v := startVictim(t)
	all := tree(t, v.cmd.Process.Pid)
	if err := v.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := v.end(); code != headroom.ExitInterrupted {
		t.Errorf("exit code %d, want %d\n%s", code, headroom.ExitInterrupted, v.stderr.String())
	}
	wantGone(t, all)
	if _, err := os.Stat(filepath.Join(v.workspace, "private")); !os.IsNotExist(err) {
		t.Errorf("the folder of secrets is left behind: %v", err)
	}
	run, err := results.Open(filepath.Join(v.workspace, "runs", "standard-6"))
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	if info := run.Info(); info.Complete || info.Reason != "interrupted" {
		t.Errorf("the bundle says complete=%v, reason %q", info.Complete, info.Reason)
	}
}
