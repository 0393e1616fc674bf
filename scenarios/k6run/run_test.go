package k6run_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios"
	"github.com/headroom-erp/headroom/scenarios/k6run"
)

func TestARunServesEachArrivalOnce(t *testing.T) {
	erp := newImitation(t)
	p := newPlan()
	p.add("order_to_ship", 20, 0, 50*ms)
	p.add("buy_and_receive", 5, 10*ms, 100*ms)
	p.add("scan", 100, 0, 10*ms)
	p.add("edi_order", 12, 500*ms, 0)
	p.add("invoice", 3, 100*ms, 100*ms)
	p.add("portal", 5, 0, 10*ms) // the other engine's
	erp.delay = 3 * ms
	g := give(t, t.TempDir(), erp.URL, p, password)
	e := start(t, g.Options)
	var last headroom.Tick
	for tick := range e.Ticks() {
		last = tick
	}
	if err := e.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, g.log(t))
	}
	const want = 20 + 5 + 100 + 12 + 3
	js, rs := g.read(t)
	if len(js) != want || last.Done != want || e.Done().Done != want || last.Failed != 0 {
		t.Errorf("%d journeys recorded, last tick %+v, done %+v, want %d", len(js), last, e.Done(), want)
	}
	seen := map[uint64]bool{}
	for _, j := range js {
		if seen[j.Arrival] {
			t.Errorf("arrival %d was served twice", j.Arrival)
		}
		seen[j.Arrival] = true
		expect := headroom.OK
		if j.Process == "p_invoice" {
			expect = headroom.NothingToDo
		}
		if j.Outcome != expect || j.Site != "hub" {
			t.Errorf("%+v", j)
		}
	}
	for _, r := range rs {
		if n := erp.hr[fmt.Sprintf("a%d.%d", r.Arrival, r.N)]; n != 1 {
			t.Errorf("hr=a%d.%d came %d times", r.Arrival, r.N, n)
		}
	}
	if len(erp.hr) != len(rs) || len(erp.calls) != len(rs) {
		t.Errorf("%d requests recorded, %d marks and %d calls at the server", len(rs), len(erp.hr), len(erp.calls))
	}
	if erp.most != 2 {
		t.Errorf("the partner used %d connections, has 2", erp.most)
	}
	if erp.logins != 2 {
		t.Errorf("%d sessions were opened for 2 users", erp.logins)
	}
	checkSteps(t, rs)
	if left, _ := filepath.Glob(filepath.Join(g.Workspace, "k6-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// checkSteps: a journey's steps are those of the registry, in order.
func checkSteps(t *testing.T, rs []headroom.Request) {
	t.Helper()
	steps := map[uint64][]string{}
	process := map[uint64]string{}
	protocol := map[string]string{}
	slices.SortFunc(rs, func(a, b headroom.Request) int { return a.N - b.N })
	for _, r := range rs {
		if s := steps[r.Arrival]; len(s) == 0 || s[len(s)-1] != r.Step {
			steps[r.Arrival] = append(s, r.Step)
		}
		process[r.Arrival], protocol[r.Process] = r.Process, r.Protocol
	}
	for id, got := range steps {
		s, err := scenarios.Find(strings.TrimPrefix(process[id], "p_"))
		must(t, err)
		want := s.Steps
		switch s.Name {
		case "invoice":
			want = want[:1] // found nothing
		case "edi_order":
			want = want[1:] // the first attempt seeks nothing
		}
		if !slices.Equal(got, want) || protocol[process[id]] != s.Protocol {
			t.Errorf("arrival %d of %s did %v by %s, the registry says %v by %s", id, s.Name, got, protocol[process[id]], want, s.Protocol)
		}
	}
}

func TestAServersRefusalEndsTheJourney(t *testing.T) {
	erp := newImitation(t)
	erp.refuse = "stock.picking.button_validate"
	p := newPlan()
	p.add("order_to_ship", 1, 0, 0)
	g := give(t, t.TempDir(), erp.URL, p, password)
	e := start(t, g.Options)
	must(t, e.Wait())
	js, rs := g.read(t)
	last := rs[len(rs)-1]
	if last.Step != "ship" || last.Outcome != headroom.BusinessError || last.Error != "You cannot do that on a Friday." {
		t.Errorf("last request %+v", last)
	}
	if js[0].Outcome != headroom.BusinessError || js[0].Error != "ship: You cannot do that on a Friday." {
		t.Errorf("journey %+v", js[0])
	}
	if d := e.Done(); d.Failed != 1 || d.Aborted != 0 {
		t.Errorf("%+v", d)
	}
}

func TestARefusedLoginIsBadInputBeforeAnyLoad(t *testing.T) {
	erp := newImitation(t)
	p := newPlan()
	p.add("order_to_ship", 3, 0, 0)
	const wrong = "not-the-password"
	g := give(t, t.TempDir(), erp.URL, p, wrong)
	e := k6run.New(g.Options)
	err := e.Ready(t.Context())
	var input *headroom.InputError
	if !errors.As(err, &input) || headroom.ExitCode(err) != headroom.ExitBadInput {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(err.Error(), "ann") || strings.Contains(err.Error()+g.log(t), wrong) {
		t.Errorf("the message names no user, or tells the password: %v", err)
	}
	if len(erp.calls) != 0 {
		t.Errorf("load went out: %v", erp.calls)
	}
	if again := e.Wait(); !errors.Is(again, err) || e.PID() != 0 {
		t.Error("the child lives on, or Wait says something else")
	}
	if js, _ := g.read(t); len(js) != 0 {
		t.Errorf("journeys were recorded: %v", js)
	}
}

func TestAStopLetsRunningJourneysFinish(t *testing.T) {
	erp := newImitation(t)
	erp.delay = 400 * ms
	p := newPlan()
	p.add("scan", 4, 0, 0)
	p.add("scan", 6, time.Minute, ms)
	g := give(t, t.TempDir(), erp.URL, p, password)
	e := start(t, g.Options)
	time.Sleep(300 * ms) // the first four run
	e.Stop(10 * time.Second)
	e.Stop(10 * time.Second)
	must(t, e.Wait())
	e.Stop(0)
	count := map[headroom.Outcome]int{}
	js, _ := g.read(t)
	for _, j := range js {
		count[j.Outcome]++
	}
	if count[headroom.OK] != 4 || count[headroom.Aborted] != 6 {
		t.Errorf("%v, want 4 ok and 6 aborted\n%s", count, g.log(t))
	}
}

func TestGraceOverInterruptsAndIsRecorded(t *testing.T) {
	erp := newImitation(t)
	erp.delay = time.Minute
	p := newPlan()
	p.add("scan", 3, 0, 0)
	g := give(t, t.TempDir(), erp.URL, p, password)
	e := start(t, g.Options)
	time.Sleep(300 * ms)
	began := time.Now()
	e.Stop(200 * ms)
	must(t, e.Wait())
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("took %v", took)
	}
	js, rs := g.read(t)
	if len(js) != 3 || len(rs) != 3 {
		t.Fatalf("%d journeys, %d requests", len(js), len(rs))
	}
	for i := range js {
		if js[i].Outcome != headroom.Aborted || rs[i].Outcome != headroom.Aborted {
			t.Errorf("%+v, %+v", js[i], rs[i])
		}
	}
}

func TestAKilledChildIsAFailureToMeasureAndKeepsItsPart(t *testing.T) {
	erp := newImitation(t)
	p := newPlan()
	p.add("scan", 6000, 0, 10*ms)
	g := give(t, t.TempDir(), erp.URL, p, password)
	e := start(t, g.Options)
	time.Sleep(2500 * ms)
	pid := e.PID()
	must(t, syscall.Kill(pid, syscall.SIGKILL))
	err := e.Wait()
	var measure *headroom.MeasureError
	if !errors.As(err, &measure) || headroom.ExitCode(err) != headroom.ExitNotMeasured {
		t.Errorf("got %v", err)
	}
	js, _ := g.read(t)
	erp.mu.Lock()
	sent := len(erp.calls)
	erp.mu.Unlock()
	if len(js) < sent-120 || len(js) == 0 || len(js) > sent { // 100 a second
		t.Errorf("%d journeys recorded of %d", len(js), sent)
	}
}

// doomedParent starts an engine, tells the child's number, and waits for its
// own end.
func doomedParent(options string) {
	var o k6run.Options
	if err := json.Unmarshal([]byte(options), &o); err != nil {
		panic(err)
	}
	e := k6run.New(o)
	if err := e.Ready(context.Background()); err != nil {
		panic(err)
	}
	if err := e.Start(time.Now()); err != nil {
		panic(err)
	}
	fmt.Println(e.PID())
	time.Sleep(time.Minute)
}

func TestTheChildDiesWithItsParent(t *testing.T) {
	erp := newImitation(t)
	p := newPlan()
	p.add("scan", 6000, 0, 10*ms)
	g := give(t, t.TempDir(), erp.URL, p, password)
	options, err := json.Marshal(g.Options)
	must(t, err)
	parent := exec.Command(g.Binary[0], "doomed-parent", string(options))
	out, err := parent.StdoutPipe()
	must(t, err)
	must(t, parent.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("%v; %s", err, g.log(t))
	}
	child, err := strconv.Atoi(strings.TrimSpace(line))
	must(t, err)
	if err := syscall.Kill(child, 0); err != nil {
		t.Fatalf("there is no child: %v", err)
	}
	must(t, parent.Process.Kill())
	_ = parent.Wait() // says that it was killed
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * ms) {
		if !alive(child) {
			return
		}
		if time.Now().After(deadline) {
			_ = syscall.Kill(child, syscall.SIGKILL)
			t.Fatal("the child lives on")
		}
	}
}

// alive is false for a zombie that init has not reaped yet.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func TestSecretsStayInTheirFileAndPipe(t *testing.T) {
	erp := newImitation(t)
	p := newPlan()
	p.add("scan", 200, 0, 10*ms)
	p.add("bi_report", 1, 50*ms, 0)
	g := give(t, t.TempDir(), erp.URL, p, password)
	const dsnPassword = "pa55-of-postgres"
	g.DSNs = map[string]headroom.Secret{"db-hub": "postgres://bi:" + dsnPassword + "@127.0.0.1:1/db-hub"} // nobody listens there
	e := start(t, g.Options)
	for _, file := range []string{"cmdline", "environ"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", e.PID(), file))
		must(t, err)
		if s := string(text); strings.Contains(s, password) || strings.Contains(s, dsnPassword) {
			t.Errorf("a secret is in the child's %s", file)
		}
	}
	must(t, e.Wait())
	js, rs := g.read(t)
	i := slices.IndexFunc(rs, func(r headroom.Request) bool { return r.Protocol == "sql" })
	if i < 0 || rs[i].Outcome != headroom.Unreachable || rs[i].Step != "stock_by_product" {
		t.Errorf("the read of a database that is not there: %+v", rs[max(0, i)])
	}
	everything := g.log(t) + fmt.Sprintf("%+v %+v", js, rs)
	if strings.Contains(everything, password) || strings.Contains(everything, dsnPassword) {
		t.Error("a secret is in the log or the records")
	}
}

