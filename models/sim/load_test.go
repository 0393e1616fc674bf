package sim

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// A cron job starts at half of its interval, and then at each whole one more.
func TestEveryStartsOnTime(t *testing.T) {
	s := headroom.System{Stations: []headroom.Station{{Name: "app", Servers: 1}}, Pool: &headroom.Pool{Name: "cron", Servers: 1},
		Classes: []headroom.Class{{Name: "job", Demand: map[string]float64{"app": 4}, SCV: map[string]float64{"app": 0}, Every: 10}}}
	r := mustRun(t, s, Options{Seed: 1, Duration: 100})
	if c := r.Classes[0]; c.Count != 10 {
		t.Errorf("%d starts", c.Count)
	}
	near(t, "response", mean(t, r.Classes[0].Response), 4, 1e-12)
	near(t, "busy", r.Stations[0].Utilization, 0.4, 1e-12)
	// One that takes longer than its interval waits for its own last start: it
	// ends 3 s later each time.
	s.Classes[0].Demand["app"] = 13
	r = mustRun(t, s, Options{Seed: 1, Duration: 100})
	v, _ := r.Classes[0].Response.Percentile(100)
	near(t, "the seventh", v, 13+6*3, 1e-12)
	got, err := Solve(headroom.System{Stations: s.Stations, Pool: s.Pool, Classes: []headroom.Class{{Name: "job", Demand: map[string]float64{"app": 1}, Every: 10}}}, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "throughput", got.Classes[0].Throughput, 0.1, 0.001)
}

// Demands follow the measured quantiles, whatever the SCV says.
func TestQuantilesAreDrawn(t *testing.T) {
	q := []float64{0.2, 0.4, 0.5, 0.9, 3.5}
	m := headroom.MeanOfQuantiles(q)
	for i := range q {
		q[i] /= m
	}
	s := fcfs(100, 1, 2, 7)
	s.Classes[0].Quantiles = map[string][]float64{"app": q}
	r := mustRun(t, s, Options{Seed: 4, Duration: 1e5})
	near(t, "mean", mean(t, r.Classes[0].Response), 2, 0.01)
	for p, want := range map[float64]float64{0: q[0], 25: q[1], 50: q[2], 75: q[3], 87.5: (q[3] + q[4]) / 2, 100: q[4]} {
		v, _ := r.Classes[0].Response.Percentile(p)
		near(t, "percentile", v, 2*want, 0.02)
	}
}

func TestDelaySpread(t *testing.T) {
	for _, scv := range []float64{0, 0.5, 1, 3} {
		s := headroom.System{Classes: []headroom.Class{{Name: "r", Pool: "none", Delay: 2, DelaySCV: scv, ArrivalRate: 1}}}
		r := mustRun(t, s, Options{Seed: 4, Duration: 2e5})
		near(t, "mean", mean(t, r.Classes[0].Response), 2, 0.02)
		var square float64
		for _, v := range r.Classes[0].Response.values {
			square += (v - 2) * (v - 2)
		}
		about(t, "SCV", square/4/float64(r.Classes[0].Count), scv, 0.08*scv+1e-9)
	}
}

// A closed customer's think time is what ThinkSCV says: with 0 the cycle is exact.
func TestThinkSpread(t *testing.T) {
	s := visit(1, 1)
	zero := 0.0
	s.Journeys[0].Population, s.Journeys[0].ThinkTime, s.Journeys[0].ThinkSCV = 1, 9, &zero
	r := mustRun(t, s, Options{Seed: 4, Duration: 1000.5})
	if n := r.Journeys[0].Count; n != 100 {
		t.Errorf("%d cycles of 10 s", n)
	}
}

