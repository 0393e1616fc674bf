package queueing

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"
)

// detQueue is M/D/c: constant service D. Who waits now and in D seconds are
// one random walk apart,
//
//	L(t+D) = max(0, L(t) + A - c),  A Poisson of mean a = λD
//
// because whoever is in service now is gone by then.
//
// Source: C. Crommelin, "Delay probability formulae when the holding times are
// constant", Post Office Electrical Engineers Journal 25 (1932).
type detQueue struct {
	q    MMc
	more []float64 // P(L > j), j = 0, 1, …; 0 beyond its end; nil where it is too long
	mean float64   // of L
}

// Where the walk's drift is strong, Spitzer's sums converge fast and keep
// every digit; where it is weak, the roots do and there is no cancellation.
const weakDrift = 0.05

// mostDetServers is how many M/D/c is solved for; more are scaled.
const mostDetServers = 1000

func solveDet(q MMc) *detQueue {
	d := &detQueue{q: q}
	// The exponent with which P(A_l > lc) falls in l.
	c, a := float64(q.Servers), q.Load()
	if rho := a / c; c*(rho-1-math.Log(rho)) > weakDrift {
		d.spitzer()
	} else {
		d.roots()
	}
	return d
}

// spitzer sums over l = 1, 2, … what the walk can have gained in l steps,
//
//	E[L] = Σ_l E[(A_l - lc)+]/l
//	E[z^L] = exp Σ_j f_j (z^j - 1),  f_j = Σ_l P(A_l = lc + j)/l
//
// with A_l Poisson of mean la. All terms are positive.
//
// Source: F. Spitzer, "A combinatorial lemma and its application to
// probability theory", Trans. AMS 82 (1956).
func (d *detQueue) spitzer() {
	c, a := float64(d.q.Servers), d.q.Load()
	var f []float64 // f_j
	for l := 1.0; l < 5000; l++ {
		gained := 0.0
		start := l*c + 1
		w := poisson(start, l*a)
		for j := 1; ; j++ {
			if j >= len(f) {
				f = append(f, make([]float64, j+1-len(f))...)
			}
			f[j] += w / l
			gained += float64(j) * w / l
			w *= l * a / (start + float64(j))
			if w < 1e-18*f[1] || w == 0 {
				break
			}
		}
		d.mean += gained
		if gained < 1e-17*d.mean || gained == 0 {
			break
		}
	}
	d.expand(f)
}

// expand is the distribution whose generating function is exp Σ f_j (z^j - 1):
// n p_n = Σ j f_j p_{n-j}.
func (d *detQueue) expand(f []float64) {
	p := []float64{math.Exp(-total(f))}
	for n, sum := 1, p[0]; n < 200_000; n++ {
		v := 0.0
		for j := 1; j <= n && j < len(f); j++ {
			v += float64(j) * f[j] * p[n-j]
		}
		v /= float64(n)
		p = append(p, v)
		if sum += v; v < 1e-18*(1-p[0]) || v == 0 {
			break
		}
	}
	d.tail(p)
}

// tail sums from the far end, so that what is rare keeps its digits.
func (d *detQueue) tail(p []float64) {
	d.more = make([]float64, len(p))
	for j := len(p) - 1; j > 0; j-- {
		d.more[j-1] = d.more[j] + p[j]
	}
}

// roots finds the c-1 zeros of z^c - e^(-a(1-z)) inside of the unit circle,
// which settle the generating function
//
//	E[z^L] = (c-a)(z-1)/(z^c - e^(-a(1-z))) Π (z-z_k)/(1-z_k)
//	E[L]   = a/(2(c-a)) - (c-1+a)/2 + Σ 1/(1-z_k)
//
// and inverts it on the unit circle by a Fourier transform that is long enough
// for the tail to vanish.
//
// Source: A. Janssen and J. van Leeuwaarden, "Analytic computation schemes for
// the discrete-time bulk service queue", Queueing Systems 50 (2005).
func (d *detQueue) roots() {
	c, a, idle := float64(d.q.Servers), d.q.Load(), d.q.idle()
	roots := make([]complex128, 0, d.q.Servers)
	d.mean = a/(2*idle) - (c-1+a)/2
	for k := 1; k < d.q.Servers; k++ {
		z := unitRoot(a/c, 2*math.Pi*float64(k)/c)
		roots = append(roots, z)
		d.mean += real(1 / (1 - z))
	}
	// The tail falls as z0^-j, with z0 > 1 the next root.
	n := 1 << 10
	for float64(n)*decay(a/c) < 38 {
		if n <<= 1; n*d.q.Servers > mostTransform {
			return
		}
	}
	values := make([]complex128, n/2+1)
	values[0] = 1
	for i := 1; i <= n/2; i++ {
		values[i] = d.transform(cmplx.Rect(1, -2*math.Pi*float64(i)/float64(n)), roots)
	}
	p := fourier.NewFFT(n).Sequence(nil, values)
	for j, v := range p {
		p[j] = max(0, v/float64(n))
	}
	d.tail(p)
}

