package queueing

import (
	"math"
	"strings"
	"testing"
)

func mustSolve(t *testing.T, servers int, rate, service, scv float64) Answer {
	t.Helper()
	a, err := MGc(servers, rate, service, scv)
	if err != nil {
		t.Fatal(err)
	}
	if a.ResponseMean == nil {
		t.Fatalf("%d servers at %g/s: %+v", servers, rate, a)
	}
	return a
}

// M/D/1 after A. Erlang, 1909: P(W <= t) = Σ_{j=0..k} (1-ρ) (λ(jD-t))^j e^(-λ(jD-t)) / j!.
func TestConstantOneServer(t *testing.T) {
	for _, rho := range []float64{0.1, 0.5, 0.8, 0.97} {
		q := MMc{Servers: 1, ArrivalRate: rho / 0.5, ServiceTime: 0.5}
		d := solveDet(q)
		near(t, "P(wait)", d.waitAbove(0), rho, 1e-11)
		near(t, "mean", d.waitMean(), pollaczekKhinchine(q, 0), 1e-11)
		for _, x := range []float64{0.3, 0.5, 0.99, 1.4, 3} {
			sum := 0.0
			for j := 0.0; j <= math.Floor(x/0.5); j++ {
				y := q.ArrivalRate * (j*0.5 - x)
				g, _ := math.Lgamma(j + 1)
				sum += math.Pow(y, j) * math.Exp(-y-g)
			}
			if got := d.waitAbove(x); math.Abs(got-(1-(1-rho)*sum)) > 1e-10 {
				t.Errorf("ρ %g: P(W > %g) = %.12g, want %.12g", rho, x, got, 1-(1-rho)*sum)
			}
		}
	}
}

// Spitzer's sums and the roots of the characteristic equation share nothing
// but the queue.
func TestConstantTwoWays(t *testing.T) {
	for _, c := range []int{1, 2, 3, 8, 20, 100} {
		for _, rho := range []float64{0.3, 0.7, 0.9, 0.95} {
			q := MMc{Servers: c, ArrivalRate: rho * float64(c), ServiceTime: 1}
			if float64(c)*(rho-1-math.Log(rho)) < 0.003 {
				continue // where Spitzer's sums do not converge, and are not used
			}
			a, b := &detQueue{q: q}, &detQueue{q: q}
			a.spitzer()
			b.roots()
			if math.Abs(a.mean-b.mean) > 1e-10*max(1, a.mean) {
				t.Errorf("%d servers, ρ %g: mean %.13g and %.13g", c, rho, a.mean, b.mean)
			}
			for _, x := range []float64{0, 0.2, 0.9999, 1, 1.0001, 2.5} {
				if va, vb := a.waitAbove(x), b.waitAbove(x); math.Abs(va-vb) > 1e-11 {
					t.Errorf("%d servers, ρ %g: P(W > %g) %.13g and %.13g", c, rho, x, va, vb)
				}
			}
			// The mean is the integral of P(W > t), by Simpson's rule between its corners.
			sum := 0.0
			for k := 0.0; ; k++ {
				part := 0.0
				const n = 512
				for i := 0; i <= n; i++ {
					w := float64(2 + 2*(i%2))
					if i == 0 || i == n {
						w = 1
					}
					part += w * a.waitAbove(k+min(float64(i)/n, 1-1e-13)) / n / 3
				}
				if sum += part; part < 1e-13*sum {
					break
				}
			}
			if a.waitMean() > 1e-5 {
				near(t, "integral", sum, a.waitMean(), 1e-6)
			}
		}
	}
}

