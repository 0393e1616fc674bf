package queueing

import (
	"fmt"
	"math"
)

// A ClosedModel is a closed network: so many customers of each class go round
// the stations for good, and think between rounds. Stations share their
// servers among all who are there (as CPUs do), or serve first come first
// served with one mean service time for all classes: then the exact answer does
// not depend on the distributions of the former, and wants exponential ones of
// the latter.
type ClosedModel struct {
	Stations   []ClosedStation
	Population []int     // customers of each class, >= 0
	ThinkTime  []float64 // seconds of each class, >= 0; nil is none
}

// A ClosedStation serves n customers at min(n, Servers) times the rate of one.
type ClosedStation struct {
	Name    string
	Servers float64   // may be fractional, a quota; 0: a delay, nobody waits
	Demand  []float64 // seconds by class, >= 0
}

// A ClosedAnswer is what `model closed` prints; classes and stations are in the
// model's order.
type ClosedAnswer struct {
	Method     string     `json:"method"`
	Throughput []float64  `json:"throughput"` // 1/s, rounds by class
	Response   []*float64 `json:"response"`   // s, a round without thinking; nil of a class without customers
	// Queue is the mean number at each station of each class, in service included;
	// Residence the seconds that a round spends there.
	Queue     [][]float64 `json:"queue"`
	Residence [][]float64 `json:"residence"`
	// Utilization is the busy fraction of the servers; nil of a delay.
	Utilization []*float64 `json:"utilization"`
	// Error is how far the method is known to be off; "" where it is exact.
	Error    string   `json:"known_error,omitempty"`
	Warnings []string `json:"warnings"`
}

// Check says what is wrong with a model, naming the station or class.
func (m ClosedModel) Check() error {
	classes := len(m.Population)
	if classes == 0 {
		return fmt.Errorf("queueing: population names no class")
	}
	if len(m.ThinkTime) != 0 && len(m.ThinkTime) != classes {
		return fmt.Errorf("queueing: think_time has %d values, but population has %d classes", len(m.ThinkTime), classes)
	}
	for i, s := range m.Stations {
		if err := s.check(i, classes); err != nil {
			return err
		}
	}
	for r, n := range m.Population {
		round := m.think(r)
		if n < 0 || n > MostServers {
			return fmt.Errorf("queueing: population of class %d is %d, not 0 to %g", r+1, n, float64(MostServers))
		}
		if !(round >= 0) || round > largest {
			return fmt.Errorf("queueing: think_time of class %d is %g, not a number of seconds >= 0", r+1, round)
		}
		for _, s := range m.Stations {
			round += s.Demand[r]
		}
		if n > 0 && round < smallest {
			return fmt.Errorf("queueing: class %d has customers, but neither demand nor think_time: its throughput would be infinite", r+1)
		}
	}
	return nil
}

func (s ClosedStation) check(i, classes int) error {
	name := fmt.Sprintf("station %d", i+1)
	if s.Name != "" {
		name = fmt.Sprintf("station %q", s.Name)
	}
	if !(s.Servers >= 0) || s.Servers > MostServers || (s.Servers > 0 && s.Servers < 1e-9) {
		return fmt.Errorf("queueing: %s has %g servers, not a number above 0, or 0 for a delay", name, s.Servers)
	}
	if len(s.Demand) != classes {
		return fmt.Errorf("queueing: %s has demands of %d classes, but population has %d", name, len(s.Demand), classes)
	}
	for r, d := range s.Demand {
		if !(d >= 0) || d > largest || (d > 0 && d < smallest) {
			return fmt.Errorf("queueing: %s has a demand of %g for class %d, not a number of seconds >= 0", name, d, r+1)
		}
	}
	return nil
}

func (m ClosedModel) think(r int) float64 {
	if len(m.ThinkTime) == 0 {
		return 0
	}
	return m.ThinkTime[r]
}

// Closed solves a closed network: exactly where its lattice of populations is
// small enough (some seconds of work: one class to about 6 million customers,
// two to about 1,000 each), else by Linearizer, which it says.
func Closed(m ClosedModel) (ClosedAnswer, error) {
	if err := m.Check(); err != nil {
		return ClosedAnswer{}, err
	}
	if exact, ok := m.convolve(); ok {
		return exact, nil
	}
	return m.linearize(), nil
}

// answer fills in what follows from throughputs and queues.
func (m ClosedModel) answer(method string, x []float64, queue [][]float64) ClosedAnswer {
	a := ClosedAnswer{Method: method, Throughput: x, Queue: queue, Warnings: []string{}}
	for r, n := range m.Population {
		if n == 0 {
			a.Response = append(a.Response, nil)
			continue
		}
		// The queues' sum keeps its digits where thinking takes nearly all the time.
		inside := 0.0
		for i := range m.Stations {
			inside += queue[i][r]
		}
		a.Response = append(a.Response, known(inside/x[r]))
	}
	for i, s := range m.Stations {
		residence, busy := make([]float64, len(x)), 0.0
		for r := range x {
			busy += x[r] * s.Demand[r]
			if x[r] > 0 {
				residence[r] = queue[i][r] / x[r]
			}
		}
		a.Residence = append(a.Residence, residence)
		if s.Servers == 0 {
			a.Utilization = append(a.Utilization, nil)
			continue
		}
		u := min(1, busy/s.Servers)
		a.Utilization = append(a.Utilization, &u)
	}
	return a
}

// customers is how many there are of all classes.
func (m ClosedModel) customers() float64 {
	n := 0.0
	for _, v := range m.Population {
		n += float64(v)
	}
	return n
}

// queues says that a station can make anybody wait.
func (m ClosedModel) queues(s ClosedStation) bool {
	if s.Servers == 0 || s.Servers >= m.customers() {
		return false
	}
	for r, d := range s.Demand {
		if d > 0 && m.Population[r] > 0 {
			return true
		}
	}
	return false
}

func largestOf(v []float64) float64 {
	m := math.Inf(-1)
	for _, x := range v {
		m = max(m, x)
	}
	return m
}
