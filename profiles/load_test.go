package profiles

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// options are those of the tests: the shape is checked by someone else.
var options = Options{
	Scenarios: []string{"bi_report", "buy_and_receive", "edi_order", "invoice", "order", "order_to_ship", "portal", "receive", "scan", "webhook"},
	Events:    []string{"carrier_down", "carrier_errors", "carrier_slow"},
	ReadICal: func(r io.Reader) ([]headroom.Closure, error) {
		text, err := io.ReadAll(r)
		if err != nil || !bytes.HasPrefix(text, []byte("BEGIN:VCALENDAR")) {
			return nil, &headroom.InputError{What: "it does not begin with BEGIN:VCALENDAR", Do: "export it as iCalendar", Err: err}
		}
		return []headroom.Closure{{Name: "inventory", From: "2026-06-26", To: "2026-06-27"}}, nil
	},
	Check: []func(headroom.Plan) []headroom.Problem{func(p headroom.Plan) []headroom.Problem {
		var problems []headroom.Problem
		for i, peak := range p.Peaks {
			if !slices.Contains(shapes, peak.Shape) {
				problems = append(problems, headroom.Problem{Path: item("peaks", i) + ".shape", What: "no such shape", Do: "use flat or surge"})
			}
		}
		return problems
	}},
}

func loadFile(t *testing.T, path string, o Options) (*headroom.Plan, Positions, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return Load(filepath.Base(path), f, o)
}

func TestBadPlans(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".bad.yaml")
		want, ok := badPlans[name]
		if !ok {
			t.Errorf("%s has no expected message in badPlans", f)
		}
		t.Run(name, func(t *testing.T) {
			plan, _, err := loadFile(t, f, options)
			var input *headroom.InputError
			if !errors.As(err, &input) || plan != nil {
				t.Fatalf("plan %v, error %v; want no plan and an input error", plan, err)
			}
			got := strings.ReplaceAll(err.Error(), name+".bad.yaml:", "")
			if got != strings.Join(want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
			}
		})
	}
	if len(files) != len(badPlans) {
		t.Errorf("%d files, %d expected messages", len(files), len(badPlans))
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test -update writes it anew); got\n%s", path, got)
	}
}

// shippedOptions leave scenarios to the program that knows them all.
var shippedOptions = Options{Events: options.Events, ReadICal: options.ReadICal}

func TestShippedPlans(t *testing.T) {
	want := []string{"distribution-centre", "finance-office", "group-12", "pilot", "regulated-entity",
		"standard-warehouse", "third-party-site", "transport-hub"}
	if got := Names(); !slices.Equal(got, want) {
		t.Fatalf("Names() = %q", got)
	}
	for _, name := range Names() {
		plan, _, err := Open(name, shippedOptions)
		if err != nil {
			t.Fatal(err)
		}
		if plan.Name != name {
			t.Errorf("the plan %s calls itself %s", name, plan.Name)
		}
		if plan.Prices == nil || len(plan.Objectives) == 0 || len(plan.Peaks) == 0 || plan.Description == "" {
			t.Errorf("the plan %s has no prices, objectives, peaks or description", name)
		}
		// One candidate at least is for a real Odoo on a machine of two cores.
		if !slices.ContainsFunc(plan.Topologies, func(topology headroom.Topology) bool {
			return strings.HasPrefix(topology.Name, "odoo-") && fitsTwoCores(topology, plan.Sites)
		}) {
			t.Errorf("the plan %s has no topology for two cores", name)
		}
	}
	plan, _, err := Open("pilot", options)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/pilot.resolved.golden", Marshal(*plan))
}

func fitsTwoCores(topology headroom.Topology, sites []headroom.Site) bool {
	var cores float64
	for _, part := range topology.Parts(sites) {
		cores += part.Topology.Web.Cores
		if !part.Topology.SharedHost {
			return false
		}
	}
	return cores <= 2
}

// TestShippedPlansSayWhereFiguresComeFrom: by the head of the file, since its
// comments are what a planner reads.
func TestShippedPlansSayWhereFiguresComeFrom(t *testing.T) {
	for _, name := range Names() {
		text, err := shipped.ReadFile(name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(text), "headroom: 1\n")
		for _, want := range []string{"WHERE THE FIGURES COME FROM", "assumption", "ON A SMALL MACHINE"} {
			if !strings.Contains(head, want) && !(name == "pilot" && want == "ON A SMALL MACHINE") {
				t.Errorf("the head of %s does not say %q", name, want)
			}
		}
	}
}

func TestResolvedPlanLoadsAsItself(t *testing.T) {
	for _, open := range append(Names(), "testdata/small.yaml", "testdata/rich.yaml") {
		plan, _, err := Open(open, shippedOptions)
		if err != nil {
			t.Fatal(err)
		}
		again, _, err := Load("again.yaml", bytes.NewReader(Marshal(*plan)), shippedOptions)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(plan, again) {
			t.Errorf("%s: got\n%+v\nwant\n%+v", open, again, plan)
		}
	}
}

