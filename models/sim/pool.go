package sim

import "github.com/headroom-erp/headroom"

// pool is the replicas of a pool, and what is known of them together.
type pool struct {
	host    []host
	up      int // hosts[:up] take requests
	each    int // workers of a replica
	grows   bool
	balance string
	turn    int // of round robin
	spec    headroom.Pool
	named   bool // workers are told apart

	working int // workers that serve
	waiting int // requests in a backlog, or to connect again
	refused int // connections
	busy    meter
	queued  meter
	drained float64 // when nobody waited; -1 until then
}

// host is a number of workers behind a backlog.
type host struct {
	target  int // workers that there are to be
	free    int // where workers are not told apart
	backlog int // most that wait; 0: any number
	active  int // connections: served, and in the backlog
	queue   fifo
	worker  []worker
	idle    fifo // of workers, the one that was busy last is last
}

// worker is one of those that are told apart.
type worker struct {
	state      workerState
	customer   int32
	epoch      uint32 // of the calendar's events that are still true
	served     int    // requests since it was started
	registries []int32
}

type workerState uint8

const (
	gone workerState = iota
	idle
	serving
	starting
)

// newPool has room for the most that the changes ask for. Workers have to be
// told apart only where something happens to one of them.
func newPool(spec headroom.Pool, changes []change, window meter) pool {
	p := pool{spec: spec, each: spec.Servers, grows: spec.Replicas > 1, balance: spec.Balance, busy: window, queued: window, drained: -1}
	p.named = len(changes) > 0 || spec.RegistryLoad > 0 || spec.RecycleAfter > 0
	total, hosts := spec.Workers(), spec.Hosts()
	for _, c := range changes {
		total = max(total, c.workers)
		if p.grows {
			hosts = max(hosts, (c.workers+p.each-1)/p.each)
		}
	}
	for range hosts {
		h := host{backlog: spec.Backlog}
		if p.named {
			n := total
			if p.grows {
				n = p.each
			}
			h.worker = make([]worker, n)
		}
		p.host = append(p.host, h)
	}
	p.size(spec.Workers())
	for i := range p.host {
		p.host[i].fill()
	}
	return p
}

// size sets how many workers each host is to have, of total: a host without
// replicas has them all, replicas as many as they were made with, and the last
// one the rest.
func (p *pool) size(total int) {
	p.up = 0
	for i := range p.host {
		h := &p.host[i]
		h.target = total
		if p.grows {
			h.target = max(0, min(p.each, total-i*p.each))
		}
		if h.target > 0 {
			p.up = i + 1
		}
	}
}

// fill makes the workers that are missing.
func (h *host) fill() {
	if h.worker == nil {
		h.free = h.target
		return
	}
	for w := range h.target {
		if k := &h.worker[w]; k.state == gone {
			k.start(idle)
			h.idle.push(int32(w))
		}
	}
}

// start is a worker that knows nothing.
func (k *worker) start(s workerState) {
	k.state, k.served, k.customer, k.registries = s, 0, -1, k.registries[:0]
	k.epoch++
}

// choose is the replica that a request goes to; -1 when there is none.
func (p *pool) choose(e *engine, c *customer) int32 {
	if p.up <= 1 {
		return int32(p.up) - 1
	}
	switch p.balance {
	case headroom.RandomBalance:
		e.stream(c, forBalance)
		return int32(e.random.Float64() * float64(p.up))
	case headroom.LeastConnections:
		// Ties go round.
		best := p.turn % p.up
		for i := 1; i < p.up; i++ {
			if at := (p.turn + i) % p.up; p.host[at].active < p.host[best].active {
				best = at
			}
		}
		p.turn = (best + 1) % p.up
		return int32(best)
	}
	at := p.turn % p.up
	p.turn = (at + 1) % p.up
	return int32(at)
}

// serve and leave count the workers that serve.
func (p *pool) serve(now float64, change int) {
	p.working += change
	p.busy.set(now, float64(p.working))
}

// wait counts who waits, and keeps the first moment from drainAfter on at
// which nobody does.
func (p *pool) wait(now float64, change int, drainAfter float64) {
	if p.waiting == 0 && now > drainAfter && p.drained < 0 {
		p.drained = drainAfter
	}
	p.waiting += change
	p.queued.set(now, float64(p.waiting))
	if p.waiting == 0 && now >= drainAfter && p.drained < 0 {
		p.drained = now
	}
}

func (p *pool) close(end, drainAfter float64) {
	if p.drained < 0 && p.waiting == 0 && end >= drainAfter {
		p.drained = drainAfter
	}
}
