package layered

// matrix is square, row by row.
type matrix struct {
	n int
	v []float64
}

func (s *scratch) identity(n int) matrix {
	m := s.matrix(n)
	for i := range n {
		m.v[i*n+i] = 1
	}
	return m
}

func (a matrix) row(i int) []float64 { return a.v[i*a.n : (i+1)*a.n] }

func (a matrix) times(b matrix, room *scratch) matrix {
	c := room.matrix(a.n)
	for i := range a.n {
		out := c.row(i)
		for k, x := range a.row(i) {
			if x == 0 {
				continue
			}
			for j, y := range b.row(k) {
				out[j] += x * y
			}
		}
	}
	return c
}

// rectangle has r rows of c.
type rectangle struct {
	r, c int
	v    []float64
}

func (a rectangle) row(i int) []float64 { return a.v[i*a.c : (i+1)*a.c] }

// solve overwrites a with its factors and b with a⁻¹b. The matrices here are
// diagonally dominant (generators of transient chains with the sign turned), so
// that elimination needs no pivots.
func (a matrix) solve(b rectangle) {
	n := a.n
	for k := range n {
		top, topB := a.row(k), b.row(k)
		inverse := 1 / top[k]
		for i := k + 1; i < n; i++ {
			row := a.row(i)
			f := row[k] * inverse
			if f == 0 {
				continue
			}
			for j := k + 1; j < n; j++ {
				row[j] -= f * top[j]
			}
			for j, y := range topB {
				b.v[i*b.c+j] -= f * y
			}
		}
	}
	for k := n - 1; k >= 0; k-- {
		row, out := a.row(k), b.row(k)
		for i := k + 1; i < n; i++ {
			if f := row[i]; f != 0 {
				for j, y := range b.row(i) {
					out[j] -= f * y
				}
			}
		}
		inverse := 1 / row[k]
		for j := range out {
			out[j] *= inverse
		}
	}
}
