package calendar

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/headroom-erp/headroom"
)

// players play everything that the tests name.
var players = map[string]Player{
	"order": {Engine: "k6"}, "scan": {Engine: "k6"}, "pick": {Engine: "k6"}, "month_end": {Engine: "k6", Technical: true},
}

// pilot is the shipped plan. It is read as plain YAML: checking it is another
// package's work.
func pilot(t testing.TB) headroom.Plan {
	t.Helper()
	b, err := os.ReadFile("../../profiles/pilot.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var p headroom.Plan
	if err := yaml.Unmarshal(b, &p); err != nil {
		t.Fatal(err)
	}
	for _, q := range p.Processes {
		players[q.Scenario] = Player{Engine: "k6"}
	}
	return p
}

// small has one site and a process of 3,600 arrivals an hour.
func small() headroom.Plan {
	return headroom.Plan{
		Name:      "small",
		Sites:     []headroom.Site{{Name: "hub", TimeZone: "Europe/Berlin", Users: 7}},
		Processes: []headroom.Process{{Name: "order", Scenario: "order", PerHour: 3600}},
	}
}

var friday = time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC) // 15:00 in Berlin

func schedule4(t testing.TB, p headroom.Plan, w Window, seed uint64, scale float64) *schedule {
	t.Helper()
	s, err := New(p, w, seed, scale, players)
	if err != nil {
		t.Fatal(err)
	}
	return s.(*schedule)
}

func arrivals(t testing.TB, s headroom.Schedule) []headroom.Arrival {
	t.Helper()
	var all []headroom.Arrival
	for a, err := range s.Arrivals() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

func encoded(t testing.TB, s headroom.Schedule) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := headroom.WriteSchedule(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What a seed means must not change from one version to the next: these are
// sums over the arrivals that the first version of this package made of the
// shipped plan, across both changes of clocks.
func TestGolden(t *testing.T) {
	for _, c := range []struct {
		at           string
		lead, length float64
		scale        float64
		seed         uint64
		count        int
		sum          string
	}{
		{"2026-11-20T15:59:00Z", 10, 60, 1, 1, 1431, "903d9b1beab55e86d42f6f86"},
		{"2026-11-20T15:59:00Z", 10, 60, 0.3, 1, 408, "19b183c9f296ef65d5ab87c4"},
		{"2026-11-20T14:00:00Z", 30, 7230, 1, 7, 104905, "f61e2b1d7a0aa672df2c061b"},
		{"2026-03-27T03:00:00.25Z", 30, 345600, 0.05, 3, 86706, "889e801f3c91ada833e2c18f"},
		{"2026-10-24T03:00:00Z", 3600, 345600, 0.05, 4, 87738, "52eb830bfd89ef47e76c1bb7"},
	} {
		at, err := time.Parse(time.RFC3339Nano, c.at)
		if err != nil {
			t.Fatal(err)
		}
		s := schedule4(t, pilot(t), Window{At: at, LeadIn: c.lead, Seconds: c.length}, c.seed, c.scale)
		h, n := sha256.New(), 0
		for _, a := range arrivals(t, s) {
			binary.Write(h, binary.LittleEndian, []uint64{a.ID, uint64(a.At), a.Seed, uint64(a.User),
				uint64(a.Process), uint64(a.Site), uint64(a.Lane), uint64(a.Kind)})
			n++
		}
		if sum := hex.EncodeToString(h.Sum(nil)[:12]); n != c.count || sum != c.sum {
			t.Errorf("%s, seed %d: %d arrivals, sum %s; want %d, %s", c.at, c.seed, n, sum, c.count, c.sum)
		}
	}
}

func TestPilotsDemo(t *testing.T) {
	p := pilot(t)
	w, err := DemoWindow(p, p.Demo["erp"])
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 11, 20, 15, 59, 0, 0, time.UTC); !w.At.Equal(want) || w.LeadIn != 10 || w.Seconds != 60 {
		t.Fatalf("the demo's window is %+v", w)
	}
	s := schedule4(t, p, w, 1, 1)
	counts := map[string]float64{}
	for _, a := range arrivals(t, s) {
		name := s.header.Processes[a.Process].Name
		if a.Kind == headroom.Batched {
			if a.At != 30*time.Second || s.header.Lanes[a.Lane] != (headroom.Lane{Name: "pilot/retailer", Connections: 3}) {
				t.Fatalf("a document of the batch: %+v", a)
			}
		} else if a.At < 10*time.Second {
			continue // lead-in
		}
		counts[name]++
	}
	if counts["edi_order"] != 60 {
		t.Errorf("%g EDI documents, want 60", counts["edi_order"])
	}
	// The rates that the plan's comments promise, 1/s in the last minute.
	for name, rate := range map[string]float64{"order": 3.2, "receive": 0.8, "scan": 12, "invoice": 0.5,
		"bi_report": 0.1, "portal": 2, "webhook": 1} {
		j := slices.IndexFunc(p.Processes, func(q headroom.Process) bool { return q.Name == name })
		r := rateOf(s, 0, j)
		if got := (r.until(70) - r.until(10)) / 60; math.Abs(got/rate-1) > 0.01 {
			t.Errorf("%s: %g/s expected, want %g/s", name, got, rate)
		}
		mean := 60 * rate
		if n := counts[name]; math.Abs(n-mean) > 4*math.Sqrt(mean)+1 {
			t.Errorf("%s: %g arrivals, expected %g", name, n, mean)
		}
	}
	want := []headroom.Span{{Name: "dispatch_cutoff", From: 0, To: 70}, {Name: "edi_burst", From: 10, To: 70}}
	if !reflect.DeepEqual(s.header.Spans, want) || !s.header.Shortened {
		t.Errorf("spans %v, shortened %t", s.header.Spans, s.header.Shortened)
	}
}

func TestBatchesScaleAndRound(t *testing.T) {
	p := pilot(t)
	w, err := DemoWindow(p, p.Demo["odoo"])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		scale float64
		want  int
	}{{1, 60}, {0.3, 18}, {0.01, 1}, {0.008, 0}, {2.5, 150}} {
		n := 0
		for _, a := range arrivals(t, schedule4(t, p, w, 1, c.scale)) {
			if a.Kind == headroom.Batched {
				n++
			}
		}
		if n != c.want {
			t.Errorf("scale %g: %d documents, want %d", c.scale, n, c.want)
		}
	}
}

