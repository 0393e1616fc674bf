package queueing

import (
	"math"
	"math/big"
	"testing"
)

// textbook is B from its definition in 300 bits, by the recurrence from below:
// 1/B(k) = 1 + k/a · 1/B(k-1). The code sums from the top in 53 bits.
func textbook(servers int, load float64) (b, c float64) {
	number := func(v float64) *big.Float { return new(big.Float).SetPrec(300).SetFloat64(v) }
	inverse, a := number(1), number(load)
	for k := 1; k <= servers; k++ {
		inverse.Mul(inverse, number(float64(k)))
		inverse.Quo(inverse, a)
		inverse.Add(inverse, number(1))
	}
	exact := new(big.Float).SetPrec(300).Quo(number(1), inverse)
	b, _ = exact.Float64()
	// C = c B / (c - a (1 - B))
	under := new(big.Float).SetPrec(300).Sub(number(1), exact)
	under.Mul(under, a)
	under.Sub(number(float64(servers)), under)
	wait := new(big.Float).SetPrec(300).Quo(exact.Mul(exact, number(float64(servers))), under)
	c, _ = wait.Float64()
	return b, c
}

func TestErlangAgainstTextbook(t *testing.T) {
	for _, c := range []int{1, 2, 3, 10, 100, 1000, 30000} {
		for _, rho := range []float64{1e-3, 0.1, 0.5, 0.8, 0.95, 0.999, 1 - 1e-9, 1, 1.5, 100} {
			a := rho * float64(c)
			b, wait := textbook(c, a)
			if b < 1e-300 {
				continue
			}
			near(t, "B", ErlangB(float64(c), a), b, 1e-12)
			if a < float64(c) {
				near(t, "C", ErlangC(float64(c), a), wait, 1e-12)
			}
		}
	}
}

// Offered loads at which the loss is 1 %, from the Erlang B tables that every
// handbook of teletraffic prints, e.g. V. Iversen, "Teletraffic Engineering and
// Network Planning", 2015, and Siemens' "Telephone Traffic Theory: Tables and
// Charts", 1970. Three digits.
func TestErlangTables(t *testing.T) {
	for c, a := range map[float64]float64{1: 0.0101, 5: 1.36, 10: 4.46, 20: 12.0, 50: 37.9, 100: 84.1} {
		if low, high := ErlangB(c, a*0.993), ErlangB(c, a*1.007); low > 0.01 || high < 0.01 {
			t.Errorf("%g servers, %g Erlang: loss of %g to %g", c, a, low, high)
		}
	}
	// D. Gross et al., "Fundamentals of Queueing Theory", 4th edition, 2008, example
	// 2.3: 3 doctors, 6 patients an hour, 20 minutes each: 0.889 wait, 28.9 minutes.
	q := MMc{Servers: 3, ArrivalRate: 6, ServiceTime: 1. / 3}
	near(t, "P(W > 0)", q.WaitProbability(), 4./9, 1e-14)
	near(t, "number", q.NumberMean(), 26./9, 1e-14)
	near(t, "response in minutes", 60*q.ResponseMean(), 260./9, 1e-14)
}

// With as many servers as Erlang, 1/B is 1 + Ramanujan's Q(n); D. Knuth, "The
// Art of Computer Programming", volume 1, section 1.2.11.3.
func TestErlangLarge(t *testing.T) {
	for _, n := range []float64{1e4, 1e6, 1e9} {
		q := math.Sqrt(math.Pi*n/2) + 2./3 + math.Sqrt(math.Pi/(2*n))/12 - 4/(135*n) + math.Sqrt(math.Pi/(2*n*n*n))/288
		near(t, "1/B(n, n)", 1/ErlangB(n, n), q, 1e-11)
	}
}

// The continuation by quadrature of its integral, in s = a t, by Simpson's rule.
func TestErlangFractions(t *testing.T) {
	for _, c := range []float64{0.001, 0.3, 0.5, 0.999, 1.5, 2.25, 7.7, 40.5} {
		for _, a := range []float64{0.05, 0.5, 1.9999, 2, 2.0001, 6, 39, 200} {
			const steps, top = 400_000, 800.0
			h := top / steps
			f := func(s float64) float64 { return math.Exp(-s + c*math.Log1p(s/a)) }
			sum := f(0) + f(top)
			for i := 1; i < steps; i++ {
				sum += f(float64(i)*h) * float64(2+2*(i%2))
			}
			near(t, "B", ErlangB(c, a), 1/(sum*h/3), 2e-9)
		}
	}
	// It is continuous at whole servers, and keeps the recurrence.
	for _, c := range []float64{1, 2, 17} {
		near(t, "B beside a whole number", ErlangB(c+1e-9, 3), ErlangB(c, 3), 1e-7)
		near(t, "B below a whole number", ErlangB(c-1e-9, 3), ErlangB(c, 3), 1e-7)
	}
	near(t, "recurrence", 1/ErlangB(3.4, 2.5), 1+3.4/2.5/ErlangB(2.4, 2.5), 1e-14)
}

func TestErlangBoundaries(t *testing.T) {
	for _, c := range []struct{ servers, load, b, c float64 }{
		{0, 3, 1, 1}, {0, 0, 1, 1}, {5, 0, 0, 0}, {1, 0.25, 0.2, 0.25}, {1, 3, 0.75, 1}, {4, 4, 32. / 103, 1},
		{1e6, 1, 0, 0}, {1e9, 5e8, 0, 0},
	} {
		if b := ErlangB(c.servers, c.load); math.Abs(b-c.b) > 1e-15 {
			t.Errorf("B(%g, %g) = %g, want %g", c.servers, c.load, b, c.b)
		}
		if w := ErlangC(c.servers, c.load); math.Abs(w-c.c) > 1e-15 {
			t.Errorf("C(%g, %g) = %g, want %g", c.servers, c.load, w, c.c)
		}
	}
	for _, c := range [][2]float64{{-1, 1}, {1, -1}, {math.NaN(), 1}, {1, math.NaN()}, {1, math.Inf(1)}, {1e10, 1}} {
		if b := ErlangB(c[0], c[1]); !math.IsNaN(b) {
			t.Errorf("B(%g, %g) = %g", c[0], c[1], b)
		}
	}
	// One step below full load, C is nearly 1 and below it.
	below := math.Nextafter(8, 0)
	if c := ErlangC(8, below); !(c < 1) || c < 1-1e-13 {
		t.Errorf("C just below full load is %.17g", c)
	}
}

func FuzzErlang(f *testing.F) {
	f.Add(8.0, 6.4)
	f.Add(0.5, 1e-300)
	f.Add(1e-9, 0.7)
	f.Add(1e9, 1e9)
	f.Add(1e9-0.5, 1e300)
	f.Fuzz(func(t *testing.T, servers, load float64) {
		if !(servers >= 0) || !(load >= 0) || servers > MostServers || math.IsInf(load, 0) {
			return
		}
		b, c := ErlangB(servers, load), ErlangC(servers, load)
		if !(b >= 0 && b <= 1 && c >= 0 && c <= 1+1e-12) {
			t.Fatalf("B %g, C %g", b, c)
		}
		if servers >= 1 && c < b*(1-1e-12) {
			t.Fatalf("fewer wait (%g) than are lost (%g)", c, b)
		}
		if more := ErlangB(servers, load*1.01); more < b*(1-1e-11) {
			t.Fatalf("more load, less loss: %g, %g", b, more)
		}
		if more := ErlangB(min(servers+1, MostServers), load); more > b*(1+1e-11) {
			t.Fatalf("more servers, more loss: %g, %g", b, more)
		}
	})
}
