package sim

// pool is a number of workers behind a backlog.
type pool struct {
	workers, free, backlog int
	queue                  fifo
	waiting                int // in the backlog, or to connect again
	refused                int // connections
	busy                   meter
	drained                float64 // when nobody waited; -1 until then
}

// wait counts who waits, and keeps the first moment from drainAfter on at
// which nobody does.
func (p *pool) wait(now float64, change int, drainAfter float64) {
	if p.waiting == 0 && now > drainAfter && p.drained < 0 {
		p.drained = drainAfter
	}
	p.waiting += change
	if p.waiting == 0 && now >= drainAfter && p.drained < 0 {
		p.drained = now
	}
}

func (p *pool) close(end, drainAfter float64) {
	if p.drained < 0 && p.waiting == 0 && end >= drainAfter {
		p.drained = drainAfter
	}
}

// fifo is a ring of customers.
type fifo struct {
	ring  []int32
	first int
	n     int
}

func (f *fifo) len() int { return f.n }

func (f *fifo) push(c int32) {
	if f.n == len(f.ring) {
		grown := make([]int32, max(16, 2*f.n))
		for i := range f.n {
			grown[i] = f.ring[(f.first+i)%len(f.ring)]
		}
		f.ring, f.first = grown, 0
	}
	f.ring[(f.first+f.n)&(len(f.ring)-1)] = c
	f.n++
}

func (f *fifo) pop() int32 {
	c := f.ring[f.first]
	f.first = (f.first + 1) & (len(f.ring) - 1)
	f.n--
	return c
}
