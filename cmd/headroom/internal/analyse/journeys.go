package analyse

import (
	"cmp"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
)

// A row is a journey, as small as analyses need it: a run has millions.
type row struct {
	scheduled, start, end float64
	arrival               uint64
	process, site         uint16 // indexes into journeys' names
	kind                  headroom.Kind
	outcome               uint8 // index into journeys.outcomes; okRow and idleRow are fixed
	never                 bool  // it never began
}

// Fixed outcomes of rows.
const (
	okRow   = 0
	idleRow = 1
)

func (r row) response() float64 { return r.end - r.scheduled }

// failed says that a journey did not succeed though there was work. Of one that
// never began that is said too: its work was not done.
func (r row) failed() bool { return r.outcome > idleRow }

// journeys are all of a run in the order of their scheduled times.
type journeys struct {
	rows      []row
	processes []string
	sites     []string
	outcomes  []headroom.Outcome
	// failures are the messages of failed journeys that began, by arrival.
	failures map[uint64]string
	ending   results.Ending
	last     float64 // the latest moment of any of them
	spoilt   int     // left out: a damaged part gives no times of them
}

// readJourneys is one pass over a run's journeys.
func readJourneys(run headroom.Run) (*journeys, error) {
	j := &journeys{outcomes: []headroom.Outcome{headroom.OK, headroom.NothingToDo}, failures: map[uint64]string{}}
	processes, sites := map[string]uint16{}, map[string]uint16{}
	for x, err := range run.Journeys() {
		if err != nil {
			return nil, err
		}
		if !results.Timed(x.Scheduled, x.Start, x.End) {
			j.spoilt++
			continue
		}
		j.ending.Add(x)
		j.last = max(j.last, x.End)
		outcome := slices.Index(j.outcomes, x.Outcome)
		if outcome < 0 {
			outcome = len(j.outcomes)
			j.outcomes = append(j.outcomes, x.Outcome)
		}
		r := row{scheduled: x.Scheduled, start: x.Start, end: x.End, arrival: x.Arrival, kind: x.Kind, outcome: uint8(outcome), never: x.NeverBegan(),
			process: number(processes, &j.processes, x.Process), site: number(sites, &j.sites, x.Site)}
		j.rows = append(j.rows, r)
		if r.failed() && !r.never {
			j.failures[x.Arrival] = x.Error
		}
	}
	return j, nil
}

// number is the place of a name among the names, where it is put if it is new.
func number(known map[string]uint16, names *[]string, name string) uint16 {
	i, ok := known[name]
	if !ok {
		i = uint16(len(*names))
		known[name] = i
		*names = append(*names, name)
	}
	return i
}

// A part is a stretch of the run at some of its sites: [from, to).
type part struct {
	from, to float64  // seconds since the run's start
	sites    []string // empty: all
}

func (p part) has(site string) bool { return len(p.sites) == 0 || slices.Contains(p.sites, site) }

// in are the journeys that are scheduled in a part, of a process ("": all), in
// order.
func (j *journeys) in(p part, process string) []row {
	of := slices.Index(j.processes, process)
	if process != "" && of < 0 {
		return nil
	}
	at := make([]bool, len(j.sites))
	for i, s := range j.sites {
		at[i] = p.has(s)
	}
	first, _ := slices.BinarySearchFunc(j.rows, p.from, func(r row, t float64) int { return cmp.Compare(r.scheduled, t) })
	last, _ := slices.BinarySearchFunc(j.rows, p.to, func(r row, t float64) int { return cmp.Compare(r.scheduled, t) })
	if process == "" && len(p.sites) == 0 {
		return j.rows[first:max(first, last)]
	}
	var out []row
	for _, r := range j.rows[first:max(first, last)] {
		if at[r.site] && (process == "" || int(r.process) == of) {
			out = append(out, r)
		}
	}
	return out
}
