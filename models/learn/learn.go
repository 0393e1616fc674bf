package learn

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
)

// student is what Learn works with.
type student struct {
	*Accumulator
	processes []process
	exposure  exposure
	levels    [2]levelOf
	database  *StatementsReport
	sites     []site
	warnings  []string
	out       Learned
}

// longestLog is the longest time, in seconds, that is learned from.
const longestLog = 3 * 366 * 86_400

// site is a tenant that has a process.
type site struct {
	name    string
	tenant  int32
	working [7]bool
	work    []work
	vary    *float64
}

// work is a process at a site.
type work struct {
	process  int
	series   series
	working  [7]bool
	hours    hours
	base     float64 // 1/s
	peaks    []found
	batches  []habitual
	once     []burst
	monthEnd *monthEnd
	every    float64 // seconds between starts, of what comes at set times
	outside  float64
}

func (s *student) warn(format string, args ...any) {
	s.warnings = append(s.warnings, fmt.Sprintf(format, args...))
}

// Learn says what the lines have taught. Errors: *headroom.MeasureError where
// the log has no request that says how long it took.
func (a *Accumulator) Learn() (Learned, error) {
	a.flush(math.Inf(1))
	for _, g := range a.groups {
		g.settle(math.Inf(1))
	}
	if len(a.crew.seen) > 0 {
		a.crew.counts = append(a.crew.counts, len(a.crew.seen))
	}
	for _, r := range a.pending {
		a.report.Orphans += int(r.count)
	}
	clear(a.pending)
	if a.report.Requests == 0 {
		return Learned{}, fmt.Errorf("learn: %w", &headroom.MeasureError{
			What: fmt.Sprintf("none of the %d lines is an answered request with its seconds", a.report.Lines),
			Do:   "give a request log of Odoo 14 to 19, written with log level info and its logger werkzeug",
		})
	}
	if a.to-a.from > longestLog {
		return Learned{}, fmt.Errorf("learn: %w", &headroom.InputError{
			What: fmt.Sprintf("the times of the log's lines run from %s to %s", date(int(a.from/86_400)).Format("2006-01-02"), date(int(a.to/86_400)).Format("2006-01-02")),
			Do:   "give logs of at most three years, without lines whose date is wrong",
		})
	}
	a.gaps = a.findGaps()
	s := &student{Accumulator: a, exposure: a.exposed(), database: a.statements()}
	var err error
	for st := range s.levels {
		if s.levels[st], err = a.level(st); err != nil {
			return Learned{}, err
		}
	}
	s.processes = a.processes()
	s.findSites()
	s.caution()
	s.model()
	s.plan()
	s.reportAll()
	return s.out, nil
}

// findSites works out the calendar of every tenant.
func (s *student) findSites() {
	names := map[string]bool{}
	order := make([]int32, len(s.tenants))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(s.tenants[a], s.tenants[b]) })
	for _, t := range order {
		if s.tenants[t] == "" {
			continue
		}
		v := site{tenant: t}
		var all series
		for p := range s.processes {
			w := s.work(p, t)
			if w.series.total() > 0 || len(w.batches) > 0 {
				v.work = append(v.work, w)
				all = all.plus(w.series)
			}
		}
		if len(v.work) == 0 {
			continue
		}
		v.name = siteName(s.tenants[t], names)
		v.working = all.working()
		for i := range v.work {
			s.calendar(&v, &v.work[i])
		}
		if x, _, ok := all.dayVariation(v.working, func(int) bool { return true }); ok {
			v.vary = &x
		}
		s.sites = append(s.sites, v)
	}
	s.addGateway()
}

// work is the arrivals of a process at a tenant, without batches.
func (s *student) work(p int, tenant int32) work {
	q := &s.processes[p]
	w := work{process: p}
	var bursts []burst
	if q.pattern.Batches {
		for _, step := range q.pattern.Steps {
			if !step.Anchor {
				continue
			}
			for _, class := range s.classesOf(step.Classes) {
				if c := s.counts[where{class, tenant}]; c != nil {
					bursts = append(bursts, batchesIn(c.stamps, s.clock, s.from, s.to)...)
				}
			}
		}
	}
	w.series = s.journeys(q, tenant, s.exposure, bursts)
	if q.pattern.Scheduled {
		w.every = s.interval(q, tenant)
	}
	w.working = w.series.working()
	if len(bursts) == 0 {
		return w
	}
	if w.strays(bursts) { // they are part of the batches, where those come again
		on := w.working
		if w.series.total() == 0 {
			on = [7]bool{}
		}
		for _, b := range bursts {
			on[weekday(b.day)] = true
		}
		w.batches, w.once = recurring(bursts, w.series, on, s.stretch(q))
		if len(w.batches) > 0 || w.series.total() == 0 {
			w.working, w.series.n = on, make([][slots]float64, len(w.series.n))
			return w
		}
	}
	w.batches, w.once = recurring(bursts, w.series, w.working, s.stretch(q))
	return w
}

