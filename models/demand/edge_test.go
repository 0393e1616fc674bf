package demand

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

func warned(m headroom.Model, words string) bool {
	for _, w := range m.Warnings {
		if strings.Contains(w, words) {
			return true
		}
	}
	return false
}

func TestRefuses(t *testing.T) {
	var input *headroom.InputError
	var measure *headroom.MeasureError
	if _, err := Estimate(nil, Options{}); !errors.As(err, &input) {
		t.Errorf("no run: %v", err)
	}
	noCores := small().run(1)
	noCores.info.Topology.Database.Cores = 0
	if _, err := Estimate([]headroom.Run{noCores}, Options{}); !errors.As(err, &input) {
		t.Errorf("no cores: %v", err)
	}
	noLog := small().run(1)
	noLog.server = nil
	if _, err := Estimate([]headroom.Run{noLog}, Options{}); !errors.As(err, &measure) || measure.Do == "" {
		t.Errorf("no log: %v", err)
	}
	others := small().run(1)
	for i := range others.server {
		others.server[i].Arrival = 0
	}
	if _, err := Estimate([]headroom.Run{others}, Options{}); !errors.As(err, &measure) {
		t.Errorf("a log of others: %v", err)
	}
	broken := small().run(1)
	broken.err = errors.New("disk")
	if _, err := Estimate([]headroom.Run{broken}, Options{}); !errors.Is(err, broken.err) {
		t.Errorf("unreadable run: %v", err)
	}
}

// TestNoCounters: the log alone must do, and is said to.
func TestNoCounters(t *testing.T) {
	a, b := small(), large()
	runs := []*fakeRun{a.run(3), b.run(4)}
	for _, r := range runs {
		r.samples = nil
	}
	m, err := Estimate([]headroom.Run{runs[0], runs[1]}, Options{Simulations: -1})
	if err != nil {
		t.Fatal(err)
	}
	if !warned(m, "no counter of busy CPU seconds") {
		t.Errorf("warnings %q", m.Warnings)
	}
	for _, c := range m.Classes {
		for st, name := range stationNames {
			if want := truthOf(c.Name, a, b)[st]; c.Pooled && math.Abs(c.Demand[name].Value/want-1) > 0.2 {
				t.Errorf("%s at the %s: %.4f, made with %.4f", c.Name, name, c.Demand[name].Value, want)
			}
		}
	}
	if u := m.MeasuredUtilization["app"]; u < 0.3 || u > 0.6 {
		t.Errorf("utilization of the app from the log: %.2f", u)
	}
}

// TestFew: a class that was seen once is not identified, one that was never
// seen has no demand, and both are said.
func TestFew(t *testing.T) {
	r := small().run(5)
	kept, lookups := r.server[:0:0], 0
	names := map[key]string{}
	for _, q := range r.requests {
		names[key{q.Arrival, q.N}] = q.Process + "." + q.Step
	}
	for _, l := range r.server {
		switch names[key{l.Arrival, l.N}] {
		case "receive.read":
			continue
		case "scan.lookup":
			if lookups++; lookups > 40 && lookups != 42 {
				continue
			}
			if lookups < 42 {
				l.Status = 200
				l.Arrival += 1 << 40 // somebody else's
			}
		}
		kept = append(kept, l)
	}
	r.server = kept
	m, err := Estimate([]headroom.Run{r}, Options{Simulations: -1})
	if err != nil {
		t.Fatal(err)
	}
	checkFinite(t, m)
	for _, c := range m.Classes {
		switch e := c.Demand["app"]; c.Name {
		case "receive.read":
			if c.Count != 0 || e.Identified || e.Value != 0 {
				t.Errorf("unseen class: %+v", e)
			}
		case "scan.lookup":
			if c.Count != 1 || e.Identified || e.High < 2*e.Low {
				t.Errorf("class seen once: count %d %+v", c.Count, e)
			}
		}
	}
	if !warned(m, "receive.read") || !warned(m, "scan.lookup") || !warned(m, "no line in the server's log") {
		t.Errorf("warnings %q", m.Warnings)
	}
}

// TestCollinear: two steps that always follow at once are named together.
func TestCollinear(t *testing.T) {
	m, err := Estimate(pilotRuns(8), Options{Simulations: -1})
	if err != nil {
		t.Fatal(err)
	}
	if !warned(m, "edi_order.confirm and edi_order.create") {
		t.Errorf("warnings %q", m.Warnings)
	}
}

