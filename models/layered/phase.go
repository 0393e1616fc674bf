package layered

import "math"

// phases is the pool with the kinds of work in service: state (n, j), j of the
// min(n, W) in service being of the first kind (scv > 1) or in the first phase.
type phases struct {
	law
	w    int
	x    []float64
	room *scratch
}

// rate of one request in service, when k are.
func (c *phases) rate(k int) float64 { return c.x[k] / float64(k) }

// level gives what leaves the states of n requests: the diagonal and, for a
// change within the level (Erlang's first phase), one state down; and the jumps
// to n - 1.
func (c *phases) level(n int, birth float64) (stay matrix, down rectangle) {
	k := min(n, c.w)
	stay, down = c.room.matrix(k+1), c.room.rectangle(k+1, min(n-1, c.w)+1)
	r := c.rate(k)
	for j := 0; j <= k; j++ {
		one, two := float64(j)*r/c.fast, float64(k-j)*r/c.slow
		stay.v[j*(k+1)+j] = one + two + birth
		put := func(to int, rate float64) {
			if rate > 0 {
				down.v[j*down.c+to] += rate
			}
		}
		switch {
		case c.scv < 1: // two phases of mean 1/2, fast and slow alike
			if j > 0 {
				stay.v[j*(k+1)+j-1] = -one
			}
			if n > c.w {
				if j < k {
					put(j+1, two)
				}
			} else if j < k {
				put(j, two)
			}
		case n > c.w:
			put(j, one*c.share)
			put(max(0, j-1), one*(1-c.share))
			put(min(k, j+1), two*c.share)
			put(j, two*(1-c.share))
		default:
			put(max(0, j-1), one)
			if j < k {
				put(j, two)
			}
		}
	}
	return stay, down
}

// up adds to row (a distribution over the states of n) the arrival of one more.
func (c *phases) up(n int, row []float64, birth float64) []float64 {
	if n >= c.w {
		out := c.room.floats(len(row))
		for j, v := range row {
			out[j] = v * birth
		}
		return out
	}
	out := c.room.floats(len(row) + 1)
	for j, v := range row {
		if c.scv < 1 {
			out[j+1] += v * birth
		} else {
			out[j+1] += v * birth * c.share
			out[j] += v * birth * (1 - c.share)
		}
	}
	return out
}

// upInto is up for each row of g, the passage probabilities from n+1 to n: what
// becomes of an arrival until n are there again.
func (c *phases) upTimes(n int, birth float64, g rectangle) matrix {
	out := c.room.matrix(g.c)
	for j := range out.n {
		add := func(from int, f float64) {
			for i, v := range g.row(from) {
				out.v[j*out.n+i] += f * v
			}
		}
		switch {
		case n >= c.w:
			add(j, birth)
		case c.scv < 1:
			add(j+1, birth)
		default:
			add(j+1, birth*c.share)
			add(j, birth*(1-c.share))
		}
	}
	return out
}

// solve gives the probability of each number of requests, by passage
// probabilities from above (matrix-analytic method; Latouche and Ramaswami
// 1999, levels depending up to the last). births beyond the last are its own.
func (c *phases) solve(births []float64, open float64) (p []float64, beyond, distance float64, ok bool) {
	last := len(births) - 1
	stays := make([]matrix, last+2)
	var g rectangle
	if open > 0 {
		var good bool
		if g, good = c.homogeneous(open); !good {
			return nil, 0, 0, false
		}
	}
	for n := last; n >= 1; n-- {
		birth := births[n]
		if n == last {
			birth = open
		}
		stay, down := c.level(n, birth)
		if birth > 0 && g.c > 0 {
			u := c.upTimes(n, birth, g)
			for i, v := range u.v {
				stay.v[i] -= v
			}
		}
		stays[n] = matrix{stay.n, c.room.copy(stay.v)}
		stay.solve(down)
		g = down
	}
	p = c.room.floats(last + 1)
	row := []float64{1}
	p[0] = 1
	total := 1.0
	for n := 1; n <= last; n++ {
		row = stays[n].left(c.up(n-1, row, births[n-1]), c.room)
		for _, v := range row {
			p[n] += v
		}
		total += p[n]
		if total > 1e200 {
			for i := 0; i <= n; i++ {
				p[i] *= 1e-200
			}
			for j := range row {
				row[j] *= 1e-200
			}
			total *= 1e-200
		}
	}
	if open > 0 {
		beyond, distance = c.tail(stays[last], row, open)
		total += beyond
	}
	if !(total > 0) || math.IsInf(total, 0) {
		return nil, 0, 0, false
	}
	for n := range p {
		p[n] /= total
	}
	return p, beyond / total, distance, true
}

