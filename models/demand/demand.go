// Package demand learns a headroom.Model from runs: service demands by class
// and station, their spread, journeys, background and conflicts, each with an
// interval where it has a meaning.
//
// Three sources speak of demands. The server's request log splits every
// request's wall time into SQL and the rest; pg_stat_statements says how much of
// the SQL the database executed (execution.go); counters of busy CPU seconds say
// what all together cost. Wall times stretch while CPUs are shared, so that
// each is first brought back to CPU seconds from the concurrency that the log
// itself shows (stretch.go); then the utilization law, busy = Σ demands +
// background, sets the level, and, as far as classes move apart, their
// proportions (regress.go). Classes that always move together keep the log's
// proportions, and the model says so.
//
// Times are seconds, rates 1/s, shares 0 to 1. The package reads no file and
// no clock; the same runs and options give the same model.
package demand

import (
	"fmt"
	"math"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// Options of an estimate. The zero value is what the shipped scenarios want.
type Options struct {
	// Seed of the bootstrap and of the conflict simulations.
	Seed uint64
	// Replications of the bootstrap; 0 means 200.
	Replications int
	// Habits says which steps touch which rows; nil means OdooHabits.
	Habits Habits
	// Simulations of each run for the conflict population; 0 means 12, a
	// negative number leaves conflict rules out of the model.
	Simulations int
}

func (o Options) withDefaults() Options {
	if o.Replications <= 0 {
		o.Replications = 200
	}
	if o.Habits == nil {
		o.Habits = OdooHabits()
	}
	if o.Simulations == 0 {
		o.Simulations = 12
	}
	return o
}

// fewRequests is the number of clean requests below which a class' demands
// are called unidentified.
const fewRequests = 10

// Estimate learns a model from runs of one plan, best on topologies of
// different size.
//
// Errors: *headroom.InputError where a run cannot be read that way (no run,
// no cores), *headroom.MeasureError where the runs lack the server's log.
// Everything less is a warning in the model.
func Estimate(runs []headroom.Run, o Options) (headroom.Model, error) {
	r, err := Read(runs)
	if err != nil {
		return headroom.Model{}, err
	}
	return r.Estimate(o)
}

// A Reading is what runs show, read whole: nothing asks the runs any more.
type Reading struct{ survey *survey }

// Read is the first half of Estimate.
func Read(runs []headroom.Run) (*Reading, error) {
	s, err := newSurvey(runs)
	if err != nil {
		return nil, err
	}
	return &Reading{s}, nil
}

// Estimate is the second half, which is done once.
func (r *Reading) Estimate(o Options) (headroom.Model, error) {
	o = o.withDefaults()
	s := r.survey
	book := s.book(o.Habits)
	tallies := s.tallies(book)
	s.findWork(tallies, o)
	law := s.newLaw()
	law.loosen()
	d, err := s.demands(law, tallies, o)
	if err != nil {
		return headroom.Model{}, fmt.Errorf("demand: %w", err)
	}
	m := headroom.Model{
		Headroom: 1, Plan: s.runs[0].info.Plan.Name,
		Background:          d.background,
		MeasuredUtilization: s.measuredUtilization(), Measured: s.measuredRange(),
		Speed:        s.speed,
		Elasticity:   s.elasticity,
		Interference: s.interference(o),
		Memory:       s.memoryModel(o),
		RegistryLoad: s.registryLoad(tallies),
	}
	m.Drift = s.drift(m.Interference)
	for _, r := range s.runs {
		m.Runs = append(m.Runs, r.info.ID)
		if !contains(m.Topologies, r.name) {
			m.Topologies = append(m.Topologies, r.name)
		}
	}
	rules := s.conflictRules(tallies, book)
	variation := s.variation(tallies)
	overheads, spreads := s.overheads()
	calls := s.callsOf()
	wal, written := s.written(tallies, o)
	disk := s.disk(tallies, o)
	for i, c := range s.classes {
		k := s.classModel(i, c, tallies[i], d, variation[i], outside{overheads[i], spreads[i]}, rules[i])
		k.Calls, k.WAL, k.Written, k.Disk, k.Executed = calls[i], wal[i], written[i], disk[i], s.executed[i]
		m.Classes = append(m.Classes, k)
	}
	s.lineShares(m.Classes)
	s.quantiles(tallies, m.Classes)
	s.delaySpread(m.Classes)
	m.Journeys = s.journeyModels()
	s.ownDemands(&m, o)
	s.fitConflicts(&m, o)
	book.passOn(m.Journeys) // only now: the runs' journeys bring their documents with them
	s.judge(tallies, law, d)
	m.Warnings = s.warnings
	return m, nil
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// outside is the time that a class' requests spend outside of the server.
type outside struct{ mean, scv float64 }

func (s *survey) classModel(i int, c class, t tally, d demands, scv [2]float64, o outside, rule *headroom.ConflictRule) headroom.ClassModel {
	out := headroom.ClassModel{
		Name: c.name, Pooled: !c.direct, Count: t.clean,
		Demand: map[string]headroom.Estimate{}, SCV: map[string]float64{},
		Delay:    d.delay[i],
		Overhead: max(0, o.mean-s.unlogged.request), OverheadSCV: o.scv, DatabaseCalls: t.queries, Rule: rule,
	}
	for st, name := range stationNames {
		out.Demand[name] = d.demand[i][st]
		out.SCV[name] = scv[st]
	}
	if c.direct {
		demand := d.demand[i][database].Value
		out.Count, out.DatabaseCalls = c.requests, 1
		out.Overhead = s.directTime(i, demand)
		out.OverheadSCV = s.directVariation(i, out.Overhead, demand*demand*scv[database])
	}
	if rule != nil && t.shown > 0 {
		share := proportion(t.retried, t.shown)
		share.Method = "retried requests in the log"
		out.RetryShare = &share
	}
	return out
}

// proportion is k of n with Wilson's score interval (JASA 22, 1927).
func proportion(k, n int) headroom.Estimate {
	e := headroom.Estimate{Level: headroom.Level, N: n, High: 1}
	if n == 0 {
		return e
	}
	const z = 1.6448536269514722 // of level 0.9
	p, m := float64(k)/float64(n), float64(n)
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	e.Value, e.Low, e.High, e.Identified = p, max(0, centre-half), min(1, centre+half), n >= fewRequests
	return e
}

// directTime is a direct read's mean client time less its CPU demand.
func (s *survey) directTime(c int, demand float64) float64 {
	var sum, n float64
	for _, r := range s.runs {
		for _, d := range r.directs {
			if d.class == c {
				sum += d.end - d.start
				n++
			}
		}
	}
	if n == 0 {
		return 0
	}
	return max(0, sum/n-demand)
}

// directVariation is the squared coefficient of variation of direct reads'
// client times beside a known part of the variance; 0 with fewer than
// fewRequests.
func (s *survey) directVariation(c int, overhead, known float64) float64 {
	var times []float64
	for _, r := range s.runs {
		for _, d := range r.directs {
			if d.class == c {
				times = append(times, d.end-d.start)
			}
		}
	}
	if len(times) < fewRequests || !(overhead > 0) {
		return 0
	}
	sd := fit.Spread(times)
	return min(mostOverheadSCV, max(0, sd*sd-known)/(overhead*overhead))
}

// mostOverheadSCV keeps one stray time from making the law's tail.
const mostOverheadSCV = 10

// leastOverhead is the overhead, in seconds, from which its spread can be told
// from the rounding of the server's log to milliseconds, which it is the rest of.
const leastOverhead = 0.005

// overheads are seconds that a request spends outside of the server though a
// worker is free, by class: the median where the log shows a free worker at
// the moment of sending, else a low quantile, as the rest is waiting. With
// them goes their squared coefficient of variation where it can be told: from
// the quartiles, as stray waits are among them.
func (s *survey) overheads() (seconds, scv []float64) {
	free := make([][]float64, len(s.classes))
	all := make([][]float64, len(s.classes))
	for _, r := range s.runs {
		for _, l := range r.lines {
			if l.class == unjoined || l.busyAtSend < 0 {
				continue
			}
			all[l.class] = append(all[l.class], l.overhead)
			if l.busyAtSend < r.info.Topology.Web.Workers {
				free[l.class] = append(free[l.class], l.overhead)
			}
		}
	}
	seconds, scv = make([]float64, len(s.classes)), make([]float64, len(s.classes))
	for i := range seconds {
		switch {
		case len(free[i]) >= 5:
			seconds[i] = quantile(free[i], 0.5)
			low := quantile(free[i], 0.25)
			if len(free[i]) >= 2*fewRequests && low > leastOverhead {
				// A normal's quartiles are 1.349 standard deviations apart.
				sigma := math.Log(quantile(free[i], 0.75)/low) / 1.349
				scv[i] = min(mostOverheadSCV, math.Expm1(sigma*sigma))
			}
		case len(all[i]) > 0:
			seconds[i] = quantile(all[i], 0.1)
		}
	}
	return seconds, scv
}

func (s *survey) journeyModels() []headroom.JourneyModel {
	var out []headroom.JourneyModel
	for _, p := range s.order {
		v := s.visits[p]
		j := headroom.JourneyModel{Process: p, Scenario: s.scenarios[p]}
		for _, step := range v.steps {
			mean := 0.0
			if v.journeys > 0 {
				mean = float64(v.count[step]) / float64(v.journeys)
			}
			j.Steps = append(j.Steps, p+"."+step)
			j.Visits = append(j.Visits, mean)
		}
		if v.journeys == 0 {
			s.warn("no journey of %s ended well, so how often it visits its steps is not known; each counts once", p)
			for i := range j.Visits {
				j.Visits[i] = 1
			}
		}
		// Where nobody ever asked twice it is another script, or one quantity.
		if each := headroom.HandoverOf(s.scenarios[p]).EachQuantity; v.count[each] > v.journeys {
			j.EachQuantity = p + "." + each
		}
		out = append(out, j)
	}
	return out
}
