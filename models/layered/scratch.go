package layered

// scratch is memory for what is needed while one pool is looked at, and that the
// next one uses again. A solution takes some 40 rounds of small tables; to get
// and return each would be a quarter of its time.
type scratch struct {
	block []float64
	used  int
}

// reset takes back all that was given.
func (s *scratch) reset() { s.used = 0 }

// floats gives n zeros until the next reset.
func (s *scratch) floats(n int) []float64 {
	if n > len(s.block)-s.used { // who has some of the old block keeps it
		s.block, s.used = make([]float64, max(2*len(s.block), n, 4096)), 0
	}
	out := s.block[s.used : s.used+n : s.used+n]
	s.used += n
	clear(out)
	return out
}

func (s *scratch) matrix(n int) matrix          { return matrix{n, s.floats(n * n)} }
func (s *scratch) rectangle(r, c int) rectangle { return rectangle{r, c, s.floats(r * c)} }
func (s *scratch) table(n, m int) table         { return table{n, m, s.floats((n + 1) * (m + 1))} }

func (s *scratch) copy(v []float64) []float64 {
	out := s.floats(len(v))
	copy(out, v)
	return out
}
