package sim

import "fmt"

// A bare system is one whose requests never meet but in their pool's queue:
// open load of single requests, each station with a processor for every worker
// that could want one, no rows, no backlog that fills, nothing that happens to
// a worker. A request then holds its worker for a time that is known when it
// begins, and Kiefer and Wolfowitz's recursion ("On the theory of queues with
// many servers", Transactions of the AMS 78, 1955) over the times at which
// workers become free gives the very figures that the engine gives, without a
// calendar.
type bare struct {
	program *program
	o       Options
	random  random
	sources []bareSource
	classes []bareClass
	pools   []barePool
	tally   tallies
	station []float64 // busy server seconds
	parts   []float64 // of one request
	events  int
	last    float64 // when the last event happened
}

type bareSource struct {
	load    *load
	journey int // of the result, -1 for a class' own
	class   int
	stream  uint64
	inner   uint64 // of the keys of its journeys
	count   uint64
	next    float64
}

type bareClass struct {
	*class
	rate []float64 // of home and each called station: of one job
}

// bareOf says whether a program is bare under these options.
func bareOf(p *program, l Load, o Options) bool {
	if len(l.Journeys)+len(l.Operators)+len(l.Changes)+len(l.Pace) > 0 || o.Each != nil || o.Grain > 0 || len(p.sources) == 0 {
		return false
	}
	for _, s := range p.sources {
		j := &p.journeys[s.journey]
		if s.population > 0 || len(j.steps) != 1 || j.steps[0].visits != 1 || j.steps[0].think > 0 || j.makes >= 0 || j.takes >= 0 {
			return false
		}
	}
	for _, q := range p.pools {
		if q.Hosts() > 1 || q.Backlog > 0 || q.RegistryLoad > 0 || q.RecycleAfter > 0 {
			return false
		}
	}
	most := make([]float64, len(p.stations))
	for i, q := range p.pools {
		for n := range p.stations {
			if p.wants(i, n) {
				most[n] += float64(q.Servers)
			}
		}
	}
	for n, s := range p.stations {
		if s.Host != "" || p.wants(-1, n) || most[n] > max(1, s.Servers) {
			return false
		}
	}
	for _, c := range p.classes {
		if c.pool < 0 || c.rule != nil {
			return false
		}
	}
	return true
}

// wants says whether a class of a pool has work at a station.
func (p *program) wants(pool, station int) bool {
	for _, c := range p.classes {
		if c.pool != pool {
			continue
		}
		if c.home == station {
			return true
		}
		for _, s := range c.called {
			if s == station {
				return true
			}
		}
	}
	return false
}

func newBare(p *program, o Options) *bare {
	b := &bare{program: p, o: o, tally: newTallies(p, 0), station: make([]float64, len(p.stations))}
	for _, q := range p.pools {
		b.pools = append(b.pools, barePool{free: make([]float64, q.Servers), drained: -1})
	}
	for i := range p.classes {
		c := bareClass{class: &p.classes[i]}
		if c.home >= 0 {
			for _, s := range append([]int{c.home}, c.called...) {
				c.rate = append(c.rate, min(1, p.stations[s].Servers))
			}
		}
		b.classes = append(b.classes, c)
	}
	for i := range p.sources {
		l := &p.sources[i]
		s := bareSource{load: l, journey: l.journey, class: p.journeys[l.journey].steps[0].class,
			stream: key(o.Seed, uint64(i)<<32), inner: mix(key(o.Seed, uint64(i)<<32|1) + golden)}
		if s.journey >= p.own {
			s.journey = -1
		}
		b.advance(&s, 0)
		b.tally.classes[s.class].Response.reserve((o.Duration - o.Warmup) * l.rate)
		b.sources = append(b.sources, s)
	}
	return b
}

// advance draws when the source's next request comes.
func (b *bare) advance(s *bareSource, now float64) {
	if s.load.every > 0 {
		s.next = s.load.phase + (float64(s.count)+0.5)*s.load.every
		return
	}
	b.random.state = s.stream
	s.next = now + b.random.ExpFloat64()/s.load.rate
	s.stream = b.random.state
}

