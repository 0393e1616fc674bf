package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
)

// A staged run is a bundle of 400 orders that were never sent anywhere.
type staged struct {
	factor float64 // of every response
	seed   uint64  // of the noise
	change func(*headroom.RunInfo)
	cut    bool    // the run did not end
	late   float64 // seconds that the generator is late
}

// orders are objectives of the staged runs: their p95 is about 0.55 s.
var orders = []headroom.Objective{{Process: "order", Percentile: 95, Within: 2}, {Process: "order", Measure: headroom.MeasureErrorShare, AtMost: 0.01}}

func (s staged) write(t *testing.T, dir string) string {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	h := headroom.Header{Plan: "staged", Seed: 1, Scale: 1, WindowAt: time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC), Window: 100, LeadIn: 10,
		Processes: []headroom.ScheduledProcess{{Name: "order", Scenario: "order_entry", Engine: "k6"}}, Sites: []headroom.ScheduledSite{{Name: "hub", Database: "hub", Users: 3}}}
	info := headroom.RunInfo{ID: filepath.Base(dir), TargetKind: "erp", Topology: headroom.Topology{Name: "six", Web: headroom.Web{Workers: 6, Cores: 2}, Database: headroom.Database{Cores: 2}},
		Plan: headroom.Plan{Headroom: 1, Name: "staged", Sites: []headroom.Site{{Name: "hub"}}, Processes: []headroom.Process{{Name: "order", PerHour: 14400}}, Objectives: orders}, Schedule: h}
	if s.change != nil {
		s.change(&info)
	}
	b, err := results.Create(dir, info)
	must(err)
	m := listed{header: info.Schedule}
	var rec headroom.Records
	own, r := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(s.seed, 3))
	for i := range uint64(440) {
		at := float64(i) / 4
		m.arrivals = append(m.arrivals, headroom.Arrival{ID: i + 1, At: time.Duration(at * 1e9), Seed: own.Uint64()})
		took := 0.3 * s.factor * math.Exp(0.3*own.NormFloat64()+0.1*r.NormFloat64())
		rec.Journeys = append(rec.Journeys, headroom.Journey{Arrival: i + 1, Site: "hub", Process: "order", Scheduled: at, Start: at + s.late, TimerLate: s.late, End: at + s.late + took, Outcome: headroom.OK, Attempts: 1})
	}
	f, err := os.Create(b.Schedule())
	must(err)
	must(headroom.WriteSchedule(f, m))
	must(f.Close())
	part, err := results.OpenPart(b.PartPath("k6"), "k6")
	must(err)
	must(part.Record(rec))
	must(part.Close())
	if s.cut {
		must(b.Finish(false, "interrupted"))
	} else {
		must(b.Finish(true, ""))
	}
	return dir
}

// verb runs one in this process.
func verb(args ...string) (code int, out, stderr string) {
	var o, e bytes.Buffer
	code = run(args, stdio{in: strings.NewReader(""), out: &o, err: &e})
	return code, o.String(), e.String()
}