// mostTransform is how many products the transform may cost: about a second.
const mostTransform = 1 << 26

// transform is E[z^L] on the unit circle.
func (d *detQueue) transform(z complex128, roots []complex128) complex128 {
	c, a := float64(d.q.Servers), d.q.Load()
	v := complex(d.q.idle(), 0) * (z - 1) / (cmplx.Pow(z, complex(c, 0)) - cmplx.Exp(complex(-a, 0)*(1-z)))
	size := 0.0 // its logarithm, taken out of partial products
	for i, root := range roots {
		v *= (z - root) / (1 - root)
		if i%16 == 15 {
			s := cmplx.Abs(v)
			size += math.Log(s)
			v /= complex(s, 0)
		}
	}
	return v * complex(math.Exp(size), 0)
}

// unitRoot is z = e^(iφ) e^(-ρ(1-z)), by Newton from the fixed point's way.
func unitRoot(rho, phi float64) complex128 {
	w := cmplx.Rect(1, phi)
	z := complex128(0)
	for range 8 {
		z = w * cmplx.Exp(complex(-rho, 0)*(1-z))
	}
	for range 60 {
		e := w * cmplx.Exp(complex(-rho, 0)*(1-z))
		step := (z - e) / (1 - complex(rho, 0)*e)
		z -= step
		if cmplx.Abs(step) < 1e-16 {
			break
		}
	}
	return z
}

// decay is log z0, with which P(L > j) falls as e^(-jy): the root y > 0 of y =
// ρ(e^y - 1). P(W > t) falls as e^(-yct/D).
func decay(rho float64) float64 {
	high := 1.0
	for rho*math.Expm1(high) < high {
		high *= 2
	}
	return bisect(func(y float64) bool { return rho*math.Expm1(y) < y || y == 0 }, 0, high)
}

func poisson(n, mean float64) float64 {
	l, _ := math.Lgamma(n + 1)
	return math.Exp(n*math.Log(mean) - mean - l)
}

func (d *detQueue) level(j int) float64 {
	if j >= len(d.more) {
		return 0
	}
	return d.more[j]
}

// waitAbove is P(W > t) for t in seconds: with (k-1)D <= t < kD,
//
//	P(W <= t) = Σ_{j=0..kc-1} P(L <= kc-1-j) e^(-y) y^j/j!,  y = λ(kD - t)
//
// written for the complement, whose terms are all positive as well.
//
// Source: G. Franx, "A simple solution for the M/D/c waiting time
// distribution", Operations Research Letters 29 (2001).
func (d *detQueue) waitAbove(t float64) float64 {
	x := t / d.q.ServiceTime
	k := math.Floor(x) + 1
	top := int(k)*d.q.Servers - 1
	y := d.q.Load() * (k - x)
	at := func(j int) float64 {
		if j > top {
			return 1
		}
		return d.level(top - j)
	}
	mode := int(y)
	peak := 1.0
	if y > 0 {
		peak = poisson(float64(mode), y)
	}
	sum := peak * at(mode)
	for j, w := mode, peak; j > 0 && w > 1e-20; j-- {
		w *= float64(j) / y
		sum += w * at(j-1)
	}
	for j, w := mode+1, peak*y/float64(mode+1); w > 0; j++ {
		sum += w * at(j)
		// What is left is less than a geometric series.
		if w < 1e-18*sum*(1-y/float64(j)) {
			break
		}
		w *= y / float64(j+1)
	}
	return min(1, sum)
}

// waitPercentile is in seconds.
func (d *detQueue) waitPercentile(p float64) float64 {
	if d.waitAbove(0) <= 1-p {
		return 0
	}
	return invert(d.waitAbove, 1-p, d.q.ServiceTime)
}

func (d *detQueue) waitMean() float64 { return d.mean / d.q.ArrivalRate }
