package demand

import (
	"fmt"
	"math"

	"github.com/headroom-erp/headroom"
)

// The two stations of a topology, in the order of every [2]float64 here.
const (
	app = iota
	database
)

var stationNames = [2]string{"app", "database"}

// A line is one request of the server's log, joined with its client.
type line struct {
	class      int // index into survey.classes; unjoined for lines that no client claims
	arrival    uint64
	number     int  // of the request in its journey
	again      bool // another run of the stand-in drew its work already
	start, end float64
	sql, other float64 // wall seconds without sleeps
	sleep      float64
	tries      int
	lost       int // of them
	queries    float64
	size       float64 // of the journey's document (sizes); 0 when unknown
	clean      bool    // answered well at the first try: its times are those of one try
	busyAtSend int     // other requests that held a worker when the client sent this one; -1 without a client
	overhead   float64 // client's seconds outside of the server, waiting for a worker included
	away       float64 // of other, seconds without a CPU
	wait       float64 // of sql, seconds that are nobody's CPU
	share      float64 // of the database in its work, while that is being found
	rate       [2]float64
	work       [2]float64 // de-stretched CPU seconds of all tries
	pid        int        // the worker, and the database that it worked on
	database   string
	first      bool       // the worker's first line of that database, which may load its registry
	usual      [2]float64 // CPU seconds that its class takes for as many database calls
	calm       bool       // nobody else was busy on the machine meanwhile
	waited     bool       // its SQL stands so far out that it must have waited for a row
}

// unjoined is the class of lines that belong to no request of ours.
const unjoined = -1

func (l *line) hold() float64   { return l.end - l.start }
func (l *line) active() float64 { return l.sql + l.other }

// timed says that a line's times are those of one try, on an undisturbed machine.
func (l *line) timed() bool { return l.clean && l.calm }

// A direct is a request that holds no worker: a database read of its own.
type direct struct {
	class      int
	start, end float64
}

// A run is what a bundle says, made ready.
type run struct {
	info      headroom.RunInfo
	name      string // of the topology
	cores     [2]float64
	parallel  [2]float64           // cores that requests share at a moment (stretch.go)
	quiet     func(t float64) bool // nobody else was busy on the machine around t
	shared    bool
	span      float64 // seconds observed: to the end of the window or the last line
	lines     []line
	pieces    []piece
	directs   []direct
	journeys  []headroom.Journey
	observed  observed                    // all series that are wanted
	counters  []*counter                  // by station; nil where nobody counted
	pace      *pace                       // the machine's; nil where nobody looked
	lost      int                         // client requests without a line
	schedule  map[uint64]headroom.Arrival // by ID; nil where it is not known
	documents bool                        // schedule has all journeys, and a catalogue
}

// A class as it was seen over all runs.
type class struct {
	name     string
	process  string
	step     string
	direct   bool
	requests int // that the client recorded
}

// A survey is all runs, with one numbering of classes.
type survey struct {
	runs       []*run
	classes    []class
	index      map[string]int
	visits     map[string]*visits
	scenarios  map[string]string // by process; "" where it is not known
	order      []string          // processes by first appearance
	speed      *headroom.Estimate
	elasticity *headroom.Estimate
	away       []float64            // by class: share of its seconds outside of SQL in which it waits for somebody outside
	awayDoubt  []float64            // by class: relative error of what is left of them
	power      [2]float64           // of rates of progress (crowded.go)
	unlogged   unlogged             // the application CPU that the log does not have as such
	executed   []*headroom.Estimate // by class; nil: no run counted its statements
	warnings   []string
}

// visits counts the steps of a process' journeys.
type visits struct {
	journeys int // that ended well
	steps    []string
	count    map[string]int
}

func (s *survey) warn(format string, args ...any) {
	s.warnings = append(s.warnings, fmt.Sprintf(format, args...))
}

