package layered

// sight is what the requests of one chain meet.
type sight struct {
	places    []place
	from      []int
	chain     int
	other     []float64 // by chain: the share of it that is others
	customers []float64 // by chain, 0 for open load
	away      []float64 // by chain, s that a customer is not in the pool
	busy      float64
	first     float64
	x         float64
	full      float64 // probability that all workers are busy
	total     float64
	mine      float64 // work offered by others, 1/s
}

// line is an affine function of the waits.
type line struct {
	c float64
	w []float64
}

// rows writes the equations of the chain's places into m and b.
func (s *sight) rows(m matrix, b []float64) {
	n, first, last := len(s.places), s.from[s.chain], s.from[s.chain+1]
	fresh := line{s.busy * s.first / s.x, make([]float64, n)}
	for k, y := range s.places {
		fresh.w[k] = y.rate * s.other[y.chain] * y.work / s.x
	}
	ahead := make([][]line, last) // number waiting by place, when the chain comes to each of its own
	for i := first; i < last; i++ {
		me, before := &s.places[i], s.before(i)
		known := me.known
		if before < 0 {
			known = 0
		}
		ahead[i] = newLines(n)
		w := line{0, make([]float64, n)}
		if known > 0 {
			ahead[i] = s.after(before, ahead[before], s.before(before) < 0)
			for k, a := range ahead[i] {
				w.add(known*s.places[k].work/s.x, a)
				ahead[i][k].scale(known)
			}
		}
		w.add(1-known, fresh)
		for k, y := range s.places {
			ahead[i][k].w[k] += (1 - known) * y.rate * s.other[y.chain]
		}
		row := m.row(i)
		for j, t := range w.w {
			row[j] -= t
		}
		row[i]++
		b[i] = w.c
	}
}

func newLines(n int) []line {
	out := make([]line, n)
	all := make([]float64, n*n)
	for i := range out {
		out[i].w = all[i*n : (i+1)*n]
	}
	return out
}

func (l *line) add(f float64, o line) {
	l.c += f * o.c
	for j, t := range o.w {
		l.w[j] += f * t
	}
}

func (l *line) scale(f float64) {
	l.c *= f
	for j := range l.w {
		l.w[j] *= f
	}
}

// before is the place of the same journey that likeliest came before, -1 for none.
func (s *sight) before(i int) int {
	best, at, skip := 0.0, -1, 1.0
	for k := i - 1; k >= s.from[s.places[i].chain]; k-- {
		p := min(1, s.places[k].p)
		if p*skip > best {
			best, at = p*skip, k
		}
		skip *= 1 - p
	}
	if skip > best {
		return -1
	}
	return at
}

// fewer takes off what a chain's customers that are ahead do not send anew: the
// longer they make the wait, the fewer of them are left to come in it.
func (s *sight) fewer(l *line, chain int, ahead []line, served bool, f float64) {
	for k := s.from[chain]; k < s.from[chain+1]; k++ {
		y := &s.places[k]
		l.add(-f*y.work/s.x, ahead[k])
		if served && s.mine > 0 {
			l.c -= f * y.second / 2 / s.x * s.busy * y.rate * s.other[chain] / s.mine
		}
	}
}

// after is who waits when the request at place i has been answered: the next
// requests of those that were ahead of it, and who came while it waited and was
// served.
func (s *sight) after(i int, ahead []line, served bool) []line {
	out := newLines(len(s.places))
	during := s.full * s.places[i].work / s.total // s; of its service, as far as it lets a queue grow
	for c := 0; c+1 < len(s.from); c++ {
		for l := s.from[c]; l < s.from[c+1]; l++ {
			y := &s.places[l]
			come := y.rate * s.other[c] // by themselves: first requests, and those long after the one before
			skip := 1.0
			for k := l - 1; k >= s.from[c] && y.straight > 0; k-- {
				b := &s.places[k]
				f := y.straight * min(1, y.p) * skip
				come -= b.rate * s.other[c] * f
				out[l].add(f, ahead[k])
				if served && s.mine > 0 {
					out[l].c += f * s.busy * b.rate * s.other[c] * b.work / s.mine
				}
				skip *= 1 - min(1, b.p)
			}
			out[l].c += max(0, come) * during
			out[l].w[i] += max(0, come)
			if N := s.customers[c]; N > 1 && l == s.from[c] {
				s.fewer(&out[l], c, ahead, served, (N-1)/N/s.away[c])
			}
		}
	}
	return out
}
