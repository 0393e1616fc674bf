package headroom_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

type listed struct {
	header   headroom.Header
	arrivals []headroom.Arrival
}

func (l listed) Header() headroom.Header { return l.header }

func (l listed) Arrivals() iter.Seq2[headroom.Arrival, error] {
	return func(yield func(headroom.Arrival, error) bool) {
		for _, a := range l.arrivals {
			if !yield(a, nil) {
				return
			}
		}
	}
}

func example() listed {
	return listed{
		header: headroom.Header{
			Plan: "p", Seed: 1<<64 - 1, Scale: 0.5, WindowAt: time.Date(2026, 11, 20, 16, 59, 0, 0, time.UTC),
			LeadIn: 10, Window: 60,
			Sites:     []headroom.ScheduledSite{{Name: "s", Database: "d", Users: 3}},
			Processes: []headroom.ScheduledProcess{{Name: "order", Scenario: "order", Engine: "k6"}},
			Lanes:     []headroom.Lane{{Name: "retailer", Connections: 2}},
		},
		arrivals: []headroom.Arrival{
			{ID: 1, At: 0, Seed: 7},
			{ID: 2, At: 69*time.Second + 1, Seed: 1<<64 - 1, User: 1<<32 - 1, Kind: headroom.Batched},
		},
	}
}

func TestScheduleComesBackAsItWasWritten(t *testing.T) {
	want := example()
	var buf bytes.Buffer
	if err := headroom.WriteSchedule(&buf, want); err != nil {
		t.Fatal(err)
	}
	h, arrivals, err := headroom.ReadSchedule(&buf)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%+v", h), fmt.Sprintf("%+v", want.header); got != want {
		t.Errorf("header\n got %s\nwant %s", got, want)
	}
	var got []headroom.Arrival
	for a, err := range arrivals {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a)
	}
	if fmt.Sprint(got) != fmt.Sprint(want.arrivals) {
		t.Errorf("arrivals\n got %v\nwant %v", got, want.arrivals)
	}
}

func TestCutScheduleIsAnError(t *testing.T) {
	var buf bytes.Buffer
	if err := headroom.WriteSchedule(&buf, example()); err != nil {
		t.Fatal(err)
	}
	_, arrivals, err := headroom.ReadSchedule(bytes.NewReader(buf.Bytes()[:buf.Len()-1]))
	if err != nil {
		t.Fatal(err)
	}
	var last error
	n := 0
	for _, err := range arrivals {
		last = err
		n++
	}
	if n != 2 || last == nil || !strings.Contains(last.Error(), "cut short") {
		t.Errorf("got %d records and error %v, want the second to be an error that says it is cut short", n, last)
	}
}

func FuzzReadSchedule(f *testing.F) {
	var buf bytes.Buffer
	if err := headroom.WriteSchedule(&buf, example()); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, arrivals, err := headroom.ReadSchedule(bytes.NewReader(data))
		if err != nil {
			return
		}
		for a, err := range arrivals {
			if err != nil {
				return
			}
			if int(a.Process) >= len(h.Processes) || int(a.Site) >= len(h.Sites) {
				t.Fatalf("arrival %+v points outside of its header", a)
			}
		}
	})
}

func TestDocumentFollowsFromTheSeedAlone(t *testing.T) {
	p := headroom.NewPopularity(50, 1)
	lines := headroom.Lines{Mean: 5, Max: 20}
	a := headroom.Arrival{Seed: 42, ID: 1}
	b := headroom.Arrival{Seed: 42, ID: 99, User: 3}
	if fmt.Sprint(a.Document(lines, p)) != fmt.Sprint(b.Document(lines, p)) {
		t.Error("two arrivals of one seed have different documents")
	}
	var sum float64
	const n = 20_000
	for i := range uint64(n) {
		doc := headroom.Arrival{Seed: i}.Document(lines, p)
		seen := map[int]bool{}
		for _, l := range doc {
			if seen[l.Product] || l.Product < 0 || l.Product >= 50 || l.Quantity < 1 || l.Quantity > 5 {
				t.Fatalf("seed %d: bad document %v", i, doc)
			}
			seen[l.Product] = true
		}
		sum += float64(len(doc))
	}
	// A geometric number of lines cut at 20: mean (1 - 0.8^20)/0.2 = 4.94; its
	// standard error over 20,000 is 0.03.
	if mean := sum / n; math.Abs(mean-4.94) > 0.12 {
		t.Errorf("mean of lines %.3f, want 4.94", mean)
	}
}

func TestDocumentOfASmallCatalogue(t *testing.T) {
	doc := headroom.Arrival{Seed: 3}.Document(headroom.Lines{Mean: 100, Max: 100}, headroom.NewPopularity(2, 0))
	if len(doc) > 2 {
		t.Errorf("%d lines of 2 products", len(doc))
	}
}

func TestPopularityIsZipf(t *testing.T) {
	p := headroom.NewPopularity(4, 1)
	// Weights 1, 1/2, 1/3, 1/4 over 25/12.
	for i, want := range []float64{0.48, 0.24, 0.16, 0.12} {
		if got := p.Weight(i); math.Abs(got-want) > 1e-12 {
			t.Errorf("weight of rank %d is %g, want %g", i, got, want)
		}
	}
	for u, want := range map[float64]int{0: 0, 0.4799: 0, 0.4801: 1, 0.9999999: 3} {
		if got := p.Draw(u); got != want {
			t.Errorf("Draw(%g) = %d, want %d", u, got, want)
		}
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	s := headroom.Secret("hunter2")
	j, err := json.Marshal(map[string]any{"a": s, "b": &s, "c": struct{ P headroom.Secret }{s}})
	if err != nil {
		t.Fatal(err)
	}
	all := string(j) + fmt.Sprintf("%s %v %q %#v %x %+v", s, s, s, s, s, struct{ P headroom.Secret }{s})
	if strings.Contains(all, "hunter2") || strings.Contains(all, fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("a secret got out: %s", all)
	}
	if s.Reveal() != "hunter2" {
		t.Error("Reveal does not reveal")
	}
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{headroom.ErrMissed, 1},
		{fmt.Errorf("demo: %w", headroom.ErrMissed), 1},
		{&headroom.InputError{What: "x"}, 2},
		{fmt.Errorf("demo: %w", &headroom.InputError{What: "x"}), 2},
		{&headroom.MeasureError{What: "x"}, 3},
		{fmt.Errorf("anything"), 3},
		{headroom.ErrInterrupted, 130},
	} {
		if got := headroom.ExitCode(c.err); got != c.want {
			t.Errorf("ExitCode(%v) = %d, want %d", c.err, got, c.want)
		}
	}
}
