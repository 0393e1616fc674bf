package arrivals

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// Replay says how recorded arrivals become a schedule.
type Replay struct {
	// Process and Site are those of arrivals whose line does not name one.
	Process, Site string
	// From and To cut the recording, on its clock; nil: from its first arrival,
	// to the whole second after its last.
	From, To *time.Duration
	LeadIn   float64 // seconds at the start that stand before the window
	// At is when the window begins, for a recording that does not say; what its
	// own timestamps say has precedence.
	At time.Time
	// Seed is the root of the seeds of lines that have none.
	Seed uint64
	// Players say who plays each scenario.
	Players map[string]calendar.Player
}

// Recorded is the schedule that replays recorded arrivals: each at its
// nanosecond, at real rates, with the process, site, seed and user of its
// line. A seed that the line lacks is derived from its place in the part that
// is replayed, a user from the seed; a technical scenario has its own user. Every
// arrival is open: it waits for nobody; it is due within its process'
// due_within, and at no cutoff. A process or site that the plan does not have, and a recording that
// cannot be replayed, give a *headroom.InputError.
func Recorded(plan headroom.Plan, rec Recording, o Replay) (headroom.Schedule, error) {
	from, to, err := span(rec, o)
	if err != nil {
		return nil, err
	}
	rec = rec.Between(from, to)
	if len(rec.Events) == 0 {
		return nil, &headroom.InputError{What: "no arrival lies in the part that is to be replayed", Where: rec.Name}
	}
	if len(rec.Events) >= math.MaxUint32 {
		return nil, &headroom.InputError{What: "holds more arrivals than a schedule can", Where: rec.Name, Do: "replay it in parts"}
	}
	s := &recorded{events: rec.Events, from: from, seed: o.Seed}
	if err := s.head(plan, rec, o, to); err != nil {
		return nil, err
	}
	if err := s.name(plan, rec, o); err != nil {
		return nil, err
	}
	return s, nil
}

// span is the part that is replayed, from included, to excluded.
func span(rec Recording, o Replay) (from, to time.Duration, err error) {
	if len(rec.Events) == 0 {
		return 0, 0, &headroom.InputError{What: "holds no arrivals", Where: rec.Name}
	}
	from, to = rec.Events[0].T, rec.Events[len(rec.Events)-1].T
	if o.From != nil {
		from = *o.From
	}
	// Whole seconds after the start, the last arrival inside.
	to = from + max(0, to-from).Truncate(time.Second) + time.Second
	if o.To != nil {
		to = *o.To
	}
	if to <= from {
		return 0, 0, &headroom.InputError{What: "the part that is to be replayed ends before it begins", Where: rec.Name}
	}
	if to-from > 366*day {
		return 0, 0, &headroom.InputError{What: fmt.Sprintf("the recording is %.0f days long", (to-from).Hours()/24), Where: rec.Name,
			Do: "replay at most 366 days; choose a part with --from and --to"}
	}
	return from, to, nil
}

type recorded struct {
	header    headroom.Header
	events    []Event
	from      time.Duration
	seed      uint64
	processes []uint16 // of each event
	sites     []uint16
	due       []time.Duration // by process
	technical []bool          // by process
}

// head is the header that the calendar's schedule of the same time has, its
// peaks included; only the arrivals are others.
func (s *recorded) head(plan headroom.Plan, rec Recording, o Replay, to time.Duration) error {
	w := calendar.Window{At: o.At, LeadIn: o.LeadIn, Seconds: (to - s.from).Seconds() - o.LeadIn}
	if !(w.LeadIn >= 0) || !(w.Seconds > 0) {
		return &headroom.InputError{What: fmt.Sprintf("a lead-in of %g s leaves nothing of the %g s that are replayed", o.LeadIn, (to - s.from).Seconds())}
	}
	if rec.Clock == UTC {
		w.At = rec.At(s.from + time.Duration(math.Round(o.LeadIn*1e9)))
		if zone, err := time.LoadLocation(plan.Sites[0].TimeZone); err == nil {
			w.At = w.At.In(zone)
		}
	}
	same, err := calendar.New(plan, w, o.Seed, 1, o.Players)
	if err != nil {
		return err
	}
	s.header = same.Header()
	s.header.Lanes = nil // nothing that was recorded says which connection it came by
	for _, p := range plan.Processes {
		s.technical = append(s.technical, o.Players[p.Scenario].Technical)
		s.due = append(s.due, time.Duration(math.Round(p.DueWithin*1e9)))
	}
	return nil
}