// The moments that a law is made for are those that it has.
func TestLawMoments(t *testing.T) {
	for _, scv := range []float64{0.01, 0.09, 0.25, 0.3, 0.5, 0.77, 0.999} {
		l := mixedErlang(0.3, scv)
		m := l.moments()
		near(t, "mean", m[0], 0.3, 1e-12)
		near(t, "scv", m[1]/m[0]/m[0]-1, scv, 1e-9)
		near(t, "all starts", total(l.start), 1, 1e-12)
	}
	for _, scv := range []float64{1.001, 1.5, 4, 100, 1000} {
		for _, l := range []law{balanced(0.3, scv), likeLognormal(0.3, scv, lognormalShare), likeLognormal(0.3, scv, 1)} {
			m := l.moments()
			near(t, "mean", m[0], 0.3, 1e-9)
			near(t, "scv", m[1]/m[0]/m[0]-1, scv, 1e-8)
			if !(l.start[0] > 0 && l.start[1] > 0 && l.rate[0] > 0 && l.rate[1] > 0) {
				t.Errorf("scv %g: %+v", scv, l)
			}
		}
		m := hyperexponential(1, scv, math.Pow(1+scv, 3)).moments()
		near(t, "third moment", m[2], math.Pow(1+scv, 3), 1e-7)
	}
}

// One server: matrices must give Pollaczek and Khinchine's mean, and P(wait) = ρ.
func TestMatricesOneServer(t *testing.T) {
	for _, scv := range []float64{0.02, 0.3, 0.9, 1.1, 4, 50} {
		for _, rho := range []float64{0.01, 0.6, 0.95, 0.9999} {
			q := MMc{Servers: 1, ArrivalRate: rho, ServiceTime: 1}
			p, err := solvePhases(q, lawOf(1, scv))
			if err != nil {
				t.Fatal(err)
			}
			near(t, "P(wait)", p.wait, rho, 1e-10)
			near(t, "mean wait", p.waitMean(), pollaczekKhinchine(q, scv), 1e-10/(1-rho)+1e-11)
			near(t, "the answer's", *mustSolve(t, 1, rho, 1, scv).WaitMean, pollaczekKhinchine(q, scv), 1e-13)
		}
	}
}

// Beside an SCV of 1 the matrices are M/M/c, percentiles and all.
func TestMatricesNearExponential(t *testing.T) {
	for _, c := range []int{1, 3, 8, 40} {
		for _, rho := range []float64{0.3, 0.8, 0.95} {
			rate := rho * float64(c) / 0.7
			want := mustSolve(t, c, rate, 0.7, 1)
			// Beside 1 moments differ by rounding alone.
			for _, d := range []float64{-1e-7, -1e-10, -1e-12, -1e-13, -1e-15, 3e-16, 1e-15, 1e-13, 1e-12, 1e-10, 1e-8, 1e-7, 1.01e-6} {
				scv := 1 + d
				a := mustSolve(t, c, rate, 0.7, scv)
				for _, f := range [][2]*float64{{a.WaitProbability, want.WaitProbability}, {a.WaitMean, want.WaitMean}, {a.WaitP95, want.WaitP95}, {a.ResponseMean, want.ResponseMean},
					{a.ResponseP50, want.ResponseP50}, {a.ResponseP95, want.ResponseP95}, {a.ResponseP99, want.ResponseP99}, {a.NumberMean, want.NumberMean}} {
					if math.Abs(*f[0]-*f[1]) > 2e-6*max(0.1, *f[1]) {
						t.Errorf("%d servers, ρ %g, scv %g: %.9g, want %.9g", c, rho, scv, *f[0], *f[1])
					}
				}
			}
		}
	}
}

