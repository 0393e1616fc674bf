package sim

import (
	"math"

	"github.com/headroom-erp/headroom"
)

// hostPeriod is Linux' own length of a quota's period, in seconds
// (cpu.cfs_period_us).
const hostPeriod = 0.1

// grain is the CPU seconds that count as nothing: rounding leaves as much of a
// quota.
const grain = 1e-12

// machine is a host whose cores several stations share.
type machine struct {
	headroom.Host
	stations []*station
}

// pace is the share of a core that each of n running jobs has, and how fast
// work goes there beside where demands were measured.
func (m *machine) pace(n float64) (share, speed float64) {
	share, speed = 1, 1
	if n > m.Cores {
		share = m.Cores / n
	}
	if m.Interference > 0 {
		busy := 0.0
		if m.Cores > 1 {
			busy = max(0, min(n, m.Cores)-1) / (m.Cores - 1)
		}
		speed = (1 + m.Interference*m.Reference) / (1 + m.Interference*busy)
	}
	return share, speed
}

// running is the number of jobs that are not held back by their quota.
func (m *machine) running() float64 {
	n := 0
	for _, s := range m.stations {
		if !s.quota.spent && s.servers > 0 {
			n += len(s.jobs)
		}
	}
	return float64(n)
}

// quota is what a station on a host may use in each period. What it does not
// use expires, but for its slack. Periods of a host's stations begin one after
// the other: nothing makes them begin together.
type quota struct {
	host   *machine
	period float64
	slack  float64 // CPU seconds that are kept for the next period
	phase  float64 // periods begin at this and whole multiples of their length
	left   float64 // CPU seconds of the period that end ends
	end    float64
	spent  bool    // nobody runs until end
	share  float64 // of a core, that each job has
	rate   float64 // work that each job gets done in a second
	turn   bool    // station.next is not the end of a job, but of the quota or of the period
}

// bind puts the stations on their hosts.
func bind(stations []station, hosts []headroom.Host, of []headroom.Station) {
	for _, h := range hosts {
		m := &machine{Host: h}
		for i, st := range of {
			if st.Host == h.Name {
				q := &quota{host: m, period: st.Period, slack: st.Slack}
				if q.period == 0 {
					q.period = hostPeriod
				}
				stations[i].quota = q
				m.stations = append(m.stations, &stations[i])
			}
		}
		for i, s := range m.stations {
			s.quota.phase = s.quota.period * float64(i) / float64(len(m.stations))
			s.quota.end = s.quota.phase - s.quota.period
		}
	}
}

// sync brings a station's clock and quota to now, at the rate that held.
func (s *station) sync(now float64) {
	q := s.quota
	d := now - s.last
	n := float64(len(s.jobs))
	if n == 0 {
		s.clock = 0
	} else {
		s.clock += d * q.rate
	}
	used := n * q.share * d
	if now >= q.end { // a new period, or a later one
		kept := q.kept(now, s.last, n*q.share, s.servers*q.period)
		begin := q.phase + q.period*math.Floor((now-q.phase)/q.period)
		if begin < q.end-q.period/2 { // rounding: the period that has just ended
			begin += q.period
		}
		q.end = begin + q.period
		if q.end <= now { // rounding
			begin, q.end = q.end, q.end+q.period
		}
		used = n * q.share * min(d, now-begin)
		q.left, q.spent = s.servers*q.period+kept, false
	}
	s.last = now
	q.left -= used
}

// kept is what was not used of the periods that have ended since last, as far as
// it does not expire; use is CPU seconds a second since then, each what a period
// has.
func (q *quota) kept(now, last, use, each float64) float64 {
	if q.slack == 0 {
		return 0
	}
	kept := min(q.slack, max(0, q.left-use*max(0, q.end-last)))
	if whole := math.Floor((now - q.end) / q.period); whole > 0 {
		kept = min(q.slack, kept+whole*max(0, each-use*q.period))
	}
	return kept
}

// settle fixes the rates of a host's stations, and what is next at each.
func (m *machine) settle(now float64) {
	share, speed := m.pace(m.running())
	for _, s := range m.stations {
		q := s.quota
		q.share, q.rate = share, share*speed
		if q.spent || s.servers == 0 {
			q.share, q.rate = 0, 0
		}
		n := float64(len(s.jobs))
		s.uses(now, n*q.share)
		s.work.set(now, n*q.rate)
		s.next, q.turn = math.Inf(1), false
		if n == 0 || s.servers == 0 {
			continue
		}
		if q.spent {
			s.next, q.turn = q.end, true
			continue
		}
		s.next = max(now, now+(s.jobs[0].end-s.clock)/q.rate)
		use := n * q.share
		out := now + max(0, q.left)/use
		if out > q.end {
			out = math.Inf(1)
			switch {
			case use > s.servers && q.slack > 0:
				out = q.end // what is kept is known then
			case use > s.servers:
				out = q.end + s.servers*q.period/use
			}
		}
		if out < s.next {
			s.next, q.turn = out, true
		}
	}
}

// sync brings every station of the host to now.
func (m *machine) sync(now float64) {
	for _, s := range m.stations {
		s.sync(now)
	}
}

// turned is the end of a quota, or of a period that it did not last for.
func (s *station) turned(now float64) {
	q := s.quota
	q.host.sync(now)
	if use := float64(len(s.jobs)) * q.share; !q.spent && (q.left <= grain || now+q.left/use <= now) {
		q.spent, q.left = true, 0 // late in a long run, the clock's grain is coarser
	}
	q.host.settle(now)
}

// ended is the end that the station's next event is: of a job, or of a quota.
func (e *engine) ended(at int) {
	s := &e.station[at]
	if s.quota != nil && s.quota.turn {
		s.turned(e.time)
		return
	}
	e.proceed(s.done())
}
