package compare

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// plain is a run of 64 s without lead-in whose n journeys of "order" come one
// after the other and take what took says; a negative time is a failure.
func plain(n int, took func(i int) float64) *memoryRun {
	m := &memoryRun{info: headroom.RunInfo{ID: "plain", Complete: true, TargetKind: "erp", Schedule: headroom.Header{Window: 64, Scale: 1,
		Processes: []headroom.ScheduledProcess{{Name: "order"}}}}}
	for i := range n {
		at := 64 * float64(i) / float64(n)
		m.arrivals = append(m.arrivals, headroom.Arrival{ID: uint64(i + 1), At: time.Duration(at * 1e9)})
		j := headroom.Journey{Arrival: uint64(i + 1), Process: "order", Scheduled: at, Start: at, End: at + math.Abs(took(i)), Outcome: headroom.OK}
		if took(i) < 0 {
			j.Outcome = headroom.Timeout
		}
		m.journeys = append(m.journeys, j)
	}
	return m
}

func set(name string, runs ...*memoryRun) Set {
	s := Set{Name: name}
	for _, r := range runs {
		s.Runs = append(s.Runs, Run{Run: r, Report: headroom.RunReport{ID: name, Folder: name, Valid: true, Complete: true}})
	}
	return s
}

func always(v float64) func(int) float64 { return func(int) float64 { return v } }

// wavy are times that differ, with an independent look from one to the next.
func wavy(base float64) func(int) float64 {
	return func(i int) float64 { return base * (1 + 0.3*math.Sin(float64(i)*2.4)) }
}

func compared(t *testing.T, a, b Set) headroom.RunComparison {
	t.Helper()
	c, err := Compare(a, []Set{b}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	sane(t, c)
	return c
}

// sane is what holds of every comparison.
func sane(t *testing.T, c headroom.RunComparison) {
	t.Helper()
	if _, err := json.Marshal(c); err != nil { // it refuses NaN and infinity
		t.Fatal(err)
	}
	tests := 0
	for _, x := range c.Changes {
		if (x.Verdict == headroom.NotTested) != (x.P == nil) || (x.Reason == "") == (x.P == nil) {
			t.Errorf("a test, or a reason for none: %+v", x)
		}
		if x.P == nil {
			continue
		}
		tests++
		if *x.P < 0 || *x.P > 1 || *x.Adjusted < *x.P || *x.Adjusted > 1 {
			t.Errorf("p %g, adjusted %g", *x.P, *x.Adjusted)
		}
		if x.Low != nil && x.High != nil && *x.Low > *x.High {
			t.Errorf("an interval from %g to %g: %+v", *x.Low, *x.High, x)
		}
		excludes := x.Low != nil && *x.Low > 0 || x.High != nil && *x.High < 0
		found := x.Verdict == headroom.Worse || x.Verdict == headroom.Better || x.Verdict == headroom.Negligible
		if found != (*x.Adjusted <= Alpha) || excludes && !found {
			t.Errorf("verdict %s does not go with adjusted p %g, interval %v to %v", x.Verdict, *x.Adjusted, x.Low, x.High)
		}
		if found && (x.Low == nil || *x.Low < 0) && (x.High == nil || *x.High > 0) {
			t.Errorf("%s, and the interval has both signs: %+v", x.Verdict, x)
		}
		if x.Smallest != nil && *x.Smallest < 0 {
			t.Errorf("the smallest change is %g", *x.Smallest)
		}
	}
	if tests != c.Tests {
		t.Errorf("%d tests were made, %d are told", tests, c.Tests)
	}
}

func TestBoundaries(t *testing.T) {
	const n = 256 // times that are exact
	without := plain(n, wavy(1))
	for i := range without.journeys {
		without.journeys[i].Process = "scan"
	}
	idle := plain(n, wavy(1))
	for i := range idle.journeys {
		idle.journeys[i].Outcome = headroom.NothingToDo
	}
	for _, c := range []struct {
		name            string
		a, b            *memoryRun
		mean, p95, errs headroom.Verdict // "": no such change
	}{
		{"nothing", plain(0, nil), plain(0, nil), "", "", ""},
		{"one journey", plain(1, always(1)), plain(1, always(1)), headroom.NotTested, headroom.NotTested, headroom.NotTested},
		{"one more than is tested", plain(fewest, wavy(1)), plain(fewest, wavy(1)), headroom.NoDifference, headroom.NotTested, headroom.NoDifference},
		{"one fewer than is tested", plain(fewest-1, wavy(1)), plain(fewest-1, wavy(1)), headroom.NotTested, headroom.NotTested, headroom.NotTested},
		{"as many as a percentile needs", plain(fewestTail, wavy(1)), plain(fewestTail, wavy(1)), headroom.NoDifference, headroom.NoDifference, headroom.NoDifference},
		{"itself", plain(n, wavy(1)), plain(n, wavy(1)), headroom.NoDifference, headroom.NoDifference, headroom.NoDifference},
		{"all equal", plain(n, always(1)), plain(n, always(1)), headroom.NoDifference, headroom.NoDifference, headroom.NoDifference},
		{"all equal, and longer", plain(n, always(0.5)), plain(n, always(0.625)), headroom.Worse, headroom.Worse, headroom.NoDifference},
		{"all equal, and shorter", plain(n, always(0.625)), plain(n, always(0.5)), headroom.Better, headroom.Better, headroom.NoDifference},
		{"a tenth longer", plain(n, wavy(0.4)), plain(n, wavy(0.44)), headroom.Worse, headroom.Worse, headroom.NoDifference},
		{"no time at all", plain(n, always(0)), plain(n, always(0)), headroom.NotTested, headroom.NotTested, headroom.NoDifference},
		{"all failed", plain(n, always(-1)), plain(n, always(-1)), "", headroom.NotTested, headroom.NoDifference},
		{"all failed now", plain(n, wavy(0.5)), plain(n, always(-0.5)), "", headroom.NotTested, headroom.Worse},
		{"all failed before", plain(n, always(-0.5)), plain(n, wavy(0.5)), "", headroom.NotTested, headroom.Better},
		{"one episode", plain(n, always(30)), plain(n, always(31)), headroom.NotTested, headroom.NotTested, headroom.NotTested},
		{"one process is missing", plain(n, wavy(1)), without, headroom.NotTested, headroom.NotTested, headroom.NotTested},
		{"nothing to do", plain(n, wavy(1)), idle, headroom.NotTested, headroom.NotTested, headroom.NotTested},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := compared(t, set("a", c.a), set("b", c.b))
			for measure, want := range map[string]headroom.Verdict{headroom.ChangeMean: c.mean, headroom.ChangeP95: c.p95, headroom.ChangeErrors: c.errs} {
				i := slices.IndexFunc(got.Changes, func(x headroom.Change) bool { return x.Measure == measure && x.Process == "order" })
				switch {
				case i < 0 && want != "":
					t.Errorf("there is no %s", measure)
				case i >= 0 && got.Changes[i].Verdict != want:
					t.Errorf("%s is %s (%s), want %q", measure, got.Changes[i].Verdict, got.Changes[i].Reason, want)
				}
			}
		})
	}
}

