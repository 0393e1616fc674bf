package demand

import (
	"math"
	"slices"
)

// concurrentCores are the cores that the requests at a station share at a
// moment. A station of the stand-in is processor sharing over its cores,
// fractional or not. A quota of the kernel's is something else: below it
// everybody runs at full speed, so that a request alone is not slowed by half a
// core's quota as long as it does not use it up, and it seldom does as it goes
// to and fro between application and database within a period (10 ms).
//
// Measured on Odoo 19 under quotas of 1 and 0.5 cores: two requests at once took 1.51
// times as long as one; sharing of 1 and 1 cores says 1.51, of 1 and 0.5 says
// 1.84, with a request alone taking 1.27 times as long as it did.
func (r *run) concurrentCores() [2]float64 {
	out := r.cores
	for st := range stationNames {
		if !r.virtual() && r.counters[st] != nil {
			out[st] = max(1, r.cores[st])
		}
	}
	return out
}

// virtual says that the stations are a stand-in's.
func (r *run) virtual() bool { return len(r.observed.subjects("station", "busy_seconds")) > 0 }

// virtual says that all runs are a stand-in's.
func (s *survey) virtual() bool {
	return !slices.ContainsFunc(s.runs, func(r *run) bool { return !r.virtual() })
}

// Work of others on the machine disturbs from othersShare of its cores on, over
// othersWindow seconds around a moment: even work that has the lowest priority
// delays each wake-up. A request of two was 1.9 times as long in SQL beside it.
const (
	othersShare  = 0.1
	othersWindow = 2.0
)

// others are the CPU seconds that nobody of ours used, between two moments:
// what the machine spent beyond the target's roles and the generator; false
// where the target is elsewhere or was not looked at.
func (r *run) others(from, to float64) (float64, bool) {
	host := r.observed.of("generator", "host", "cpu_seconds")
	all, ok := host.between(from, to)
	if !ok || r.virtual() {
		return 0, false
	}
	for _, c := range []*counter{r.counters[app], r.counters[database], r.observed.of("generator", "generator", "cpu_seconds")} {
		own, ok := c.between(from, to)
		if !ok {
			return 0, false
		}
		all -= own
	}
	return max(0, all), true
}

// machineCores are those of the machine that was observed; NaN when nobody said.
func (r *run) machineCores() float64 {
	if c := r.observed.of("generator", "host", "cpus"); c != nil {
		return c.v[0]
	}
	return math.NaN()
}

// undisturbed tells of a moment whether the machine was left to the target and
// the generator. A run of which that is not known was undisturbed throughout.
func (r *run) undisturbed() func(t float64) bool {
	cores := r.machineCores()
	if !(cores > 0) {
		return func(float64) bool { return true }
	}
	span := r.info.Schedule.Duration()
	busy := make([]bool, int(math.Ceil(min(span, 1e5)))+2)
	for i := range busy {
		from, to := max(0, float64(i)-othersWindow), float64(i)+1+othersWindow
		if c, ok := r.others(from, min(to, span)); ok {
			busy[i] = c > othersShare*cores*(min(to, span)-from)
		}
	}
	return func(t float64) bool {
		return t < 0 || int(t) >= len(busy) || !busy[int(t)]
	}
}

// calm is the share of a run in which it was undisturbed.
func (r *run) calm() float64 {
	span, n := r.info.Schedule.Duration(), 0.0
	for t := 0.5; t < span; t++ {
		if r.quiet(t) {
			n++
		}
	}
	return n / max(1, math.Ceil(span))
}

// leastCalm is how many undisturbed seconds all runs together need before the
// rest is left out of what is learned of times.
const leastCalm = 60.0

// findCalm marks the lines that nobody disturbed. Where too little of all runs
// was undisturbed they are taken as they are, and so is a class that was
// hardly seen undisturbed.
func (s *survey) findCalm() {
	var calm float64
	for _, r := range s.runs {
		calm += r.calm() * r.info.Schedule.Duration()
	}
	clean, undisturbed := make([]int, len(s.classes)), make([]int, len(s.classes))
	for _, r := range s.runs {
		share := r.calm()
		if share < 1 && calm < leastCalm {
			r.quiet = func(float64) bool { return true }
		}
		s.sayDisturbed(r, share, calm < leastCalm)
		for i := range r.lines {
			l := &r.lines[i]
			l.calm = r.quiet(l.start) && r.quiet(l.end)
			if l.class != unjoined && l.clean {
				clean[l.class]++
				if l.calm {
					undisturbed[l.class]++
				}
			}
		}
	}
	s.eachJoined(func(l *line) {
		if undisturbed[l.class] < min(fewRequests, clean[l.class]) {
			l.calm = true
		}
	})
}

// hardlyDisturbed is the share of a run's time that may be disturbed without a word.
const hardlyDisturbed = 0.1

func (s *survey) sayDisturbed(r *run, calm float64, kept bool) {
	switch {
	case calm >= 1-hardlyDisturbed:
	case kept:
		s.warn("run %s shared its machine with other work for %.0f %% of its time; too little is left without, so that its times hold the disturbance: repeat it on a machine that is left alone", r.info.ID, 100*(1-calm))
	default:
		s.warn("run %s shared its machine with other work for %.0f %% of its time; that time is left out of the demands, but it is in the measured response times", r.info.ID, 100*(1-calm))
	}
}
