package queueing

import (
	"math"
	"strings"
	"testing"
)

// demands are service times by class and station times visits.
func network(population []int, think []float64, servers []float64, times, visits [][]float64) ClosedModel {
	m := ClosedModel{Population: population, ThinkTime: think}
	for k, c := range servers {
		s := ClosedStation{Servers: c}
		for r := range population {
			s.Demand = append(s.Demand, times[r][k]*visits[r][k])
		}
		m.Stations = append(m.Stations, s)
	}
	return m
}

// Cases that textbooks print, to the digits that they print.
func TestClosedPublished(t *testing.T) {
	for _, c := range []struct {
		source     string
		m          ClosedModel
		throughput []float64
		queue      [][]float64 // class, station; nil is not printed
		within     float64
	}{
		{"R. Jain, \"The Art of Computer Systems Performance Analysis\", 1991, example 34.2",
			network([]int{20}, []float64{4}, []float64{1, 1, 1}, [][]float64{{0.125, 0.3, 0.2}}, [][]float64{{16, 10, 5}}),
			nil, [][]float64{{1.991, 16.177, 0.500}}, 1e-3},
		{"G. Bolch et al., \"Queueing Networks and Markov Chains\", 1998, example 8.3",
			network([]int{6}, nil, []float64{1, 1, 1, 1}, [][]float64{{0.02, 0.2, 0.4, 0.6}}, [][]float64{{1, 0.4, 0.2, 0.1}}),
			[]float64{9.920}, [][]float64{{0.244, 2.261, 2.261, 1.234}}, 1e-3},
		{"Bolch et al. 1998, example 8.4: two servers, and a delay",
			network([]int{3}, nil, []float64{2, 1, 1, 0}, [][]float64{{0.5, 0.6, 0.8, 1}}, [][]float64{{1, 0.5, 0.5, 1}}),
			[]float64{1.218}, [][]float64{{0.624, 0.473, 0.686, 1.217}}, 1e-3},
		{"E. Lazowska et al., \"Quantitative System Performance\", 1984, section 7.4, p. 142",
			network([]int{1, 1}, nil, []float64{1, 1}, [][]float64{{0.1, 1. / 3}, {0.4, 1}}, [][]float64{{10, 9}, {5, 4}}),
			[]float64{3. / 19, 2. / 19}, [][]float64{{4. / 19, 15. / 19}, {5. / 19, 14. / 19}}, 1e-12},
		{"H. Schwetman, \"Implementing the mean value algorithm\", Purdue CSD-TR-355, 1982, table 5",
			network([]int{15, 5}, nil, []float64{0, 0, 1}, [][]float64{{1, 0, 0.025}, {0, 15, 0.5}}, [][]float64{{1, 0, 1}, {0, 1, 1}}),
			[]float64{14.323, 0.314}, [][]float64{{14.323, 0, 0.677}, {0, 4.707, 0.293}}, 1e-3},
		{"the same with the delays as think times",
			network([]int{15, 5}, []float64{1, 15}, []float64{1}, [][]float64{{0.025}, {0.5}}, [][]float64{{1}, {1}}),
			[]float64{14.323, 0.314}, [][]float64{{0.677}, {0.293}}, 1e-3},
		{"Bolch et al. 1998, example 9.5 (two classes, two servers of one service time)",
			network([]int{2, 1}, nil, []float64{2, 1, 0}, [][]float64{{0.2, 0.4, 1}, {0.2, 0.6, 2}}, [][]float64{{1, 0.6, 0.4}, {1, 0.3, 0.7}}),
			[]float64{2.113, 0.524}, [][]float64{{0.428, 0.726, 0.845}, {0.108, 0.158, 0.734}}, 1.5e-3},
	} {
		a := mustClose(t, c.m)
		if !strings.HasPrefix(a.Method, "exact") {
			t.Errorf("%s: %s", c.source, a.Method)
		}
		for r, x := range c.throughput {
			if math.Abs(a.Throughput[r]-x) > c.within {
				t.Errorf("%s: throughput %g, want %g", c.source, a.Throughput[r], x)
			}
		}
		for r := range c.queue {
			for k, q := range c.queue[r] {
				if math.Abs(a.Queue[k][r]-q) > c.within {
					t.Errorf("%s: queue of class %d at %d is %g, want %g", c.source, r, k, a.Queue[k][r], q)
				}
			}
		}
	}
}