func TestShape(t *testing.T) {
	m, err := Estimate(pilotRuns(9), Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkFinite(t, m)
	again, _ := Estimate(pilotRuns(9), Options{})
	a, _ := json.Marshal(m)
	b, _ := json.Marshal(again)
	if !bytes.Equal(a, b) {
		t.Error("the same runs gave another model")
	}
	for _, j := range m.Journeys {
		if j.Process == "order" && strings.Join(j.Steps, " ") != "order.create order.confirm order.read_order order.read_moves order.pick order.ship" {
			t.Errorf("steps %v", j.Steps)
		}
		if want := map[string]string{"edi_order": "pick"}[j.Process]; j.Makes != want || j.Takes != "" {
			t.Errorf("%s makes %q and takes %q", j.Process, j.Makes, j.Takes)
		}
		for i, v := range j.Visits {
			if v != 1 {
				t.Errorf("%s visits %s %g times", j.Process, j.Steps[i], v)
			}
		}
	}
	for _, c := range m.Classes {
		rule := c.Rule
		switch c.Name {
		case "bi.stock":
			if c.Pooled || c.Demand["database"].Value != 0 || math.Abs(c.Overhead-0.02) > 1e-6 || rule != nil {
				t.Errorf("direct read %+v", c)
			}
		case "order.confirm", "edi_order.confirm":
			if rule == nil || rule.Group != "stock_quant" || rule.Rows != 5 || math.Abs(rule.At-0.8) > 0.1 || c.RetryShare == nil {
				t.Errorf("%s: rule %+v", c.Name, rule)
			}
		case "order.ship", "receive.validate":
			if rule == nil || rule.At > 0.35 {
				t.Errorf("%s: rule %+v", c.Name, rule)
			}
		default:
			if rule != nil {
				t.Errorf("%s shares no rows, but has %+v", c.Name, rule)
			}
		}
	}
}

// TestSlowRead: a direct read that costs the database is seen by its counter.
func TestSlowRead(t *testing.T) {
	r := small().run(11)
	n := 0
	for i := range r.requests {
		if q := &r.requests[i]; q.Protocol == "sql" {
			q.End = q.Start + 1.5
		}
	}
	for at := 4.0; at < 60; at += 4 { // enough of them
		n++
		r.requests = append(r.requests, headroom.Request{Arrival: uint64(5000 + n), N: 1, Process: "bi", Step: "stock", Protocol: "sql", Start: at, End: at + 1.5, Outcome: headroom.OK})
	}
	for i := range r.samples {
		if s := &r.samples[i]; s.Subject == "database" {
			extra := 0.0
			for _, q := range r.requests {
				if q.Protocol == "sql" {
					extra += max(0, min(q.End, s.T)-q.Start)
				}
			}
			s.Value += extra
		}
	}
	m, err := Estimate([]headroom.Run{r}, Options{Simulations: -1})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range m.Classes {
		if c.Name == "bi.stock" {
			if e := c.Demand["database"]; !e.Identified || math.Abs(e.Value-1.5) > 0.4 {
				t.Errorf("direct read of 1.5 CPU seconds: %+v", e)
			}
		}
	}
}

func checkFinite(t *testing.T, m headroom.Model) {
	t.Helper()
	if _, err := json.Marshal(m); err != nil {
		t.Fatalf("model is not JSON: %v", err)
	}
	check := func(what string, e headroom.Estimate) {
		if math.IsNaN(e.Value+e.Low+e.High) || e.Low > e.Value || e.Value > e.High || e.Low < 0 {
			t.Errorf("%s: %+v", what, e)
		}
	}
	for _, c := range m.Classes {
		check(c.Name, c.Demand["app"])
		check(c.Name, c.Demand["database"])
		check(c.Name, c.Delay)
		if c.SCV["app"] < 0 || c.SCV["database"] < 0 || c.Overhead < 0 {
			t.Errorf("%s: scv %v overhead %g", c.Name, c.SCV, c.Overhead)
		}
		if c.Rule != nil && (c.Rule.Rows < 1 || c.Rule.At < 0 || c.Rule.At > 1) {
			t.Errorf("%s: %+v", c.Name, c.Rule)
		}
	}
	optional := func(what string, e *headroom.Estimate) {
		if e != nil {
			check(what, *e)
		}
	}
	for _, c := range m.Classes {
		optional("calls of "+c.Name, c.Calls)
		optional("WAL of "+c.Name, c.WAL)
		optional("bytes of "+c.Name, c.Written)
		optional("time at the disk of "+c.Name, c.Disk)
		optional("execution of "+c.Name, c.Executed)
		if !(c.DelaySCV >= 0) {
			t.Errorf("%s: delay's variation %g", c.Name, c.DelaySCV)
		}
		for st, q := range c.Quantiles {
			if mean, _ := moments2(q); math.Abs(mean-1) > 1e-9 || !slices.IsSorted(q) || q[0] < 0 {
				t.Errorf("%s at the %s: quantiles %v", c.Name, st, q)
			}
		}
	}
	optional("registry load", m.RegistryLoad)
	optional("speed", m.Speed)
	if i := m.Interference; i != nil {
		check("interference", i.Share)
	}
	if m.Memory != nil {
		check("memory", m.Memory.PerWorker)
		optional("memory of a database", m.Memory.PerTenant)
	}
	for k, e := range m.Background {
		check("background of "+k, e)
	}
	for _, c := range m.Conflicts {
		check("population of "+c.Group, c.Population)
	}
}

// FuzzEstimate: whatever the records say, there is an error or a model whose
// figures are numbers.
func FuzzEstimate(f *testing.F) {
	f.Add([]byte("0123456789abcdef0123456789abcdef0123456789"), uint8(2))
	f.Add(bytes.Repeat([]byte{255, 240, 3, 0, 17, 9}, 60), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, cores uint8) {
		r := garbage(data, cores)
		m, err := Estimate([]headroom.Run{r}, Options{Replications: 10, Simulations: 2})
		if err != nil {
			return
		}
		checkFinite(t, m)
		if _, err := Check([]headroom.Run{r}, m, true, Options{Replications: 5}); err != nil {
			t.Logf("check: %v", err)
		}
	})
}

