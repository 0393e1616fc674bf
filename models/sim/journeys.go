package sim

// open starts the load of the system itself, and the shifts.
func (e *engine) open() {
	for i, c := range e.changes {
		e.at(c.at, changeDue, int32(i))
	}
	e.shifts()
	for i, l := range e.sources {
		s := &e.source[i]
		s.stream = key(e.o.Seed, uint64(i)<<32)
		switch {
		case l.every > 0:
			e.at(l.phase+l.every/2, openArrival, int32(i))
		case l.rate > 0:
			e.nextArrival(int32(i))
		}
		for n := 0; n < l.population; n++ {
			c := e.enter(int32(i), key(key(e.o.Seed, uint64(i)<<32|0xffff), uint64(n)))
			e.think(c)
		}
	}
}

func (e *engine) nextArrival(i int32) {
	s, l := &e.source[i], &e.sources[i]
	var t float64
	if l.every > 0 {
		t = l.phase + (float64(s.count)+0.5)*l.every
	} else {
		e.random.state = s.stream
		t = max(e.time, l.from) + e.random.ExpFloat64()/l.rate
		s.stream = e.random.state
	}
	if t < e.o.Duration && t < l.to {
		e.at(t, openArrival, i)
	}
}

func (e *engine) arrive(i int32) {
	s := &e.source[i]
	s.count++
	c := e.enter(i, key(key(e.o.Seed, uint64(i)<<32|1), s.count))
	e.nextArrival(i)
	e.start(c)
}

// replay starts the schedule's next journey, or lets it wait for its lane.
func (e *engine) replay() {
	n := e.order[e.replayed]
	e.replayed++
	e.inReplay++
	j := &e.load.Journeys[n]
	i := e.enter(-1, key(e.o.Seed, j.Seed))
	c := &e.customers[i]
	c.journey, c.replay, c.lane = int32(j.Journey), int32(n), int32(j.Lane)
	c.document, c.catalogue = j.Document, int32(j.Catalogue)
	c.tenant, c.site = int32(j.Tenant), int32(j.Site)
	if j.Lane >= 0 {
		l := &e.lane[j.Lane]
		if l.free == 0 {
			c.scheduled = e.time
			l.queue.push(i)
			return
		}
		l.free--
	}
	e.start(i)
}

// enter takes a slot for a customer.
func (e *engine) enter(source int32, key uint64) int32 {
	var i int32
	if n := len(e.free); n > 0 {
		i, e.free = e.free[n-1], e.free[:n-1]
	} else {
		i = int32(len(e.customers))
		e.customers = append(e.customers, customer{})
		for range e.called {
			e.slice = append(e.slice, 0)
		}
	}
	c := &e.customers[i]
	*c = customer{key: key, source: source, replay: -1, operator: -1, lane: -1, host: -1, took: -1, about: key, active: true, waits: -1, behind: -1, epoch: c.epoch + 1, rows: c.rows[:0]}
	if source >= 0 {
		c.journey = int32(e.sources[source].journey)
	}
	c.scheduled = e.time
	return i
}

// start begins the journey's first step.
func (e *engine) start(i int32) {
	c := &e.customers[i]
	c.step, c.request, c.visits, c.ended = -1, 0, 0, false
	e.take(c)
	e.next(i, 0)
}

// stream points the randomness at what is drawn for one try of one request.
func (e *engine) stream(c *customer, purpose uint64) {
	e.random.state = key(c.key, uint64(c.request)<<5|purpose)
}

const (
	forThinking = 0 // and the number of visits
	forOverhead = 1
	forTry      = 1 // 2n+1 for demands of the n-th try, 2n for the sleep after it; n from 1

	forBalance = 12
	forDelay   = 13 // 13+n for the n-th try's

	forDocument = 31 // of request 0: the whole journey's
)

// next goes on to the journey's next request, or ends it, after pause seconds.
func (e *engine) next(i int32, pause float64) {
	c := &e.customers[i]
	c.request++
	e.stream(c, forThinking)
	steps := e.journeys[c.journey].steps
	for c.visits == 0 {
		c.step++
		if int(c.step) == len(steps) || c.nothing && c.step > 0 {
			e.end(i, pause, true)
			return
		}
		c.visits = int32(e.random.whole(steps[c.step].visits))
		if n := c.document.Quantities; n > 0 && steps[c.step].eachQuantity {
			c.visits = int32(n)
		}
	}
	c.visits--
	c.class = int32(steps[c.step].class)
	if think := steps[c.step].think; think > 0 {
		pause += think * e.random.ExpFloat64()
	}
	if pause > 0 {
		e.at(e.time+pause, endOfThink, i)
		return
	}
	e.soon(i, ask)
}

// end counts the journey; its last answer is pause seconds under way.
func (e *engine) end(i int32, pause float64, ok bool) {
	c := &e.customers[i]
	c.failed, c.ended = !ok, true
	e.tally.journey(e, c, e.time+pause, ok)
	if pause > 0 || c.operator >= 0 || c.source >= 0 && e.sources[c.source].population > 0 {
		// A closed customer always goes through the calendar: one that takes
		// no time at all must not keep the clock from the event budget.
		e.at(e.time+pause, endOfJourney, i)
		return
	}
	e.leave(i)
}

// leave frees what the journey held; a closed customer thinks and starts over.
func (e *engine) leave(i int32) {
	c := &e.customers[i]
	e.hand(c)
	if c.replay >= 0 {
		e.inReplay--
		if c.lane >= 0 {
			e.freeLane(int(c.lane))
		}
	}
	if c.source >= 0 && e.sources[c.source].population > 0 {
		e.think(i)
		return
	}
	if c.operator >= 0 && e.pauses(i) {
		return
	}
	c.active = false
	e.free = append(e.free, i)
}

func (e *engine) freeLane(n int) {
	l := &e.lane[n]
	if l.queue.len() == 0 {
		l.free++
		return
	}
	e.start(l.queue.pop())
}

// think is a closed customer's pause between journeys. It is scheduled, in the
// sense of a response time, when the pause ends.
func (e *engine) think(i int32) {
	c := &e.customers[i]
	c.round++
	c.key = mix(c.key + golden)
	c.about = c.key
	pause := 0.0
	if l := &e.sources[c.source]; l.think.kind != zero {
		c.request = 0
		e.stream(c, forThinking)
		pause = l.think.draw(e.random)
	}
	c.scheduled = e.time + pause
	if c.scheduled >= e.o.Duration {
		return
	}
	if e.journeys[c.journey].takes < 0 {
		c.step, c.request, c.visits = -1, 0, 0
		e.next(i, pause)
		return
	}
	e.at(c.scheduled, startOfJourney, i) // what there is to take is seen then
}