// TestPairing sets arrivals beside themselves only where the schedules are the
// same, whatever the order of the runs.
func TestPairing(t *testing.T) {
	first, second := plain(200, wavy(1)), plain(180, wavy(1))
	if c := compared(t, set("a", first, second), set("b", second, first)); !c.Others[0].Paired {
		t.Error("the same two schedules in another order are not paired")
	}
	other := plain(200, wavy(1))
	other.arrivals[17].Seed++
	if c := compared(t, set("a", first), set("b", other)); c.Others[0].Paired {
		t.Error("paired though one arrival has another seed")
	}
	lost := plain(200, wavy(1))
	lost.arrivals = nil
	if c := compared(t, set("a", lost), set("b", lost)); c.Others[0].Paired {
		t.Error("paired though no schedule was kept")
	}
	if c := compared(t, set("a", first), set("b", first, second)); c.Others[0].Paired {
		t.Error("paired though one run is left over")
	}
	// A journey that is missing in one, or failed, takes its twin with it.
	gappy := plain(200, func(i int) float64 {
		if i%10 == 0 {
			return -1
		}
		return wavy(1)(i)
	})
	gappy.journeys = gappy.journeys[:150]
	c := compared(t, set("a", first), set("b", gappy))
	if got := c.Changes[0]; got.Measure != headroom.ChangeMean || got.N != [2]int{135, 135} || *got.Change != 0 {
		t.Errorf("got %+v, want 135 pairs that are the same", got)
	}
}

