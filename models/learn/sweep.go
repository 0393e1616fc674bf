package learn

import (
	"math"
	"slices"
)

// memory is the seconds over which the concurrency before a request is
// averaged, exponentially: about as long as what was there may still be there.
const memory = 5.0

// A sweep goes through the requests in time and finds for each what was beside
// it: how many there were before it began, how many while it was at work, and,
// where the cores are known, how much that slowed it.
//
// Requests that are at work together are a closed network of two stations,
// each shared by all who are present (see models/demand, stretch.go, which
// treats every share of work by itself). Here everybody else has the mean share
// x of database work: then of n others k are at the database with probability
//
//	P(k) ~ C(n, k) x^k (1-x)^(n-k) f(k, c_database) f(n-k, c_app),  f(k, c) = Π_{i=1..k} i/min(i, c)
//
// and a request that is one of k at a station makes min(1, c/k) CPU seconds a
// second. That depends on n and x alone and is tabulated, so that a day of
// millions of lines takes seconds.
//
// Less than a core is a quota of the kernel's (control groups): below it a request
// by itself runs at full speed, so that at least one core is what is shared
// (as in models/demand, foreign.go, where it was measured on Odoo 19).
type sweep struct {
	given  [2]float64 // cores; 0: unknown
	cores  [2]float64 // of them, what is shared at a moment
	shared bool
	table  map[[2]int]*beside
	events []event
	done   []request

	now   float64
	here  []int   // in the buffer
	n, x  float64 // sums over those at work: weights, and weights times shares
	ema   float64 // of n
	calm  float64 // seconds without contention
	ran   float64 // integral of n
	begun bool
}

func newSweep(o Options) sweep {
	s := sweep{given: [2]float64{o.AppCores, o.DatabaseCores}, shared: o.SharedHost, table: map[[2]int]*beside{}}
	if s.shared {
		s.given[database] = s.given[app]
	}
	for st, c := range s.given {
		if c > 0 {
			s.cores[st] = max(1, c)
		}
	}
	return s
}

// known: whether stretching can be taken off.
func (s *sweep) known() bool { return s.cores[app] > 0 && s.cores[database] > 0 }

type event struct {
	t     float64
	i     int
	begin bool
}

// run goes on to a moment and returns the requests that ended by then, which
// are valid until the next run.
func (s *sweep) run(buffer []request, until float64, share func(*request) float64) []request {
	s.order(buffer, until)
	s.done = s.done[:0]
	for _, e := range s.events {
		s.advance(e.t, buffer)
		r := &buffer[e.i]
		if !e.begin {
			s.leave(r, e.i)
			continue
		}
		r.begun = true
		r.share = share(r)
		r.before, r.calm, r.ran = s.ema, s.calm, s.ran
		if r.hold() <= 0 || r.end <= s.now {
			s.finish(r)
			continue
		}
		w := r.weight()
		s.n, s.x = s.n+w, s.x+w*r.share
		s.here = append(s.here, e.i)
	}
	return s.done
}

// order makes the events up to a moment.
func (s *sweep) order(buffer []request, until float64) {
	s.events = s.events[:0]
	for i := range buffer {
		r := &buffer[i]
		if !r.begun && r.start <= until {
			s.events = append(s.events, event{max(r.start, s.now), i, true})
		}
		// One that is over before it could be noted needs no end of its own.
		if r.end <= until && r.hold() > 0 && (r.begun || r.end > s.now) {
			s.events = append(s.events, event{r.end, i, false})
		}
	}
	slices.SortFunc(s.events, func(a, b event) int {
		switch {
		case a.t != b.t:
			if a.t < b.t {
				return -1
			}
			return 1
		case a.begin != b.begin:
			if b.begin {
				return -1
			}
			return 1
		}
		return a.i - b.i
	})
}

