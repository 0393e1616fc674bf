// Package design chooses the phases of a calibration so that it tells the most
// in the fewest minutes, and says beforehand how wide the intervals will be. It
// consists of pure functions: no clock, no files, no network.
//
// Demands are found by the utilization law: over a block of Block seconds the
// busy cores of a station are
//
//	busy = b + Σ_c x_c·D_c + ε,
//
// with x_c the journeys of class c begun per second, D_c their CPU seconds, b the
// background, and ε of variance
//
//	σ² = Noise² + Σ_c r_c·D_c²·SCV_c / Block,
//
// the counters' noise and the scatter of the journeys' own demands, at rates
// r_c. Arrivals are Poisson, so that over a phase of T seconds the Fisher
// information about (D, b) is expected to be
//
//	M = T/Block · ( [r;1][r;1]ᵀ + diag(r/Block; 0) ) / σ²
//
// (Atkinson, Donev and Tobias, "Optimum Experimental Designs, with SAS", 2007,
// ch. 9 to 11, for the criteria; the second term is what chance alone moves the
// classes apart). A log that splits each request's time adds that the ratios
// D_c / guess_c are alike up to a relative scatter s, whatever their common
// level: (I - 11ᵀ/C)/s² in those ratios.
//
// Conflicts are counts: of n requests n·exp(α + β·log o) lose a try, with o the
// overlap of transactions on hot rows. Poisson counts k_p of phases with
// overlaps o_p tell Σ k_p·zzᵀ about (α, β), z = (1, log o_p): one overlap alone
// tells a level, and it takes a second one to tell how it grows.
//
// Times are seconds, rates 1/s, demands CPU seconds, widths relative: half of a
// 90 % interval over its value.
package design
