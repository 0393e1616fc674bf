package queueing

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*math.Abs(want)) {
		t.Errorf("%s: got %.15g, want %.15g within %g", what, got, want, relative)
	}
}

func mustClose(t *testing.T, m ClosedModel) ClosedAnswer {
	t.Helper()
	a, err := Closed(m)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// mva is exact mean value analysis by Reiser and Lavenberg's recursion, for
// single servers and delays: the independent method.
func mva(m ClosedModel) (x []float64, queue [][]float64) {
	classes := len(m.Population)
	memo := map[string][][]float64{}
	var at func(n []int) ([]float64, [][]float64)
	at = func(n []int) ([]float64, [][]float64) {
		x := make([]float64, classes)
		q := make([][]float64, len(m.Stations))
		for i := range q {
			q[i] = make([]float64, classes)
		}
		for r := range n {
			if n[r] == 0 {
				continue
			}
			less := append([]int(nil), n...)
			less[r]--
			found, ok := memo[fmt.Sprint(less)]
			if !ok {
				_, found = at(less)
				memo[fmt.Sprint(less)] = found
			}
			round := m.think(r)
			times := make([]float64, len(m.Stations))
			for i, s := range m.Stations {
				times[i] = s.Demand[r]
				if s.Servers == 1 {
					for _, v := range found[i] {
						times[i] += s.Demand[r] * v
					}
				}
				round += times[i]
			}
			x[r] = float64(n[r]) / round
			for i, v := range times {
				q[i][r] = x[r] * v
			}
		}
		return x, q
	}
	return at(m.Population)
}

func randomModel(random *rand.Rand, classes, stations, most int, servers func() float64) ClosedModel {
	m := ClosedModel{}
	for range classes {
		m.Population = append(m.Population, 1+random.IntN(most))
		m.ThinkTime = append(m.ThinkTime, 10*random.Float64()*random.Float64())
	}
	for i := range stations {
		s := ClosedStation{Name: fmt.Sprint(i), Servers: servers()}
		for range classes {
			s.Demand = append(s.Demand, math.Exp(2*random.NormFloat64()))
		}
		m.Stations = append(m.Stations, s)
	}
	return m
}

func TestClosedAgainstMVA(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 150 {
		m := randomModel(random, 1+random.IntN(3), 1+random.IntN(5), 9, func() float64 { return float64(random.IntN(2)) })
		a := mustClose(t, m)
		x, q := mva(m)
		for r := range x {
			near(t, "throughput", a.Throughput[r], x[r], 1e-12)
			for i := range q {
				near(t, "queue", a.Queue[i][r], q[i][r], 1e-11)
			}
		}
	}
}

// chainOf solves a two-class network of processor-sharing stations of several
// (also fractional) servers from its global balance equations: no product form
// is assumed. Exponential demands; class r's customers go round the stations
// in order, thinking first.
func chainOf(m ClosedModel) []float64 {
	type place struct{ n [2][4]int } // class, where: thinking, stations
	places := len(m.Stations) + 1
	var states []place
	index := map[place]int{}
	var fill func(s place, r, k, left int)
	fill = func(s place, r, k, left int) {
		if k == places-1 {
			s.n[r][k] = left
			if r == 1 {
				index[s] = len(states)
				states = append(states, s)
				return
			}
			fill(s, 1, 0, m.Population[1])
			return
		}
		for v := 0; v <= left; v++ {
			s.n[r][k] = v
			fill(s, r, k+1, left-v)
		}
	}
	fill(place{}, 0, 0, m.Population[0])
	type jump struct {
		to    int
		rate  float64
		class int
		done  bool
	}
	jumps := make([][]jump, len(states))
	most := 0.0
	for i, s := range states {
		sum := 0.0
		for r := range 2 {
			for k := range places {
				if s.n[r][k] == 0 {
					continue
				}
				rate := float64(s.n[r][k])
				if k == 0 {
					rate /= m.ThinkTime[r]
				} else {
					here := float64(s.n[0][k] + s.n[1][k])
					st := m.Stations[k-1]
					if st.Servers > 0 {
						rate *= math.Min(here, st.Servers) / here
					}
					rate /= st.Demand[r]
				}
				to := s
				to.n[r][k]--
				to.n[r][(k+1)%places]++
				jumps[i] = append(jumps[i], jump{index[to], rate, r, k == places-1})
				sum += rate
			}
		}
		most = math.Max(most, sum)
	}
	most *= 1.1
	p := make([]float64, len(states))
	p[0] = 1
	for range 200000 {
		next := make([]float64, len(p))
		copy(next, p)
		for i, js := range jumps {
			for _, j := range js {
				f := p[i] * j.rate / most
				next[i] -= f
				next[j.to] += f
			}
		}
		worst := 0.0
		for i := range p {
			worst = math.Max(worst, math.Abs(next[i]-p[i]))
		}
		p = next
		if worst < 1e-15 {
			break
		}
	}
	x := make([]float64, 2)
	for i, js := range jumps {
		for _, j := range js {
			if j.done {
				x[j.class] += p[i] * j.rate
			}
		}
	}
	return x
}

func TestClosedAgainstMarkovChain(t *testing.T) {
	for _, servers := range [][2]float64{{2, 1}, {1.5, 3}, {0.5, 0}, {2.3, 0.7}} {
		m := ClosedModel{Population: []int{3, 2}, ThinkTime: []float64{2, 1}, Stations: []ClosedStation{
			{Servers: servers[0], Demand: []float64{1, 0.5}}, {Servers: servers[1], Demand: []float64{0.3, 1.2}}}}
		a := mustClose(t, m)
		for r, want := range chainOf(m) {
			near(t, fmt.Sprintf("throughput at %v servers", servers), a.Throughput[r], want, 1e-9)
		}
		// What is in the network is all customers.
		for r, n := range m.Population {
			in := a.Throughput[r] * m.ThinkTime[r]
			for i := range m.Stations {
				in += a.Queue[i][r]
			}
			near(t, "customers", in, float64(n), 1e-12)
		}
	}
}

// The machine repairman with c repairmen: p(n) from the birth-death chain.
func repairmen(n, c int, think, service float64) (x float64) {
	logs := make([]float64, n+1)
	for k := 1; k <= n; k++ {
		logs[k] = logs[k-1] + math.Log(float64(n-k+1)*service/think/math.Min(float64(k), float64(c)))
	}
	top := largestOf(logs)
	var sum, busy float64
	for k, l := range logs {
		w := math.Exp(l - top)
		sum += w
		busy += w * math.Min(float64(k), float64(c))
	}
	return busy / sum / service
}

func TestClosedRepairmen(t *testing.T) {
	for _, n := range []int{1, 2, 10, 100, 1000, 20000} {
		for _, c := range []int{1, 2, 8, 64} {
			for _, think := range []float64{0.01, 1, 30, 1000} {
				a := mustClose(t, ClosedModel{Population: []int{n}, ThinkTime: []float64{think}, Stations: []ClosedStation{{Servers: float64(c), Demand: []float64{1}}}})
				x := repairmen(n, c, think, 1)
				near(t, fmt.Sprintf("%d customers, %d servers, think %g", n, c, think), a.Throughput[0], x, 1e-9)
				near(t, "customers", *a.Response[0]*x+think*x, float64(n), 1e-9)
				near(t, "utilization", *a.Utilization[0], x/float64(c), 1e-9)
			}
		}
	}
}

func TestLinearizerError(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	for _, kind := range []string{"single servers", "several"} {
		var worst, sum float64
		n := 0
		for range 200 {
			m := randomModel(random, 1+random.IntN(2), 2+random.IntN(4), 80, func() float64 {
				if kind == "single servers" {
					return float64(random.IntN(5) % 4 % 2)
				}
				return float64(random.IntN(9))
			})
			exact, ok := m.convolve()
			if !ok {
				t.Fatal("too large")
			}
			l := m.linearize()
			for r := range exact.Throughput {
				e := math.Abs(l.Throughput[r]/exact.Throughput[r] - 1)
				worst, sum, n = math.Max(worst, e), sum+e, n+1
			}
		}
		t.Logf("%s: mean %.3f %%, worst %.2f %%", kind, 100*sum/float64(n), 100*worst)
		if limit := map[string]float64{"single servers": 0.01, "several": 0.15}[kind]; worst > limit || sum/float64(n) > 0.005 {
			t.Errorf("%s: up to %.2f %% off", kind, 100*worst)
		}
	}
}

func BenchmarkClosed(b *testing.B) {
	m := ClosedModel{Population: []int{200, 200}, ThinkTime: []float64{10, 20}, Stations: []ClosedStation{
		{Servers: 4, Demand: []float64{0.02, 0.05}}, {Servers: 2, Demand: []float64{0.03, 0.01}}, {Servers: 0, Demand: []float64{0.03, 0.01}}}}
	for b.Loop() {
		if _, err := Closed(m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMGc(b *testing.B) {
	for b.Loop() {
		if _, err := MGc(8, 6.4, 1, 4); err != nil {
			b.Fatal(err)
		}
	}
}