// strays says whether there is so little beside batches that it is theirs.
func (w *work) strays(bursts []burst) bool {
	var documents float64
	for _, b := range bursts {
		documents += b.excess
	}
	left := w.series.total()
	return left < fewest && 10*left < documents
}

// stretch is how many times as long as its anchor's request a journey takes.
func (s *student) stretch(q *process) float64 {
	var all, anchor float64
	for i, st := range q.steps {
		for _, c := range st.classes {
			t := s.tallyOf(c)
			seconds := t.busy[app] + t.busy[database]
			all += seconds
			if q.pattern.Steps[slices.IndexFunc(q.pattern.Steps, func(p PatternStep) bool { return p.Name == q.steps[i].name })].Anchor {
				anchor += seconds
			}
		}
	}
	if !(anchor > 0) {
		return 1
	}
	return all / anchor
}

// calendar finds hours, peaks and month-end of a process at a site.
func (s *student) calendar(v *site, w *work) {
	total := w.series.total()
	if total == 0 {
		return
	}
	working := w.working
	use := func(k int) bool { return working[weekday(w.series.first+k)] }
	p := w.series.profile(use)
	_, w.hours = p.ordinary(dispersion(&p, 0, slots))
	if s.processes[w.process].name == "invoice" {
		if m, ok := w.series.monthEnd(working, w.hours); ok {
			w.monthEnd = &m
			use = func(k int) bool {
				d := w.series.first + k
				return working[weekday(d)] && !isMonthEnd(d, m.last, working)
			}
		}
	}
	w.hours, w.base, w.peaks = w.series.peaks(working, use)
	inside := 0.0
	for k := range w.series.n {
		if working[weekday(w.series.first+k)] {
			for q, n := range w.series.n[k] {
				if w.covers(q) {
					inside += n
				}
			}
		}
	}
	w.outside = max(0, 1-inside/total)
}

// covers: a slot of a working day is in the plan.
func (w *work) covers(q int) bool {
	return q >= w.hours.from && q < w.hours.to || slices.ContainsFunc(w.peaks, func(f found) bool { return f.outside && q >= f.from && q < f.to })
}

// interval between starts of what comes at set times: the median gap.
func (s *student) interval(p *process, tenant int32) float64 {
	var gaps []float64
	for _, step := range p.pattern.Steps {
		if !step.Anchor {
			continue
		}
		for _, class := range s.classesOf(step.Classes) {
			c := s.counts[where{class, tenant}]
			if c == nil {
				continue
			}
			t := make([]float64, len(c.stamps))
			for i := range t {
				t[i] = c.stamps[i].t
			}
			sortFloats(t)
			for i := 1; i < len(t); i++ {
				gaps = append(gaps, t[i]-t[i-1])
			}
		}
	}
	if len(gaps) == 0 {
		return 0
	}
	sortFloats(gaps)
	return min(43_200, max(1, math.Round(gaps[len(gaps)/2])))
}

// caution says what doubts there are about the log.
func (s *student) caution() {
	c := s.report
	if c.Damaged > 0 {
		s.warn("%d of %d lines are torn or say impossible things; they were left out", c.Damaged, c.Lines)
	}
	if c.Backwards > 0 {
		s.warn("%d lines came more than a minute after later ones: their concurrency is not known well; give each server's log as files of its own", c.Backwards)
	}
	if c.Orphans > 0 {
		s.warn("%d lost tries belong to no request of the log", c.Orphans)
	}
	if days := s.exposure.missing(); len(days) > 0 {
		s.warn("%d days inside of the log's time have no request for half of the day or longer, the first %s; 23 hours without any request are missing files, and do not count as quiet", len(days), date(days[0]).Format("2006-01-02"))
	}
	if !s.sweep.known() {
		s.warn("the numbers of cores are not known: demands come from quiet moments, and are too long where there are none; give --cores and --database-cores")
	}
	if hours := (s.to - s.from) / 3600; hours < 5*24 {
		s.warn("the log covers %.3g hours: what differs by weekday, between days or at a month's end does not show", hours)
	}
	if n := s.requests(s.classesOf([]string{"/xmlrpc/2/*", "/jsonrpc"})); n > 0.01*float64(c.Requests) {
		s.warn("%.0f requests by XML-RPC or JSON-RPC are not named in the log, as before Odoo 19: what gateways do is not told apart, and is background", n)
	}
	for st, l := range s.levels {
		if len(s.cpu[st]) > 0 && !l.known {
			s.warn("the CPU series of %s has fewer than %d minutes in common with the log and is not used", stationNames[st], fewPoints)
		}
	}
	s.warn("a log does not tell operators who wait for answers from arrivals that do not: everything is drawn as open arrivals; replace them by shifts where people with hand-helds work")
}