// advance lets time go on to t.
func (s *sweep) advance(t float64, buffer []request) {
	if !s.begun {
		s.begun, s.now = true, t
	}
	d := t - s.now
	if d <= 0 {
		return
	}
	s.now = t
	s.ema = s.n + (s.ema-s.n)*math.Exp(-d/memory)
	s.ran += d * s.n
	n := int(math.Round(s.n))
	if !s.known() || n == 0 || float64(n) <= s.cores[app] && float64(n) <= s.cores[database] {
		s.calm += d
		return
	}
	if s.shared {
		rate := min(1, s.cores[app]/float64(n))
		for _, i := range s.here {
			r := &buffer[i]
			for st := range stationNames {
				r.present[st] += d
				r.progress[st] += d * rate
			}
		}
		return
	}
	b := s.others(n-1, s.x/s.n)
	for _, i := range s.here {
		r := &buffer[i]
		atApp, atDatabase := (1-r.share)*b.weight[app], r.share*b.weight[database]
		all := atApp + atDatabase
		if !(all > 0) {
			continue
		}
		d := d * r.weight()
		r.present[app] += d * atApp / all
		r.present[database] += d * atDatabase / all
		r.progress[app] += d * atApp / all * b.rate[app]
		r.progress[database] += d * atDatabase / all * b.rate[database]
	}
}

func (s *sweep) leave(r *request, i int) {
	if r.ended {
		return
	}
	if at := slices.Index(s.here, i); at >= 0 {
		s.here = slices.Delete(s.here, at, at+1)
		w := r.weight()
		s.n, s.x = max(0, s.n-w), max(0, s.x-w*r.share)
		if len(s.here) == 0 {
			s.n, s.x = 0, 0 // no drift of rounding
		}
	}
	s.finish(r)
}

// finish says what a request's seconds were worth.
func (s *sweep) finish(r *request) {
	r.ended = true
	if h := r.hold(); h > 0 {
		r.crowd = max(0, (s.ran-r.ran)/h-r.weight())
	}
	calm := (s.calm - r.calm) * r.weight()
	wall := [2]float64{r.other, r.sql}
	stay := [2]float64{1 - r.share, r.share}
	for st := range stationNames {
		rate := 1.0
		if r.present[st] > 0 {
			part := stay[st]
			if s.shared {
				part = 1
			}
			rate = (calm*part + r.progress[st]) / (calm*part + r.present[st])
		}
		r.work[st] = wall[st] * rate
	}
	s.done = append(s.done, *r)
}

// rest is what of the buffer has not ended yet.
func (s *sweep) rest(buffer []request) []request {
	kept := buffer[:0]
	s.here = s.here[:0]
	for i := range buffer {
		if buffer[i].ended {
			continue
		}
		if buffer[i].begun {
			s.here = append(s.here, len(kept))
		}
		kept = append(kept, buffer[i])
	}
	return kept
}

// beside is what a request meets at either station: how likely it is there,
// relative to the other one, and how fast it goes on.
type beside struct{ weight, rate [2]float64 }

// steps of the mean share in the table; mostOthers bounds the crowd: beyond it
// everybody is slowed in proportion.
const (
	steps      = 40
	mostOthers = 200
)

func (s *sweep) others(n int, x float64) *beside {
	n = min(n, mostOthers)
	k := [2]int{n, int(math.Round(x * steps))}
	if b, ok := s.table[k]; ok {
		return b
	}
	b := s.meet(n, float64(k[1])/steps)
	s.table[k] = &b
	return &b
}

// meet sums over where the n others are.
func (s *sweep) meet(n int, x float64) (out beside) {
	x = min(max(x, 1e-6), 1-1e-6)
	var logs [2][]float64 // of f(k, c)
	for st := range logs {
		logs[st] = make([]float64, n+2)
		for k := 1; k <= n+1; k++ {
			logs[st][k] = logs[st][k-1] + math.Log(float64(k)/min(float64(k), s.cores[st]))
		}
	}
	shift := math.Inf(-1)
	base := make([]float64, n+1)
	for k := range base { // k of the others at the database
		lg1, _ := math.Lgamma(float64(n + 1))
		lg2, _ := math.Lgamma(float64(k + 1))
		lg3, _ := math.Lgamma(float64(n - k + 1))
		base[k] = lg1 - lg2 - lg3 + float64(k)*math.Log(x) + float64(n-k)*math.Log1p(-x)
		shift = max(shift, base[k]+logs[app][n-k]+logs[database][k])
	}
	for k := range base {
		at := [2]int{n - k, k}
		for st := range stationNames {
			here := at
			here[st]++
			w := math.Exp(base[k] + logs[app][here[app]] + logs[database][here[database]] - shift)
			out.weight[st] += w
			out.rate[st] += w * min(1, s.cores[st]/float64(here[st]))
		}
	}
	for st := range stationNames {
		out.rate[st] /= out.weight[st]
	}
	return out
}