// TestWorkThatNeverBegan is work that was not done when the run came to its
// end: where it piles up, the other run must not look alike.
func TestWorkThatNeverBegan(t *testing.T) {
	a, b := plain(400, wavy(1)), plain(400, wavy(1))
	for i := range b.journeys {
		if i%4 == 0 {
			j := &b.journeys[i]
			j.Start, j.End, j.Outcome = 64, 64, headroom.Aborted
		}
	}
	failures := func() headroom.Change {
		for _, c := range compared(t, set("a", a), set("b", b)).Changes {
			if c.Measure == headroom.ChangeErrors && c.Peak == "" {
				return c
			}
		}
		t.Fatal("errors were not compared")
		return headroom.Change{}
	}
	if c := failures(); c.N != [2]int{400, 400} || *c.Value != 0.25 || c.Verdict != headroom.Worse {
		t.Errorf("%+v", c)
	}
	for i := range b.journeys { // an operator's next journey would have begun later
		b.journeys[i].Kind, a.journeys[i].Kind = headroom.Closed, headroom.Closed
	}
	if c := failures(); c.N != [2]int{400, 300} || *c.Value != 0 {
		t.Errorf("of operators: %+v", c)
	}
}

// TestPairingFindsMore has times that differ much, and in both runs alike.
func TestPairingFindsMore(t *testing.T) {
	drawn := func(base float64, seed uint64) func(int) float64 {
		return func(i int) float64 { return base * logNormal(rand.New(rand.NewPCG(seed, uint64(i))), 0.5) }
	}
	a, b := plain(400, drawn(0.4, 1)), plain(400, drawn(0.404, 1))
	if c := compared(t, set("a", a), set("b", b)); c.Others[0].Verdict != headroom.Worse {
		t.Errorf("1 %% more is %s when paired", c.Others[0].Verdict)
	}
	unpaired := plain(400, drawn(0.404, 2))
	unpaired.arrivals[0].Seed = 9
	if c := compared(t, set("a", a), set("b", unpaired)); c.Others[0].Verdict != headroom.NoDifference {
		t.Errorf("1 %% more is %s when not", c.Others[0].Verdict)
	}
}

func TestAtLeast(t *testing.T) {
	a, b := set("a", plain(400, wavy(0.4))), set("b", plain(400, wavy(0.404)))
	for atLeast, want := range map[float64]headroom.Verdict{0: headroom.Worse, 0.005: headroom.Worse, 0.02: headroom.Negligible} {
		c, err := Compare(a, []Set{b}, Options{AtLeast: atLeast})
		if err != nil {
			t.Fatal(err)
		}
		sane(t, c)
		if got := c.Others[0].Verdict; got != want {
			t.Errorf("at least %g: %s, want %s", atLeast, got, want)
		}
	}
}

// TestPhases has a slowdown during the peak alone.
func TestPhases(t *testing.T) {
	span := headroom.Span{Name: "cutoff", From: 20, To: 44}
	a := plain(900, wavy(0.2))
	b := plain(900, func(i int) float64 {
		if at := 64 * float64(i) / 900; at >= 20 && at < 44 {
			return wavy(0.3)(i)
		}
		return wavy(0.2)(i)
	})
	a.info.Schedule.Spans, b.info.Schedule.Spans = []headroom.Span{span}, []headroom.Span{span}
	for _, x := range compared(t, set("a", a), set("b", b)).Changes {
		if x.Measure != headroom.ChangeMean || x.Phase == "" {
			continue // what changes within a window is little sure of all of it
		}
		want := headroom.NoDifference
		if x.Phase == "during" {
			want = headroom.Worse
		}
		if x.Verdict != want {
			t.Errorf("%s %s: %s, want %s", x.Phase, x.Peak, x.Verdict, want)
		}
	}
}

