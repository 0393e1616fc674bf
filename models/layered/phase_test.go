package layered

import "testing"

func TestPhasesAgainstPollaczekKhinchine(t *testing.T) {
	for _, scv := range []float64{0.5, 1.0001, 2, 4} {
		l := law{0.5, 1, 0.5, 0.5}
		if scv > 1 {
			l = hyperexponential(scv, (1+scv)/2, 1)
		}
		c := phases{l, 1, []float64{0, 1}, &scratch{}}
		p, beyond, distance, ok := c.solve([]float64{0.8, 0.8, 0.8}, 0.8)
		if !ok {
			t.Fatal("no solution")
		}
		wait := p[2] + beyond*(1+distance)
		near(t, "M/G/1 number waiting", wait, 0.8*0.8*(1+scv)/2/0.2, 1e-6)
		near(t, "idle", p[0], 0.2, 1e-9)
	}
}