func TestCompareVerb(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	before := staged{factor: 1, seed: 1}.write(t, path("before"))
	again := staged{factor: 1, seed: 2}.write(t, path("again"))
	slower := staged{factor: 1.1, seed: 3}.write(t, path("slower"))
	slow := staged{factor: 9, seed: 4}.write(t, path("slow"))
	cut := staged{factor: 1, seed: 5, cut: true}.write(t, path("cut"))
	double := staged{factor: 1, seed: 5, change: func(i *headroom.RunInfo) { i.Schedule.Scale = 2 }}.write(t, path("double"))
	held := staged{factor: 1, seed: 6, late: 0.2}.write(t, path("held"))
	bog, mire := staged{factor: 100, seed: 7}.write(t, path("bog")), staged{factor: 101, seed: 8}.write(t, path("mire"))
	for i, seed := range []uint64{11, 12} {
		staged{factor: 1, seed: seed}.write(t, path(fmt.Sprintf("ws-a/runs/six-%d", i+1)))
		staged{factor: 1.1, seed: seed + 10}.write(t, path(fmt.Sprintf("ws-b/runs/six-%d", i+1)))
	}
	for _, c := range []struct {
		args   []string
		code   int
		out    string // that standard output has
		stderr string // that standard error has
	}{
		{[]string{before, again}, 0, "again: no difference that this many samples could show.", ""},
		{[]string{before, again, "--fail-on", "worse,missed"}, 0, "the baseline's arrivals", ""},
		{[]string{before, slower}, 0, "slower: WORSE: order mean whole window +", ""},
		{[]string{before, slower, "--fail-on", "worse"}, 1, "WORSE", ""},
		{[]string{before, slower, "--fail-on", "worse", "--at-least", "30%"}, 0, "negligible", ""},
		{[]string{slower, before, "--fail-on", "worse"}, 0, "before: better", ""},
		{[]string{before, slow, "--fail-on", "missed"}, 1, "WORSE", ""},
		{[]string{slow, before, "--fail-on", "missed"}, 0, "better", ""}, // only the baseline missed
		{[]string{before, again, slower, "--format", "md"}, 0, "### Compared with before", ""},
		{[]string{path("ws-a"), path("ws-b"), "--fail-on", "worse"}, 1, "2 runs", ""},
		{[]string{before + "," + again, path("ws-b"), "--fail-on", "worse"}, 1, "before and 1 more: 2 runs", ""},
		{[]string{bog, mire}, 0, "nothing could be tested", ""},
		{[]string{bog, mire, "--fail-on", "worse"}, 3, "nothing could be tested", "nothing of mire could be compared"},
		{[]string{before, bog, "--fail-on", "worse"}, 1, "bog: WORSE", ""},
		{[]string{before, before}, 0, "(2): no difference", ""},
		{[]string{before, cut}, 3, "NOT COMPARABLE", "the runs are not comparable: run " + cut + " is incomplete: interrupted"},
		{[]string{before, double}, 3, "NOT COMPARABLE", "another scale of the load: 2, the baseline 1"},
		{[]string{before, held}, 3, "NOT COMPARABLE", "held up by its load generator"},
		{[]string{before, double, "--force"}, 0, "NOT COMPARABLE", ""},
		{[]string{before}, 2, "", "takes a baseline and at least one run, got 1"},
		{[]string{before, path("none")}, 2, "", path("none")},
		{[]string{before, slower + "," + slower}, 2, "", "is named twice"},
		{[]string{before, slower, "--fail-on", "slower"}, 2, "", `nothing is called "slower"; choose worse, missed or none`},
		{[]string{before, slower, "--at-least", "much"}, 2, "", `"much" is no change`},
		{[]string{before, slower, "--at-least", "-1%"}, 2, "", `is no change`},
		{[]string{before, slower, "--format", "pdf"}, 2, "", `there is no format "pdf"`},
	} {
		code, out, stderr := verb(append([]string{"compare"}, c.args...)...)
		if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(stderr, c.stderr) || (c.stderr == "") != (stderr == "") {
			t.Errorf("compare %q ended with %d, want %d; want %q and %q in\n%s\n%s", c.args, code, c.code, c.out, c.stderr, out, stderr)
		}
	}
}

func TestCompareJSON(t *testing.T) {
	dir := t.TempDir()
	before := staged{factor: 1, seed: 1}.write(t, filepath.Join(dir, "before"))
	slower := staged{factor: 1.1, seed: 3, change: func(i *headroom.RunInfo) { i.Topology.Web.Workers = 5 }}.write(t, filepath.Join(dir, "slower"))
	code, out, stderr := verb("compare", before, slower, "--json", "--fail-on", "worse")
	var c headroom.RunComparison
	if err := json.Unmarshal([]byte(out), &c); err != nil || code != 1 || stderr != "" {
		t.Fatalf("ended with %d (%v): %s%s", code, err, out, stderr)
	}
	if !c.Comparable || !c.Others[0].Paired || c.Others[0].Verdict != headroom.Worse || c.Baseline.Runs[0] != before || len(c.Changes) == 0 || c.Tests == 0 {
		t.Errorf("got %+v", c)
	}
	if want := (headroom.RunDifference{Other: "slower", What: "topology web.workers", Baseline: "6", Value: "5"}); len(c.Differences) != 1 || c.Differences[0] != want {
		t.Errorf("differences are %+v, want %+v", c.Differences, want)
	}
	m := c.Changes[0]
	if m.Measure != headroom.ChangeMean || *m.Low > 0.1 || *m.High < 0.1 || *m.Low < 0.05 || *m.High > 0.15 {
		t.Errorf("10 %% more is %+v", m)
	}
}

