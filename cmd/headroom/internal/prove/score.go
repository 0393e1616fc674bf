package prove

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// Targets are what is wanted of each kind of figure as a mean absolute error,
// and of coverage as a share, in the order of the page. The best published with
// stated numbers are 3 % in throughput and 9 % in response (Kattepur and
// Nambiar 2015), without percentiles.
var Targets = []headroom.Score{
	{What: headroom.ProofCapacity, Target: 0.05},
	{What: headroom.ProofThroughput, Target: 0.03},
	{What: headroom.ProofMean, Target: 0.09},
	{What: headroom.ProofP95, Target: 0.15},
	{What: headroom.ProofRetries, Target: 1.0 / 3},
	{What: headroom.ProofCoverage, Target: 0.8},
}

// Score sums proofs up.
func Score(proofs []headroom.Proof) []headroom.Score {
	out := sums(counted(proofs, false))
	for i := range out {
		s := &out[i]
		if s.N == 0 {
			continue
		}
		met := s.Value <= s.Target
		if s.What == headroom.ProofCoverage {
			met = s.Value >= s.Target
		}
		s.Met = &met
	}
	return out
}

// Fit sums up what was forecast after its measurement, without a verdict; nil
// where there is none.
func Fit(proofs []headroom.Proof) []headroom.Score {
	if late := counted(proofs, true); len(late) > 0 {
		return sums(late)
	}
	return nil
}

// counted are all figures that count, capacities among them; or those that
// would if their forecast had not come after their measurement.
func counted(proofs []headroom.Proof, late bool) []headroom.ProofFigure {
	var out []headroom.ProofFigure
	for _, p := range proofs {
		if p.Invalid == "" {
			for _, g := range p.Figures {
				if g.Scored && !late || late && g.Why == headroom.AfterMeasurement {
					out = append(out, g)
				}
			}
		}
		if c := p.Capacity; c != nil && c.Measured.Identified && (p.CapacityWhy == "" && !late || late && p.CapacityWhy == headroom.AfterMeasurement) {
			g := headroom.ProofFigure{What: headroom.ProofCapacity, Forecast: c.Forecast, Measured: c.Measured}
			if compare(&g); g.Scored {
				out = append(out, g)
			}
		}
	}
	return out
}

// sums are the mean absolute errors by kind, and the coverage.
func sums(figures []headroom.ProofFigure) []headroom.Score {
	out := slices.Clone(Targets)
	for i := range out {
		s := &out[i]
		if s.What == headroom.ProofCoverage {
			coverage(s, figures)
			continue
		}
		var raw, same []float64
		for _, g := range figures {
			if g.What == s.What {
				raw = append(raw, math.Abs(g.Error))
				if g.ErrorAtSpeed != nil {
					same = append(same, math.Abs(*g.ErrorAtSpeed))
				}
			}
		}
		if s.N = len(raw); s.N == 0 {
			continue
		}
		s.Value, s.Worst = mean(raw), slices.Max(raw)
		if len(same) > 0 {
			v := mean(same)
			s.AtSpeed = &v
		}
	}
	return out
}

func coverage(s *headroom.Score, figures []headroom.ProofFigure) {
	covered := 0
	for _, g := range figures {
		s.N++
		if g.Covered {
			covered++
		}
	}
	if s.N > 0 {
		s.Value = float64(covered) / float64(s.N)
		s.Worst = s.Value
	}
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// mostFailures is how many failures are told in words.
const mostFailures = 8

// Failures are sentences about scored figures beyond their kind's target,
// those farthest beyond it first.
func Failures(proofs []headroom.Proof) []string {
	target := map[string]float64{}
	for _, t := range Targets {
		target[t.What] = t.Target
	}
	type failure struct {
		text   string
		beyond float64
	}
	var all []failure
	for _, p := range proofs {
		for _, g := range counted([]headroom.Proof{p}, false) {
			beyond := math.Abs(g.Error) / target[g.What]
			if beyond <= 1 {
				continue
			}
			text := fmt.Sprintf("%s: %s is forecast %s", p.Name, strings.TrimSpace(cause(g.Class, g.Process)+" "+g.What), direction(g.Error))
			if g.ErrorAtSpeed != nil {
				text += fmt.Sprintf("; with the machine's speed taken out %s", direction(*g.ErrorAtSpeed))
			}
			if !g.Covered {
				text += "; its interval does not hold what was measured"
			}
			all = append(all, failure{text + ".", beyond})
		}
	}
	slices.SortStableFunc(all, func(a, b failure) int { return cmp.Compare(b.beyond, a.beyond) })
	var out []string
	for _, f := range all[:min(len(all), mostFailures)] {
		out = append(out, f.text)
	}
	if n := len(all) - len(out); n == 1 {
		out = append(out, "And one more figure is beyond its kind's target.")
	} else if n > 0 {
		out = append(out, fmt.Sprintf("And %d more figures are beyond their kind's target.", n))
	}
	return out
}

func direction(e float64) string {
	if e < 0 {
		return fmt.Sprintf("%.0f %% too low", -100*e)
	}
	return fmt.Sprintf("%.0f %% too high", 100*e)
}
