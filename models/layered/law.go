package layered

import "math"

// law is the spread of the work that a request brings, of mean 1, in phases:
// for an SCV above 1 the work is exponential with mean fast (probability share)
// or slow; below 1 it is Erlang's of two phases (SCV 1/2), and what it changes is
// taken in proportion to 1 - SCV.
type law struct {
	scv        float64
	share      float64
	fast, slow float64
}

// hyperexponential has a mean of 1, the SCV (above 1) and, of those, the one
// whose time to the first of w completions is as the light target says: w times
// the integral of the w-th power of the probability that a request in service
// lasts longer than t. It is 1 for exponential work.
func hyperexponential(scv, light float64, w int) law {
	v := (scv - 1) / 2
	at := func(share float64) law {
		return law{scv, share, 1 + math.Sqrt((1-share)/share*v), max(1e-9, 1-math.Sqrt(share/(1-share)*v))}
	}
	low, high := 1e-6, 1/(1+v)*(1-1e-6)
	if w == 1 {
		return at((low + high) / 2) // Pollaczek-Khinchine: two moments are all
	}
	for range 24 {
		if mid := (low + high) / 2; at(mid).light(w) < light {
			low = mid
		} else {
			high = mid
		}
	}
	return at((low + high) / 2)
}

func (l law) light(w int) float64 {
	// The residual is that of the long kind with probability share·fast.
	a, b := l.share*l.fast, (1-l.share)*l.slow
	var sum float64
	term := math.Pow(b, float64(w)) // C(w,i) a^i b^(w-i)
	if term == 0 {
		return float64(w) * math.Pow(a, float64(w)) * l.fast / float64(w)
	}
	for i := 0; i <= w; i++ {
		sum += term / (float64(i)/l.fast + float64(w-i)/l.slow)
		term *= a / b * float64(w-i) / float64(i+1)
	}
	return float64(w) * sum
}
