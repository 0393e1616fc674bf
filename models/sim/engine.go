package sim

import (
	"fmt"
	"math"
)

// customer is one journey on its way and the one request that it has now.
type customer struct {
	key       uint64 // of its random streams
	scheduled float64
	journey   int32
	source    int32 // -1: from the schedule
	replay    int32 // index into the schedule, -1
	lane      int32
	round     uint32 // journeys that a closed customer has begun
	step      int32
	visits    int32 // left of the step
	request   int32 // number of the request in the journey

	class    int32
	try      int32
	refused  int32 // connections refused by a full backlog
	epoch    uint32
	asked    float64 // when the request began
	waited   float64 // for a worker
	slice    int32   // now
	slices   int32   // of this try
	homeWork float64 // of one slice at home
	left     float64 // of the slice that is now
	done     float64 // work of this try so far
	touchAt  float64 // the work after which rows are touched; +Inf when there are none to touch
	delayed  bool

	snapshot uint64
	rows     []int32
	held     int32 // rows[:held] are locked by us
	waits    int32 // the row we wait for, -1
	behind   int32 // the next in the row's queue, -1
}

// now is something to be done at the same instant, without recursion.
type now struct {
	customer int32
	what     todo
}

type todo uint8

const (
	ask     todo = iota // begin the next request
	begin               // a worker was given
	proceed             // a row was given
	lose
)

type engine struct {
	*program
	o         Options
	load      Load
	order     []int
	replayed  int // of order
	inReplay  int // replayed journeys not done yet
	time      float64
	calendar  calendar
	station   []station
	pool      []pool
	lane      []lane
	customers []customer
	work      []float64 // of one slice at each called station: program.called for each customer
	scratch   []int32   // a document that is being drawn
	free      []int32
	todo      []now
	lock      locks
	random    *random
	source    []sourceState
	tally     tallies
	events    int
	steps     int // events, and what followed at the same instants
}

type sourceState struct {
	stream uint64
	count  uint64
}

type lane struct {
	free  int
	queue fifo
}

func newEngine(p *program, l Load, o Options) *engine {
	e := &engine{program: p, o: o, load: l, order: l.inOrder(), random: newRandom()}
	if e.o.Duration == 0 {
		e.o.Duration = math.Inf(1)
	}
	window := meter{from: o.Warmup, to: e.o.Duration}
	for _, s := range p.stations {
		e.station = append(e.station, station{servers: s.Servers, next: math.Inf(1), busy: window})
	}
	for _, q := range p.pools {
		e.pool = append(e.pool, pool{free: q.Servers, workers: q.Servers, backlog: q.Backlog, busy: window, drained: -1})
	}
	for _, n := range l.Lanes {
		e.lane = append(e.lane, lane{free: n})
	}
	e.lock = newLocks(p.space)
	e.tally = newTallies(p, len(l.Journeys))
	e.source = make([]sourceState, len(p.sources))
	return e
}

// run is the main loop: the earliest of the stations' next ends, the calendar
// and the schedule; stations first, then the calendar, at one instant.
func (e *engine) run() error {
	e.open()
	e.settle()
	for {
		t, at := e.earliestStation()
		if len(e.calendar.events) > 0 && e.calendar.events[0].t < t {
			t, at = e.calendar.events[0].t, -1
		}
		if e.replayed < len(e.order) {
			if a := e.load.Journeys[e.order[e.replayed]].At; a < t {
				t, at = a, -2
			}
		}
		if math.IsInf(t, 1) || e.over(t) {
			break
		}
		e.time = t
		switch at {
		case -2:
			e.replay()
		case -1:
			e.handle(e.calendar.pop())
		default:
			e.proceed(e.station[at].done())
		}
		e.events++
		e.steps++
		e.settle()
		if err := e.within(); err != nil {
			return err
		}
	}
	e.finish()
	return nil
}

// over says that nothing at t or later is wanted: what is measured has ended
// and every replayed journey is done.
func (e *engine) over(t float64) bool {
	if e.inReplay > 0 || e.replayed < len(e.order) {
		return false
	}
	return t > e.o.Duration || math.IsInf(e.o.Duration, 1)
}

func (e *engine) earliestStation() (float64, int) {
	t, at := math.Inf(1), -1
	for i := range e.station {
		if e.station[i].next < t {
			t, at = e.station[i].next, i
		}
	}
	return t, at
}

// within keeps a run bounded whatever it is given.
func (e *engine) within() error {
	if e.steps > e.o.MaxEvents {
		return fmt.Errorf("sim: %d events were used up at %.6g s: the load is more than the system carries, or takes no time", e.o.MaxEvents, e.time)
	}
	if len(e.customers)-len(e.free) > e.o.MaxCustomers {
		return fmt.Errorf("sim: %d journeys are in the system at %.6g s: the load is more than the system carries", e.o.MaxCustomers, e.time)
	}
	return nil
}

func (e *engine) finish() {
	end := e.time
	if !math.IsInf(e.o.Duration, 1) {
		end = max(end, e.o.Duration)
	}
	for i := range e.station {
		s := &e.station[i]
		s.busy.set(end, 0)
	}
	for i := range e.pool {
		e.pool[i].busy.set(end, 0)
		e.pool[i].close(end, e.o.DrainAfter)
	}
}

func (e *engine) handle(v event) {
	switch v.kind {
	case openArrival:
		e.arrive(v.what)
	case endOfThink:
		e.ask(v.what)
	case endOfDelay:
		e.proceed(v.what)
	case endOfSleep:
		e.try(v.what)
	case connectAgain:
		e.connect(v.what)
	case deadlock:
		e.deadlocked(v.what, v.mark)
	case endOfJourney:
		e.leave(v.what)
	}
}

// settle does what follows at the same instant.
func (e *engine) settle() {
	for i := 0; i < len(e.todo); i++ {
		n := e.todo[i]
		switch n.what {
		case ask:
			e.ask(n.customer)
		case begin:
			e.try(n.customer)
		case proceed:
			e.touch(n.customer)
		case lose:
			e.lose(n.customer)
		}
		e.steps++
		if e.steps > e.o.MaxEvents {
			break
		}
	}
	e.todo = e.todo[:0]
}

func (e *engine) soon(c int32, what todo) { e.todo = append(e.todo, now{c, what}) }

func (e *engine) at(t float64, k kind, what int32) {
	e.calendar.add(event{t: t, what: what, kind: k})
}
