package sim

// barePool is the workers of a pool as the times at which they become free.
type barePool struct {
	free      []float64 // heap of the times at which workers become free
	starts    times     // at which those begin who wait
	lastStart float64   // of those that had to wait
	busy      float64   // worker seconds in what is measured
	waited    float64   // seconds in what is measured
	drained   float64
}

// begin puts the end of who begins now in the place of the earliest one.
func (p *barePool) begin(end float64) {
	free := p.free
	i, n := 0, len(free)
	for {
		c := 2*i + 1
		if c >= n {
			break
		}
		if c+1 < n && free[c+1] < free[c] {
			c++
		}
		if free[c] >= end {
			break
		}
		free[i] = free[c]
		i = c
	}
	free[i] = end
}

// times is a queue of rising times.
type times struct {
	at    []float64
	first int
}

// push drops those that are over by now, adds one, and says how many there are.
func (t *times) push(now, at float64) int {
	for t.first < len(t.at) && t.at[t.first] <= now {
		t.first++
	}
	switch {
	case t.first == len(t.at):
		t.at, t.first = t.at[:0], 0
	case t.first > 1024 && 2*t.first > len(t.at):
		t.at, t.first = t.at[:copy(t.at, t.at[t.first:])], 0
	}
	t.at = append(t.at, at)
	return len(t.at) - t.first
}
