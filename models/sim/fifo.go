package sim

// fifo is a ring of numbers.
type fifo struct {
	ring  []int32
	first int
	n     int
}

func (f *fifo) len() int { return f.n }

func (f *fifo) push(c int32) {
	if f.n == len(f.ring) {
		f.grow()
	}
	f.ring[(f.first+f.n)&(len(f.ring)-1)] = c
	f.n++
}

// pushFront puts c before all others.
func (f *fifo) pushFront(c int32) {
	if f.n == len(f.ring) {
		f.grow()
	}
	f.first = (f.first - 1) & (len(f.ring) - 1)
	f.ring[f.first] = c
	f.n++
}

func (f *fifo) grow() {
	grown := make([]int32, max(16, 2*f.n)) // a power of two
	for i := range f.n {
		grown[i] = f.ring[(f.first+i)&(len(f.ring)-1)]
	}
	f.ring, f.first = grown, 0
}

func (f *fifo) pop() int32 {
	c := f.ring[f.first]
	f.first = (f.first + 1) & (len(f.ring) - 1)
	f.n--
	return c
}

// keep drops those that keep does not want; the others stay in order.
func (f *fifo) keep(keep func(int32) bool) {
	for range f.n {
		if c := f.pop(); keep(c) {
			f.push(c)
		}
	}
}
