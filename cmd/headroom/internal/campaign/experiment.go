package campaign

import (
	"fmt"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/design"
)

// An Experiment is the calibration of one plan on one topology: what can be
// run, and what is guessed of it so far.
type Experiment struct {
	Plan     headroom.Plan // of the processes that take part
	Topology headroom.Topology
	Problem  design.Problem
	// Left are processes that take no part, each with the reason.
	Left []string
	// Seconds of a phase's window, LeadIn before it, and BringUp beside both.
	Seconds, LeadIn, BringUp float64

	mix []float64 // journeys per second that the plan has, by process
}

// A Step is a phase that could be run.
type Step struct {
	Combination Combination
	Phase       design.Phase
}

// Levels of load, as shares of what the busiest of app CPU, database CPU and
// workers can do. Beyond a half, waiting and conflicts feed each other, and a
// run says more of that than of demands.
var (
	aloneLevels = []float64{0.2, 0.4}
	mixedLevels = []float64{0.15, 0.3, 0.45}
)

// heldBeyond is the time that a worker is held over the CPU time, guessed.
const heldBeyond = 1.3

// journeySCV is a guess of the squared coefficient of variation of a journey's
// demand, most of which is its lines'.
const journeySCV = 0.5

// fewest is how many journeys of a process a phase must have to be worth it.
const fewest = 15

// NewExperiment finds what takes part: processes that arrive or are done by
// operators, in whatever part of the calendar. leadIn is how long the target
// takes to be as it usually is, in seconds.
func NewExperiment(plan headroom.Plan, t headroom.Topology, seconds, leadIn float64) (*Experiment, error) {
	e := &Experiment{Plan: plan, Topology: t, Seconds: seconds, LeadIn: leadIn, BringUp: 20}
	e.Plan.Processes = nil
	for _, p := range plan.Processes {
		rate := usualRate(plan, p)
		if rate <= 0 {
			e.Left = append(e.Left, p.Name+": it has neither arrivals nor operators")
			continue
		}
		e.Plan.Processes = append(e.Plan.Processes, p)
		e.mix = append(e.mix, rate)
		e.Problem.Classes = append(e.Problem.Classes, design.Class{Name: p.Name, Demand: guess(p), SCV: journeySCV, Conflict: conflictGuess(p)})
	}
	if len(e.Plan.Processes) == 0 {
		return nil, &headroom.InputError{What: "no process has arrivals or operators", Where: "plan " + plan.Name}
	}
	e.Problem.Stations = []string{"app", "database"}
	e.Problem.LogScatter, e.Problem.Idle = 0.05, 0.02
	e.Problem.Conflicts = slices.ContainsFunc(e.Problem.Classes, func(c design.Class) bool { return c.Conflict > 0 })
	return e, nil
}

// usualRate is about how many journeys of a process the plan has in a second:
// in its ordinary hour and its largest peak, or as its operators work. Only the
// proportions of the mix depend on it.
func usualRate(plan headroom.Plan, p headroom.Process) float64 {
	perHour, operators := p.PerHour, 0
	for _, k := range plan.Peaks {
		perHour = max(perHour, p.PerHour+k.PerHour[p.Name])
		for _, b := range k.Batches {
			if b.Process == p.Name {
				perHour = max(perHour, float64(b.Documents))
			}
		}
	}
	for _, s := range p.Shifts {
		operators = max(operators, s.Operators)
	}
	d := guess(p)
	return perHour/3600 + float64(operators)/max(1, p.ThinkTime+heldBeyond*(d[0]+d[1]))
}

// Share is a process' part of the plan's journeys.
func (e *Experiment) Share(process string) float64 {
	total, own := 0.0, 0.0
	for i, k := range e.Problem.Classes {
		total += e.mix[i]
		if k.Name == process {
			own = e.mix[i]
		}
	}
	return own / total
}

// Learned takes what a model knows in the place of the guesses.
func (e *Experiment) Learned(m headroom.Model) {
	for i := range e.Problem.Classes {
		k := &e.Problem.Classes[i]
		k.Demand = slices.Clone(k.Demand)
		for s, station := range e.Problem.Stations {
			if d, _ := JourneyDemand(m, k.Name, station); d.Value > 0 {
				k.Demand[s] = d.Value
			}
		}
	}
}

// JourneyDemand is the CPU time of one journey at a station: the sum over its
// steps. Their errors go together, as they come together, so that the ends of
// the intervals are summed too. The second result says whether the model knows
// the process there.
func JourneyDemand(m headroom.Model, process, station string) (headroom.Estimate, bool) {
	out := headroom.Estimate{Level: headroom.Level, Identified: true}
	at := slices.IndexFunc(m.Journeys, func(j headroom.JourneyModel) bool { return j.Process == process })
	if at < 0 {
		return out, false
	}
	known := false
	for i, step := range m.Journeys[at].Steps {
		k := slices.IndexFunc(m.Classes, func(c headroom.ClassModel) bool { return c.Name == step })
		if k < 0 {
			continue
		}
		d, there := m.Classes[k].Demand[station]
		known = known || there
		visits := m.Journeys[at].Visits[i]
		out.Value, out.Low, out.High = out.Value+visits*d.Value, out.Low+visits*d.Low, out.High+visits*d.High
		out.N = max(out.N, d.N)
		if !d.Identified && d.Value > 0 {
			out.Identified = false
		}
	}
	return out, known
}

