package demand

import (
	"encoding/csv"
	"errors"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/headroom-erp/headroom"
)

// The published sample of LibReDE's user guide (github DescartesResearch/LibReDE,
// userguide/SampleData), aggregated to its 30 s utilisation samples; the
// reference figures stand in the file's header, true demands are not published.
func libredePeriods(t *testing.T) []Period {
	t.Helper()
	f, err := os.Open("../fit/testdata/librede_sample.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.Comment = '#'
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []Period
	for _, rec := range records[1:] { // t,util,n0,R0,n1,R1,n2,R2
		v := make([]float64, len(rec))
		for i, s := range rec {
			if s == "" {
				continue
			}
			if v[i], err = strconv.ParseFloat(s, 64); err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, Period{Seconds: 30, Utilization: v[1], Count: []float64{v[2], v[4], v[6]}, Response: []float64{v[3], v[5], v[7]}})
	}
	return out
}

func TestFromPeriodsLibrede(t *testing.T) {
	periods := libredePeriods(t)
	got, err := FromPeriods(periods, 1)
	if err != nil {
		t.Fatal(err)
	}
	regression := []float64{0.046324, 0.122485, 0.057263}
	split := []float64{0.023460, 0.125765, 0.075235}
	idle := []float64{0.021584, 0.115711, 0.069220}
	within := func(what string, c int, got, want, tolerance float64) {
		if math.Abs(got/want-1) > tolerance {
			t.Errorf("%s of class %d: %.6f, published %.6f", what, c, got, want)
		}
	}
	var busy, explained float64
	for c, s := range got {
		within("regression", c, s.Regression, regression[c], 1e-4)
		// These two were published from all requests, of which the file's periods leave some out.
		within("split by response", c, s.Split, split[c], 0.01)
		within("R(1-U)", c, s.Idle, idle[c], 0.01)
		e := s.Estimate
		for _, v := range []float64{s.Regression, s.Split, s.Idle} {
			if v < e.Low || v > e.High {
				t.Errorf("class %d: the interval %.4f to %.4f leaves out a method's %.4f", c, e.Low, e.High, v)
			}
		}
		for _, p := range periods {
			explained += p.Count[c] / p.Seconds * s.Regression
		}
	}
	for _, p := range periods {
		busy += p.Utilization
	}
	within("mean utilization", 0, explained, busy, 0.01)
	// The first class' methods disagree by a factor of two: nobody may be sure of it.
	if e := got[0].Estimate; e.High < 2*e.Low {
		t.Errorf("class 0: interval %.4f to %.4f", e.Low, e.High)
	}
}

func TestFromPeriodsTogether(t *testing.T) {
	var periods []Period
	for i := range 40 {
		n := float64(10 + i%7)
		periods = append(periods, Period{Seconds: 30, Utilization: n * 0.03 / 30, Count: []float64{n, 2 * n}, Response: []float64{0.02, 0.01}})
	}
	got, err := FromPeriods(periods, 1)
	if err != nil {
		t.Fatal(err)
	}
	for c, s := range got {
		if s.Estimate.Identified || s.Estimate.Low > 0 {
			t.Errorf("class %d always comes with the other, but is told apart: %+v", c, s.Estimate)
		}
	}
}

func TestFromPeriodsRefuses(t *testing.T) {
	good := Period{Seconds: 30, Utilization: 0.5, Count: []float64{1, 2}, Response: []float64{1, 1}}
	change := func(f func(*Period)) []Period {
		p := good
		f(&p)
		return []Period{good, p}
	}
	cases := map[string][]Period{
		"nothing":  nil,
		"ragged":   change(func(p *Period) { p.Count = []float64{1} }),
		"no time":  change(func(p *Period) { p.Seconds = 0 }),
		"NaN":      change(func(p *Period) { p.Utilization = math.NaN() }),
		"negative": change(func(p *Period) { p.Response = []float64{1, -1} }),
	}
	var input *headroom.InputError
	for name, periods := range cases {
		if _, err := FromPeriods(periods, 1); !errors.As(err, &input) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := FromPeriods([]Period{good, good}, 0); !errors.As(err, &input) {
		t.Errorf("no servers: %v", err)
	}
}
