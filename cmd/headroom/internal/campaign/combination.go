// Package campaign runs one plan's processes in many combinations of topology
// and load, each as a run bundle of one workspace: the data on which a model is
// fitted, and the runs that prove it. A combination is a variant of the plan
// whose calendar is one steady window.
package campaign

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// A Combination is one run: what serves, and the load offered to it.
type Combination struct {
	Name     string            `json:"name"`
	Topology headroom.Topology `json:"topology"`
	// PerHour and Operators are the load by process. A process that neither
	// names has none.
	PerHour   map[string]float64 `json:"per_hour,omitempty"`
	Operators map[string]int     `json:"operators,omitempty"`
	// ThinkTime replaces the plan's, by process, in seconds.
	ThinkTime map[string]float64 `json:"think_time,omitempty"`
	// Popularity of every process' products; nil: the plan's.
	Popularity *float64 `json:"popularity,omitempty"`
	Seconds    float64  `json:"seconds"` // of the window
	LeadIn     float64  `json:"lead_in"` // seconds before it
	Seed       uint64   `json:"seed"`
	// CapacitySeconds is the window of each run of a search for the capacity; 0:
	// none is searched.
	CapacitySeconds float64 `json:"capacity_seconds,omitempty"`
}

// Every combination is replayed on the same ordinary day, by the clock of the
// plan's first site.
const (
	day  = "2026-06-02" // a Tuesday
	hour = 10
)

// Variant is the plan with the combination's load and nothing else in its
// calendar: rates that hold at all times, operators who are at work all day.
func (c Combination) Variant(plan headroom.Plan) (headroom.Plan, error) {
	if err := c.check(plan); err != nil {
		return plan, err
	}
	plan.Peaks, plan.Seasons, plan.Growth, plan.Events, plan.Demo, plan.DayVariation = nil, nil, nil, nil, nil, 0
	plan.Stop, plan.Objectives = nil, c.objectives(plan.Objectives)
	plan.Topologies = []headroom.Topology{c.Topology}
	days := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	processes := plan.Processes
	plan.Processes = nil
	for _, p := range processes {
		if c.PerHour[p.Name] == 0 && c.Operators[p.Name] == 0 {
			continue
		}
		p.Open, p.Runs, p.Shifts, p.PerHour = nil, nil, nil, c.PerHour[p.Name]
		if n := c.Operators[p.Name]; n > 0 {
			p.Shifts = []headroom.Shift{{When: headroom.When{Days: days}, From: "00:00", To: "24:00", Operators: n}}
		}
		if think, ok := c.ThinkTime[p.Name]; ok {
			p.ThinkTime = think
		}
		if c.Popularity != nil {
			s := *c.Popularity
			p.Popularity = &s
		}
		plan.Processes = append(plan.Processes, p)
	}
	return plan, nil
}

// objectives are those of responses that hold at any time, of processes that
// have a load.
func (c Combination) objectives(all []headroom.Objective) (out []headroom.Objective) {
	for _, o := range all {
		if o.OfResponse() && o.Peak == "" && o.Site == "" && o.Sliding == 0 && (c.PerHour[o.Process] > 0 || c.Operators[o.Process] > 0) {
			out = append(out, o)
		}
	}
	return out
}

// Load is what is offered, by process in the plan's order.
func (c Combination) Load(plan headroom.Plan) (out []headroom.ProofLoad) {
	for _, p := range plan.Processes {
		l := headroom.ProofLoad{Process: p.Name, PerHour: c.PerHour[p.Name], Operators: c.Operators[p.Name]}
		if l.PerHour > 0 || l.Operators > 0 {
			out = append(out, l)
		}
	}
	return out
}

// Offered is the load of a variant.
func Offered(variant headroom.Plan) (out []headroom.ProofLoad) {
	for _, p := range variant.Processes {
		l := headroom.ProofLoad{Process: p.Name, PerHour: p.PerHour}
		for _, s := range p.Shifts {
			l.Operators += s.Operators
		}
		out = append(out, l)
	}
	return out
}

// Schedule is the window of a combination's variant at a scale of its load.
func (c Combination) Schedule(variant headroom.Plan, scale float64, players map[string]calendar.Player) (headroom.Schedule, error) {
	zone, err := time.LoadLocation(variant.Sites[0].TimeZone)
	if err != nil {
		return nil, &headroom.InputError{What: err.Error(), Where: "sites[0].time_zone", Err: err}
	}
	at, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return nil, err
	}
	w := calendar.Window{At: at.Add(hour * time.Hour), LeadIn: c.LeadIn, Seconds: c.Seconds}
	return calendar.New(variant, w, c.Seed, scale, players)
}

// Planned is how many journeys the window of a combination's variant has, by
// process: of open arrivals those of the schedule; of operators what they would
// make if a journey took no time, so that they make fewer.
func (c Combination) Planned(variant headroom.Plan, players map[string]calendar.Player) (map[string]int, error) {
	s, err := c.Schedule(variant, 1, players)
	if err != nil {
		return nil, fmt.Errorf("combination %s: %w", c.Name, err)
	}
	out := map[string]int{}
	for a, err := range s.Arrivals() {
		if err != nil {
			return nil, err
		}
		p := s.Header().Processes[a.Process]
		switch {
		case a.Kind == headroom.Closed && p.ThinkTime > 0:
			out[p.Name] += int(c.Seconds / p.ThinkTime)
		case a.Kind != headroom.Closed && a.At.Seconds() >= c.LeadIn:
			out[p.Name]++
		}
	}
	return out, nil
}

// check refuses a combination that is not one of the plan.
func (c Combination) check(plan headroom.Plan) error {
	bad := func(what string, args ...any) error {
		return &headroom.InputError{What: fmt.Sprintf(what, args...), Where: "combination " + c.Name}
	}
	var names []string
	for _, p := range plan.Processes {
		names = append(names, p.Name)
	}
	given := slices.Concat(slices.Collect(maps.Keys(c.PerHour)), slices.Collect(maps.Keys(c.Operators)), slices.Collect(maps.Keys(c.ThinkTime)))
	slices.Sort(given)
	for _, name := range given {
		if !slices.Contains(names, name) {
			return bad("plan %s has no process %q", plan.Name, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.PerHour)) {
		if !(c.PerHour[name] >= 0) {
			return bad("%g arrivals of %s in an hour", c.PerHour[name], name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Operators)) {
		if c.Operators[name] < 0 {
			return bad("%d operators of %s", c.Operators[name], name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.ThinkTime)) {
		if think := c.ThinkTime[name]; !(think > 0 && think <= longestThink) {
			return bad("a pause of %g s between journeys of %s; it is above 0 and at most a day", think, name)
		}
	}
	if s := c.Popularity; s != nil && !(*s >= 0 && *s <= highestPopularity) {
		return bad("a popularity of %g; it is from 0 to %d", *s, highestPopularity)
	}
	if len(c.Load(plan)) == 0 {
		return bad("it has no load")
	}
	if !(c.Seconds > 0) || !(c.LeadIn >= 0) {
		return bad("a window of %g s after a lead-in of %g s", c.Seconds, c.LeadIn)
	}
	if !(c.CapacitySeconds >= 0) {
		return bad("a search of the capacity with windows of %g s", c.CapacitySeconds)
	}
	return nil
}

// Bounds that a plan has, too.
const (
	longestThink      = 86_400 // seconds
	highestPopularity = 10
)