// CAPACITY's published example: 8 servers, 80 % busy, SCV 4: 1.62 s by
// hyperexponential service, 1.55 s by log-normal. The range spans both.
func TestEightServers(t *testing.T) {
	a := mustSolve(t, 8, 6.4, 1, 4)
	near(t, "balanced means", a.ResponseMeanRange[1], 1.62, 0.005)
	if r := *a.ResponseMean; a.ResponseMeanRange[0] > 1.55 || r < a.ResponseMeanRange[0] || r > a.ResponseMeanRange[1] {
		t.Errorf("mean %g in %v", r, a.ResponseMeanRange)
	}
	if len(a.Warnings) != 1 || !strings.Contains(a.Warnings[0], "do not settle") {
		t.Errorf("warnings %q", a.Warnings)
	}
	// Allen and Cunneen's approximation, (1+scv)/2 times M/M/c, is said there to be
	// within 7 % at 90 % and up to 8 servers.
	for _, c := range []int{1, 2, 4, 8} {
		for _, scv := range []float64{0, 0.5, 2, 4} {
			w := *mustSolve(t, c, 0.9*float64(c), 1, scv).WaitMean
			if scv > 1 { // said of balanced means
				p, err := solvePhases(MMc{Servers: c, ArrivalRate: 0.9 * float64(c), ServiceTime: 1}, balanced(1, scv))
				if err != nil {
					t.Fatal(err)
				}
				w = p.waitMean()
			}
			near(t, "Allen-Cunneen", (1+scv)/2**mustSolve(t, c, 0.9*float64(c), 1, 1).WaitMean, w, 0.07)
		}
	}
}

// What is approximate is no further off than it says.
func TestKnownErrors(t *testing.T) {
	// Percentiles from the slowest exponential, against exact ones.
	for _, c := range []struct {
		servers  int
		rho, scv float64
	}{{8, 0.95, 4}, {2, 0.98, 0.3}, {20, 0.95, 3}, {1, 0.97, 10}} {
		q := MMc{Servers: c.servers, ArrivalRate: c.rho * float64(c.servers), ServiceTime: 1}
		p, err := solvePhases(q, lawOf(1, c.scv))
		if err != nil {
			t.Fatal(err)
		}
		wait, response, ok := p.tails()
		if !ok {
			t.Fatalf("%+v took too long", c)
		}
		w := p.asymptotic()
		near(t, "p95 of the response", w.responsePercentile(p.law)(0.95), response.percentile(0.95), 0.005)
		near(t, "p99 of the response", w.responsePercentile(p.law)(0.99), response.percentile(0.99), 0.005)
		near(t, "p99 of the wait", w.percentile(0.99), wait.percentile(0.99), 0.005)
	}
	// Interpolated in SCV, where the matrices can just do it as well: 4 stages and 7 servers.
	for _, rho := range []float64{0.5, 0.8, 0.95} {
		q := MMc{Servers: 7, ArrivalRate: 7 * rho, ServiceTime: 1}
		exact := mustSolve(t, 7, 7*rho, 1, 0.25)
		low := mustSolve(t, 7, 7*rho, 1, 0)
		p, err := solvePhases(q, mixedErlang(1, 0.5))
		if err != nil {
			t.Fatal(err)
		}
		mean := (*low.WaitMean + p.waitMean()) / 2
		near(t, "interpolated mean wait", mean, *exact.WaitMean, 0.02)
		var a Answer
		a.waits(q, 0.25, exponentialWait((*low.WaitProbability+p.wait)/2, mean))
		near(t, "p95", *a.ResponseP95, *exact.ResponseP95, 0.03)
		near(t, "p99", *a.ResponseP99, *exact.ResponseP99, 0.03)
	}
	// Scaled from 100 servers, where the matrices can do 129.
	for _, rho := range []float64{0.8, 0.93, 0.98} {
		for _, scv := range []float64{0.6, 4} {
			exact := mustSolve(t, 129, 129*rho, 1, scv)
			a, err := scaled(MMc{Servers: 129, ArrivalRate: 129 * rho, ServiceTime: 1}, scv)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "scaled mean wait", *a.WaitMean, *exact.WaitMean, 0.05)
			near(t, "mean response", *a.ResponseMean, *exact.ResponseMean, 0.003)
			near(t, "p95", *a.ResponseP95, *exact.ResponseP95, 0.02)
			near(t, "p99", *a.ResponseP99, *exact.ResponseP99, 0.02)
		}
	}
}

