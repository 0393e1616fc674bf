package sizing

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// twoSites is the schedule at two sites with databases of their own, one
// arrival here, the next there.
func twoSites(orders, scans float64) Load {
	l, _ := schedule(orders, scans, 0.05)(1)
	l.Header.Sites = []headroom.ScheduledSite{{Name: "hub", Database: "hub"}, {Name: "annex", Database: "annex"}}
	l.Header.Catalogue = headroom.Catalogue{Products: 200, Popularity: 0.8}
	for i := range l.Arrivals {
		l.Arrivals[i].Site = uint16(i % 2)
	}
	return l
}

func only(l Load, site uint16) Load {
	out := l
	out.Arrivals = nil
	for _, a := range l.Arrivals {
		if a.Site == site {
			out.Arrivals = append(out.Arrivals, a)
		}
	}
	return out
}

// A dedicated topology is its sites' stacks, each as if it were alone.
func TestDedicatedStacksAreForecastApart(t *testing.T) {
	l := twoSites(3, 12)
	top := topology("own", 3, 1, 1)
	top.Dedicated = true
	o := Options{Seed: 3, Replications: 5}
	both, err := Forecast(model(), top, l, plan().Objectives, o)
	if err != nil {
		t.Fatal(err)
	}
	var busy float64
	for i, name := range []string{"own-hub", "own-annex"} {
		alone, err := Forecast(model(), topology(name, 3, 1, 1), only(l, uint16(i)), plan().Objectives, o)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := both.Utilization[name+"/app"], alone.Utilization["app"]; got != want {
			t.Errorf("%s: app %+v in the topology, %+v alone", name, got, want)
		}
		busy += alone.PoolBusy.Value
	}
	if len(both.Utilization) != 4 || math.Abs(both.PoolBusy.Value/busy-1) > 0.05 {
		t.Errorf("%d stations, %.3f busy workers, want about %.3f", len(both.Utilization), both.PoolBusy.Value, busy)
	}
	order := func(f headroom.Forecast) headroom.ProcessForecast { return f.Processes[0] }
	if n := order(both).Journeys; n != len(slices.DeleteFunc(slices.Clone(l.Arrivals), func(a headroom.Arrival) bool { return a.Process != 0 || a.At.Seconds() < 10 })) {
		t.Errorf("%d orders of both sites", n)
	}
	// One stack with all the workers and cores serves both better than two halves.
	shared, err := Forecast(model(), topology("shared", 6, 2, 2), l, plan().Objectives, o)
	if err != nil {
		t.Fatal(err)
	}
	if !(order(shared).Mean.Value < order(both).Mean.Value) {
		t.Errorf("shared %.3f s, dedicated %.3f s", order(shared).Mean.Value, order(both).Mean.Value)
	}
}

// Stacks name their sites; one that no stack serves is told of.
func TestStacksServeTheirSites(t *testing.T) {
	l := twoSites(2, 8)
	small, large := topology("small", 2, 0.6, 0.6), topology("large", 6, 2, 2)
	small.Sites, large.Sites = []string{"annex"}, []string{"hub"}
	top := headroom.Topology{Name: "split", Stacks: []headroom.Topology{large, small}}
	f, err := Forecast(model(), top, l, []headroom.Objective{{Measure: headroom.MeasureAppCPU, AtMost: 0.3}, {Process: "order", Percentile: 95, Within: 30, Site: "hub"}}, Options{Seed: 1, Replications: 4})
	if err != nil {
		t.Fatal(err)
	}
	if !(f.Utilization["small/app"].Value > 2*f.Utilization["large/app"].Value) {
		t.Errorf("%+v", f.Utilization)
	}
	if r := f.Objectives[0]; *r.Met || math.Abs(r.Value.Value-f.Utilization["small/app"].Value) > 1e-9 || !strings.HasSuffix(r.Name, "(small/app)") {
		t.Errorf("the busiest app: %+v", r)
	}
	top.Stacks = top.Stacks[:1]
	if f, err = Forecast(model(), top, l, nil, Options{Replications: 1}); err != nil || !strings.Contains(strings.Join(f.Warnings, "\n"), `serves site "annex"`) {
		t.Errorf("%v, %q", err, f.Warnings)
	}
}

