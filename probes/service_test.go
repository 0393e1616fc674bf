package probes

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// nobody runs servers that refuse to be root's.
const nobody = 65534

// A server is a real program of the system's packages, on loopback.
type server struct {
	t       *testing.T
	port    int
	command func() *exec.Cmd
	cmd     *exec.Cmd
	out     *output
	ended   chan struct{}
}

// output is what a program wrote, for those who ask why it did not start.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// serverFolder is one that nobody can use too.
func serverFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "headroom-probes-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if os.Geteuid() == 0 {
		must(t, os.Chown(dir, nobody, nobody))
	}
	return dir
}

func writeServerFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	must(t, os.WriteFile(path, []byte(text), 0o600))
	if os.Geteuid() == 0 {
		must(t, os.Chown(path, nobody, nobody))
	}
	return path
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// serve starts a program that listens on a port, and ends it with the test.
func serve(t *testing.T, port int, name string, args ...string) *server {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path = "/usr/sbin/" + name
		if _, err := os.Stat(path); err != nil {
			t.Fatalf("%s is not installed: these tests need the real one. `make test` installs it from the system's packages", name)
		}
	}
	s := &server{t: t, port: port, command: func() *exec.Cmd {
		cmd := exec.Command(path, args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{}
		if os.Geteuid() == 0 {
			cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
		}
		return cmd
	}}
	t.Cleanup(s.stop)
	s.start()
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.cmd, s.out, s.ended = s.command(), &output{}, make(chan struct{})
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	must(s.t, s.cmd.Start())
	go func() {
		defer close(s.ended)
		_ = s.cmd.Wait() // killed
	}()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.DialTimeout("tcp", s.address(), time.Second)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-s.ended:
			s.t.Fatalf("%s ended while starting:\n%s", s.cmd.Path, s.out)
		default:
		}
		if time.Now().After(end) {
			s.t.Fatalf("%s does not answer:\n%s", s.cmd.Path, s.out)
		}
	}
}

// stop kills the program; it may be called again.
func (s *server) stop() {
	_ = s.cmd.Process.Kill() // it may have ended
	<-s.ended
}

func (s *server) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// outage takes a server away and brings it back, and sees one gap with a reason
// and samples again.
func (s *server) outage(rec *memory, probe string, samples func() int, secrets ...string) {
	s.t.Helper()
	gaps := func() []headroom.Gap { return rec.records().Gaps }
	before := len(gaps())
	s.stop()
	eventually(s.t, "a gap", func() bool { return len(gaps()) > before })
	n := samples()
	s.start()
	eventually(s.t, "samples after the outage", func() bool { return samples() > n+2 })
	for _, gap := range gaps()[before:] {
		if gap.Probe != probe || gap.Reason == "" {
			s.t.Errorf("gap %+v", gap)
		}
		for _, secret := range secrets {
			if strings.Contains(gap.Reason, secret) {
				s.t.Errorf("a secret in the reason %q", gap.Reason)
			}
		}
	}
	if got := len(gaps()) - before; got != 1 {
		s.t.Errorf("%d gaps in one outage: %+v", got, gaps()[before:])
	}
}

// observe starts one probe and gives what it records, and its end.
func observe(t *testing.T, p Probe) (*memory, func()) {
	t.Helper()
	rec := &memory{}
	g := Start(context.Background(), Clock{time.Now()}, rec, p)
	stop := func() { must(t, g.Stop()) }
	t.Cleanup(stop)
	return rec, stop
}

func TestAddressesThatCannotBeReadAreGapsThatShowNothing(t *testing.T) {
	const password = "s3cr3t-of-the-test"
	bad := headroom.Secret("redis://u:" + password + "@[::1:bad/x")
	for _, p := range []Probe{
		Redis{URL: bad}, Redis{URL: "redis:" + headroom.Secret(password)}, PgBouncer{DSN: bad}, Metrics{URL: bad}, Metrics{URL: headroom.Secret(password)},
		Metrics{URL: "http://h/#(" + headroom.Secret("")}, Prometheus{URL: bad}, Queues{DSN: bad, Database: "hub"},
	} {
		t.Run(fmt.Sprintf("%T", p), func(t *testing.T) {
			rec, stop := observe(t, p)
			eventually(t, "a gap", func() bool { return len(rec.records().Gaps) > 0 })
			stop()
			gaps := rec.records().Gaps
			if len(gaps) != 1 || gaps[0].Probe != p.Name() || strings.Contains(gaps[0].Reason, password) {
				t.Errorf("gaps %+v", gaps)
			}
		})
	}
}

func TestNamesAreOfProbesWithAnInterval(t *testing.T) {
	want := map[string]Probe{"cgroup": Cgroups{}, "cron": Crons{}, "generator": Generator{}, "metrics": Metrics{}, "pgbouncer": PgBouncer{}, "postgres": Postgres{},
		"process": Processes{}, "prometheus": Prometheus{}, "queue": Queues{}, "redis": Redis{}, "speed": Speed{}}
	names := Names()
	if len(names) != len(want) {
		t.Errorf("names %v", names)
	}
	for _, name := range names {
		if p := want[name]; p == nil || p.Name() != name {
			t.Errorf("%q is the name of %T", name, p)
		}
	}
}

func TestAProbeUnderAName(t *testing.T) {
	rec, stop := observe(t, Under("replica", Queues{DSN: "postgres://u:p@127.0.0.1:1/hub", Database: "hub", Interval: time.Hour}))
	eventually(t, "a gap", func() bool { return len(rec.records().Gaps) > 0 })
	stop()
	if gap := rec.records().Gaps[0]; gap.Probe != "queue" || !strings.HasPrefix(gap.Reason, "replica: hub: ") {
		t.Errorf("gap %+v", gap)
	}
	rec, stop = observe(t, Under("replica", beat{make(chan struct{})}))
	eventually(t, "samples", func() bool { return len(rec.series("beat", "replica/s", "m")) > 0 })
	stop()
}
