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
	room      *scratch
}

// lines are affine functions of n waits, one for each of n places: n factors, and
// a constant.
type lines struct {
	n int
	v []float64
}

func (l lines) of(k int) []float64 { return l.v[k*(l.n+1) : (k+1)*(l.n+1)] }

func add(to []float64, f float64, line []float64) {
	for j, t := range line {
		to[j] += f * t
	}
}

// rows writes the equations of the chain's places into m and b.
func (s *sight) rows(m matrix, b []float64) {
	n, first, last := len(s.places), s.from[s.chain], s.from[s.chain+1]
	fresh, w := s.room.floats(n+1), s.room.floats(n+1)
	fresh[n] = s.busy * s.first / s.x
	for k, y := range s.places {
		fresh[k] = y.rate * s.other[y.chain] * y.work / s.x
	}
	ahead := make([]lines, last) // number waiting by place, when the chain comes to each of its own
	for i := first; i < last; i++ {
		me, before := &s.places[i], s.before(i)
		known := me.known
		if before < 0 {
			known = 0
		}
		ahead[i] = lines{n, s.room.floats(n * (n + 1))}
		clear(w)
		if known > 0 {
			s.after(ahead[i], before, ahead[before], s.before(before) < 0)
			for k := range s.places {
				a := ahead[i].of(k)
				add(w, known*s.places[k].work/s.x, a)
				for j := range a {
					a[j] *= known
				}
			}
		}
		add(w, 1-known, fresh)
		for k, y := range s.places {
			ahead[i].of(k)[k] += (1 - known) * y.rate * s.other[y.chain]
		}
		row := m.row(i)
		for j := range row {
			row[j] -= w[j]
		}
		row[i]++
		b[i] = w[n]
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
func (s *sight) fewer(line []float64, chain int, ahead lines, served bool, f float64) {
	for k := s.from[chain]; k < s.from[chain+1]; k++ {
		y := &s.places[k]
		add(line, -f*y.work/s.x, ahead.of(k))
		if served && s.mine > 0 {
			line[ahead.n] -= f * y.second / 2 / s.x * s.busy * y.rate * s.other[chain] / s.mine
		}
	}
}

// after adds to out who waits when the request at place i has been answered: the
// next requests of those that were ahead of it, and who came while it waited and
// was served.
func (s *sight) after(out lines, i int, ahead lines, served bool) {
	during := s.full * s.places[i].work / s.total // s; of its service, as far as it lets a queue grow
	for c := 0; c+1 < len(s.from); c++ {
		for l := s.from[c]; l < s.from[c+1]; l++ {
			y, line := &s.places[l], out.of(l)
			come := y.rate * s.other[c] // by themselves: first requests, and those long after the one before
			skip := 1.0
			for k := l - 1; k >= s.from[c] && y.straight > 0; k-- {
				b := &s.places[k]
				f := y.straight * min(1, y.p) * skip
				come -= b.rate * s.other[c] * f
				add(line, f, ahead.of(k))
				if served && s.mine > 0 {
					line[out.n] += f * s.busy * b.rate * s.other[c] * b.work / s.mine
				}
				skip *= 1 - min(1, b.p)
			}
			line[out.n] += max(0, come) * during
			line[i] += max(0, come)
			if N := s.customers[c]; N > 1 && l == s.from[c] {
				s.fewer(line, c, ahead, served, (N-1)/N/s.away[c])
			}
		}
	}
}