// tail sums the levels after the last: row (R + R² + ...), R = open·inverse, and
// its mean distance. With z = row (1-R)^-1: sum is z - row, the weighted z (1-R)^-1 R.
func (c *phases) tail(stay matrix, row []float64, open float64) (sum, distance float64) {
	// z (1 - open·S^-1) = row  <=>  y = z S^-1: y (S - open) = row.
	m := matrix{stay.n, c.room.copy(stay.v)}
	for i := range m.n {
		m.v[i*m.n+i] -= open
	}
	y := m.left(row, c.room) // levels last+1.. summed are open·y
	var one, two float64
	for j := range y {
		one += y[j]
	}
	// (1-R)^-1 = (S - open)^-1 S on the left: y = row (S-open)^-1, R (1-R)^-2 row = open · y S (S-open)^-1
	ys := c.room.floats(len(y))
	for i, v := range y {
		for j, s := range stay.row(i) {
			ys[j] += v * s
		}
	}
	z := m.left(ys, c.room)
	for j := range z {
		two += z[j]
	}
	sum = open * one
	if sum <= 0 {
		return 0, 1
	}
	return sum, open * two / sum
}

// left is row·a⁻¹.
func (a matrix) left(row []float64, room *scratch) []float64 {
	t := room.matrix(a.n)
	for i := range a.n {
		for j := range a.n {
			t.v[j*a.n+i] = a.v[i*a.n+j]
		}
	}
	b := rectangle{a.n, 1, room.copy(row)}
	t.solve(b)
	return b.v
}

// homogeneous is the matrix of passage probabilities one level down above W, by
// logarithmic reduction (Latouche and Ramaswami 1993).
func (c *phases) homogeneous(open float64) (rectangle, bool) {
	n := c.w + 1
	stay, down := c.level(c.w+1, open)
	both := c.room.rectangle(n, 2*n) // [H | L]
	for i := range n {
		both.v[i*2*n+i] = open
		copy(both.row(i)[n:], down.row(i))
	}
	stay.solve(both)
	h, l := c.room.matrix(n), c.room.matrix(n)
	for i := range n {
		copy(h.row(i), both.row(i)[:n])
		copy(l.row(i), both.row(i)[n:])
	}
	g, t := matrix{n, c.room.copy(l.v)}, matrix{n, c.room.copy(h.v)}
	for range 40 {
		u, v := h.times(l, c.room), l.times(h, c.room)
		rest := c.room.identity(n)
		for i := range rest.v {
			rest.v[i] -= u.v[i] + v.v[i]
		}
		hh, ll := h.times(h, c.room), l.times(l, c.room)
		for i := range n {
			copy(both.row(i)[:n], hh.row(i))
			copy(both.row(i)[n:], ll.row(i))
		}
		rest.solve(both)
		for i := range n {
			copy(h.row(i), both.row(i)[:n])
			copy(l.row(i), both.row(i)[n:])
		}
		add := t.times(l, c.room)
		var change, worst float64
		for i := range n {
			var sum float64
			for j := range n {
				g.v[i*n+j] += add.v[i*n+j]
				change = max(change, add.v[i*n+j])
				sum += g.v[i*n+j]
			}
			worst = max(worst, math.Abs(1-sum))
		}
		if math.IsNaN(change) {
			return rectangle{}, false
		}
		if change < 1e-13 || worst < 1e-12 {
			break
		}
		t = t.times(h, c.room)
	}
	return rectangle{n, n, g.v}, true
}