func TestPhasesOfPeaks(t *testing.T) {
	h := headroom.Header{Spans: []headroom.Span{{Name: "cutoff", From: 20, To: 80}, {Name: "edi", From: 20, To: 80}, {Name: "late", From: 90, To: 200, Sites: []string{"a"}}, {Name: "late", From: 95, To: 210, Sites: []string{"b"}}, {Name: "all", From: 0, To: 300}}}
	var got []string
	for _, p := range phases(h, 10, 100) {
		got = append(got, strings.TrimSpace(p.name+" "+p.peak))
	}
	want := []string{"", "before cutoff and edi", "during cutoff and edi", "after cutoff and edi", "before late", "during late"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestOperatorsAndDocuments have a throughput and an attainment.
func TestOperatorsAndDocuments(t *testing.T) {
	build := func(n int, late int) *memoryRun {
		m := plain(n, wavy(0.2))
		for i := range m.journeys {
			m.journeys[i].Kind = headroom.Closed
		}
		for i := range 200 {
			e := headroom.DocumentEvent{T: 60 * float64(i) / 200, Site: "hub", Kind: "delivery", Document: int64(i), Due: 60*float64(i)/200 + 1, Arrival: uint64(i)}
			done := e
			done.Done, done.T = true, e.T+0.5
			if late > 0 && i%late == 0 {
				done.T = e.T + 1.5
			}
			m.documents = append(m.documents, e, done)
		}
		return m
	}
	c := compared(t, set("a", build(800, 0)), set("b", build(560, 4)))
	for measure, want := range map[string]headroom.Verdict{headroom.ChangeThroughput: headroom.Worse, headroom.ChangeAttainment: headroom.Worse, headroom.ChangeMean: headroom.NoDifference} {
		i := slices.IndexFunc(c.Changes, func(x headroom.Change) bool { return x.Measure == measure })
		if i < 0 || c.Changes[i].Verdict != want {
			t.Errorf("%s: %+v, want %s", measure, c.Changes[max(i, 0)], want)
		}
	}
	if back := compared(t, set("a", build(560, 4)), set("b", build(800, 0))); back.Others[0].Verdict != headroom.Better {
		t.Errorf("the other way it is %s", back.Others[0].Verdict)
	}
}

// TestSymmetry finds the same the other way round.
func TestSymmetry(t *testing.T) {
	w := worlds["quiet"]
	a, b := Set{"a", []Run{w.run(1, 1, 1)}}, Set{"b", []Run{w.run(1, 2, 1.3)}}
	there, err := Compare(a, []Set{b}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	back, err := Compare(b, []Set{a}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range there.Changes {
		y := back.Changes[i]
		if x.P != nil && math.Abs(*x.P-*y.P) > 1e-9 {
			t.Errorf("%s %s: p is %g there and %g back", x.Process, x.Measure, *x.P, *y.P)
		}
		if x.Relative && x.Change != nil && math.Abs((1+*x.Change)*(1+*y.Change)-1) > 1e-9 {
			t.Errorf("%s %s: %g there and %g back", x.Process, x.Measure, *x.Change, *y.Change)
		}
	}
}

func TestRefused(t *testing.T) {
	if _, err := Compare(set("a", plain(9, wavy(1))), nil, Options{}); err == nil {
		t.Error("nothing to compare with was accepted")
	}
	if _, err := Compare(set("a", plain(9, wavy(1))), []Set{{Name: "b"}}, Options{}); err == nil {
		t.Error("a set without a run was accepted")
	}
	if _, err := Compare(set("a", plain(9, wavy(1))), []Set{set("a", plain(9, wavy(1)))}, Options{}); err == nil {
		t.Error("two sets of one name were accepted")
	}
}

// FuzzCompare makes two runs of whatever the bytes say: each journey takes
// four, and no comparison of any journeys may panic or give a figure that is none.
func FuzzCompare(f *testing.F) {
	f.Add([]byte("aaaabbbbccccdddd"), uint8(0), 0.0)
	f.Add([]byte(strings.Repeat("qwertzuiopas", 60)), uint8(1), 0.05)
	f.Add([]byte(strings.Repeat("\x00\x01\xff\x40", 90)), uint8(2), 1.0)
	f.Add([]byte(strings.Repeat("\x00\x00\x00\x00\x10\x20\x30\x01", 70)), uint8(7), 0.0)
	f.Fuzz(func(t *testing.T, data []byte, how uint8, atLeast float64) {
		var runs [2]*memoryRun
		for side := range runs {
			m := plain(0, nil)
			if how&1 != 0 {
				m.info.Schedule.Spans = []headroom.Span{{Name: "p", From: float64(how), To: 3 * float64(how)}}
			}
			for i := 0; i+4 <= len(data); i += 4 {
				b := data[i : i+4]
				at := float64(b[0])/4 + float64(i)/1e6
				took := math.Ldexp(float64(int8(b[1+side])), int(b[3]%64)-32)
				if b[3] == 0xff {
					took = math.NaN()
				}
				j := headroom.Journey{Arrival: uint64(i + 1), Process: "order", Scheduled: at, Start: at, End: at + took, Outcome: headroom.OK, Kind: headroom.Kind(how >> 6)}
				if b[3]&0x40 != 0 && side == int(how>>1&1) {
					j.Outcome = headroom.Fault
				}
				m.journeys = append(m.journeys, j)
				m.arrivals = append(m.arrivals, headroom.Arrival{ID: j.Arrival, At: time.Duration(at * 1e9), Seed: uint64(how>>2&1) * uint64(side)})
			}
			runs[side] = m
		}
		sets := []Set{set("b", runs[1])}
		if how&8 != 0 {
			sets = append(sets, set("c", runs[1], runs[0]))
		}
		if !(atLeast >= 0) {
			atLeast = 0
		}
		c, err := Compare(set("a", runs[0]), sets, Options{AtLeast: atLeast, Force: true})
		if err != nil {
			t.Fatal(err)
		}
		sane(t, c)
	})
}
