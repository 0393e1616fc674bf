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
	operator  int32 // index into the load's operators, -1
	catalogue int32 // that the document is of
	lane      int32
	tenant    int32
	site      int32
	round     uint32 // journeys that a closed customer has begun
	step      int32
	visits    int32 // left of the step
	request   int32 // number of the request in the journey

	class    int32
	host     int32 // of the pool, -1 before one was chosen
	worker   int32 // of the host, where they are told apart
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
	againAt  float64 // and once more
	touched  bool    // the first time is over
	load     float64 // of the worker's registry, before anything else
	delayed  bool
	nothing  bool // it found nothing to do
	failed   bool
	active   bool // in the system, or between its journeys
	ended    bool // the journey has its answer

	document Document // what the journey is about; without products when nobody said
	about    uint64   // what its document is drawn from when nobody said
	took     int32    // which item of the stock it does, -1
	paper    int32    // number of the document that it was about (Response.Document)
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
	o          Options
	load       Load
	order      []int
	replayed   int // of order
	paced      int // of the load's paces, those that have begun
	inReplay   int // replayed journeys not done yet, and operators on their shift or before it
	time       float64
	calendar   calendar
	station    []station
	pool       []pool
	lane       []lane
	customers  []customer
	slice      []float64 // of one slice at each called station: program.called for each customer
	scratch    []int32   // a document that is being drawn
	free       []int32
	todo       []now
	starts     []start // workers that are being started
	freeStarts []int32
	stock      []fifo // of documents, by kind, tenant and site
	items      []item
	papers     int32   // documents that were made
	number     int     // requests in the system
	watch      *watch  // of a transient; nil
	sampleAt   float64 // when it wants to see the state next
	lock       locks
	random     *random
	source     []sourceState
	tally      tallies
	events     int
	steps      int // events, and what followed at the same instants
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
	e := &engine{program: p, o: o, load: l, order: l.inOrder(), random: newRandom(), sampleAt: math.Inf(1)}
	if e.o.Duration == 0 {
		e.o.Duration = math.Inf(1)
	}
	window := meter{from: o.Warmup, to: e.o.Duration}
	for _, s := range p.stations {
		e.station = append(e.station, station{servers: s.Servers, next: math.Inf(1), busy: window, work: window, offered: meter{from: window.from, to: window.to, level: s.Servers}})
		if o.Grain > 0 {
			e.station[len(e.station)-1].trace = newTrace(o.Grain, e.o.Duration)
		}
	}
	bind(e.station, p.hosts, p.stations)
	for i, q := range p.pools {
		e.pool = append(e.pool, newPool(q, ofPool(p.changes, i), window))
	}
	for _, n := range l.Lanes {
		e.lane = append(e.lane, lane{free: n})
	}
	e.lock = newLocks(p.space, p.tenants)
	e.fillStock()
	e.tally = newTallies(p, len(l.Journeys))
	e.source = make([]sourceState, len(p.sources))
	return e
}

// adopt takes over the memory of an engine that is done.
func (e *engine) adopt(old *engine) {
	e.customers, e.slice, e.free = old.customers[:0], old.slice[:0], old.free[:0]
	e.calendar.events, e.todo = old.calendar.events[:0], old.todo[:0]
	for i := range e.station {
		e.station[i].jobs = old.station[i].jobs[:0]
	}
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
		if t > e.sampleAt {
			e.watch.sample(e, t)
		}
		e.time = t
		switch at {
		case -2:
			e.replay()
		case -1:
			e.handle(e.calendar.pop())
		default:
			e.ended(at)
		}
		e.events++
		e.steps++
		e.settle()
		if err := e.within(); err != nil {
			return err
		}
		if e.watch != nil && e.watch.over(e) {
			break
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
		return fmt.Errorf("sim: %d events were used up at %.6g s: %w, or takes no time", e.o.MaxEvents, e.time, ErrOverload)
	}
	if len(e.customers)-len(e.free) > e.o.MaxCustomers {
		return fmt.Errorf("sim: %d journeys are in the system at %.6g s: %w", e.o.MaxCustomers, e.time, ErrOverload)
	}
	return nil
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
		e.connect(v.what, true)
	case deadlock:
		e.deadlocked(v.what, v.mark)
	case endOfJourney:
		e.leave(v.what)
	case nextOfShift:
		e.work(v.what)
	case startOfJourney:
		e.start(v.what)
	case workerStarts:
		e.started(v.what)
	case changeDue:
		e.reconfigure(v.what)
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