// name finds process, site and user of each event.
func (s *recorded) name(plan headroom.Plan, rec Recording, o Replay) error {
	var processes, sites []string
	for _, p := range plan.Processes {
		processes = append(processes, p.Name)
	}
	for _, site := range plan.Sites {
		sites = append(sites, site.Name)
	}
	if o.Site == "" && len(sites) == 1 {
		o.Site = sites[0]
	}
	s.processes, s.sites = make([]uint16, len(s.events)), make([]uint16, len(s.events))
	for i, e := range s.events {
		p, err := place(e.Process, o.Process, processes, "process", rec.Name, e.Line)
		if err != nil {
			return err
		}
		site, err := place(e.Site, o.Site, sites, "site", rec.Name, e.Line)
		if err != nil {
			return err
		}
		if at := plan.Processes[p].Sites; len(at) > 0 && !slices.Contains(at, sites[site]) {
			return &headroom.InputError{What: fmt.Sprintf("process %q is not at site %q in the plan", processes[p], sites[site]), Where: fmt.Sprintf("%s:%d", rec.Name, e.Line)}
		}
		if users := plan.Sites[site].Users; e.HasUser && int64(e.User) >= int64(max(1, users)) {
			return &headroom.InputError{What: fmt.Sprintf("user %d: site %q has %d users", e.User, sites[site], users), Where: fmt.Sprintf("%s:%d", rec.Name, e.Line),
				Do: "count users from 0"}
		}
		s.processes[i], s.sites[i] = uint16(p), uint16(site)
	}
	return nil
}

// place finds a line's name, or else the one for lines without, in a list.
func place(name, otherwise string, list []string, what, file string, line int) (int, error) {
	where := fmt.Sprintf("%s:%d", file, line)
	if name == "" {
		if name, where = otherwise, "--"+what; name == "" {
			return 0, &headroom.InputError{What: fmt.Sprintf("the line names no %s", what), Where: fmt.Sprintf("%s:%d", file, line),
				Do: fmt.Sprintf("give the file a column %s, or say which with --%s", what, what)}
		}
	}
	if i := slices.Index(list, name); i >= 0 {
		return i, nil
	}
	return 0, &headroom.InputError{What: fmt.Sprintf("the plan has no %s %q", what, name), Where: where, Do: "it has " + strings.Join(list, ", ")}
}

// Header implements headroom.Schedule.
func (s *recorded) Header() headroom.Header { return s.header }

// Arrivals implements headroom.Schedule.
func (s *recorded) Arrivals() iter.Seq2[headroom.Arrival, error] {
	return func(yield func(headroom.Arrival, error) bool) {
		for i, e := range s.events {
			a := headroom.Arrival{ID: uint64(i) + 1, At: e.T - s.from, Seed: e.Seed, User: e.User,
				Process: s.processes[i], Site: s.sites[i], Kind: headroom.Open}
			if !e.HasSeed {
				a.Seed = mix(mix(s.seed) + uint64(i))
			}
			if s.technical[a.Process] {
				a.User = uint32(s.header.Sites[a.Site].Users)
			} else if !e.HasUser {
				a.User = uint32(mix(^a.Seed) % uint64(max(1, s.header.Sites[a.Site].Users)))
			}
			if due := s.due[a.Process]; due > 0 {
				a.Due = a.At + due
			}
			if !yield(a, nil) {
				return
			}
		}
	}
}

// mix is SplitMix64: a bijection whose every output bit depends on every input
// bit. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number
// generators", OOPSLA 2014.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
