package demand

import "math"

// z90 is the normal's quantile at 0.95: intervals are of level 0.9.
const z90 = 1.6448536269514722

// poissonLimits are the mean's 90 % limits where n was counted: the exact
// ones (Garwood, Biometrika 28, 1936), half of a chi-squared's quantiles at 2n and 2n + 2
// degrees of freedom, by Wilson and Hilferty's approximation (PNAS 17, 1931),
// which is within 3 % from n = 1 on. n may be fractional. At 0 the upper limit is ln 20.
func poissonLimits(n float64) (low, high float64) {
	return gammaQuantile(n, -z90), gammaQuantile(n+1, z90)
}

// gammaQuantile is the quantile of a gamma of shape a and scale 1 where a
// normal has z.
func gammaQuantile(a, z float64) float64 {
	switch {
	case a <= 0:
		return 0
	case a < 1: // the cube root is no longer near a normal: P(X <= x) is about x^a / Γ(a+1)
		return math.Pow(math.Gamma(a+1)*0.5*math.Erfc(-z/math.Sqrt2), 1/a)
	case a == 1:
		return -math.Log(0.5 * math.Erfc(z/math.Sqrt2))
	}
	c := 1 / (9 * a)
	return a * math.Pow(max(0, 1-c+z*math.Sqrt(c)), 3)
}
