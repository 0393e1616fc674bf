package sim

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/headroom-erp/headroom"
)

// about compares within an absolute tolerance.
func about(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.5g, want %.5g within %.5g", what, got, want, tolerance)
	}
}

// documented is clash with rows of documents and room for everybody.
func documented(intensity float64) headroom.System {
	s := clash(64)
	s.Stations[0].Servers = 64
	for i := range s.Classes {
		s.Classes[i].Conflict.Documents, s.Classes[i].Conflict.Intensity = true, intensity
	}
	return s
}

// hammered is one try of "late" that starts at s while "early" holds the same
// row from k*gap+0.25 to k*gap+1, k = 0 to 4: when it ends, and how.
func hammered(s, gap float64) (end float64, won bool) {
	touch := s + 0.75
	for k := range 5 {
		commit := float64(k)*gap + 1
		if commit > s && commit <= touch {
			return touch, false
		}
	}
	for k := range 5 {
		if from := float64(k) * gap; from+0.25 <= touch && touch < from+1 {
			return from + 1, false
		}
	}
	return s + 1, true
}

// Who has the wanted product loses again and again, as a Monte Carlo of the
// rules says; who has another never does.
func TestHotDocumentLosesAgain(t *testing.T) {
	const blocks, gap, apart, late = 3000, 1.001, 200, 0.1
	load := Load{Products: headroom.NewPopularity(50, 0)}
	for b := range blocks {
		at := float64(b) * apart
		for k := range 5 {
			load.Journeys = append(load.Journeys, Timed{At: at + float64(k)*gap, Journey: 0, Lane: -1, Seed: uint64(10*b + k), Document: Document{Products: []int32{0}}})
		}
		for n, product := range []int32{0, 7} {
			load.Journeys = append(load.Journeys, Timed{At: at + late, Journey: 1, Lane: -1, Seed: uint64(10*b + 8 + n), Document: Document{Products: []int32{product}}})
		}
	}
	r, err := Run(documented(1), load, Options{Seed: 6})
	if err != nil {
		t.Fatal(err)
	}
	var got, want struct{ n, seconds, square, failed float64 }
	for b := range blocks {
		hot, cold := r.Responses[7*b+5], r.Responses[7*b+6]
		if hot.Failed {
			got.failed++
		} else {
			got.n++
			got.seconds += hot.Seconds
		}
		near(t, "cold", cold.Seconds, 1, 1e-6)
	}
	random := rand.New(rand.NewPCG(1, 2))
	lost := 0
	for range 200_000 {
		s, won := late, false
		for try := 1; try <= maxTries && !won; try++ {
			var end float64
			if end, won = hammered(s, gap); won {
				want.n++
				want.seconds += end - late
				want.square += (end - late) * (end - late)
				break
			}
			lost++
			s = end + random.Float64()*math.Ldexp(1, try)
		}
		if !won {
			want.failed++
		}
	}
	mean := want.seconds / want.n
	sd := math.Sqrt(want.square/want.n - mean*mean)
	about(t, "mean of the hot ones", got.seconds/got.n, mean, 4*sd/math.Sqrt(got.n))
	about(t, "lost tries", float64(r.Classes[1].Lost)/blocks, float64(lost)/200_000, 4*1.5/math.Sqrt(blocks))
	if mean < 5 || r.Classes[0].Lost != 0 {
		t.Errorf("mean %.2f s, %d of the first lost: nothing was lost again", mean, r.Classes[0].Lost)
	}
}

// Catalogues are apart; documents of one meet, whatever the class.
func TestCataloguesAreApart(t *testing.T) {
	for name, c := range map[string]struct {
		document []int32
		other    int
		lost     int
	}{
		"same product": {[]int32{4, 9}, 0, 1}, "other product": {[]int32{5}, 0, 0}, "other catalogue": {[]int32{9}, 1, 0},
	} {
		load := Load{Products: headroom.NewPopularity(10, 1), Catalogues: 2, Journeys: []Timed{
			{At: 0, Journey: 0, Lane: -1, Seed: 1, Document: Document{Products: []int32{9}}},
			{At: 0.5, Journey: 1, Lane: -1, Seed: 2, Document: Document{Products: c.document}, Catalogue: c.other},
		}}
		r, err := Run(documented(0), load, Options{Seed: 4})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Classes[1].Lost; got != c.lost {
			t.Errorf("%s: %d lost, want %d", name, got, c.lost)
		}
	}
}