func TestCheckVerb(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	good := staged{factor: 1, seed: 1}.write(t, path("good"))
	slow := staged{factor: 9, seed: 2}.write(t, path("slow"))
	cut := staged{factor: 1, seed: 3, cut: true}.write(t, path("cut"))
	held := staged{factor: 1, seed: 4, late: 0.2}.write(t, path("held"))
	aimless := staged{factor: 1, seed: 5, change: func(i *headroom.RunInfo) { i.Plan.Objectives = nil }}.write(t, path("aimless"))
	unjudged := staged{factor: 1, seed: 6, change: func(i *headroom.RunInfo) {
		i.Plan.Objectives = append(i.Plan.Objectives, headroom.Objective{Measure: headroom.MeasureReplicationLag, AtMost: 1})
	}}.write(t, path("unjudged"))
	staged{factor: 1, seed: 7}.write(t, path("ws/runs/six"))
	for _, c := range []struct {
		run         string
		code        int
		verdict     string // in JSON; "": no document
		out, stderr string
	}{
		{good, 0, "met", "met", ""},
		{slow, 1, "missed", "MISSED", ""},
		{cut, 3, "not_judged", "incomplete (interrupted)", "the run is incomplete: interrupted"},
		{held, 3, "not_judged", "BOTTLENECK", "the load generator was the bottleneck"},
		{unjudged, 3, "not_judged", "not judged", "could not be judged"},
		{aimless, 2, "", "", "the plan has no objective"},
		{path("ws"), 2, "", "", "is a workspace, which holds runs; name one of them: runs/six"},
		{path("none"), 2, "", "", path("none")},
	} {
		for _, form := range []string{"text", "md", "json"} {
			file := path("junit-" + filepath.Base(c.run) + "-" + form + ".xml")
			args := []string{"check", c.run, "--junit", file, "--format", form}
			if form == "json" {
				args = []string{"check", c.run, "--json"}
			}
			code, out, stderr := verb(args...)
			if code != c.code || !strings.Contains(stderr, c.stderr) || (c.stderr == "") != (stderr == "") {
				t.Errorf("%q ended with %d, want %d: %s%s", args, code, c.code, out, stderr)
			}
			if form == "json" {
				var got checked
				if err := json.Unmarshal([]byte(out), &got); (err != nil) != (c.verdict == "") || got.Verdict != c.verdict {
					t.Errorf("the verdict on %s is %q (%v), want %q", c.run, got.Verdict, err, c.verdict)
				}
				continue
			}
			if !strings.Contains(out, c.out) {
				t.Errorf("%q does not say %q:\n%s", args, c.out, out)
			}
			data, err := os.ReadFile(file)
			if c.verdict == "" {
				if err == nil {
					t.Errorf("%s was written for nothing", file)
				}
				continue
			}
			var suites struct {
				Failures int `xml:"failures,attr"`
				Errors   int `xml:"errors,attr"`
			}
			if err := xml.Unmarshal(data, &suites); err != nil || (suites.Failures > 0) != (c.verdict == "missed") || (suites.Errors > 0) != (c.verdict == "not_judged") {
				t.Errorf("%s: %v, %+v", file, err, suites)
			}
		}
	}
	if code, _, stderr := verb("check", good, "--junit", path("no/such/folder.xml")); code != 2 || !strings.Contains(stderr, "cannot be written") {
		t.Errorf("a file that cannot be written: %d, %s", code, stderr)
	}
	if code, _, stderr := verb("check", good, "--format", "pdf"); code != 2 || !strings.Contains(stderr, `there is no format "pdf"`) {
		t.Errorf("a format that is none: %d, %s", code, stderr)
	}
}
