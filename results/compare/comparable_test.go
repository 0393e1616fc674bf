package compare

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// described is a run of which everything is known.
func described() *memoryRun {
	m := plain(200, wavy(1))
	m.info.Plan = headroom.Plan{Name: "pilot", Processes: []headroom.Process{{Name: "order", PerHour: 100}}, Peaks: []headroom.Peak{{Name: "cutoff"}}}
	m.info.Schedule.WindowAt = time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC)
	m.info.Schedule.Seed = 1
	m.info.Topology = headroom.Topology{Name: "six", Web: headroom.Web{Workers: 6, Cores: 3}}
	m.info.Versions = map[string]string{"odoo": "19.0", "postgresql": "16.4"}
	m.info.Machine = &headroom.Machine{OS: "linux/amd64", Kernel: "6.1", CPU: "EPYC", Cores: 8, Memory: 16e9}
	return m
}

func at(v float64) *float64 { return &v }

func TestComparable(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*memoryRun, *Run)
		problem string // "": comparable
		differs string // what is listed
	}{
		{"the same", func(*memoryRun, *Run) {}, "", ""},
		{"topology", func(m *memoryRun, _ *Run) { m.info.Topology.Web.Workers = 8 }, "", "topology web.workers: 6 -> 8"},
		{"version", func(m *memoryRun, _ *Run) { m.info.Versions = map[string]string{"odoo": "19.0", "postgresql": "17.1"} }, "", "version of postgresql: 16.4 -> 17.1"},
		{"another thing", func(m *memoryRun, _ *Run) {
			m.info.Versions = map[string]string{"odoo": "19.0", "postgresql": "16.4", "redis": "7"}
		}, "", "version of redis: none -> 7"},
		{"module", func(m *memoryRun, _ *Run) { m.info.Modules = map[string]string{"sale": "1.2"} }, "", "module sale: none -> 1.2"},
		{"seed", func(m *memoryRun, _ *Run) { m.info.Schedule.Seed = 2 }, "", "seed: 1 -> 2"},
		{"kernel", func(m *memoryRun, _ *Run) { k := *m.info.Machine; k.Kernel = "6.9"; m.info.Machine = &k }, "", "machine's kernel: 6.1 -> 6.9"},
		{"next week", func(m *memoryRun, _ *Run) { m.info.Schedule.WindowAt = m.info.Schedule.WindowAt.AddDate(0, 0, 7) }, "", "date: 2026-11-20 -> 2026-11-27"},
		{"carrier", func(m *memoryRun, _ *Run) { m.info.Plan.Carrier = &headroom.Carrier{Latency: 1} }, "", "carrier latency: none -> 1"},
		{"incomplete", func(m *memoryRun, _ *Run) { m.info.Complete, m.info.Reason = false, "interrupted" }, "run b is incomplete: interrupted", ""},
		{"generator", func(_ *memoryRun, r *Run) { r.Report.Valid = false }, "run b was held up by its load generator", ""},
		{"generator's report", func(_ *memoryRun, r *Run) { r.Report.Generator = &headroom.GeneratorReport{Bottleneck: true} }, "run b was held up by its load generator", ""},
		{"a machine that was busy", func(_ *memoryRun, r *Run) { r.Report.Generator = &headroom.GeneratorReport{Host: at(0.91)} }, "", "utilization of the generator's machine: 42 % -> 91 %"},
		{"a machine as busy", func(_ *memoryRun, r *Run) { r.Report.Generator = &headroom.GeneratorReport{Host: at(0.5)} }, "", ""},
		{"target", func(m *memoryRun, _ *Run) { m.info.TargetKind = "odoo" }, "another target: odoo, the baseline erp", ""},
		{"scale", func(m *memoryRun, _ *Run) { m.info.Schedule.Scale = 1.5 }, "another scale of the load: 1.5, the baseline 1", ""},
		{"window", func(m *memoryRun, _ *Run) { m.info.Schedule.Window = 32 }, "another length of the window (s): 32, the baseline 64", ""},
		{"lead-in", func(m *memoryRun, _ *Run) { m.info.Schedule.LeadIn = 10 }, "another lead-in (s): 10, the baseline 0", ""},
		{"hour", func(m *memoryRun, _ *Run) { m.info.Schedule.WindowAt = m.info.Schedule.WindowAt.Add(time.Hour) }, "begins: 17:00:00, the baseline 16:00:00", ""},
		{"shortened", func(m *memoryRun, _ *Run) { m.info.Schedule.Shortened = true }, "another part of its peaks", ""},
		{"machine", func(m *memoryRun, _ *Run) { k := *m.info.Machine; k.Cores = 4; m.info.Machine = &k }, "another machine: 4 × EPYC", "machine's cores: 8 -> 4"},
		{"machine of an external target", func(m *memoryRun, _ *Run) { m.info.Machine = nil }, "", ""},
		{"rate", func(m *memoryRun, _ *Run) { m.info.Plan.Processes = []headroom.Process{{Name: "order", PerHour: 120}} }, "replayed other work: processes.order.per_hour is 120, in the baseline 100", ""},
		{"catalogue", func(m *memoryRun, _ *Run) { m.info.Schedule.Catalogue.Products = 7 }, "catalogue.products is 7, in the baseline 0", ""},
		{"process", func(m *memoryRun, _ *Run) {
			m.info.Plan.Processes = append(m.info.Plan.Processes, headroom.Process{Name: "scan"})
		}, "processes.scan", ""},
		{"another day", func(m *memoryRun, _ *Run) { m.info.Plan.DayVariation = 0.2; m.arrivals[0].Seed = 4 }, "day_variation", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			other := described()
			s := set("b", other)
			c.change(other, &s.Runs[0])
			base := set("a", described())
			base.Runs[0].Report.Generator = &headroom.GeneratorReport{Host: at(0.42)}
			got, err := Compare(base, []Set{s}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			problems := strings.Join(got.Problems, "\n")
			if (c.problem == "") != got.Comparable || !strings.Contains(problems, c.problem) {
				t.Errorf("problems are %q, want %q", problems, c.problem)
			}
			if !got.Comparable && len(got.Changes) > 0 {
				t.Error("changes of runs that are not comparable")
			}
			var listed []string
			for _, d := range got.Differences {
				listed = append(listed, d.What+": "+d.Baseline+" -> "+d.Value)
			}
			if c.differs != "" && !slices.Contains(listed, c.differs) || c.differs == "" && c.problem == "" && len(listed) > 0 {
				t.Errorf("differences are %q, want %q", listed, c.differs)
			}
			forced, err := Compare(set("a", described()), []Set{s}, Options{Force: true})
			if err != nil {
				t.Fatal(err)
			}
			if sane(t, forced); len(forced.Changes) == 0 {
				t.Error("no changes though they were asked for")
			}
		})
	}
}

// TestRepetitions are of one topology and one version.
func TestRepetitions(t *testing.T) {
	other := described()
	other.info.Topology.Web.Workers = 8
	c, err := Compare(set("a", described(), other), []Set{set("b", described(), described())}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := "run a is no repetition of a: web.workers is 8, in the baseline 6"; c.Comparable || !slices.Contains(c.Problems, want) {
		t.Errorf("problems are %q", c.Problems)
	}
}

// TestWindowsWithoutCommonPart are never compared.
func TestWindowsWithoutCommonPart(t *testing.T) {
	a, b := set("a", described()), set("b", described())
	a.Runs[0].Report.Window, b.Runs[0].Report.Window = headroom.Span{From: 0, To: 20}, headroom.Span{From: 30, To: 64}
	c, err := Compare(a, []Set{b}, Options{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	if c.Comparable || len(c.Changes) > 0 {
		t.Errorf("got %+v", c)
	}
	b.Runs[0].Report.Window.From = 10
	if c, err = Compare(a, []Set{b}, Options{}); err != nil || c.Window.From != 10 || c.Window.To != 20 {
		t.Errorf("the window is %+v (%v), want what both have behind their warm-ups", c.Window, err)
	}
}