// Several databases on one stack load registries, which costs what was measured.
func TestTenantsLoadRegistries(t *testing.T) {
	l := twoSites(1, 6)
	top := topology("shared", 6, 2, 2)
	m := model()
	f := func() headroom.Forecast {
		t.Helper()
		f, err := Forecast(m, top, l, nil, Options{Seed: 1, Replications: 4})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if w := strings.Join(f().Warnings, "\n"); !strings.Contains(w, "2 databases are on it, and what loading a registry costs a worker was not measured") {
		t.Errorf("%q", w)
	}
	without := f().Utilization["app"].Value
	e := known(0.4, 0.1)
	m.RegistryLoad = &e
	l.Header.LeadIn, l.Header.Window = 0, 70 // they are loaded once, at the begin
	with := f()
	l.Header.LeadIn, l.Header.Window = 10, 60
	// 6 workers load 2 registries of 0.4 s: 4.8 s of 70 s of 2 cores, at most.
	if more := with.Utilization["app"].Value - without; !(more > 0.01 && more < 4.8/70/2+0.03) || slices.ContainsFunc(with.Warnings, func(w string) bool { return strings.Contains(w, "registry") }) {
		t.Errorf("utilization %.4f more; warnings %q", more, with.Warnings)
	}
}

// Replicas share the cores, and their workers cannot help one another.
func TestReplicas(t *testing.T) {
	l, _ := schedule(3, 12, 0.1)(1)
	mean := func(workers, replicas int) float64 {
		top := topology("web", workers, 2, 2)
		top.Web.Replicas = replicas
		f, err := Forecast(model(), top, l, nil, Options{Seed: 1, Replications: 6})
		if err != nil {
			t.Fatal(err)
		}
		return f.Processes[0].Mean.Value
	}
	one, two, four := mean(4, 1), mean(2, 2), mean(1, 4)
	if !(one <= two && two < four) {
		t.Errorf("4 workers: in one replica %.3f s, in two %.3f s, in four %.3f s", one, two, four)
	}
}

// What the model does not know is refused or told, not left out in silence.
func TestUnknownParts(t *testing.T) {
	top := topology("s", 3, 1, 1)
	top.Pooler, top.Redis, top.Ingress, top.Cron = &headroom.Pooler{Size: 2}, &headroom.Redis{}, &headroom.Ingress{Kind: "traefik"}, &headroom.Jobs{Threads: 1, Cores: 1}
	top.Web.Memory = 300e6
	m := model()
	m.Memory = &headroom.MemoryModel{PerWorker: known(130e6, 0.1)}
	l, _ := schedule(1, 1, 0.1)(1)
	f, err := Forecast(m, top, l, nil, Options{Replications: 1})
	all := strings.Join(f.Warnings, "\n")
	for _, want := range []string{"pooler and Redis and ingress", "lets 2 of 3 workers", "cron host", "3 workers need 0.4 GB, and it has 0.3"} {
		if err != nil || !strings.Contains(all, want) {
			t.Errorf("%v: no warning of %q in %q", err, want, all)
		}
	}
	top.Database.Replicas = 1
	var wrong *headroom.InputError
	if _, err := Forecast(m, headroom.Topology{Name: "x", Stacks: []headroom.Topology{top}}, l, nil, Options{}); !errors.As(err, &wrong) || !strings.Contains(err.Error(), "which reads a replica takes off") {
		t.Errorf("a replica: %v", err)
	}
	if _, err := Forecast(m, topology("s", 3, 1, 1), l, nil, Options{Speed: -1}); !errors.As(err, &wrong) {
		t.Errorf("a negative speed: %v", err)
	}
}

// Forecasts beyond what was measured say so.
func TestExtrapolationIsToldOf(t *testing.T) {
	m := withConflicts(model(), 100)
	m.Measured = &headroom.MeasuredRange{Workers: [2]int{2, 4}, Busy: 0.2, Popularity: [2]float64{0.8, 0.8}}
	l := twoSites(2, 8)
	l.Header.Catalogue.Popularity = 1.4
	f, err := Forecast(m, topology("s", 6, 2, 2), l, nil, Options{Seed: 1, Replications: 2})
	all := strings.Join(f.Warnings, "\n")
	for _, want := range []string{"has 6 workers in this forecast, and the runs had 4 at most", "workers are busy on the mean", "Zipf's law with the exponent 1.4, and the runs had 0.8 to 0.8"} {
		if err != nil || !strings.Contains(all, want) {
			t.Errorf("%v: no warning of %q in %q", err, want, all)
		}
	}
}

// A machine that takes twice as long takes twice the CPU time, and no longer
// for what waits elsewhere.
func TestSpeed(t *testing.T) {
	l, _ := schedule(0.5, 2, 0)(1)
	f := func(speed float64) headroom.ProcessForecast {
		f, err := Forecast(model(), topology("big", 20, 16, 16), l, nil, Options{Seed: 1, Replications: 8, Speed: speed})
		if err != nil {
			t.Fatal(err)
		}
		return f.Processes[0]
	}
	once, twice := f(1), f(2)
	const elsewhere = 5 * 0.007 // delays and overheads of five requests
	if got, want := twice.Mean.Value-elsewhere, 2*(once.Mean.Value-elsewhere); math.Abs(got/want-1) > 0.02 {
		t.Errorf("%.4f s of CPU time on a machine of half the speed, want %.4f", got, want)
	}
}

// More cores and, without conflicts, more workers never make a forecast slower
// beyond a percent: the draws are the same ones.
func TestWhatIfIsMonotone(t *testing.T) {
	l, _ := schedule(4, 17, 0.3)(1)
	mean := func(workers int, app, database float64) float64 {
		f, err := Forecast(model(), topology("t", workers, app, database), l, nil, Options{Seed: 2, Replications: 6})
		if err != nil {
			t.Fatal(err)
		}
		return f.Processes[0].Mean.Value
	}
	falls := func(what string, v ...float64) {
		t.Helper()
		for i := 1; i < len(v); i++ {
			if v[i] > 1.01*v[i-1] {
				t.Errorf("more %s: means %.4v", what, v)
			}
		}
	}
	falls("app cores", mean(6, 1.2, 2), mean(6, 1.6, 2), mean(6, 2, 2), mean(6, 3, 2), mean(6, 6, 2))
	falls("database cores", mean(6, 2, 0.9), mean(6, 2, 1.2), mean(6, 2, 2), mean(6, 2, 4))
	falls("workers", mean(3, 2, 2), mean(4, 2, 2), mean(6, 2, 2), mean(12, 2, 2))
}
