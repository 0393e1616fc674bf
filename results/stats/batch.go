package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/headroom-erp/headroom"
)

// defaultBatches is the number of batches that most of the literature ends at:
// more do not narrow the interval (Schmeiser 1982, 10 to 30).
const defaultBatches = 20

// Batches are the means of consecutive batches of a series.
type Batches struct {
	headroom.Estimate           // of the mean
	Means             []float64 // of equally many values each
	Size              int       // values in a batch
	Dropped           int       // values at the begin that fill no batch
	// Lag1 is the correlation of neighbouring batches. Independent is false when
	// it is higher than independent batches would have in 95 of 100 cases: the
	// batches are too short, and the interval with them.
	Lag1        float64
	Independent bool
}

const batchMethod = "batch means"

// BatchMeans estimates the mean of a stationary series with an interval of
// headroom.Level from the spread of the means of so many consecutive batches
// (0: 20), which are nearly independent where they are long beside the memory
// of the series (Law and Kelton, "Simulation Modeling and Analysis", 9.5.3):
//
//	m ± t_{b-1} s / √b,
//
// with s the standard deviation of the b batch means and t Student's quantile.
// What does not fill a batch is dropped at the begin, where a warm-up would be.
// Neighbouring means are tested by their correlation, which for independent
// ones is about normal with mean -1/b and variance 1/b (Anderson 1942; Fishman
// 1978 tests batches so).
//
// With fewer than two values in a batch it takes fewer batches; with fewer than
// two batches there is no interval, and the estimate is not identified.
func BatchMeans(values []float64, batches int) Batches {
	if batches <= 0 {
		batches = defaultBatches
	}
	batches = min(batches, len(values)/2)
	out := Batches{Estimate: headroom.Estimate{Level: headroom.Level, N: len(values), Method: batchMethod}}
	if len(values) == 0 {
		return out
	}
	if batches < 2 {
		out.Value = Mean(values)
		out.Low, out.High = out.Value, out.Value
		return out
	}
	out.Size = len(values) / batches
	out.Dropped = len(values) - batches*out.Size
	rest := values[out.Dropped:]
	for i := range batches {
		out.Means = append(out.Means, Mean(rest[i*out.Size:(i+1)*out.Size]))
	}
	b := float64(batches)
	out.Value = Mean(out.Means)
	var square float64
	for _, m := range out.Means {
		square += (m - out.Value) * (m - out.Value)
	}
	half := studentT(headroom.Level, b-1) * math.Sqrt(square/(b-1)/b)
	out.Low, out.High = out.Value-half, out.Value+half
	out.Lag1 = Autocorrelation(out.Means, 1)
	out.Independent = out.Lag1 <= -1/b+normalQuantile(0.95)/math.Sqrt(b)
	out.Identified = batches >= 10 && out.Independent
	return out
}

// studentT is the half-width, in standard errors, of a central interval.
func studentT(level, degrees float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: degrees}.Quantile((1 + level) / 2)
}

func normalQuantile(p float64) float64 { return distuv.UnitNormal.Quantile(p) }
