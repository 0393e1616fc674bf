package sim

import (
	"math"
	"slices"
)

// job is a slice of work at a station. Its end is on the station's own clock,
// which advances by the service that each job there has got.
type job struct {
	end      float64
	seq      uint64
	customer int32
}

func (a *job) before(b *job) bool {
	return a.end < b.end || (a.end == b.end && a.seq < b.seq)
}

// station shares its servers among n jobs at the rate min(1, servers/n) each.
// A job's end is fixed on the virtual clock when it comes, so that an event
// costs O(log n) whatever happens to the rate.
type station struct {
	servers float64
	clock   float64 // virtual
	last    float64 // when clock was right
	next    float64 // when the first job ends; +Inf when there is none
	jobs    []job   // binary heap
	seq     uint64
	busy    meter
	work    meter  // under a quota: what busy servers get done, of machines as where demands were measured
	offered meter  // servers
	trace   *trace // of busy servers; nil when nobody wants it
	quota   *quota // nil: cores of its own
}

func (s *station) rate() float64 {
	if n := float64(len(s.jobs)); n > s.servers {
		return s.servers / n
	} else if s.servers < 1 {
		return s.servers
	}
	return 1
}

// to moves the virtual clock to now.
func (s *station) to(now float64) {
	if s.quota != nil {
		s.quota.host.sync(now)
		return
	}
	if len(s.jobs) == 0 {
		s.clock = 0 // no job refers to it: keeps its grain fine
	} else {
		s.clock += (now - s.last) * s.rate()
	}
	s.last = now
}

// plan says when the first job ends, and how many servers are busy till then.
func (s *station) plan(now float64) {
	if s.quota != nil {
		s.quota.host.settle(now)
		return
	}
	s.uses(now, min(float64(len(s.jobs)), s.servers))
	if len(s.jobs) == 0 {
		s.next = math.Inf(1)
		return
	}
	s.next = max(now, now+(s.jobs[0].end-s.clock)/s.rate())
	if s.servers == 0 {
		s.next = math.Inf(1)
	}
}

// uses records how many servers are busy from now on.
func (s *station) uses(now, servers float64) {
	s.busy.set(now, servers)
	if s.trace != nil {
		s.trace.set(now, servers)
	}
}

// resize gives the station another number of servers; 0 stands still.
func (s *station) resize(now, servers float64) {
	s.to(now)
	s.servers = servers
	if q := s.quota; q != nil {
		q.left = min(q.left, servers*q.period)
	}
	s.offered.set(now, servers)
	s.plan(now)
}

// remove takes out the jobs of a customer. It looks at all of them.
func (s *station) remove(now float64, customer int32) {
	mine := func(j job) bool { return j.customer == customer }
	if !slices.ContainsFunc(s.jobs, mine) {
		return
	}
	s.to(now)
	old := s.jobs
	s.jobs = s.jobs[:0]
	for _, j := range old {
		if !mine(j) {
			s.insert(j)
		}
	}
	s.plan(now)
}

func (s *station) add(now, work float64, customer int32) {
	s.to(now)
	s.seq++
	s.insert(job{s.clock + work, s.seq, customer})
	s.plan(now)
}

func (s *station) insert(j job) {
	s.jobs = append(s.jobs, j)
	i := len(s.jobs) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !j.before(&s.jobs[up]) {
			break
		}
		s.jobs[i] = s.jobs[up]
		i = up
	}
	s.jobs[i] = j
}

// done takes out the job that ends at s.next.
func (s *station) done() int32 {
	now := s.next
	top := s.jobs[0]
	if s.quota != nil {
		s.to(now)
	}
	s.clock, s.last = top.end, now // exact, whatever rounding says
	n := len(s.jobs) - 1
	last := s.jobs[n]
	s.jobs = s.jobs[:n]
	i := 0
	for n > 0 {
		c := 2*i + 1
		if c >= n {
			break
		}
		if c+1 < n && s.jobs[c+1].before(&s.jobs[c]) {
			c++
		}
		if !s.jobs[c].before(&last) {
			break
		}
		s.jobs[i] = s.jobs[c]
		i = c
	}
	if n > 0 {
		s.jobs[i] = last
	}
	s.plan(now)
	return top.customer
}

// meter integrates a level over the measured window.
type meter struct {
	from, to float64 // the window
	last     float64
	level    float64
	sum      float64
}

func (m *meter) set(now, level float64) {
	if lo, hi := max(m.last, m.from), min(now, m.to); hi > lo {
		m.sum += m.level * (hi - lo)
	}
	m.last, m.level = now, level
}
