package compare

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Numbers of blocks. Fewer than fewestBlocks say little about their own
// spread; beyond mostBlocks Student's t gains next to nothing, while shorter
// blocks are more alike.
const (
	fewestBlocks = 8
	mostBlocks   = 40
)

// episode is how many times as long as the longer waits of its journeys a
// block is at least: journeys that were in the system together are one
// observation rather than two.
const episode = 4.0

// A layout says which observations of two sides, baseline first, belong
// together. Observations of a run are in blocks, one after the other in the order of
// the schedule. Series are what blocks are compared along: one of the runs of
// each side, or, where the sides have different numbers of runs, all of them.
type layout struct {
	at     [2][][]int // the block of each observation of each run
	blocks int
	series int // of runs set beside each other, the i-th with the i-th; 1: all runs of a side together
	paired bool
}

// ranked lays out runs of so many observations, the larger side's n at most,
// with at most limit blocks in each run: the k-th of n is in block k·B/n. Both
// sides replay the same part of the calendar, so that a block of one and the
// same block of the other lie at the same time of it, whatever the seeds.
func ranked(counts [2][]int, limit int, paired bool) layout {
	l := layout{paired: paired, series: 1}
	if len(counts[0]) == len(counts[1]) {
		l.series = len(counts[0])
	}
	smaller := math.MaxInt
	for _, runs := range counts {
		total := 0
		for _, n := range runs {
			total += n
		}
		smaller = min(smaller, total)
	}
	l.blocks = max(1, min(smaller/2/l.series, mostBlocks, limit))
	for side, runs := range counts {
		for _, n := range runs {
			at := make([]int, n)
			for k := range at {
				at[k] = k * l.blocks / n
			}
			l.at[side] = append(l.at[side], at)
		}
	}
	return l
}

// sums adds up influences: those of the other side minus the baseline's by
// series and block, and each run's own.
func (l layout) sums(z [2][][]float64) (blocks [][]float64, runs [2][]float64) {
	blocks = make([][]float64, l.series)
	for i := range blocks {
		blocks[i] = make([]float64, l.blocks)
	}
	for side, sign := range []float64{-1, 1} {
		runs[side] = make([]float64, len(z[side]))
		for run, values := range z[side] {
			at, series := l.at[side][run], blocks[run%l.series]
			for k, v := range values {
				series[at[k]] += sign * v
				runs[side][run] += v
			}
		}
	}
	return blocks, runs
}

// A spread is a standard error and the degrees of freedom that it is known with.
type spread struct {
	se, df float64
	blocks int
	few    bool // too few blocks, or too much alike: nothing is known
}

// spreadOf is the standard error of a contrast, from each observation's part in
// it (its influence: these sum to 0 in each side).
//
// Observations near in time share queues, so they are summed in blocks, and a
// block of the baseline is subtracted from the same block of the other: what
// the calendar does to both, and with the same arrivals what these do, is not
// there. The variance of the differences gives that of their sum, and Student's
// t what it says (batch means, Conway 1963; of matched pairs of batches). If the
// sides do not differ, the differences are symmetric around 0 whatever the
// distribution of times, and with long tails Student's t then errs on the safe
// side (Efron 1969, Benjamini 1983).
//
// Where neighbouring blocks are still alike, the variance is the larger of two:
// that of an autoregressive series, and that of the slowest movements of the
// differences, whose few cosine coefficients are then the degrees of freedom.
// A disturbance that lasts a good part of the window is beyond both: it takes
// repeated runs to know of it.
func spreadOf(l layout, z [2][][]float64) spread {
	r, runs := l.sums(z)
	blocks := float64(l.series * l.blocks)
	v, rho := variance(r)
	inflation := (1 + rho) / (1 - rho)
	s := spread{blocks: l.series * l.blocks, df: blocks/inflation - 1}
	v *= inflation
	if rho > alike && l.blocks > fewestWaves {
		waves := max(int(float64(l.blocks)/inflation*waveShare), fewestWaves)
		v, s.df = max(v, lowFrequencies(r, waves)), float64(waves*l.series)
	}
	s.few = s.blocks < fewestBlocks || s.df < fewestWaves
	between, df := betweenRuns(runs, l.paired)
	switch {
	case s.few && df >= 2:
		// Only the runs as wholes tell.
		return spread{se: math.Sqrt(between), df: df, blocks: int(df) + 1}
	case s.few:
		return s
	case df > 0 && between > v:
		// What the runs differ by beyond what their blocks explain has few degrees
		// of freedom; the sum of both has those of Satterthwaite (1946).
		excess := between - v
		s.df = between * between / (v*v/s.df + excess*excess/df)
		v = between
	}
	s.se = math.Sqrt(v)
	return s
}

