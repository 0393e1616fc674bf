package prose

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/internal/example"
)

func plain(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }

func TestAnswer(t *testing.T) {
	renamed := example.Report()
	renamed.Recommendation.Topology.Name = "big"
	one := example.RunsOnly()
	one.Runs = one.Runs[:1]
	for _, c := range []struct {
		name   string
		report headroom.Report
		want   string // the beginning
	}{
		{"held", example.Report(), "workers-9 holds the dispatch cutoff: order p95 3.72 s (3.20–4.24) against 5 s; scan p95 "},
		{"a name that does not say the workers", renamed, "big with 9 workers holds the dispatch cutoff: "},
		{"missed", example.Missed(), "No candidate holds the dispatch cutoff; nearest is workers-4: order p95 13.0 s "},
		{"no model", example.RunsOnly(), "2 runs were measured; without a model"},
		{"one run", one, "workers-4 was run; one run gives no forecast: of 5 objectives 3 were met; 1 missed (scan p95 within 800 ms during dispatch cutoff); 1 not judged."},
		{"nothing", headroom.Report{}, "Nothing was measured yet."},
	} {
		if got := plain(Answer(c.report)); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %q, want %q …", c.name, got, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	of := func(v float64) headroom.Estimate {
		return headroom.Estimate{Value: v, Low: v * 0.9, High: v * 1.1, N: 25, Identified: true}
	}
	process := func(name string, mean, p95 float64) headroom.ProcessForecast {
		return headroom.ProcessForecast{Process: name, Mean: of(mean), Percentile: map[string]headroom.Estimate{"50": of(1), "95": of(p95), "99": of(1)}}
	}
	forecast := headroom.Forecast{Processes: []headroom.ProcessForecast{process("order", 1.1, 5), process("only forecast", 1, 1)}}
	measured := headroom.Measured{Processes: []headroom.ProcessForecast{process("order", 1, 4), process("only measured", 1, 1)}}
	unknown := headroom.Measured{Processes: []headroom.ProcessForecast{{Process: "order"}}}
	got := Errors([]headroom.Comparison{{Topology: "a", Forecast: forecast, Measured: measured, InFit: true}, {Topology: "b", Forecast: forecast, Measured: unknown}})

	var what []string
	for _, e := range got {
		what = append(what, e.Topology+" "+e.Process+" "+e.What)
	}
	if want := []string{"a order mean", "a order p95", "b order mean"}; !slices.Equal(what, want) {
		t.Fatalf("got %q, want %q", what, want)
	}
	if e := got[0]; math.Abs(e.Relative-0.1) > 1e-12 || !e.Overlap {
		t.Errorf("mean: %+v, want +10 %% and overlapping intervals", e)
	}
	if e := got[1]; math.Abs(e.Relative-0.25) > 1e-12 || e.Overlap {
		t.Errorf("p95: %+v, want +25 %% and intervals apart", e)
	}
	if !math.IsNaN(got[2].Relative) {
		t.Errorf("an error against nothing: %v", got[2].Relative)
	}
	if mean, n := MeanError(got, "p95", true); n != 1 || math.Abs(mean-0.25) > 1e-12 {
		t.Errorf("mean error %v of %d", mean, n)
	}
	few := slices.Clone(got)
	few[1].Measured.N = 19
	if _, n := MeanError(few, "p95", true); n != 0 {
		t.Errorf("19 journeys were scored")
	}
	if mean, n := MeanError(got, "mean", false); n != 0 || !math.IsNaN(mean) {
		t.Errorf("mean error of nothing: %v of %d", mean, n)
	}
}

func TestWarningsAreSaidOnce(t *testing.T) {
	r := example.Report()
	r.Recommendation.Forecast.Warnings = append([]string{""}, r.Warnings...)
	if got := Warnings(r); len(got) != 2 {
		t.Errorf("got %q", got)
	}
}

func TestFault(t *testing.T) {
	r := example.Missed()
	if s := plain(Fault(r.Runs[0])); !strings.Contains(s, "is incomplete (the database server died after 31 s).") {
		t.Error(s)
	}
	if s := plain(Fault(r.Runs[1])); !strings.Contains(s, "held up by the load generator itself (99 % of journeys started within 310 ms, the slowest 1.20 s late)") {
		t.Error(s)
	}
	if s := Fault(example.Report().Runs[0]); s != "" {
		t.Error(s)
	}
}

func TestBoundsThatTellNothing(t *testing.T) {
	change := func(low, high, smallest float64) headroom.Change {
		by := -0.59
		return headroom.Change{Relative: true, Change: &by, Low: &low, High: &high, Smallest: &smallest, Verdict: headroom.NoDifference}
	}
	for _, c := range []struct {
		headroom.Change
		by, shows string
	}{
		{change(-0.9, 2.5, 0.8), "−59\u00a0% (−90 to +250)", "80\u00a0%"},
		{change(-0.9, 1019.72, 6229.42), "−59\u00a0% (from −90)", "more than 1000\u00a0%"},
	} {
		if by, shows := Difference(c.Change), Showable(c.Change); by != c.by || shows != c.shows {
			t.Errorf("%q %q, want %q %q", by, shows, c.by, c.shows)
		}
	}
}
