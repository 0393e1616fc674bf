package sizing

import (
	"fmt"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// Options of forecasts and searches.
type Options struct {
	Seed         uint64
	Replications int     // of a forecast; 0 means 20
	Scale        float64 // of the replayed load that the schedule stands for; 0 means the schedule's own
	// Speed is how many times as long CPU work takes as where the model was
	// measured; 0 means 1.
	Speed float64
	// Pace is how that changes over the run, beside Speed, by seconds since its
	// start; nil: not at all.
	Pace []sim.Pace
	// CapacityReplications of a search for capacity; 0 means 20.
	CapacityReplications int
	// SweepReplications of each worker count that Recommend tries; 0 means Replications.
	SweepReplications int
	// Parallel is how many replications run at once; 0 means 1. It changes no figure.
	Parallel int
	// Changes happen to the topology while it runs, at seconds since the run's
	// start: to the pool "web", in workers of all its replicas, or to a station, in
	// cores before background load. Where there are several stacks one is named as in
	// Forecast.Utilization: "own-hub/web", "own-hub/app".
	Changes []headroom.Reconfiguration
	// Dues are the seconds from a peak's end to its cutoff, by peak, where that is
	// later than its end: attainment in the peak counts what is due until then.
	Dues map[string]float64
	// Name puts an objective into words; nil: in those of this package.
	Name func(headroom.Objective) string
}

func (o Options) name(x headroom.Objective) string {
	if o.Name == nil {
		return name(x)
	}
	return o.Name(x)
}

func (o Options) defaults() Options {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&o.Replications, 20)
	set(&o.CapacityReplications, 20)
	set(&o.SweepReplications, o.Replications)
	return o
}

func (o Options) speed() float64 {
	if o.Speed == 0 {
		return 1
	}
	return o.Speed
}

func (o Options) check() error {
	if s := o.speed(); !(s > 0) || math.IsInf(s, 0) {
		return fmt.Errorf("sizing: %w", &headroom.InputError{What: fmt.Sprintf("a machine that takes %g times as long is none", s), Where: "speed", Do: "give a ratio above 0"})
	}
	return nil
}

// method of every forecast.
const method = "simulated schedule"

// Forecast says what a topology would do with a schedule: it simulates each
// arrival of it, and each operator's shift, from an idle start at the lead-in's
// beginning, and counts what is scheduled in the window. Each stack of the
// topology is simulated by itself with the sites that it serves, and their
// journeys and documents are looked at together. Intervals hold 90 % of the
// replications, each with demands of its own draws (what one run would show)
// and with estimates drawn from their intervals (what we do not know better).
func Forecast(m headroom.Model, t headroom.Topology, l Load, objectives []headroom.Objective, o Options) (headroom.Forecast, error) {
	f, _, err := forecast(m, t, l, objectives, o.defaults())
	return f, err
}

// forecast also gives how much of the tightest objective's bound is taken, as
// the median over replications.
func forecast(m headroom.Model, t headroom.Topology, l Load, objectives []headroom.Objective, o Options) (headroom.Forecast, headroom.Estimate, error) {
	s, courses, err := play(m, t, l, o, looked(objectives), func(int, *course) {})
	if err != nil {
		return headroom.Forecast{}, headroom.Estimate{}, err
	}
	f, tightest := s.forecast(courses, objectives, o)
	return f, tightest, nil
}

// play simulates every replication; each is given away when it is over, several at
// once.
func play(m headroom.Model, t headroom.Topology, l Load, o Options, see look, done func(n int, c *course)) (*scene, []*course, error) {
	if err := o.check(); err != nil {
		return nil, nil, err
	}
	s, err := newScene(m, t, l, o)
	if err != nil {
		return nil, nil, err
	}
	courses := make([]*course, o.Replications)
	errs := make([]error, o.Replications)
	sim.Parallel(o.Replications, o.Parallel, func(n int) {
		if courses[n], errs[n] = s.replicate(o.Seed, n, see); errs[n] == nil {
			done(n, courses[n])
		}
	})
	for _, err := range errs {
		if err != nil {
			return nil, nil, err
		}
	}
	return s, courses, nil
}

