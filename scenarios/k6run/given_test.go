package k6run_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	k6 "go.k6.io/k6/cmd"

	"github.com/headroom-erp/headroom"
	rpc "github.com/headroom-erp/headroom/odoo"
	"github.com/headroom-erp/headroom/results"
	"github.com/headroom-erp/headroom/scenarios"
	"github.com/headroom-erp/headroom/scenarios/k6run"
	_ "github.com/headroom-erp/headroom/xk6" // the test plays cmd: it is parent and child
)

// TestMain makes of this binary what `headroom k6` is, and a parent to kill.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "k6":
			os.Args = append([]string{"k6"}, os.Args[2:]...)
			k6.Execute()
			return
		case "vegeta-peer":
			vegetaPeer(os.Args[2])
			return
		case "doomed-parent":
			doomedParent(os.Args[2])
			return
		}
	}
	os.Exit(m.Run())
}

const ms = time.Millisecond

type plan struct {
	header   headroom.Header
	arrivals []headroom.Arrival
}

func (p plan) Header() headroom.Header { return p.header }
func (p plan) Arrivals() iter.Seq2[headroom.Arrival, error] {
	return func(yield func(headroom.Arrival, error) bool) {
		for _, a := range p.arrivals {
			if !yield(a, nil) {
				return
			}
		}
	}
}

// processes in the header's order, each named like its scenario but one that
// is not k6's business.
var processes = []string{"order_to_ship", "buy_and_receive", "scan", "edi_order", "invoice", "bi_report", "portal"}

func newPlan() *plan {
	p := &plan{header: headroom.Header{
		Plan: "test", Window: 5,
		Sites:     []headroom.ScheduledSite{{Name: "hub", Database: "db-hub", Users: 2}},
		Lanes:     []headroom.Lane{{Name: "partner", Connections: 2}},
		Catalogue: headroom.Catalogue{Products: 20, Popularity: 1, Partners: 3},
	}}
	for _, name := range processes {
		s, err := scenarios.Find(name)
		if err != nil {
			panic(err)
		}
		p.header.Processes = append(p.header.Processes, headroom.ScheduledProcess{
			Name: "p_" + name, Scenario: name, Engine: s.Engine, Lines: headroom.Lines{Mean: 3, Max: 6},
		})
	}
	return p
}

// add schedules n arrivals of a process, every after the one before.
func (p *plan) add(process string, n int, from, every time.Duration) {
	kind := headroom.Open
	if process == "edi_order" {
		kind = headroom.Batched
	}
	for i := range n {
		p.arrivals = append(p.arrivals, headroom.Arrival{
			At: from + time.Duration(i)*every, Seed: uint64(1000 + len(p.arrivals)), User: uint32(i % 2),
			Process: uint16(slices.Index(processes, process)), Kind: kind,
		})
	}
	p.sort()
}

// sort puts the arrivals in order and numbers them.
func (p *plan) sort() {
	slices.SortStableFunc(p.arrivals, func(a, b headroom.Arrival) int { return int(a.At - b.At) })
	for i := range p.arrivals {
		p.arrivals[i].ID = uint64(i + 1)
	}
}

type given struct {
	k6run.Options
	dir string
}

// give writes everything that a run needs.
func give(t testing.TB, dir, target string, p *plan, secret string) given {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	b, err := results.Create(filepath.Join(dir, "run"), headroom.RunInfo{ID: "run", Schedule: p.header})
	must(t, err)
	f, err := os.Create(b.Schedule())
	must(t, err)
	must(t, headroom.WriteSchedule(f, p))
	must(t, f.Close())

	site := headroom.SeededSite{Partners: []int64{101, 102, 103}, Vendor: 200, StockLocation: 8}
	for i := range p.header.Catalogue.Products {
		site.Products = append(site.Products, int64(500+i))
		site.Codes = append(site.Codes, fmt.Sprintf("HR-%04d", i))
	}
	login := func(name string) headroom.Login {
		return headroom.Login{Login: name, Password: headroom.Secret(secret), Key: headroom.Secret("key-" + secret)}
	}
	sites, logins, targets := map[string]headroom.SeededSite{}, headroom.Logins{}, map[string]string{}
	for _, s := range p.header.Sites {
		sites[s.Name], logins[s.Name] = site, []headroom.Login{login("ann"), login("ben")}
		targets[s.Database] = target
	}
	seeded, err := json.Marshal(headroom.Seeded{Version: "19.0", Sites: sites})
	must(t, err)
	o := k6run.Options{
		Binary: []string{self, "k6"}, Schedule: b.Schedule(), Part: b.PartPath("k6"), Targets: targets,
		Seeded: filepath.Join(dir, "seeded.json"), Logins: filepath.Join(dir, "logins.json"),
		VUs: 8, Workspace: dir, Log: b.Log("k6"), Grace: 10 * time.Second,
	}
	must(t, os.WriteFile(o.Seeded, seeded, 0o600))
	must(t, rpc.WriteLogins(o.Logins, logins))
	return given{o, b.Dir()}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// read gives what the bundle holds.
func (g given) read(t testing.TB) (js []headroom.Journey, rs []headroom.Request) {
	t.Helper()
	run, err := results.Open(g.dir)
	must(t, err)
	t.Cleanup(func() { run.Close() })
	for j, err := range run.Journeys() {
		must(t, err)
		js = append(js, j)
	}
	for r, err := range run.Requests() {
		must(t, err)
		rs = append(rs, r)
	}
	return js, rs
}

func (g given) log(t testing.TB) string {
	text, err := os.ReadFile(g.Log)
	must(t, err)
	return string(text)
}

// start brings an engine to its start, in the near future.
func start(t testing.TB, o k6run.Options) *k6run.Engine {
	t.Helper()
	e := k6run.New(o)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := e.Ready(ctx); err != nil {
		t.Fatalf("not ready: %v", err)
	}
	t.Cleanup(func() { e.Stop(0); _ = e.Wait() })
	must(t, e.Start(time.Now().Add(100*ms)))
	return e
}