// chain is "order", which makes picks, and "pick", which searches for 0.1 s and
// does one for 0.2 s a line.
func chain(workers int) headroom.System {
	class := func(name string, work float64) headroom.Class {
		return headroom.Class{Name: name, Demand: map[string]float64{"app": work}, SCV: map[string]float64{"app": 0}}
	}
	s := headroom.System{Stations: []headroom.Station{{Name: "app", Servers: 8}}, Pool: &headroom.Pool{Name: "web", Servers: workers},
		Classes: []headroom.Class{class("order", 1), class("find", 0.1), class("do", 0.2)},
		Journeys: []headroom.SystemJourney{
			{Name: "order", Makes: "pick", Steps: []headroom.SystemStep{{Class: "order"}}},
			{Name: "pick", Takes: "pick", Makes: "ship", Steps: []headroom.SystemStep{{Class: "find"}, {Class: "do"}}},
			{Name: "ship", Takes: "ship", Steps: []headroom.SystemStep{{Class: "find"}, {Class: "do"}}},
		}}
	s.Classes[2].LineShare, s.Classes[2].Lines = 1, 1
	return s
}

// played is the responses of one journey after the other; a negative time is
// that of one that found nothing.
func played(t *testing.T, s headroom.System, l Load) []float64 {
	t.Helper()
	r, err := Run(s, l, Options{Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	var out []float64
	for _, a := range r.Responses {
		if a.Nothing {
			a.Seconds = -a.Seconds
		}
		if a.Failed {
			a.Seconds += 1000
		}
		out = append(out, a.Seconds)
	}
	return out
}

func TestStockByHand(t *testing.T) {
	order := func(at float64, document ...int32) Timed {
		return Timed{At: at, Journey: 0, Lane: -1, Document: Document{Products: document}}
	}
	pick := func(at float64) Timed {
		return Timed{At: at, Journey: 1, Lane: -1, Document: Document{Products: []int32{9}}}
	}
	ship := func(at float64) Timed { return Timed{At: at, Journey: 2, Lane: -1} }
	elsewhere := func(j Timed, tenant, site int) Timed { j.Tenant, j.Site = tenant, site; return j }
	lies := func(documents ...[]int32) []Stock {
		s := Stock{Kind: "pick"}
		for _, d := range documents {
			s.Documents = append(s.Documents, Document{Products: d})
		}
		return []Stock{s}
	}
	for what, c := range map[string]struct {
		stock    []Stock
		journeys []Timed
		want     []float64
	}{
		"nothing":           {nil, []Timed{pick(0)}, []float64{-0.1}},
		"the oldest first":  {lies([]int32{1, 2, 3}, []int32{4}), []Timed{pick(0), pick(0), pick(0)}, []float64{0.7, 0.3, -0.1}},
		"what was made":     {nil, []Timed{order(0, 5, 6), pick(0.5), pick(1.5), pick(1.6)}, []float64{1, -0.1, 0.5, -0.1}},
		"it goes on":        {lies([]int32{1, 2}), []Timed{ship(0), pick(0), ship(0.45), ship(0.55), ship(0.6)}, []float64{-0.1, 0.5, -0.1, 0.5, -0.1}},
		"another site's":    {lies([]int32{1}), []Timed{elsewhere(pick(0), 0, 1), pick(1)}, []float64{-0.1, 0.3}},
		"another tenant's":  {lies([]int32{1}), []Timed{elsewhere(pick(0), 1, 0), pick(1)}, []float64{-0.1, 0.3}},
		"of no known lines": {lies(nil), []Timed{pick(0)}, []float64{0.3}},
	} {
		got := played(t, chain(8), Load{Products: headroom.NewPopularity(10, 0), Stock: c.stock, Journeys: c.journeys})
		for i, want := range c.want {
			if math.Abs(got[i]-want) > 1e-9 {
				t.Errorf("%s: journey %d took %.4g s, want %.4g", what, i, got[i], want)
			}
		}
	}
}

// A document whose journey failed lies there for the next one, before the others.
func TestFailedWorkIsDoneAgain(t *testing.T) {
	s := chain(1)
	l := Load{Products: headroom.NewPopularity(10, 0), Stock: []Stock{{Kind: "pick", Documents: []Document{{Products: []int32{1, 2, 3}}, {Products: []int32{4}}}}},
		Changes: append(changed("web", 0.4, 0, true), changed("web", 0.6, 1, false)...)}
	for _, at := range []float64{0, 1, 2, 3} {
		l.Journeys = append(l.Journeys, Timed{At: at, Journey: 1, Lane: -1})
	}
	for i, want := range []float64{1000.4, 0.7, 0.3, -0.1} {
		if got := played(t, s, l)[i]; math.Abs(got-want) > 1e-9 {
			t.Errorf("journey %d: %.4g, want %.4g", i, got, want)
		}
	}
}

// Operators who do what others make are as fast as it is made; what they find
// nothing for is no journey.
func TestOperatorsTakeWhatIsMade(t *testing.T) {
	s := chain(8)
	s.Journeys[0].ArrivalRate = 0.5
	l := Load{}
	for n := range 3 {
		l.Operators = append(l.Operators, Operator{Until: 10_000, Journey: 1, Think: 1, Seed: uint64(n)})
	}
	r, err := Run(s, l, Options{Seed: 3, Duration: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	if made, done := r.Journeys[0].Count, r.Journeys[1].Count; done > made || done < made-5 {
		t.Errorf("%d done of %d", done, made)
	}
	nothing := 0
	for _, j := range r.OperatorJourneys {
		if j.Nothing {
			nothing++
		}
	}
	if nothing != r.Journeys[1].Nothing || nothing < 1000 {
		t.Errorf("%d and %d found nothing", nothing, r.Journeys[1].Nothing)
	}
}

// Who takes a document that nobody said the products of has the rows that its
// maker had: they conflict as the same document does.
func TestTakenDocumentsKeepTheirRows(t *testing.T) {
	s := clash(8)
	for i := range s.Classes {
		s.Classes[i].Conflict.Population, s.Classes[i].Conflict.Documents = 1e6, true
	}
	s.Journeys = append(s.Journeys, s.Journeys[0])
	s.Journeys[2].Name = "early again"
	s.Journeys[0].Makes, s.Journeys[1].Takes = "work", "work"
	var l Load
	for i := range 100 {
		at := 10 * float64(i)
		// Early makes it at 1; the second early, with the same draws, touches it at 1.9+0.25
		// and holds it till 2.9; late takes it at 1.5, touches at 2.25, and waits for that.
		l.Journeys = append(l.Journeys, Timed{At: at, Journey: 0, Lane: -1, Seed: uint64(i)},
			Timed{At: at + 1.9, Journey: 2, Lane: -1, Seed: uint64(i)}, Timed{At: at + 1.5, Journey: 1, Lane: -1, Seed: 1000 + uint64(i)})
	}
	r, err := Run(s, l, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Classes[1].Retried; got != 100 {
		t.Errorf("%d of 100 lost the row of their document", got)
	}
}

// Rows are a tenant's own: of a journey's, and of a class'.
func TestTenantsAreApart(t *testing.T) {
	both := []Timed{{At: 0, Journey: 0, Lane: -1, Seed: 1}, {At: 0.5, Journey: 1, Lane: -1, Seed: 2}}
	for what, c := range map[string]struct {
		population float64
		edit       func(*headroom.System, []Timed)
		lost       int
	}{
		"one":          {1, func(*headroom.System, []Timed) {}, 1},
		"two":          {1, func(_ *headroom.System, j []Timed) { j[1].Tenant = 3 }, 0},
		"sites of one": {1, func(_ *headroom.System, j []Timed) { j[1].Site = 3 }, 1},
		"two by class": {1, func(s *headroom.System, _ []Timed) { s.Classes[0].Tenant, s.Classes[1].Tenant = "a", "b" }, 0},
		"one by class": {1, func(s *headroom.System, j []Timed) {
			s.Classes[0].Tenant, s.Classes[1].Tenant, j[1].Tenant = "a", "a", 1
		}, 1},
		"a class' and a load's": {1, func(s *headroom.System, _ []Timed) { s.Classes[0].Tenant = "a" }, 0},
		"many rows":             {1e9, func(_ *headroom.System, j []Timed) { j[1].Tenant = 1 }, 0},
	} {
		s, j := clash(2), slices.Clone(both)
		for i := range s.Classes {
			s.Classes[i].Conflict.Population = c.population
		}
		c.edit(&s, j)
		r, err := Run(s, Load{Journeys: j}, Options{Seed: 4})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Classes[0].Lost + r.Classes[1].Lost; got != c.lost {
			t.Errorf("%s: %d tries lost, want %d", what, got, c.lost)
		}
	}
}

func TestWrongOperatorsStockAndChanges(t *testing.T) {
	operators := func(o Operator) Load { return Load{Operators: []Operator{o}} }
	for want, l := range map[string]Load{
		"operators[0]: time NaN": operators(Operator{From: math.NaN()}),
		"operators[0]: the end 1 is not a number of seconds from the start at 2": operators(Operator{From: 2, Until: 1}),
		"operators[0]: a pause of -1 s":                                          operators(Operator{Think: -1}),
		"operators[0]: there is no journey 4":                                    operators(Operator{Journey: 4}),
		"operators[0]: tenant -1, site 0":                                        operators(Operator{Tenant: -1}),
		"operators[0]: there is no catalogue 2":                                  operators(Operator{Catalogue: 2}),
		"operators[0]: a law over 3 products; the load has 0":                    operators(Operator{Law: new(headroom.NewPopularity(3, 1))}),
		"stock[0]: there is no product of rank 0; the load has 0":                {Stock: []Stock{{Kind: "pick", Documents: []Document{{Products: []int32{0}}}}}},
		"stock[0]: tenant 0, site 70000":                                         {Stock: []Stock{{Kind: "pick", Site: 70000}}},
		"load[0]: tenant 70000, site 0":                                          {Journeys: []Timed{{Lane: -1, Tenant: 70000}}},
		`changes[0].pool: there is no pool "x"`:                                  {Changes: changed("x", 1, 1, false)},
		"changes[0].servers: 1.5 workers are not a whole number":                 {Changes: changed("web", 1, 1.5, false)},
		"changes[0].at: NaN":                                                     {Changes: changed("web", math.NaN(), 1, false)},
		"changes[0]: a change is of a pool or of a station":                      {Changes: changed("", 1, 1, false)},
		"changes[0].lost: a station holds no worker":                             {Changes: []headroom.Reconfiguration{{Station: "app", Servers: 1, Lost: true}}},
	} {
		if _, err := Run(typical(1), l, Options{Duration: 10}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// By hand: who takes a document of three quantities does so in three requests, and
// what goes with quantities takes as long as they say, whatever the lines. Of a document
// that nobody knows it is the mean.
func TestWorkGoesWithQuantities(t *testing.T) {
	s := chain(1)
	s.Classes = append(s.Classes, headroom.Class{Name: "take", Demand: map[string]float64{"app": 0.1}, SCV: map[string]float64{"app": 0}})
	s.Classes[2].LineShare, s.Classes[2].Lines, s.Classes[2].OfQuantities = 0.5, 2, true // 0.1 + 0.05 for each
	s.Journeys[1].Steps = []headroom.SystemStep{{Class: "find"}, {Class: "take", Visits: 2, EachQuantity: true}, {Class: "do"}}
	l := Load{Products: headroom.NewPopularity(10, 0), Stock: []Stock{{Kind: "pick", Documents: []Document{
		{Products: []int32{1, 2, 3, 4}, Quantities: 3}, {Products: []int32{1, 2}, Quantities: 1}, {Products: []int32{5}}}}}}
	for _, at := range []float64{0, 1, 2, 3, 5} {
		l.Journeys = append(l.Journeys, Timed{At: at, Journey: 1, Lane: -1})
	}
	l.Journeys[3] = Timed{At: 3, Journey: 0, Lane: -1, Document: Document{Quantities: 5}} // the order of the last pick
	for i, want := range []float64{0.1 + 0.3 + 0.25, 0.1 + 0.1 + 0.15, 0.1 + 0.2 + 0.2, 1, 0.1 + 0.5 + 0.35} {
		if got := played(t, s, l)[i]; math.Abs(got-want) > 1e-9 {
			t.Errorf("journey %d: %.4g, want %.4g", i, got, want)
		}
	}
	l.Journeys[0].Document.Quantities = -1
	if _, err := Run(s, l, Options{}); err == nil {
		t.Error("-1 quantities: no error")
	}
}