// forecast sums replications up.
func (s *scene) forecast(courses []*course, objectives []headroom.Objective, o Options) (headroom.Forecast, headroom.Estimate) {
	f := headroom.Forecast{Topology: s.topology, Method: method, Scale: o.Scale, Warnings: slices.Clone(s.warnings)}
	if f.Scale == 0 {
		f.Scale = s.header.Scale
	}
	if f.Scale == 0 {
		f.Scale = 1
	}
	s.resources(&f, courses)
	s.documents(&f, courses)
	f.Processes = s.forecasts(courses, objectives)
	f.Warnings = append(f.Warnings, s.idlers(courses)...)
	tightest := s.verdict(&f, courses, objectives, o)
	f.Warnings = append(f.Warnings, s.extrapolation(f)...)
	return f, tightest
}

// over collects a figure of every replication.
func over(courses []*course, of func(*course) float64) []float64 {
	out := make([]float64, len(courses))
	for i, c := range courses {
		out[i] = of(c)
	}
	return out
}

func (s *scene) resources(f *headroom.Forecast, courses []*course) {
	f.Utilization = map[string]headroom.Estimate{}
	for i, u := range courses[0].stations {
		v := over(courses, func(c *course) float64 { return c.stations[i].whole(s.window) })
		f.Utilization[courses[0].station(u)] = estimate(v, len(v), method)
	}
	v := over(courses, func(c *course) float64 {
		busy := 0.0
		for _, p := range c.pools {
			busy += p.busy
		}
		return busy
	})
	f.PoolBusy = estimate(v, len(v), method)
}

// documents are what became of documents with a due time, and of the peaks'
// backlogs.
func (s *scene) documents(f *headroom.Forecast, courses []*course) {
	var kinds []string
	for _, c := range courses {
		for _, p := range c.papers {
			if p.due > 0 && !slices.Contains(kinds, p.kind) {
				kinds = append(kinds, p.kind)
			}
		}
	}
	for _, kind := range kinds {
		o := headroom.Objective{Measure: headroom.MeasureAttainment, Documents: kind}
		r := judged(o, "", all(courses, o))
		if r.Value != nil {
			if f.Attainment == nil {
				f.Attainment = map[string]headroom.Estimate{}
			}
			f.Attainment[kind] = *r.Value
		}
	}
	for _, x := range s.header.Spans {
		o := headroom.Objective{Measure: headroom.MeasureDrain, Peak: x.Name}
		if _, known := f.Drain[x.Name]; known || x.To >= s.end {
			continue
		}
		if r := judged(o, "", all(courses, o)); r.Value != nil {
			if f.Drain == nil {
				f.Drain = map[string]headroom.Estimate{}
			}
			f.Drain[x.Name] = *r.Value
		} else if r.Met != nil {
			f.Warnings = append(f.Warnings, fmt.Sprintf("the backlog of %s is not gone when the run ends, %.0f s after the peak", x.Name, s.end-x.To))
		}
	}
}

// all is what every replication shows of an objective.
func all(courses []*course, o headroom.Objective) []figure {
	out := make([]figure, len(courses))
	for i, c := range courses {
		out[i] = c.judge(o)
		c.forget() // many replications have many
	}
	return out
}

// verdict holds the replications against the objectives.
func (s *scene) verdict(f *headroom.Forecast, courses []*course, objectives []headroom.Objective, o Options) headroom.Estimate {
	figures := make([][]figure, len(objectives))
	for i, x := range objectives {
		figures[i] = all(courses, x)
	}
	f.Meets = true
	for i, x := range objectives {
		r := judged(x, o.name(x), figures[i])
		f.Objectives = append(f.Objectives, r)
		if r.Met == nil {
			f.Warnings = append(f.Warnings, fmt.Sprintf("objective %q is not judged: %s", r.Name, r.Reason))
			continue
		}
		f.Meets = f.Meets && *r.Met
		for p := range f.Processes {
			if f.Processes[p].Process == x.Process && x.OfResponse() {
				both := *r.Met && (f.Processes[p].Met == nil || *f.Processes[p].Met)
				f.Processes[p].Met = &both
			}
		}
	}
	var tightest []float64
	met := 0
	for n := range courses {
		worst := 0.0
		for i, x := range objectives {
			if r := ratio(x, figures[i][n].value); r > worst && f.Objectives[i].Met != nil {
				worst = r
			}
		}
		tightest = append(tightest, worst)
		if worst <= 1 {
			met++
		}
	}
	f.Confidence = float64(met) / float64(len(courses))
	return estimate(tightest, len(tightest), method)
}