// Steps are the phases that could be run: each process by itself, the plan's
// mix, a mix in which each process takes as much CPU, and the plan's mix with
// hotter products.
func (e *Experiment) Steps() []Step {
	var out []Step
	add := func(name string, weights []float64, level, hotter float64) {
		if s, ok := e.step(name, weights, level, hotter); ok {
			out = append(out, s)
		}
	}
	even := make([]float64, len(e.mix))
	for i, k := range e.Problem.Classes {
		even[i] = 1 / (k.Demand[0] + k.Demand[1])
	}
	for _, level := range mixedLevels {
		add("mixed", e.mix, level, 0)
	}
	if len(e.mix) > 1 {
		for _, level := range mixedLevels[1:] {
			add("even", even, level, 0)
		}
		for i, k := range e.Problem.Classes {
			alone := make([]float64, len(e.mix))
			alone[i] = 1
			for _, level := range aloneLevels {
				add(k.Name, alone, level, 0)
			}
		}
	}
	if e.Problem.Conflicts {
		add("hot", e.mix, mixedLevels[1], hotterBy)
	}
	return out
}

// hotterBy is added to the exponent of the products' popularity where conflicts
// are to be seen at hotter rows.
const hotterBy = 0.5

// step is a phase with rates in proportion to weights, at a level.
func (e *Experiment) step(name string, weights []float64, level, hotter float64) (Step, bool) {
	t := e.Topology
	rates := e.rates(weights, level)
	if !e.fit(rates) {
		return Step{}, false
	}
	c := Combination{Name: fmt.Sprintf("%s-%.0f", short(name), 100*level), Topology: t, PerHour: map[string]float64{}, Operators: map[string]int{}, ThinkTime: map[string]float64{},
		Seconds: e.Seconds, LeadIn: e.LeadIn, Seed: 1}
	popularity := e.Plan.Catalogue.Popularity
	if hotter > 0 {
		popularity += hotter
		c.Popularity = &popularity
	}
	phase := design.Phase{Name: c.Name, Rates: rates, Seconds: e.Seconds, Cost: e.LeadIn + e.BringUp}
	for i, p := range e.Plan.Processes {
		if rates[i] == 0 {
			continue
		}
		sites := float64(len(e.Plan.Sites))
		if len(p.Sites) > 0 {
			sites = float64(len(p.Sites))
		}
		if len(p.Shifts) == 0 {
			c.PerHour[p.Name] = math.Round(rates[i] * 3600 / sites)
			continue
		}
		d := e.Problem.Classes[i].Demand
		response := heldBeyond * (d[0] + d[1])
		n := max(1, math.Ceil(rates[i]/sites*(leastPause+response)))
		c.Operators[p.Name] = int(n)
		c.ThinkTime[p.Name] = math.Round(100*max(leastPause, n*sites/rates[i]-response)) / 100
	}
	phase.Overlap = e.overlap(rates, popularity)
	return Step{c, phase}, true
}

// leastPause is the shortest pause of an operator in a calibration, in seconds.
const leastPause = 1

// mostRate is how many journeys of one process a second has at most: more tell
// little, and the load generator has a core or less.
const mostRate = 20

// rates in proportion to weights that bring the busiest resource to a level.
func (e *Experiment) rates(weights []float64, level float64) []float64 {
	var app, db, held float64
	for i, k := range e.Problem.Classes {
		app += weights[i] * k.Demand[0]
		db += weights[i] * k.Demand[1]
		held += weights[i] * heldBeyond * (k.Demand[0] + k.Demand[1])
	}
	t := e.Topology
	busiest := held / float64(max(1, t.Web.Workers)*max(1, t.Web.Replicas))
	if t.SharedHost {
		busiest = max(busiest, (app+db)/t.Web.Cores)
	} else {
		busiest = max(busiest, app/t.Web.Cores, db/t.Database.Cores)
	}
	out := make([]float64, len(weights))
	for i, w := range weights {
		out[i] = min(mostRate, level*w/busiest)
	}
	return out
}

// fit lowers rates to what the work that lies ready allows, and says whether
// the phase is still worth it.
func (e *Experiment) fit(rates []float64) bool {
	span := e.Seconds + e.LeadIn
	ready := map[string]float64{"pick": float64(e.Plan.Catalogue.OpenOrders), "receive": float64(e.Plan.Catalogue.OpenReceipts), "ship": float64(e.Plan.Catalogue.OpenDeliveries)}
	for kind := range ready {
		ready[kind] *= float64(len(e.Plan.Sites))
	}
	for i, p := range e.Plan.Processes {
		if h := headroom.HandoverOf(p.Scenario); h.Makes != "" {
			ready[h.Makes] += rates[i] * span / 2 // on the mean half of it is there in time
		}
	}
	most := 0.0
	for i, p := range e.Plan.Processes {
		if h := headroom.HandoverOf(p.Scenario); h.Takes != "" {
			rates[i] = min(rates[i], ready[h.Takes]/span*0.8)
		}
		most = max(most, rates[i]*e.Seconds)
	}
	return most >= fewest
}

// overlap is about the chance that a transaction meets another one over a
// product: how many are under way, times the chance that two documents have a
// product in common.
func (e *Experiment) overlap(rates []float64, popularity float64) float64 {
	var total, square float64
	for i := 1; i <= max(1, e.Plan.Catalogue.Products); i++ {
		w := math.Pow(float64(i), -popularity)
		total += w
		square += w * w
	}
	out := 0.0
	for i, k := range e.Problem.Classes {
		lines := max(1, e.Plan.Processes[i].Lines.Mean)
		if k.Conflict > 0 {
			out += rates[i] * heldBeyond * (k.Demand[0] + k.Demand[1]) * lines * lines * square / (total * total)
		}
	}
	return out
}

// short makes a process' name part of a combination's.
func short(name string) string {
	out := []rune{}
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			out = append(out, r)
		case r >= 'A' && r <= 'Z':
			out = append(out, r-'A'+'a')
		default:
			out = append(out, '-')
		}
	}
	return string(out[:min(len(out), 24)])
}