func TestClosedBoundaries(t *testing.T) {
	one := func(servers float64, d ...float64) ClosedStation {
		return ClosedStation{Name: "cpu", Servers: servers, Demand: d}
	}
	for _, c := range []struct {
		m   ClosedModel
		say string
	}{
		{ClosedModel{}, "names no class"},
		{ClosedModel{Population: []int{1}, ThinkTime: []float64{1, 2}}, "think_time has 2 values"},
		{ClosedModel{Population: []int{-1}}, "population of class 1 is -1"},
		{ClosedModel{Population: []int{1}}, "would be infinite"},
		{ClosedModel{Population: []int{1}, Stations: []ClosedStation{one(1, 0)}}, "would be infinite"},
		{ClosedModel{Population: []int{1}, Stations: []ClosedStation{one(-1, 1)}}, `station "cpu" has -1 servers`},
		{ClosedModel{Population: []int{1}, Stations: []ClosedStation{one(1, 1, 2)}}, "demands of 2 classes"},
		{ClosedModel{Population: []int{1}, Stations: []ClosedStation{one(1, math.NaN())}}, "demand of NaN"},
		{ClosedModel{Population: []int{1}, ThinkTime: []float64{math.Inf(1)}}, "think_time of class 1"},
	} {
		if _, err := Closed(c.m); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%+v: got %v, want %q", c.m, err, c.say)
		}
	}
	// Nobody, nobody of one class, only thinking, more servers than customers.
	a := mustClose(t, ClosedModel{Population: []int{0}, Stations: []ClosedStation{one(1, 1)}})
	if a.Throughput[0] != 0 || a.Response[0] != nil || *a.Utilization[0] != 0 || a.Queue[0][0] != 0 {
		t.Errorf("nobody: %+v", a)
	}
	a = mustClose(t, ClosedModel{Population: []int{4, 0}, ThinkTime: []float64{1, 1}, Stations: []ClosedStation{one(1, 0.5, 0.5)}})
	b := mustClose(t, ClosedModel{Population: []int{4}, ThinkTime: []float64{1}, Stations: []ClosedStation{one(1, 0.5)}})
	near(t, "a class without customers", a.Throughput[0], b.Throughput[0], 1e-14)
	a = mustClose(t, ClosedModel{Population: []int{8}, ThinkTime: []float64{2}})
	near(t, "only thinking", a.Throughput[0], 4, 1e-14)
	a = mustClose(t, ClosedModel{Population: []int{8}, ThinkTime: []float64{3}, Stations: []ClosedStation{one(8, 1)}})
	near(t, "a server each", a.Throughput[0], 2, 1e-14)
	near(t, "utilization", *a.Utilization[0], 0.25, 1e-14)
	a = mustClose(t, ClosedModel{Population: []int{8}, ThinkTime: []float64{3}, Stations: []ClosedStation{one(0, 1)}})
	if a.Utilization[0] != nil || math.Abs(a.Queue[0][0]-2) > 1e-13 {
		t.Errorf("a delay: %+v", a)
	}
	// Very long thinking keeps the response's digits.
	a = mustClose(t, ClosedModel{Population: []int{3}, ThinkTime: []float64{1e12}, Stations: []ClosedStation{one(1, 0.5)}})
	near(t, "response of nearly nobody", *a.Response[0], 0.5, 1e-11)
}