func garbage(data []byte, cores uint8) *fakeRun {
	next := func() float64 {
		if len(data) < 2 {
			return 0
		}
		v := binary.LittleEndian.Uint16(data)
		data = data[2:]
		switch v {
		case 0xffff:
			return math.NaN()
		case 0xfffe:
			return math.Inf(1)
		case 0xfffd:
			return -1
		}
		return float64(v%2048) / 100
	}
	r := &fakeRun{info: headroom.RunInfo{
		ID: "f", Topology: headroom.Topology{Name: "f", Web: headroom.Web{Workers: int(cores % 4), Cores: float64(cores) / 8}, Database: headroom.Database{Cores: 1}, SharedHost: cores%2 == 1},
		Schedule: headroom.Header{LeadIn: 1, Window: 20},
	}}
	steps := []string{"confirm", "ship", "read", "post"}
	for i := uint64(1); len(data) > 0 && i < 200; i++ {
		kind := headroom.Kind(i % 2)
		at := next()
		r.journeys = append(r.journeys, headroom.Journey{Arrival: i, Process: "order", Site: "hub", Kind: kind, Scheduled: at, Start: at, End: at + next(), Outcome: headroom.OK, Lines: int(min(20, max(0, next())))})
		r.requests = append(r.requests, headroom.Request{Arrival: i, N: 1, Process: "order", Step: steps[i%4], Start: at, End: at + next(), Outcome: headroom.OK, Protocol: []string{"http", "sql"}[i%7/6]})
		r.server = append(r.server, headroom.ServerRequest{End: at + next(), PID: int(i % 3), Arrival: i - i%5/4, N: 1, Queries: int(min(1e6, max(-1, next()))), SQL: next(), Other: next(), Tries: int(min(9, max(0, next()))), Sleep: next()})
		r.samples = append(r.samples, headroom.Sample{T: float64(i), Probe: "station", Subject: stationNames[i%2], Metric: "busy_seconds", Value: next()})
		if cores%3 == 0 { // a real stack's samples, in part
			one := []headroom.Sample{
				{Probe: "process", Subject: "web", Metric: "cpu_seconds"}, {Probe: "process", Subject: "database", Metric: "cpu_seconds"},
				{Probe: "generator", Subject: "host", Metric: "cpu_seconds"}, {Probe: "generator", Subject: "host", Metric: "cpus"},
				{Probe: "generator", Subject: "generator", Metric: "cpu_seconds"}, {Probe: "speed", Subject: "machine", Metric: "unit_seconds"},
				{Probe: "process", Subject: "web", Metric: "rss_bytes"}, {Probe: "process", Subject: "web", Metric: "processes"},
				{Probe: "postgres", Subject: "d", Metric: "wal_bytes"}, {Probe: "postgres", Subject: "d", Metric: "read_seconds"}, {Probe: "postgres", Subject: "d", Metric: "checkpoint_written_bytes"}, {Probe: "postgres", Subject: "d", Metric: "statement_seconds"},
				{Probe: "odoo_log", Subject: "log", Metric: "registry_loads"}, {Probe: "odoo_log", Subject: "log", Metric: "registry_load_seconds"},
			}
			r.samples = r.samples[:len(r.samples)-1]
			for _, x := range one {
				x.T, x.Value = float64(i), next()
				r.samples = append(r.samples, x)
			}
		}
	}
	return r
}
