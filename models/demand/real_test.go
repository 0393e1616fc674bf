package demand

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// asReal gives a run of the world the samples of a real stack: CPU seconds of
// processes and of the machine, on which others use so many cores at a time.
func asReal(r *fakeRun, others func(t float64) float64) *fakeRun {
	var busy [2]float64
	var foreign, last float64
	var out []headroom.Sample
	add := func(t float64, probe, subject, metric string, v float64) {
		out = append(out, headroom.Sample{T: t, Probe: probe, Subject: subject, Metric: metric, Value: v})
	}
	for _, s := range r.samples {
		if s.Probe != "station" {
			out = append(out, s)
			continue
		}
		st, role := app, "web"
		if s.Subject == stationNames[database] {
			st, role = database, "database"
		}
		busy[st] = s.Value
		add(s.T, "process", role, "cpu_seconds", s.Value)
		if st == database {
			foreign += (s.T - last) * others(last)
			last = s.T
			add(s.T, "generator", "generator", "cpu_seconds", 0.05*s.T)
			add(s.T, "generator", "host", "cpu_seconds", busy[app]+busy[database]+0.05*s.T+foreign)
			add(s.T, "generator", "host", "cpus", 4)
		}
	}
	r.samples = out
	return r
}

func nobody(float64) float64 { return 0 }

// meanError is the mean absolute relative error over pooled classes by station.
func meanError(m headroom.Model, worlds ...*world) (out [2]float64) {
	var n float64
	for _, c := range m.Classes {
		if !c.Pooled {
			continue
		}
		n++
		for st, name := range stationNames {
			out[st] += math.Abs(c.Demand[name].Value/truthOf(c.Name, worlds...)[st] - 1)
		}
	}
	return [2]float64{out[app] / n, out[database] / n}
}

func estimated(t *testing.T, runs ...headroom.Run) headroom.Model {
	t.Helper()
	m, err := Estimate(runs, Options{Simulations: -1})
	if err != nil {
		t.Fatal(err)
	}
	checkFinite(t, m)
	return m
}

func within(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance {
		t.Errorf("%s: %.4g, made with %.4g", what, got, want)
	}
}

// What is looked for in a real system is not found where it is not.
func TestRealSystem(t *testing.T) {
	a, b := small(), large()
	m := estimated(t, asReal(a.run(21), nobody), asReal(b.run(22), nobody))
	for st, e := range meanError(m, a, b) {
		if e > 0.06 {
			t.Errorf("%s: mean error %.3f", stationNames[st], e)
		}
	}
	if warned(m, "other work") {
		t.Errorf("warnings %q", m.Warnings)
	}
}

// Others on the machine stretch all times of their time by three; what is left
// tells the demands, and the reader is told.
func TestDisturbed(t *testing.T) {
	a, b := small(), large()
	busy := func(t float64) float64 {
		if t >= 20 && t < 40 {
			return 2
		}
		return 0
	}
	runs := []headroom.Run{}
	for i, w := range []*world{a, b} {
		r := asReal(w.run(uint64(31+i)), busy)
		for k := range r.server {
			l := &r.server[k]
			if busy(l.End) > 0 {
				l.SQL, l.Other = 3*l.SQL, 3*l.Other
			}
		}
		runs = append(runs, r)
	}
	m := estimated(t, runs...)
	for st, e := range meanError(m, a, b) {
		if e > 0.12 {
			t.Errorf("%s: mean error %.3f", stationNames[st], e)
		}
	}
	if !warned(m, "shared its machine with other work") {
		t.Errorf("warnings %q", m.Warnings)
	}
}

// slowed is a run on a machine that needs so many times the CPU seconds.
func slowed(r *fakeRun, by float64) *fakeRun {
	for i := range r.server {
		l := &r.server[i]
		l.End, l.SQL, l.Other, l.Sleep = l.End*by, l.SQL*by, l.Other*by, l.Sleep*by
	}
	for i := range r.requests {
		r.requests[i].Start *= by
		r.requests[i].End *= by
	}
	for i := range r.journeys {
		j := &r.journeys[i]
		j.Scheduled, j.Start, j.End = j.Scheduled*by, j.Start*by, j.End*by
	}
	random := rand.New(rand.NewPCG(uint64(1000*by), 1))
	for i := range r.samples {
		r.samples[i].T *= by
		r.samples[i].Value *= by
	}
	for t := 0.0; t < 70*by; t++ {
		unit := 0.002 * by * (1 + 0.2*random.Float64())
		r.samples = append(r.samples, headroom.Sample{T: t, Probe: "speed", Subject: "machine", Metric: "unit_seconds", Value: unit})
	}
	r.info.Schedule.LeadIn *= by
	r.info.Schedule.Window *= by
	return r
}

// The same requests on machines of different speed are the same demands: those
// of the speed between.
func TestSpeed(t *testing.T) {
	a, b, c := small(), large(), small()
	m := estimated(t, slowed(a.run(41), 0.8), slowed(b.run(42), 1), slowed(c.run(43), 1.3))
	for st, e := range meanError(m, a, b, c) {
		if e > 0.06 {
			t.Errorf("%s: mean error %.3f", stationNames[st], e)
		}
	}
	if m.Speed == nil {
		t.Fatal("no speed")
	}
	within(t, "speed", m.Speed.Value, 0.0022, 0.0001)
	if m.Speed.Low > 0.0019 || m.Speed.High < 0.0027 {
		t.Errorf("it drifted from %.4f to %.4f", m.Speed.Low, m.Speed.High)
	}
	for _, w := range m.Warnings {
		if strings.Contains(w, "than the model's demands say") {
			t.Errorf("warned of %q", w)
		}
	}
	if without := estimated(t, slowed(small().run(41), 0.8), small().run(43)); !warned(without, "no figure of the machine's speed") {
		t.Errorf("warnings %q", without.Warnings)
	}
}