// Less intensity touches a part of what more does, as many as it says.
func TestIntensity(t *testing.T) {
	law := headroom.NewPopularity(60, 0.8)
	document := []int32{3, 0, 41, 17}
	rnd := newRandom()
	sum := map[float64]float64{}
	intensities := []float64{0.25, 0.8, 1, 1.5, 3}
	const n = 4000
	for seed := range uint64(n) {
		var less []int32
		for _, x := range intensities {
			rnd.state = key(seed, 1)
			rows := intense(nil, document, x, 60, &law, rnd)
			sum[x] += float64(len(rows))
			for _, r := range less {
				if !slices.Contains(rows, r) {
					t.Fatalf("intensity %g leaves out row %d", x, r)
				}
			}
			less = slices.Clone(rows)
			if slices.Sort(rows); len(slices.Compact(rows)) < len(less) {
				t.Fatalf("rows %v", rows)
			}
			if x == 1 && !slices.Equal(less, document) {
				t.Fatalf("intensity 1 gives %v", less)
			}
		}
	}
	for _, x := range intensities {
		about(t, "rows", sum[x]/n, 4*x, 4*math.Sqrt(4*x/n))
	}
	rnd.state = 1
	if rows := intense(nil, document, 100, 6, nil, rnd); len(rows) != 6 {
		t.Errorf("%d rows of 6", len(rows))
	}
}

// A document that a rule draws has the products of one that an arrival draws.
func TestDrawnDocuments(t *testing.T) {
	const n = 40_000
	law := headroom.NewPopularity(30, 1)
	var got, want [30]float64
	rnd := newRandom()
	for seed := range uint64(n) {
		rnd.state = key(seed, 9)
		for _, r := range distinct(nil, 3, 30, &law, rnd) {
			got[r]++
		}
		lines := headroom.Arrival{Seed: mix(seed)}.Document(headroom.Lines{Mean: 1e12, Max: 3}, law)
		for _, l := range lines {
			want[l.Product]++
		}
	}
	for i := range got {
		about(t, "share", got[i]/n, want[i]/n, 5*math.Sqrt(2*want[i])/n)
	}
}

// wanted is the hot system with rules of documents over 200 products.
func wanted(intensity, popularity float64) headroom.System {
	s := hot(0.7, 200, 4)
	for i := 1; i <= 2; i++ {
		s.Classes[i].Conflict.Documents, s.Classes[i].Conflict.Intensity, s.Classes[i].Conflict.Popularity = true, intensity, popularity
	}
	return s
}

// Without documents a steady state draws them; more intensity or more wanted
// products lose more.
func TestRetriesRiseWithIntensity(t *testing.T) {
	share := func(intensity, popularity float64) float64 {
		r := mustRun(t, wanted(intensity, popularity), Options{Seed: 2, Duration: 6000, Replications: 4, Parallel: 2})
		v, _ := r.Classes[1].RetryShare()
		return v
	}
	last := -1.0
	for _, x := range []float64{0.05, 0.3, 0.7, 1, 1.5, 3} {
		v := share(x, 0.8)
		if v < last {
			t.Errorf("intensity %g: retry share %.4f after %.4f", x, v, last)
		}
		last = v
	}
	if flat, steep := share(1, 0), share(1, 1); steep < 1.5*flat {
		t.Errorf("retry share %.4f with popularity 1, %.4f with 0", steep, flat)
	}
	// Where only one step of a journey touches rows, nothing but the retries
	// tell documents from rows of each try's own.
	alone := func(documents bool) float64 {
		s := wanted(1, 0)
		s.Classes[1].Conflict.Documents, s.Classes[2].Conflict = documents, nil
		r := mustRun(t, s, Options{Seed: 2, Duration: 6000, Replications: 4, Parallel: 2})
		return float64(r.Classes[1].Retried)
	}
	own, tries := alone(true), alone(false)
	about(t, "retried", own, tries, 4*math.Sqrt(own+tries))
}