func TestResolveFillsDefaultsOnce(t *testing.T) {
	given := headroom.Plan{
		Sites:     []headroom.Site{{Name: "a"}, {Name: "b", Database: "shared"}},
		Processes: []headroom.Process{{Name: "scan"}, {Name: "order", Lines: headroom.Lines{Mean: 3, Max: 9}}},
		Peaks:     []headroom.Peak{{Name: "p"}, {Name: "q", Shape: "surge", When: headroom.When{Days: []string{"sun"}}}},
		Demo:      map[string]headroom.Demo{"erp": {}, "odoo": {Scale: 0.5}},
	}
	want := headroom.Plan{
		Sites:     []headroom.Site{{Name: "a", Database: "a"}, {Name: "b", Database: "shared"}},
		Catalogue: headroom.Catalogue{Products: DefaultProducts, OpeningStock: DefaultOpeningStock, Partners: DefaultPartners},
		Processes: []headroom.Process{{Name: "scan", Lines: headroom.Lines{Mean: 1, Max: 1}}, {Name: "order", Lines: headroom.Lines{Mean: 3, Max: 9}}},
		Peaks:     []headroom.Peak{{Name: "p", Shape: "flat"}, {Name: "q", Shape: "surge", When: headroom.When{Days: []string{"sun"}}}},
		Demo:      map[string]headroom.Demo{"erp": {Scale: 1}, "odoo": {Scale: 0.5}},
	}
	got := Resolve(given)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	if !reflect.DeepEqual(Resolve(got), want) {
		t.Error("resolving twice is not resolving once")
	}
	if given.Sites[0].Database != "" || given.Demo["erp"].Scale != 0 {
		t.Error("Resolve changed the plan that it was given")
	}
}

func TestPositions(t *testing.T) {
	_, pos, err := loadFile(t, "testdata/small.yaml", options)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"":                            "small.yaml:1:1",
		"sites[0].time_zone":          "small.yaml:5:16",
		"sites[0].database":           "small.yaml:4:5", // not in the file: its site
		"peaks[0].per_hour.order":     "small.yaml:21:7",
		"peaks[0].batches[0].partner": "small.yaml:23:33",
		"demo.erp":                    "small.yaml:35:3",
		"events[3].what":              "small.yaml:1:1",
	} {
		if got := pos.Where(path); got != want {
			t.Errorf("%q stands at %s, want %s", path, got, want)
		}
	}
	err = pos.InputError([]headroom.Problem{{Path: "demo.erp", What: "late"}, {Path: "sites", What: "early", Do: "wait"}})
	if want := "small.yaml:4:3: early; wait\nsmall.yaml:35:3: late"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := pos.InputError(nil); err != nil {
		t.Errorf("no problem gives %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	big := filepath.Join(t.TempDir(), "big.yaml")
	if err := os.WriteFile(big, bytes.Repeat([]byte("# \n"), MaxSize/3+1), 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"no/such.yaml": `no/such.yaml: there is no such plan; give the path of a plan, or the name of a shipped one: ` + strings.Join(Names(), ", "),
		"pilto":        `pilto: there is no such plan; did you mean the shipped plan "pilot"?`,
		"testdata":     `testdata: the plan cannot be read: is a directory`,
		big:            big + `: the plan is larger than 1048576 bytes; is this a plan?`,
	} {
		_, _, err := Open(path, options)
		var input *headroom.InputError
		if !errors.As(err, &input) || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
}

func TestManyProblemsAreCounted(t *testing.T) {
	var text string
	for i := range 80 {
		text += fmt.Sprintf("key%d: 1\n", i)
	}
	_, _, err := Load("p.yaml", strings.NewReader(text), options)
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != maxShown+1 || !strings.HasSuffix(lines[maxShown], "more problems") {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

func TestKnownEvents(t *testing.T) {
	o := options
	o.Events = []string{"carrier_down", "deployment"}
	if _, _, err := loadFile(t, "testdata/event.bad.yaml", o); err != nil {
		t.Errorf("an event that can happen: %v", err)
	}
	o.Events = []string{"strike", "carrier_down"}
	_, _, err := loadFile(t, "testdata/event.bad.yaml", o)
	if err == nil || !strings.Contains(err.Error(), "what can happen: strike, carrier_down") {
		t.Errorf("got %v", err)
	}
}

func TestSuggest(t *testing.T) {
	for _, c := range []struct{ word, want string }{
		{"tiem_zone", "time_zone"}, {"Users", "users"}, {"name", "name"}, {"nmae", "name"},
		{"colour", ""}, {"", ""}, {"x", ""}, {"datbase", "database"},
	} {
		if got := suggest(c.word, []string{"name", "time_zone", "database", "users"}); got != c.want {
			t.Errorf("suggest(%q) = %q, want %q", c.word, got, c.want)
		}
	}
}

// FuzzLoad: whatever the bytes, there is a plan or an input error, never both,
// never a panic, and a plan that loaded loads again from what Marshal writes.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range append(files, "pilot.yaml") {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		plan, _, err := Load("fuzz.yaml", bytes.NewReader(b), options)
		var input *headroom.InputError
		if err != nil {
			if plan != nil || !errors.As(err, &input) || !strings.Contains(err.Error(), "fuzz.yaml") {
				t.Fatalf("plan %v, error %v", plan, err)
			}
			return
		}
		again, _, err := Load("again.yaml", bytes.NewReader(Marshal(*plan)), options)
		if err != nil {
			t.Fatalf("%v\n%s", err, Marshal(*plan))
		}
		if !bytes.Equal(Marshal(*again), Marshal(*plan)) {
			t.Fatalf("got\n%s\nwant\n%s", Marshal(*again), Marshal(*plan))
		}
	})
}