// A carrier that takes 0.4 s on average, exponentially, within order.ship is no
// demand of the application's.
func TestOutsideService(t *testing.T) {
	longer := func(w *world) { w.duration = 200 }
	a, b := with(small(), longer), with(large(), longer)
	runs := []headroom.Run{}
	const mean = 0.4
	var wait, ships float64 // as drawn
	for i, w := range []*world{a, b} {
		r := w.run(uint64(51 + i))
		random := rand.New(rand.NewPCG(uint64(i), 5))
		shipped := map[key]bool{}
		for k := range r.requests {
			if q := &r.requests[k]; q.Process == "order" && q.Step == "ship" {
				shipped[key{q.Arrival, q.N}] = true
			}
		}
		for k := range r.server {
			if l := &r.server[k]; shipped[key{l.Arrival, l.N}] {
				x := mean * random.ExpFloat64()
				wait, ships = wait+x, ships+1
				l.Other += x
				l.End += x
			}
		}
		runs = append(runs, r)
	}
	wait /= ships
	m := estimated(t, runs...)
	for _, c := range m.Classes {
		if c.Name != "order.ship" {
			if c.Pooled && c.Delay.Value > 0.3*(c.Demand["app"].Value+c.Demand["database"].Value) {
				t.Errorf("%s waits for nobody, but for %.3f s", c.Name, c.Delay.Value)
			}
			continue
		}
		want := truthOf(c.Name, a, b)
		within(t, "demand at the application", c.Demand["app"].Value, want[app], 0.25*want[app])
		within(t, "demand at the database", c.Demand["database"].Value, want[database], 0.15*want[database])
		within(t, "delay", c.Delay.Value, wait, 0.15*wait)
		within(t, "its squared variation", c.DelaySCV, 1, 0.5)
		if c.Delay.Low > wait || c.Delay.High < wait {
			t.Errorf("delay %+v", c.Delay)
		}
	}
}

func TestMemory(t *testing.T) {
	a := small().run(61)
	const base, more = 130e6, 12e6
	random := rand.New(rand.NewPCG(6, 1))
	met := map[[2]int]bool{}
	for i := range a.server {
		l := &a.server[i]
		l.Database = "one"
		if l.End > 15 && i%2 == 1 {
			l.Database = "two"
		}
		met[[2]int{l.PID, int(l.Database[0])}] = true
	}
	for s := 1.0; s < 65; s++ {
		pairs := map[[2]int]bool{}
		for _, l := range a.server {
			if l.End <= s {
				pairs[[2]int{l.PID, int(l.Database[0])}] = true
			}
		}
		n := float64(max(4, len(pairs)))
		a.samples = append(a.samples,
			headroom.Sample{T: s, Probe: "process", Subject: "web", Metric: "processes", Value: 4},
			headroom.Sample{T: s, Probe: "process", Subject: "web", Metric: "rss_bytes", Value: 4*base + (n-4)*more + 1e5*random.NormFloat64()})
	}
	m := estimated(t, a)
	if m.Memory == nil || m.Memory.PerTenant == nil {
		t.Fatalf("memory %+v", m.Memory)
	}
	within(t, "memory of a worker", m.Memory.PerWorker.Value, base, 0.01*base)
	within(t, "memory of a further database", m.Memory.PerTenant.Value, more, 0.1*more)
	if m := estimated(t, small().run(62)); m.Memory != nil {
		t.Errorf("nobody looked, but there is %+v", m.Memory)
	}
}

func TestRegistryLoad(t *testing.T) {
	a, b := with(small(), func(w *world) { w.registry = 0.5 }), with(large(), func(w *world) { w.registry = 0.5 })
	m := estimated(t, a.run(71), b.run(72))
	if m.RegistryLoad == nil {
		t.Fatal("no worker was seen to load a registry")
	}
	within(t, "registry load", m.RegistryLoad.Value, 0.5, 0.1)
	if m := estimated(t, small().run(73)); m.RegistryLoad != nil {
		t.Errorf("workers were warm, but load for %+v", *m.RegistryLoad)
	}
	logged := small().run(74)
	for s, n := range []float64{0, 2, 4} {
		logged.samples = append(logged.samples,
			headroom.Sample{T: 20 * float64(s), Probe: "odoo_log", Subject: "log", Metric: "registry_loads", Value: n},
			headroom.Sample{T: 20 * float64(s), Probe: "odoo_log", Subject: "log", Metric: "registry_load_seconds", Value: 0.9 * n})
	}
	if m := estimated(t, logged); m.RegistryLoad == nil || math.Abs(m.RegistryLoad.Value-0.9) > 1e-9 {
		t.Errorf("the log says 0.9 s: %+v", m.RegistryLoad)
	}
}

func TestBetween(t *testing.T) {
	same := [][2]float64{{1.01, 1}, {0.99, 1}, {1, 1}}
	noise := [][2]float64{{0.02, 0.02}, {0.02, 0.02}, {0.02, 0.02}}
	if got := between(same, noise); got != [2]float64{} {
		t.Errorf("noise alone: %v", got)
	}
	apart := [][2]float64{{1.1, 1}, {0.9, 0}, {1, 0}}
	got := between(apart, noise)
	within(t, "spread", got[app], 0.098, 0.005) // √(0.1² - 0.02²)
	if got[database] != 0 {
		t.Errorf("one run: %v", got)
	}
}
