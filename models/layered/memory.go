package layered

import (
	"math"
	"slices"
)

// memory is what a worker forgets: registries of tenants, and itself.
type memory struct {
	load  float64 // s at the home station for a tenant's first request
	kept  int     // tenants, 0: all
	after int     // requests until the worker is started anew, 0: never
	time  float64 // s that this takes
}

// pause is the mean time that a request's worker is away after it, in seconds.
func (m memory) pause() float64 {
	if m.after <= 0 {
		return 0
	}
	return m.time / float64(m.after)
}

// pauseVariance is the variance of that, in s².
func (m memory) pauseVariance() float64 {
	if m.after <= 0 {
		return 0
	}
	return m.time*m.time/float64(m.after) - m.pause()*m.pause()
}

// misses is the probability, by tenant, that a request finds a worker without
// its registry. Requests come to a worker as independent draws of tenants by
// their shares. A worker that keeps k of them, the least recently used one
// dropped, keeps a tenant for the time in which k different ones are asked for
// (Che, Tung and Wang 2002); one that starts anew begins without any.
func (m memory) misses(share []float64) []float64 {
	out := make([]float64, len(share))
	if m.load <= 0 {
		return out
	}
	kept := math.Inf(1) // requests
	if m.kept > 0 && m.kept < active(share) {
		kept = characteristic(share, float64(m.kept))
	}
	for i, p := range share {
		if p <= 0 {
			continue
		}
		if !math.IsInf(kept, 1) {
			out[i] = math.Exp(-p * kept)
		}
		if m.after > 0 {
			// The first request of a life always misses; from a life of n requests
			// (1 - (1-p)^n)/(n p) of the tenant's are its first.
			n := float64(m.after)
			first := -math.Expm1(n*math.Log1p(-min(p, 1-1e-15))) / (n * p)
			out[i] = first + (1-first)*out[i]
		}
	}
	return out
}

// remember gives the classes what their workers' forgetting costs them.
func (v *solver) remember() {
	for p := range v.pools {
		m := v.pools[p].memory
		if m.load <= 0 {
			continue
		}
		var tenants []string
		var share []float64
		var total float64
		of := make([]int, len(v.classes))
		for i := range v.classes {
			k := &v.classes[i]
			if k.pool != p {
				continue
			}
			at := slices.Index(tenants, k.tenant)
			if at < 0 {
				at = len(tenants)
				tenants, share = append(tenants, k.tenant), append(share, 0)
			}
			of[i] = at
			share[at] += k.rate
			total += k.rate
		}
		for i := range share {
			share[i] /= max(total, 1e-300)
		}
		misses := m.misses(share)
		for i := range v.classes {
			if k := &v.classes[i]; k.pool == p && k.home >= 0 {
				k.load(misses[of[i]], m.load*v.slowness(k.home))
			}
		}
	}
}

// load adds, to what the class itself demands at home, a constant with a probability.
func (k *class) load(probability, seconds float64) {
	d, variance := k.own, k.own*k.own*k.ownSCV
	d += probability * seconds
	variance += probability * (1 - probability) * seconds * seconds
	k.demand[k.home] = d
	if d > 0 {
		k.scv[k.home] = variance / (d * d)
	}
}

func active(share []float64) int {
	n := 0
	for _, p := range share {
		if p > 0 {
			n++
		}
	}
	return n
}

// characteristic is the number t of requests in which k different tenants are
// asked for on average: the sum of 1 - exp(-p t) is k.
func characteristic(share []float64, k float64) float64 {
	low, high := 0.0, 1.0
	got := func(t float64) float64 {
		var n float64
		for _, p := range share {
			n -= math.Expm1(-p * t)
		}
		return n
	}
	for got(high) < k && high < 1e15 {
		low, high = high, 2*high
	}
	for range 50 {
		if mid := (low + high) / 2; got(mid) < k {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}