// newSurvey reads the runs whole.
func newSurvey(runs []headroom.Run) (*survey, error) {
	if len(runs) == 0 {
		return nil, &headroom.InputError{What: "there is no run to learn from", Do: "give at least one run bundle"}
	}
	s := &survey{index: map[string]int{}, visits: map[string]*visits{}, scenarios: map[string]string{}}
	for _, r := range runs {
		if err := s.read(r); err != nil {
			return nil, err
		}
	}
	s.findPaces()
	s.findCalm()
	s.findWarm()
	s.findRepeated()
	for _, r := range s.runs {
		r.concurrencyAtSend()
	}
	return s, nil
}

type key struct {
	arrival uint64
	n       int
}

func (s *survey) read(in headroom.Run) error {
	info := in.Info()
	t := info.Topology
	r := &run{
		info: info, name: t.Name, shared: t.SharedHost,
		cores: [2]float64{t.Web.Cores, t.Database.Cores},
	}
	if r.shared {
		r.cores[database] = r.cores[app]
	}
	for i, c := range r.cores {
		if !(c > 0) || math.IsInf(c, 0) {
			return &headroom.InputError{
				What:  fmt.Sprintf("topology %q of run %q has %g cores for %s", t.Name, info.ID, c, stationNames[i]),
				Where: "topologies", Do: "say how many cores the run had; demands cannot be told from waits without it",
			}
		}
	}
	for _, p := range info.Schedule.Processes {
		s.scenarios[p.Name] = p.Scenario
	}
	good := map[uint64]bool{}
	for j, err := range in.Journeys() {
		if err != nil {
			return fmt.Errorf("demand: journeys of run %q: %w", info.ID, err)
		}
		if !finite(j.Scheduled, j.Start, j.End) {
			continue
		}
		r.journeys = append(r.journeys, j)
		good[j.Arrival] = j.Outcome == headroom.OK
	}
	clients, err := s.readClients(in, r, good)
	if err != nil {
		return err
	}
	if err := s.readServer(in, r, clients, s.sizes(r, clients)); err != nil {
		return err
	}
	s.readSchedule(in, r)
	r.observed, err = readSamples(in, info.ID)
	if err != nil {
		return err
	}
	r.counters = readCounters(r.observed)
	r.parallel = r.concurrentCores()
	r.quiet = r.undisturbed()
	r.span = info.Schedule.Duration()
	for _, l := range r.lines {
		r.span = max(r.span, l.end)
	}
	s.runs = append(s.runs, r)
	return nil
}

func finite(v ...float64) bool {
	for _, x := range v {
		if math.IsNaN(x) || math.Abs(x) > 1e12 {
			return false
		}
	}
	return true
}

type client struct {
	class int
	req   headroom.Request
}

func (s *survey) readClients(in headroom.Run, r *run, good map[uint64]bool) (map[key]client, error) {
	clients := map[key]client{}
	for q, err := range in.Requests() {
		if err != nil {
			return nil, fmt.Errorf("demand: requests of run %q: %w", r.info.ID, err)
		}
		if !finite(q.Start, q.End) || q.End < q.Start || q.Process == "" || q.Step == "" {
			continue
		}
		c := s.classOf(q.Process, q.Step, q.Protocol == "sql")
		s.classes[c].requests++
		if good[q.Arrival] {
			s.visits[q.Process].count[q.Step]++
		}
		clients[key{q.Arrival, q.N}] = client{c, q}
		if s.classes[c].direct && q.Outcome == headroom.OK {
			r.directs = append(r.directs, direct{c, q.Start, q.End})
		}
	}
	for _, j := range r.journeys {
		if v := s.visits[j.Process]; v != nil && j.Outcome == headroom.OK {
			v.journeys++
		}
	}
	return clients, nil
}

func (s *survey) classOf(process, step string, sql bool) int {
	name := process + "." + step
	if c, ok := s.index[name]; ok {
		return c
	}
	v := s.visits[process]
	if v == nil {
		v = &visits{count: map[string]int{}}
		s.visits[process] = v
		s.order = append(s.order, process)
	}
	v.steps = append(v.steps, step)
	c := len(s.classes)
	s.classes = append(s.classes, class{name: name, process: process, step: step, direct: sql})
	s.index[name] = c
	return c
}
