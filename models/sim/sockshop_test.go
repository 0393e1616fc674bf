package sim

import (
	"bufio"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// The published sock shop (Zhou and Woodside 2022; shared/data/published/lqn_sockshop.csv
// says what it is) has two kinds of users, and calls that are geometric in
// number and random in order. A System says it exactly:
//
//   - A task of one thread is a pool of one worker. What only that thread calls
//     (CataSQL and its disk; OrderMongo, Shipping and their disk) holds it meanwhile,
//     and is a part of its work, whose distribution is drawn from the published
//     description (held) and given by its quantiles.
//   - The login's processor of two cores, first come, first served, is a pool of
//     two workers.
//   - A user whose slices are exponential, a call of kind i following each with
//     probability y(i)/(1+Y), thinks exponentially, Z/Y on average, between calls of
//     independent kinds. Each user is a journey of its own, with its own
//     sequence of them: a shuffle of so many cycles that none is seen twice soon.
type sockShop struct {
	headroom.System
	random *rand.Rand
}

// call is a request to one of the shop's tasks: how often a user of each kind
// makes it in a cycle, and what it needs.
type call struct {
	name, at string
	visits   [2]float64
	work     float64   // s
	sampled  []float64 // quantiles over the mean; nil for exponential work
}

const cycles = 1000 // of a user, in one shuffle

func newSockShop(users [2]int) sockShop {
	s := sockShop{random: rand.New(rand.NewPCG(1, 2))}
	for _, n := range []string{"cart", "catalogue", "order", "payment"} {
		s.task(n, 1)
	}
	s.task("login", 2)
	display, order := s.display(), s.order()
	calls := []call{
		{"login", "login", [2]float64{0.6, 0.5}, 10, nil},
		{"logout", "login", [2]float64{0.6, 0.5}, 5, nil},
		{"add", "cart", [2]float64{1, 1}, 0.5, nil},
		{"remove", "cart", [2]float64{1, 1}, 0.5, nil},
		{"display", "catalogue", [2]float64{0.2, 1}, 0.4 + 2*(0.1+0.1*0.2), display},
		{"placeOrder", "order", [2]float64{1, 0}, 0.5 + 2*(0.8+1.1*0.4+1.1*0.4) + 0.5*0.5, order},
		{"pay", "payment", [2]float64{5, 0}, 1.5, nil},
	}
	for kind, n := range users {
		var names []string
		for _, c := range calls {
			if c.visits[kind] == 0 {
				continue
			}
			k := headroom.Class{Name: c.name + strconv.Itoa(kind+1), Pool: c.at, Demand: map[string]float64{c.at: c.work}}
			if c.sampled != nil {
				k.Quantiles = map[string][]float64{c.at: c.sampled}
			}
			s.Classes = append(s.Classes, k)
			for range int(math.Round(cycles * c.visits[kind])) {
				names = append(names, k.Name)
			}
		}
		think := []float64{10, 5}[kind] * cycles / float64(len(names))
		for u := range n {
			s.random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
			j := headroom.SystemJourney{Name: strconv.Itoa(kind+1) + "." + strconv.Itoa(u), Population: 1}
			for _, name := range names {
				j.Steps = append(j.Steps, headroom.SystemStep{Class: name, ThinkTime: think})
			}
			s.Journeys = append(s.Journeys, j)
		}
	}
	return s
}

// task is a task of so many threads, with a core for each.
func (s *sockShop) task(name string, threads int) {
	s.Stations = append(s.Stations, headroom.Station{Name: name, Servers: float64(threads)})
	s.Pools = append(s.Pools, headroom.Pool{Name: name, Servers: threads})
}

// held is how long an entry holds its thread, in seconds: slices of its own
// work, mean d in all, and after each with probability y/(1+Y) a call.
func (s *sockShop) held(d float64, y []float64, each []func() float64) float64 {
	all := 1.0
	for _, v := range y {
		all += v
	}
	t := 0.0
	for {
		t += d / all * s.random.ExpFloat64()
		at := all * s.random.Float64()
		next := -1
		for i, v := range y {
			if at < v {
				next = i
				break
			}
			at -= v
		}
		if next < 0 {
			return t
		}
		t += each[next]()
	}
}

func (s *sockShop) exponential(mean float64) func() float64 {
	return func() float64 { return mean * s.random.ExpFloat64() }
}

func (s *sockShop) display() []float64 {
	connect := func() float64 { return s.held(0.1, []float64{0.1}, []func() float64{s.exponential(0.2)}) }
	return quantiles(func() float64 { return s.held(0.4, []float64{2}, []func() float64{connect}) })
}

func (s *sockShop) order() []float64 {
	disk := s.exponential(0.4)
	update := func() float64 { return s.held(0.8, []float64{1.1, 1.1}, []func() float64{disk, disk}) }
	return quantiles(func() float64 {
		return s.held(0.5, []float64{2, 0.5}, []func() float64{update, s.exponential(0.5)})
	})
}

// quantiles of what is drawn, over its mean: 2000 steps of 200 draws each; the
// last one ends where its line has the mean of the largest draws.
func quantiles(draw func() float64) []float64 {
	const steps, each = 2000, 200
	all := make([]float64, steps*each)
	for i := range all {
		all[i] = draw()
	}
	slices.Sort(all)
	var q []float64
	for i := range steps {
		q = append(q, all[i*each])
	}
	var top float64
	for _, v := range all[(steps-1)*each:] {
		top += v / each
	}
	q = append(q, 2*top-q[steps-1])
	m := headroom.MeanOfQuantiles(q)
	for i := range q {
		q[i] /= m
	}
	return q
}

// For a simulation, the published bar is 1.5 % for each user's throughput. These
// are eight of the 36 populations, in some of which the payment is the bottleneck
// and in others the login.
func TestSockShop(t *testing.T) {
	published := publishedSockShop(t)
	for _, users := range [][2]int{{1, 1}, {1, 10}, {5, 5}, {10, 20}, {20, 10}, {20, 100}, {50, 50}, {100, 100}} {
		want, ok := published[users]
		if !ok {
			t.Fatalf("%v is not one of the published populations", users)
		}
		s := newSockShop(users)
		// So many cycles of the rarer user that chance is a small part of the bar.
		d := 30_000 / min(want[0], want[1])
		r, err := Run(s.System, Load{}, Options{Seed: 3, Duration: 1.1 * d, Warmup: 0.1 * d})
		if err != nil {
			t.Fatal(err)
		}
		var x [2]float64
		for _, c := range r.Classes {
			kind, cycle := 0, 9.4 // calls
			if strings.HasSuffix(c.Name, "2") {
				kind, cycle = 1, 4
			}
			x[kind] += float64(c.Count) / cycle / r.Measured
		}
		for kind, x := range x {
			t.Logf("%d and %d users: X%d %.5f, published %.5f (%+.2f %%)", users[0], users[1], kind+1, x, want[kind], 100*(x/want[kind]-1))
			near(t, "X"+strconv.Itoa(kind+1), x, want[kind], 0.015)
		}
	}
}

// publishedSockShop is X1 and X2 by population. The file is a copy of the published one.
func publishedSockShop(t *testing.T) map[[2]int][2]float64 {
	t.Helper()
	f, err := os.Open("../layered/testdata/lqn_sockshop.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[[2]int][2]float64{}
	for in := bufio.NewScanner(f); in.Scan(); {
		c := strings.Split(in.Text(), ",")
		if strings.HasPrefix(c[0], "#") || c[0] == "N1" {
			continue
		}
		var v [4]float64
		for i := range v {
			if v[i], err = strconv.ParseFloat(c[i], 64); err != nil {
				t.Fatal(err)
			}
		}
		out[[2]int{int(v[0]), int(v[1])}] = [2]float64{v[2], v[3]}
	}
	return out
}
