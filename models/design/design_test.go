package design

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// two is orders and scans at two stations.
func two() Problem {
	return Problem{Stations: []string{"app", "database"}, Classes: []Class{
		{Name: "order", Demand: []float64{0.2, 0.1}, SCV: 0.5, Conflict: 1}, {Name: "scan", Demand: []float64{0.02, 0.01}, SCV: 0.3},
	}}
}

func phase(seconds, overlap float64, rates ...float64) Phase {
	return Phase{Name: "p", Rates: rates, Seconds: seconds, Cost: 30, Overlap: overlap}
}

func expect(t *testing.T, p Problem, phases ...Phase) Information {
	t.Helper()
	i, err := p.Expect(phases)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func width(i Information, class, station string) float64 {
	for _, w := range i.Widths() {
		if w.Class == class && w.Station == station {
			return w.Relative
		}
	}
	return math.NaN()
}

// One class at one station whose background is known: the information about D is
// that of its counts, n(r² + r/L)/σ², beside the guess' own 1/(doubt·D)².
func TestOneClassIsTheTextbooksCase(t *testing.T) {
	p := Problem{Stations: []string{"app"}, Classes: []Class{{Name: "order", Demand: []float64{0.2}, SCV: 0.5}}, Block: 5, Noise: 0.05, Idle: 1e-9}
	const r, seconds = 2.0, 300.0
	variance := 0.05*0.05 + r*0.2*0.2*0.5/5
	info := seconds/5/variance*(r*r+r/5) + 1/(0.2*0.2)
	want := z / math.Sqrt(info) / 0.2
	if got := width(expect(t, p, phase(seconds, 0, r)), "order", "app"); math.Abs(got/want-1) > 1e-6 {
		t.Errorf("half width %g, want %g", got, want)
	}
}

// The expected width is what a regression of simulated blocks shows.
func TestWidthsAreThoseOfARegression(t *testing.T) {
	p := two()
	p.Doubt, p.Block, p.Noise = 1e3, 5, 0.05
	phases := []Phase{phase(300, 0, 2, 0), phase(300, 0, 0.5, 12), phase(300, 0, 1, 20)}
	i := expect(t, p, phases...)
	random := rand.New(rand.NewPCG(1, 2))
	const repeats = 400
	var orders, scans []float64
	for range repeats {
		o, s := regress(p, phases, random)
		orders, scans = append(orders, o/0.2), append(scans, s/0.02)
	}
	for _, c := range []struct {
		name string
		got  []float64
	}{{"order", orders}, {"scan", scans}} {
		empirical, expected := z*deviation(c.got), width(i, c.name, "app")
		// 400 repeats know a standard deviation to ±6 % (90 %); the weights of an
		// ordinary regression are not the best, which costs it some more.
		if empirical < 0.85*expected || empirical > 1.25*expected {
			t.Errorf("%s: the regression scatters by ±%.1f %%, expected ±%.1f %%", c.name, 100*empirical, 100*expected)
		}
	}
}

// regress draws blocks of the app's busy cores and solves for the demands.
func regress(p Problem, phases []Phase, random *rand.Rand) (order, scan float64) {
	normal, moment := mat.NewSymDense(3, nil), mat.NewVecDense(3, nil)
	for _, f := range phases {
		for range int(f.Seconds / p.Block) {
			x := mat.NewVecDense(3, []float64{0, 0, 1})
			busy := 0.03 + p.Noise*random.NormFloat64()
			for c, k := range p.Classes {
				n := poisson(f.Rates[c]*p.Block, random)
				x.SetVec(c, float64(n)/p.Block)
				sigma := math.Sqrt(math.Log1p(k.SCV))
				for range n {
					busy += k.Demand[0] * math.Exp(sigma*random.NormFloat64()-sigma*sigma/2) / p.Block
				}
			}
			normal.SymRankOne(normal, 1, x)
			moment.AddScaledVec(moment, busy, x)
		}
	}
	var out mat.VecDense
	if err := out.SolveVec(normal, moment); err != nil {
		panic(err)
	}
	return out.AtVec(0), out.AtVec(1)
}

func poisson(mean float64, random *rand.Rand) int {
	n := 0
	for t := random.ExpFloat64(); t < mean; t += random.ExpFloat64() {
		n++
	}
	return n
}

func deviation(v []float64) float64 {
	var sum, square float64
	for _, x := range v {
		sum += x
		square += x * x
	}
	n := float64(len(v))
	return math.Sqrt((square - sum*sum/n) / (n - 1))
}

// Classes that always come together are told apart by phases in which they do
// not: the choice has such a phase, and is better than the mixes alone.
func TestIsolatedPhasesAreChosenWhereAMixCannotTell(t *testing.T) {
	p := two()
	mixed := []Phase{phase(60, 0, 1, 10), phase(60, 0, 2, 20)}
	all := append(slices.Clone(mixed), phase(60, 0, 2, 0), phase(60, 0, 0, 20))
	for _, criterion := range []Criterion{D, A} {
		d, err := p.Choose(all, nil, 900, criterion)
		if err != nil {
			t.Fatal(err)
		}
		if d.Seconds > 900 || len(d.Phases) != 10 || len(d.After) != len(d.Phases) {
			t.Errorf("%d phases in %g s of 900", len(d.Phases), d.Seconds)
		}
		if !slices.ContainsFunc(d.Phases, func(k int) bool { return k >= 2 }) {
			t.Errorf("criterion %d: no isolated phase among %v", criterion, d.Phases)
		}
		together, err := p.Choose(mixed, nil, 900, criterion)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := d.Expect.Widest().Relative, together.Expect.Widest().Relative; a >= b {
			t.Errorf("criterion %d: ±%.1f %% with isolated phases, ±%.1f %% without", criterion, 100*a, 100*b)
		}
		for i := 1; i < len(d.After); i++ {
			if d.After[i] > d.After[i-1]*(1+1e-9) {
				t.Errorf("a further phase made the widest interval wider: %v", d.After)
			}
		}
	}
}

// How conflicts grow takes two overlaps; a hundred phases of one do not tell.
func TestGrowthOfConflictsTakesTwoOverlaps(t *testing.T) {
	p := two()
	p.Conflicts = true
	var same, apart []Phase
	for i := range 100 {
		same = append(same, phase(60, 0.1, 2, 0))
		apart = append(apart, phase(60, []float64{0.05, 0.2}[i%2], 2, 0))
	}
	// Where log o is 0 apart from the prior, nothing is told of the growth: take
	// the level's part out by looking at a single overlap of 1.
	_, one := expect(t, p, phase(60, 1, 2, 0)).ConflictWidths(1)
	if math.Abs(one/z-1) > 1e-9 {
		t.Errorf("at an overlap of 1 the growth is known to ±%g, and nothing was told of it", one)
	}
	_, wide := expect(t, p, same...).ConflictWidths(0.1)
	_, narrow := expect(t, p, apart...).ConflictWidths(0.1)
	if narrow > wide/2 {
		t.Errorf("growth ±%.2f with two overlaps, ±%.2f with one", narrow, wide)
	}
	d, err := p.Choose([]Phase{phase(60, 0.1, 2, 0), phase(60, 0.4, 2, 20)}, nil, 1000, D)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(d.Phases, 0) || !slices.Contains(d.Phases, 1) {
		t.Errorf("only one overlap was chosen: %v", d.Phases)
	}
}

func TestMeasuredPhasesCountAndCostNothing(t *testing.T) {
	p := two()
	all := []Phase{phase(60, 0, 2, 0), phase(60, 0, 0, 20)}
	without, err := p.Choose(all, nil, 180, A)
	if err != nil {
		t.Fatal(err)
	}
	with, err := p.Choose(all, []Phase{phase(600, 0, 2, 0)}, 180, A)
	if err != nil {
		t.Fatal(err)
	}
	if with.Phases[0] != 1 {
		t.Errorf("orders were measured for ten minutes, and what comes next is %v", with.Phases)
	}
	if with.Expect.Widest().Relative >= without.Expect.Widest().Relative {
		t.Error("what was measured did not count")
	}
	if n := with.Enough(with.After[0]); n != 1 {
		t.Errorf("narrow enough after %d phases, want 1", n)
	}
	if n := with.Enough(1e-9); n != 0 {
		t.Errorf("never narrow enough, and said to be after %d", n)
	}
}

func TestNothingFitsIntoNoTime(t *testing.T) {
	d, err := two().Choose([]Phase{phase(60, 0, 1, 1)}, nil, 10, D)
	if err != nil || len(d.Phases) != 0 || d.Seconds != 0 {
		t.Errorf("%v, %v", d, err)
	}
	if d, err := two().Choose(nil, nil, 100, A); err != nil || len(d.Phases) != 0 {
		t.Errorf("%v, %v", d, err)
	}
}

// A class without a demand at a station is not learned there.
func TestAClassThatNeedsNothingIsNotAskedFor(t *testing.T) {
	p := two()
	p.Classes[1].Demand = []float64{0, 0.01}
	for _, w := range expect(t, p, phase(60, 0, 1, 1)).Widths() {
		if w.Class == "scan" && w.Station == "app" {
			t.Error("a width of nothing")
		}
	}
}

func TestSenselessProblemsAreRefused(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(*Problem, *Phase)
	}{
		{"no station or no class", func(p *Problem, _ *Phase) { p.Stations = nil }},
		{"1 demands of 2 stations", func(p *Problem, _ *Phase) { p.Classes[0].Demand = []float64{1} }},
		{"cannot be guessed", func(p *Problem, _ *Phase) { p.Classes[0].Demand = []float64{math.NaN(), 1} }},
		{"an SCV of -1", func(p *Problem, _ *Phase) { p.Classes[0].SCV = -1 }},
		{"no size of a block", func(p *Problem, _ *Phase) { p.Noise = -1 }},
		{"1 rates of 2 classes", func(_ *Problem, f *Phase) { f.Rates = f.Rates[:1] }},
		{"a rate of -1", func(_ *Problem, f *Phase) { f.Rates = []float64{1, -1} }},
		{"in 0 s", func(_ *Problem, f *Phase) { f.Seconds = 0 }},
	} {
		p, f := two(), phase(60, 0, 1, 1)
		c.change(&p, &f)
		if _, err := p.Expect([]Phase{f}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// FuzzChoose: no problem makes it hang, panic or answer NaN.
func FuzzChoose(f *testing.F) {
	f.Add(0.2, 0.02, 1.0, 10.0, 60.0, 0.1, 600.0, 0.05)
	f.Add(1e-9, 1e9, 0.0, 1e6, 1e-3, 1e9, 1.0, 0.0)
	f.Fuzz(func(t *testing.T, a, b, r, s, seconds, overlap, budget, scatter float64) {
		p := Problem{Stations: []string{"app"}, Classes: []Class{{Name: "a", Demand: []float64{a}, SCV: 1, Conflict: 1}, {Name: "b", Demand: []float64{b}}},
			LogScatter: scatter, Conflicts: true}
		budget = math.Mod(math.Abs(budget), 40*(math.Abs(seconds)+1))
		d, err := p.Choose([]Phase{phase(seconds, overlap, r, s), phase(seconds, overlap/2, r, 0)}, nil, budget, A)
		if err != nil {
			return
		}
		for _, w := range d.Expect.Widths() {
			if math.IsNaN(w.Relative) || w.Relative < 0 {
				t.Errorf("width %+v", w)
			}
		}
		if level, growth := d.Expect.ConflictWidths(0.1); math.IsNaN(level) || math.IsNaN(growth) {
			t.Errorf("conflict widths %g and %g", level, growth)
		}
	})
}

func BenchmarkChoose(b *testing.B) {
	p := two()
	p.Conflicts, p.LogScatter = true, 0.05
	var all []Phase
	for i := range 20 {
		all = append(all, phase(60, float64(i)/20, float64(i%5), float64(i%3)*5))
	}
	for b.Loop() {
		if _, err := p.Choose(all, nil, 1200, A); err != nil {
			b.Fatal(err)
		}
	}
}