func (b *bare) run() error {
	for {
		s := &b.sources[0]
		for i := 1; i < len(b.sources); i++ {
			if b.sources[i].next < s.next {
				s = &b.sources[i]
			}
		}
		if s.next >= b.o.Duration {
			return nil
		}
		at := s.next
		s.count++
		if err := b.serve(s, at); err != nil {
			return err
		}
		b.advance(s, at)
		if b.events > b.o.MaxEvents {
			return fmt.Errorf("sim: %d events were used up at %.6g s: %w, or takes no time", b.o.MaxEvents, at, ErrOverload)
		}
	}
}

// serve is the whole way of the request that comes now.
func (b *bare) serve(s *bareSource, at float64) error {
	c := &b.classes[s.class]
	p := &b.pools[c.pool]
	journey := mix(s.inner ^ (s.count + 1))
	start := p.free[0]
	if start > at {
		if err := b.queue(p, at, start); err != nil {
			return err
		}
	} else {
		start = at
	}
	if p.drained < 0 && at > b.o.DrainAfter && p.lastStart <= at {
		p.drained = max(b.o.DrainAfter, p.lastStart)
	}
	if start > at {
		p.lastStart = start
	}
	end := b.work(c, p, journey, start)
	p.begin(end)
	b.events += 2
	if end > b.o.Duration {
		b.events--
		b.last = max(b.last, at)
	} else {
		b.last = max(b.last, end)
	}
	if c.overhead.kind != zero {
		end += c.overhead.mean
		if c.overhead.random() {
			b.random.state = key(journey, 1<<5|forOverhead)
			end += c.overhead.draw(&b.random) - c.overhead.mean
		}
	}
	if end >= b.o.Warmup && end < b.o.Duration {
		b.count(s, end-at, start-at)
	}
	return nil
}

// queue counts one who waits from at to start.
func (b *bare) queue(p *barePool, at, start float64) error {
	if waiting := p.starts.push(at, start); waiting+len(p.free) > b.o.MaxCustomers {
		return fmt.Errorf("sim: %d journeys are in the system at %.6g s: %w", b.o.MaxCustomers, at, ErrOverload)
	}
	p.waited += overlap(at, start, b.o.Warmup, b.o.Duration)
	return nil
}

// work draws what a request demands and says when it is done.
func (b *bare) work(c *bareClass, p *barePool, journey uint64, start float64) float64 {
	r := &b.random
	r.state = key(journey, 1<<5|2+forTry)
	if len(c.called) > 0 {
		r.whole(c.visits) // calls do not matter here, but what is drawn after them does
	}
	work := c.work.draw(r)
	held := 0.0
	if c.home >= 0 {
		held = work / c.rate[0]
	}
	only := len(c.called) == 0 && c.delay.kind == zero
	if only {
		end := start + held
		inside := overlap(start, end, b.o.Warmup, b.o.Duration)
		p.busy += inside
		if c.home >= 0 {
			b.station[c.home] += inside * c.rate[0]
		}
		return end
	}
	return b.several(c, p, journey, start, work, held)
}

// several is work at several stations, or with a delay.
func (b *bare) several(c *bareClass, p *barePool, journey uint64, start, home, held float64) float64 {
	r := &b.random
	b.parts = append(b.parts[:0], home)
	for n := range c.calls {
		w := c.calls[n].draw(r)
		b.parts = append(b.parts, w)
		held += w / c.rate[n+1]
	}
	if c.delay.random() {
		r.state = key(journey, 1<<5|forDelay+1)
		held += c.delay.draw(r)
	} else {
		held += c.delay.mean
	}
	end := start + held
	inside := overlap(start, end, b.o.Warmup, b.o.Duration)
	p.busy += inside
	if held > 0 && c.home >= 0 {
		b.station[c.home] += home * inside / held
		for n, s := range c.called {
			b.station[s] += b.parts[n+1] * inside / held
		}
	}
	return end
}

func overlap(from, to, low, high float64) float64 {
	if from >= low && to <= high {
		return to - from
	}
	return max(0, min(to, high)-max(from, low))
}

// count tallies a request that counts.
func (b *bare) count(s *bareSource, response, waited float64) {
	k := &b.tally.classes[s.class]
	k.Tries++
	k.Count++
	k.waits += waited
	k.Response.Add(response)
	if s.journey >= 0 {
		j := &b.tally.journeys[s.journey]
		j.Count++
		j.Response.Add(response)
	}
}