// At another scale the same Poisson points come at other times.
func TestScaleKeepsPoints(t *testing.T) {
	w := Window{At: friday, Seconds: 600}
	one := schedule4(t, small(), w, 3, 1)
	two := schedule4(t, small(), w, 3, 2)
	a, b := arrivals(t, one), arrivals(t, two)
	for i := range a {
		if d := a[i].At - 2*b[i].At; d < -2 || d > 2 || a[i].Seed != b[i].Seed || a[i].User != b[i].User {
			t.Fatalf("arrival %d: %+v at scale 1, %+v at scale 2", i, a[i], b[i])
		}
	}
	if len(b) < len(a)*3/2 {
		t.Errorf("%d arrivals at scale 1, %d at 2", len(a), len(b))
	}
}

func TestSameInputSameBytes(t *testing.T) {
	p := pilot(t)
	w := Window{At: friday, LeadIn: 30, Seconds: 300}
	s := schedule4(t, p, w, 5, 1)
	first := encoded(t, s)
	if !bytes.Equal(first, encoded(t, s)) {
		t.Error("ranging over a schedule again gives something else")
	}
	if !bytes.Equal(first, encoded(t, schedule4(t, p, w, 5, 1))) {
		t.Error("making a schedule again gives something else")
	}
	if bytes.Equal(first, encoded(t, schedule4(t, p, w, 6, 1))) {
		t.Error("another seed gives the same")
	}
}

// What is added to a plan leaves the arrivals of the rest as they were.
func TestStreamsDoNotShareRandomness(t *testing.T) {
	w := Window{At: friday, Seconds: 600}
	only := func(p headroom.Plan, site, process string) (times []headroom.Arrival) {
		s := schedule4(t, p, w, 9, 1)
		for _, a := range arrivals(t, s) {
			if s.header.Sites[a.Site].Name == site && s.header.Processes[a.Process].Name == process {
				times = append(times, headroom.Arrival{At: a.At, Seed: a.Seed, User: a.User})
			}
		}
		return times
	}
	before := only(small(), "hub", "order")
	more := small()
	more.Sites = append([]headroom.Site{{Name: "a", TimeZone: "UTC", Users: 7}}, more.Sites...)
	more.Processes = append([]headroom.Process{{Name: "scan", Scenario: "scan", PerHour: 3600}}, more.Processes...)
	if !slices.Equal(before, only(more, "hub", "order")) {
		t.Error("a new site and process changed the arrivals of another")
	}
	if slices.Equal(before, only(more, "a", "order")) || slices.Equal(before, only(more, "hub", "scan")) {
		t.Error("two sites or processes have the same arrivals")
	}
}