// Every way of answering gives numbers, in order, and no more wait for less.
func TestAllMethodsAnswer(t *testing.T) {
	for _, c := range []int{1, 2, 8, 30, 1001, 1e9} {
		for _, scv := range []float64{0, 1e-9, 0.05, 0.4, 1, 1.3, 100} {
			last := 0.0
			for _, rho := range []float64{1e-9, 0.3, 0.9, 0.9999, 1 - 1e-9} {
				a, err := MGc(c, rho*float64(c)/3, 3, scv)
				if err != nil {
					t.Fatal(err)
				}
				sane(t, a)
				if *a.WaitMean < last*0.999 {
					t.Errorf("%d servers, scv %g, ρ %g: wait %g after %g (%s)", c, scv, rho, *a.WaitMean, last, a.Method)
				}
				last = *a.WaitMean
			}
		}
	}
}

func sane(t *testing.T, a Answer) {
	t.Helper()
	for _, v := range []*float64{a.WaitProbability, a.WaitMean, a.WaitP50, a.WaitP95, a.WaitP99, a.ResponseMean, a.ResponseP50, a.ResponseP95, a.ResponseP99, a.NumberMean} {
		if v == nil || !(*v >= 0) || math.IsInf(*v, 0) {
			t.Fatalf("%s: %v of %+v", a.Method, v, a)
		}
	}
	const slack = 1e-9
	if *a.WaitP50 > *a.WaitP95*(1+slack) || *a.WaitP95 > *a.WaitP99*(1+slack) || *a.ResponseP50 > *a.ResponseP95*(1+slack) || *a.ResponseP95 > *a.ResponseP99*(1+slack) ||
		*a.WaitP95 > *a.ResponseP95*(1+slack) || *a.WaitProbability > 1+slack || *a.ResponseMean < *a.WaitMean {
		t.Errorf("%s: out of order: wait %g %g %g, response %g %g %g", a.Method, *a.WaitP50, *a.WaitP95, *a.WaitP99, *a.ResponseP50, *a.ResponseP95, *a.ResponseP99)
	}
}

func TestMGcRefuses(t *testing.T) {
	for _, scv := range []float64{-1, math.NaN(), math.Inf(1), 1001} {
		if _, err := MGc(1, 0.5, 1, scv); err == nil {
			t.Errorf("an SCV of %g was accepted", scv)
		}
	}
	if _, err := MGc(0, 1, 1, 2); err == nil {
		t.Error("no servers were accepted")
	}
	a, err := MGc(4, 10, 1, 3)
	if err != nil || a.ResponseMean != nil || a.WaitMean != nil || len(a.Warnings) != 1 || !strings.Contains(a.Warnings[0], "overloaded by 150 %") {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err := MGc(4, 0, 1, 3); err != nil || *a.ResponseMean != 1 || *a.WaitMean != 0 {
		t.Errorf("nobody comes: %+v, %v", a, err)
	}
}

func FuzzMGc(f *testing.F) {
	f.Add(8, 6.4, 1.0, 4.0)
	f.Add(1, 1e-300, 1e-60, 0.5)
	f.Add(16, 15.9999999, 1.0, 0.001)
	f.Add(3, 2.9, 1.0, 1.0000001)
	f.Add(2, 1e60, 1e-60, 0.0)
	f.Fuzz(func(t *testing.T, servers int, rate, service, scv float64) {
		if servers > 40 && servers < 1000 {
			servers %= 40 // the rest is tested, and slow
		}
		a, err := MGc(servers, rate, service, scv)
		if err != nil {
			return
		}
		if a.ResponseMean == nil {
			if a.Utilization < 1-1e-9 || len(a.Warnings) == 0 {
				t.Fatalf("no response and no overload: %+v", a)
			}
			return
		}
		sane(t, a)
	})
}