// A journey's steps follow each other, and rivals over one document were parted
// by their first meeting: the later step hardly loses, unlike one with rows of its own.
func TestLaterStepsAreParted(t *testing.T) {
	lost := func(documents bool) int {
		s := wanted(1, 0)
		s.Classes[1].Conflict.Documents, s.Classes[2].Conflict.Documents = documents, documents
		return mustRun(t, s, Options{Seed: 2, Duration: 3000, Replications: 2, Parallel: 2}).Classes[2].Lost
	}
	if own, tries := lost(true), lost(false); own*5 > tries {
		t.Errorf("%d of the later step lost with documents, %d without", own, tries)
	}
}

func TestDocumentsAreDeterministic(t *testing.T) {
	law := headroom.NewPopularity(40, 1)
	load := Load{Products: law}
	for i := range 300 {
		d := NewDocument(headroom.Arrival{Seed: uint64(i)}.Document(headroom.Lines{Mean: 3, Max: 9}, law))
		load.Journeys = append(load.Journeys, Timed{At: float64(i) / 4, Journey: i % 2, Lane: -1, Seed: uint64(i), Document: d})
	}
	var first Result
	for i, width := range []int{1, 2, 1} {
		r, err := Run(documented(1.3), load, Options{Seed: 3, Replications: 4, Parallel: width})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = r
		} else if !reflect.DeepEqual(first, r) {
			t.Error("results differ")
		}
	}
	if first.Classes[1].Lost == 0 {
		t.Error("nothing was lost")
	}
}

func TestWrongDocuments(t *testing.T) {
	three := headroom.NewPopularity(3, 1)
	for name, l := range map[string]Load{
		"product":        {Products: three, Journeys: []Timed{{Lane: -1, Document: Document{Products: []int32{3}}}}},
		"below":          {Products: three, Journeys: []Timed{{Lane: -1, Document: Document{Products: []int32{-1}}}}},
		"no catalogue":   {Journeys: []Timed{{Lane: -1, Document: Document{Products: []int32{0}}}}},
		"catalogue":      {Products: three, Journeys: []Timed{{Lane: -1, Catalogue: 1}}},
		"less than none": {Products: three, Catalogues: -1, Journeys: []Timed{{Lane: -1}}},
		"too many":       {Products: three, Catalogues: math.MaxInt32, Journeys: []Timed{{Lane: -1}}},
	} {
		if _, err := Run(documented(1), l, Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The overhead's spread is a log-normal's: exp(mu + 1.645 sigma).
func TestOverheadSpread(t *testing.T) {
	s := headroom.System{Classes: []headroom.Class{{Name: "read", Pool: headroom.NoPool, Overhead: 0.2, OverheadSCV: 0.5, ArrivalRate: 10}}}
	r := mustRun(t, s, Options{Seed: 2, Duration: 10_000})
	mean, _ := r.Classes[0].Response.Mean()
	p95, _ := r.Classes[0].Response.Percentile(95)
	v := math.Log1p(0.5)
	about(t, "mean", mean, 0.2, 0.002)
	about(t, "p95", p95, math.Exp(math.Log(0.2)-v/2+1.6448536*math.Sqrt(v)), 0.006)
}

// By hand: half of a second's work goes with lines, 4 on average.
func TestWorkGoesWithLines(t *testing.T) {
	s := documented(1)
	s.Classes[0].LineShare, s.Classes[0].Lines, s.Classes[0].Conflict = 0.5, 4, nil
	s.Classes[1].LineShare, s.Classes[1].Lines = 0.5, 4
	load := Load{Products: headroom.NewPopularity(10, 0)}
	for i, d := range [][]int32{{1, 2, 3, 4, 5, 6, 7, 8}, {1, 2}, {1, 2, 3, 4}, nil} {
		load.Journeys = append(load.Journeys, Timed{At: 10 * float64(i), Journey: i % 2, Lane: -1, Document: Document{Products: d}})
	}
	r, err := Run(s, load, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{1.5, 0.75, 1, 1} {
		near(t, "response", r.Responses[i].Seconds, want, 1e-9)
	}
	s.Classes[0].Lines = 0
	if _, err := Run(s, load, Options{}); err == nil {
		t.Error("a share of no lines: no error")
	}
}