func TestWhatIsWrongBeforeTheStart(t *testing.T) {
	erp := newImitation(t)
	for name, c := range map[string]struct {
		spoil func(*k6run.Options)
		code  int
		says  string
	}{
		"nobody answers":      {func(o *k6run.Options) { o.Targets = map[string]string{"db-hub": "http://127.0.0.1:1"} }, headroom.ExitBadInput, "127.0.0.1:1"},
		"the part exists":     {func(o *k6run.Options) { must(t, os.WriteFile(o.Part, nil, 0o600)) }, headroom.ExitNotMeasured, "k6.sqlite"},
		"no such script":      {func(o *k6run.Options) { o.Script = "/nonexistent/mine.js" }, headroom.ExitNotMeasured, "mine.js"},
		"no such program":     {func(o *k6run.Options) { o.Binary = []string{"/nonexistent/headroom"} }, headroom.ExitNotMeasured, "/nonexistent/headroom"},
		"no such schedule":    {func(o *k6run.Options) { o.Schedule = "/nonexistent/schedule.bin" }, headroom.ExitNotMeasured, "schedule.bin"},
		"no virtual users":    {func(o *k6run.Options) { o.VUs = 0 }, headroom.ExitNotMeasured, "0 virtual users"},
		"logins for all eyes": {func(o *k6run.Options) { must(t, os.Chmod(o.Logins, 0o644)) }, headroom.ExitBadInput, "logins.json"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlan()
			p.add("order_to_ship", 1, 0, 0)
			g := give(t, t.TempDir(), erp.URL, p, password)
			c.spoil(&g.Options)
			e := k6run.New(g.Options)
			err := e.Ready(t.Context())
			if err == nil || headroom.ExitCode(err) != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want exit code %d and %q", err, c.code, c.says)
			}
			if e.Wait() == nil || e.PID() != 0 {
				t.Error("something still runs")
			}
			if left, _ := filepath.Glob(filepath.Join(g.Workspace, "k6-*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
	if len(erp.calls) > 0 {
		t.Errorf("load went out: %v", erp.calls)
	}
}

func TestAStopBeforeTheStart(t *testing.T) {
	erp := newImitation(t)
	p := newPlan()
	p.add("order_to_ship", 1, 0, 0)
	g := give(t, t.TempDir(), erp.URL, p, password)
	e := k6run.New(g.Options)
	must(t, e.Wait()) // nothing was begun
	e.Stop(0)
	must(t, e.Ready(t.Context()))
	if err := e.Ready(t.Context()); err == nil {
		t.Error("it got ready twice")
	}
	e.Stop(time.Second)
	must(t, e.Wait())
	if js, _ := g.read(t); len(js) != 0 || len(erp.calls) != 0 {
		t.Errorf("there was a run: %v, %v", js, erp.calls)
	}
	if err := e.Start(time.Now()); err == nil {
		t.Error("it starts when it is over")
	}
}

func TestGivingUpWhileGettingReady(t *testing.T) {
	erp := newImitation(t)
	g := give(t, t.TempDir(), erp.URL, newPlan(), password)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := k6run.New(g.Options)
	if err := e.Ready(ctx); !errors.Is(err, context.Canceled) || e.PID() != 0 {
		t.Errorf("got %v, child %d", err, e.PID())
	}
}