// Too large for the lattice: approximate, says so, and keeps the laws.
func TestClosedLarge(t *testing.T) {
	m := ClosedModel{Population: []int{300, 300, 300, 300}, ThinkTime: []float64{10, 20, 5, 0}, Stations: []ClosedStation{
		{Servers: 4, Demand: []float64{0.02, 0.01, 0.02, 0.03}}, {Servers: 1, Demand: []float64{0.03, 0.01, 0.05, 0.01}}, {Servers: 0.5, Demand: []float64{0.001, 0.01, 0, 0.002}}}}
	a := mustClose(t, m)
	if !strings.HasPrefix(a.Method, "approximate: Linearizer") || a.Error == "" {
		t.Errorf("%s, %q", a.Method, a.Error)
	}
	for r, n := range m.Population {
		in := a.Throughput[r] * m.ThinkTime[r]
		for i := range m.Stations {
			in += a.Queue[i][r]
		}
		near(t, "customers", in, float64(n), 1e-6)
	}
	for i, u := range a.Utilization {
		if *u > 1 || *u <= 0 {
			t.Errorf("station %d is %g busy", i, *u)
		}
	}
	// One class of a billion is at its bottleneck.
	a = mustClose(t, ClosedModel{Population: []int{1e9}, ThinkTime: []float64{1e6}, Stations: []ClosedStation{{Servers: 400, Demand: []float64{0.02}}, {Servers: 1, Demand: []float64{0.03}}}})
	near(t, "throughput", a.Throughput[0], 1/0.03, 1e-6)
}

// More customers never do less of one class; every answer is numbers.
func FuzzClosed(f *testing.F) {
	f.Add(5, 3, 1.0, 0.5, 2.0, 0.1, 4.0, 2.0)
	f.Add(200, 0, 1.0, 1e-9, 0.5, 1e9, 0.0, 0.0)
	f.Add(1, 1, 1e-30, 1e30, 1e-9, 1.0, 1e30, 3.5)
	f.Fuzz(func(t *testing.T, n1, n2 int, d1, d2, servers, d3, think, other float64) {
		if n1 > 300 || n2 > 30 {
			return
		}
		m := ClosedModel{Population: []int{n1, n2}, ThinkTime: []float64{think, think}, Stations: []ClosedStation{
			{Servers: servers, Demand: []float64{d1, d2}}, {Servers: other, Demand: []float64{d3, d1}}, {Servers: 1, Demand: []float64{d2, d3}}}}
		for _, solve := range []func() (ClosedAnswer, error){
			func() (ClosedAnswer, error) { return Closed(m) },
			func() (ClosedAnswer, error) { return m.linearize(), m.Check() },
		} {
			if m.Check() != nil {
				return
			}
			a, err := solve()
			if err != nil {
				t.Fatal(err)
			}
			for r, x := range a.Throughput {
				if !(x >= 0) || math.IsInf(x, 0) || (a.Response[r] != nil && !(*a.Response[r] >= 0)) || (a.Response[r] == nil && m.Population[r] > 0) {
					t.Fatalf("%+v: %s: throughput %g, response %v", m, a.Method, x, a.Response[r])
				}
				in := x * think
				for i := range m.Stations {
					in += a.Queue[i][r]
				}
				if n := float64(m.Population[r]); math.Abs(in-n) > 1e-5*n {
					t.Fatalf("%+v: %s: %g customers of %g", m, a.Method, in, n)
				}
			}
		}
		if n2 == 0 && n1 > 0 {
			a := mustClose(t, m)
			m.Population = []int{n1 + 1, 0}
			if b := mustClose(t, m); b.Throughput[0] < a.Throughput[0]*(1-1e-9) && strings.HasPrefix(a.Method, "exact") && strings.HasPrefix(b.Method, "exact") {
				t.Fatalf("%+v: %g, with one more %g", m, a.Throughput[0], b.Throughput[0])
			}
		}
	})
}