func TestSplitIsExact(t *testing.T) {
	s := schedule4(t, pilot(t), Window{At: friday, Seconds: 60}, 1, 1)
	whole := arrivals(t, s)
	var union []headroom.Arrival
	for part := range 3 {
		q, err := Split(s, part, 3)
		if err != nil {
			t.Fatal(err)
		}
		some := arrivals(t, q)
		if len(some) < len(whole)/4 {
			t.Errorf("part %d has %d of %d arrivals", part, len(some), len(whole))
		}
		union = append(union, some...)
	}
	slices.SortFunc(union, func(a, b headroom.Arrival) int { return int(a.ID) - int(b.ID) })
	if !slices.Equal(union, whole) {
		t.Error("the parts together are not the whole")
	}
	for _, c := range [][2]int{{0, 0}, {-1, 2}, {2, 2}} {
		if _, err := Split(s, c[0], c[1]); headroom.ExitCode(err) != headroom.ExitBadInput {
			t.Errorf("part %d of %d: %v", c[0], c[1], err)
		}
	}
}

// Documents that come at one moment are ordered by site, process and index.
func TestTies(t *testing.T) {
	p := small()
	p.Processes = []headroom.Process{{Name: "scan", Scenario: "scan"}, {Name: "order", Scenario: "order"}}
	p.Sites = append(p.Sites, headroom.Site{Name: "a", TimeZone: "Europe/Berlin", Users: 1})
	p.Peaks = []headroom.Peak{{Name: "edi", From: "15:00", To: "16:00", Batches: []headroom.Batch{
		{Process: "order", Partner: "r", At: "15:00", Documents: 2, Connections: 1},
		{Process: "scan", Partner: "r", At: "15:00", Documents: 1, Connections: 1},
		{Process: "order", Partner: "q", At: "15:00", Documents: 1, Connections: 1}}}}
	s := schedule4(t, p, Window{At: friday, Seconds: 1}, 1, 1)
	var got []string
	for _, a := range arrivals(t, s) {
		got = append(got, s.header.Lanes[a.Lane].Name+" "+s.header.Processes[a.Process].Name)
	}
	want := []string{"hub/r scan", "hub/r order", "hub/r order", "hub/q order", "a/r scan", "a/r order", "a/r order", "a/q order"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestShortened(t *testing.T) {
	p := small()
	p.Peaks = []headroom.Peak{{Name: "cutoff", From: "15:01", To: "15:02", PerHour: map[string]float64{"order": 60}}}
	for _, c := range []struct {
		name           string
		after, seconds float64 // since 15:00
		lead           float64
		want           bool
	}{
		{"holds the peak", 30, 120, 0, false}, {"is the peak", 60, 60, 0, false}, {"ends within", 0, 90, 0, true},
		{"begins within", 90, 120, 0, true}, {"in the lead-in only", 120, 60, 100, false}, {"before", 0, 60, 0, false},
	} {
		w := Window{At: friday.Add(duration(c.after)), Seconds: c.seconds, LeadIn: c.lead}
		if got := schedule4(t, p, w, 1, 1).header.Shortened; got != c.want {
			t.Errorf("a window that %s: shortened %t", c.name, got)
		}
	}
}

func TestRefused(t *testing.T) {
	good := Window{At: friday, Seconds: 60}
	broken := small()
	broken.Sites[0].TimeZone = "Europe/Belin"
	foreign := small()
	foreign.Processes[0].Scenario = "dance"
	for name, try := range map[string]func() (headroom.Schedule, error){
		"no window": func() (headroom.Schedule, error) { return New(small(), Window{At: friday}, 1, 1, players) },
		"negative lead": func() (headroom.Schedule, error) {
			return New(small(), Window{At: friday, Seconds: 1, LeadIn: -1}, 1, 1, players)
		},
		"not a number": func() (headroom.Schedule, error) {
			return New(small(), Window{At: friday, Seconds: math.NaN()}, 1, 1, players)
		},
		"no scale":      func() (headroom.Schedule, error) { return New(small(), good, 1, 0, players) },
		"endless scale": func() (headroom.Schedule, error) { return New(small(), good, 1, math.Inf(1), players) },
		"no such zone":  func() (headroom.Schedule, error) { return New(broken, good, 1, 1, players) },
		"an army": func() (headroom.Schedule, error) {
			return New(pickers(of8("06:00", "18:00", 1000, 0)), good, 1, 101, players)
		},
		"the far future": func() (headroom.Schedule, error) {
			return New(small(), Window{At: friday.AddDate(200, 0, 0), Seconds: 1}, 1, 1, players)
		},
		"no such engine": func() (headroom.Schedule, error) { return New(foreign, good, 1, 1, players) },
	} {
		var input *headroom.InputError
		if s, err := try(); s != nil || !errors.As(err, &input) {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
}

func BenchmarkArrivals(b *testing.B) {
	s := schedule4(b, pilot(b), Window{At: friday, Seconds: 7200}, 1, 1)
	n := 0
	for b.Loop() {
		for range s.Arrivals() {
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "arrivals/s")
}
