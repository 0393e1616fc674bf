package queueing

// A configuration says how many busy servers are in each phase.
type states struct {
	list  [][]int
	index map[string]int
}

// configurations of n customers over k phases, in lexical order.
func configurations(n, k int) states {
	s := states{index: map[string]int{}}
	at := make([]int, k)
	var fill func(phase, left int)
	fill = func(phase, left int) {
		if phase == k-1 {
			at[phase] = left
			s.index[key(at)] = len(s.list)
			s.list = append(s.list, append([]int(nil), at...))
			return
		}
		for v := left; v >= 0; v-- {
			at[phase] = v
			fill(phase+1, left-v)
		}
	}
	fill(0, n)
	return s
}

func key(at []int) string {
	b := make([]rune, len(at))
	for i, v := range at {
		b[i] = rune(v + 1)
	}
	return string(b)
}

// configurationCount is how many there are, or limit+1 where it is more.
func configurationCount(n, k, limit int) int {
	count := 1.0 // C(n+k-1, k-1)
	for i := 1; i < k; i++ {
		count *= float64(n+i) / float64(i)
		if count > float64(limit) {
			return limit + 1
		}
	}
	return int(count + 0.5)
}

// A move is a rate or probability from one state to another.
type move struct {
	from, to int
	rate     float64
}

// moves of the servers: within a level, and those with which a customer ends;
// refill says that another one waits and begins at once. to is an index in
// below, where there is no refill.
func (l law) moves(s, below states, refill bool) (within, ends []move) {
	k := l.phases()
	to := make([]int, k)
	for from, at := range s.list {
		for i, n := range at {
			if n == 0 {
				continue
			}
			rate := float64(n) * l.rate[i]
			copy(to, at)
			to[i]--
			if j := l.follows(i); j >= 0 {
				to[j]++
				within = append(within, move{from, s.index[key(to)], rate})
				continue
			}
			if !refill {
				ends = append(ends, move{from, below.index[key(to)], rate})
				continue
			}
			for j, p := range l.start {
				if p > 0 {
					to[j]++
					ends = append(ends, move{from, s.index[key(to)], rate * p})
					to[j]--
				}
			}
		}
	}
	return within, ends
}

// begins are the moves from n customers to n+1 at an arrival, by probability.
func (l law) begins(s, above states) (out []move) {
	to := make([]int, l.phases())
	for from, at := range s.list {
		for j, p := range l.start {
			if p > 0 {
				copy(to, at)
				to[j]++
				out = append(out, move{from, above.index[key(to)], p})
			}
		}
	}
	return out
}