// Blocks whose first autocorrelation is above alike are not independent. They
// count as waveShare of what an autoregressive series of theirs would, at
// least as fewestWaves. Chosen by simulation (BenchmarkFalseAlarms).
const (
	alike       = 0.05
	waveShare   = 0.3
	fewestWaves = 4
)

// variance is that of the sum of all of r, were its terms independent, and the
// first autocorrelation within its series, 0 to 0.9, corrected for its bias
// (Marriott and Pope 1954). The terms' mean is 0.
func variance(r [][]float64) (v, rho float64) {
	var squares, products, n float64
	for _, series := range r {
		for i, x := range series {
			squares += x * x
			if i > 0 {
				products += x * series[i-1]
			}
		}
		n += float64(len(series))
	}
	if squares == 0 || n < 6 {
		return squares, 0
	}
	rho = (products/squares + 1/n) / (1 - 4/n)
	return squares * n / (n - 1), min(max(rho, 0), 0.9)
}

// lowFrequencies is the variance of the sum of r from its slowest movements:
// the mean square of its first cosine coefficients, the equal-weighted cosine
// estimator of Lazarus, Lewis, Stock and Watson (2018).
func lowFrequencies(r [][]float64, waves int) float64 {
	var squares float64
	for _, series := range r {
		n := float64(len(series))
		for j := 1; j <= waves; j++ {
			var c float64
			for i, x := range series {
				c += x * math.Cos(math.Pi*float64(j)*(float64(i)+0.5)/n)
			}
			squares += 2 * c * c
		}
	}
	return squares / float64(waves)
}

// betweenRuns is the variance of the contrast as repeated runs show it, and its
// degrees of freedom; 0 of these without repetition. A side that was run once
// is taken to vary as the other does.
func betweenRuns(runs [2][]float64, paired bool) (v, df float64) {
	if k := len(runs[0]); paired && k == len(runs[1]) {
		if k < 2 {
			return 0, 0
		}
		for i := range k {
			d := runs[1][i] - runs[0][i]
			v += d * d
		}
		return v * float64(k) / float64(k-1), float64(k - 1)
	}
	var side [2]float64
	for s, sums := range runs {
		if k := float64(len(sums)); k >= 2 {
			for _, x := range sums {
				side[s] += x * x
			}
			side[s] *= k / (k - 1)
			df += k - 1
		}
	}
	for s := range side {
		if len(runs[s]) == 1 {
			side[s] = side[1-s] * float64(len(runs[1-s]))
		}
	}
	return side[0] + side[1], df
}

// student is Student's distribution.
func student(df float64) distuv.StudentsT { return distuv.StudentsT{Sigma: 1, Nu: df} }

// p is the chance of a contrast as far from 0, on either side, without a
// difference. Without any spread the blocks' signs alone speak: all alike by
// chance, 2^(1-blocks).
func (s spread) p(estimate float64) float64 {
	switch {
	case math.Abs(estimate) < 1e-12:
		return 1
	case s.se < 1e-12*math.Abs(estimate) || s.se == 0:
		return math.Exp2(1 - float64(s.blocks))
	}
	return min(1, 2*student(s.df).Survival(math.Abs(estimate)/s.se))
}

// critical is how many standard errors a test at the level alpha takes.
func (s spread) critical(alpha float64) float64 {
	return student(s.df).Quantile(1 - alpha/2)
}

// power is the share of comparisons in which Smallest would have been found.
const power = 0.8

// smallest is the contrast that a test at the level alpha finds in 4 of 5
// cases: the critical value and the distribution's 80th percentile, in standard errors.
func (s spread) smallest(alpha float64) float64 {
	return (s.critical(alpha) + student(s.df).Quantile(power)) * s.se
}
