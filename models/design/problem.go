package design

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// z is the standard normal quantile that 90 % lie within.
const z = 1.6448536269514722

// A Problem is what is to be learned, and what is guessed of it.
type Problem struct {
	Stations []string // "app", "database"
	Classes  []Class
	// Block is the length of a block of the regression; 0 means 5 s.
	Block float64
	// Noise is the standard deviation of a block's busy cores beside what the
	// journeys explain; 0 means 0.05.
	Noise float64
	// LogScatter is how far, relatively, the log may be wrong about the ratio of
	// two classes' demands; 0: there is no log.
	LogScatter float64
	// Idle is the standard deviation of what is known of the background, in
	// cores; 0: nothing is known of it.
	Idle float64
	// Doubt is how far, relatively, the guesses may be off before anything was
	// measured; 0 means 1.
	Doubt float64
	// Conflicts says that the classes' conflicts are to be learned too; Growth is
	// the guess of β, 0 means 1.
	Conflicts bool
	Growth    float64
}

// A Class is journeys of one process.
type Class struct {
	Name   string
	Demand []float64 // guess by station, CPU seconds of one journey; 0 where it needs none
	SCV    float64   // of one journey's demand
	// Conflict is a guess of the share of journeys that lose a try at an overlap
	// of 1; 0: it has no conflicts.
	Conflict float64
}

// A Phase is one part of a calibration: a steady load for a time.
type Phase struct {
	Name    string
	Rates   []float64 // by class, journeys per second
	Seconds float64   // of measurement
	Cost    float64   // seconds that it takes beside them
	Overlap float64   // of transactions on hot rows; 0: none
}

// Length is what a phase takes of the time.
func (p Phase) Length() float64 { return p.Seconds + p.Cost }

func (p Problem) withDefaults() Problem {
	set := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	set(&p.Block, 5)
	set(&p.Noise, 0.05)
	set(&p.Doubt, 1)
	set(&p.Growth, 1)
	return p
}

func (p Problem) check(phases []Phase) error {
	if len(p.Stations) == 0 || len(p.Classes) == 0 {
		return errors.New("design: nothing is to be learned: no station or no class")
	}
	for _, v := range []float64{p.Block, p.Noise, p.LogScatter, p.Idle, p.Doubt, p.Growth} {
		if !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("design: %g is no size of a block, noise or doubt", v)
		}
	}
	for _, c := range p.Classes {
		if len(c.Demand) != len(p.Stations) {
			return fmt.Errorf("design: class %s has %d demands of %d stations", c.Name, len(c.Demand), len(p.Stations))
		}
		for _, d := range c.Demand {
			if !(d >= 0) || math.IsInf(d, 0) {
				return fmt.Errorf("design: class %s: a demand of %g s cannot be guessed", c.Name, d)
			}
		}
		if !(c.SCV >= 0) || !(c.Conflict >= 0) || math.IsInf(c.SCV+c.Conflict, 0) {
			return fmt.Errorf("design: class %s: an SCV of %g and a conflict share of %g", c.Name, c.SCV, c.Conflict)
		}
	}
	for _, f := range phases {
		if len(f.Rates) != len(p.Classes) || !(f.Seconds > 0) || !(f.Cost >= 0) || !(f.Overlap >= 0) || math.IsInf(f.Length()+f.Overlap, 0) {
			return fmt.Errorf("design: phase %s: %d rates of %d classes in %g s", f.Name, len(f.Rates), len(p.Classes), f.Seconds)
		}
		for _, r := range f.Rates {
			if !(r >= 0) || math.IsInf(r, 0) {
				return fmt.Errorf("design: phase %s: a rate of %g", f.Name, r)
			}
		}
	}
	return nil
}

// An Information is what phases are expected to tell, beside what was known
// before. Demands are in units of their guesses.
type Information struct {
	problem  Problem
	stations []*mat.SymDense // of (D/guess, b), by station
	conflict *mat.SymDense   // of (α, β); nil without conflicts
}

// prior is what is known before any phase.
func (p Problem) prior() Information {
	i := Information{problem: p}
	n := len(p.Classes)
	for range p.Stations {
		m := mat.NewSymDense(n+1, nil)
		for c := range n {
			m.SetSym(c, c, 1/(p.Doubt*p.Doubt))
		}
		if s := p.LogScatter; s > 0 {
			for a := range n {
				for b := a; b < n; b++ {
					v := -1 / (float64(n) * s * s)
					if a == b {
						v += 1 / (s * s)
					}
					m.SetSym(a, b, m.At(a, b)+v)
				}
			}
		}
		idle := p.Idle
		if idle == 0 {
			idle = 10 // cores: as good as nothing
		}
		m.SetSym(n, n, 1/(idle*idle))
		i.stations = append(i.stations, m)
	}
	if p.Conflicts {
		// A factor of e either way of the level, and β within 1 either way.
		i.conflict = mat.NewSymDense(2, []float64{1, 0, 0, 1})
	}
	return i
}

// add takes a phase into account.
func (i Information) add(f Phase) {
	p := i.problem
	n := len(p.Classes)
	for s, m := range i.stations {
		variance := p.Noise * p.Noise
		for c, k := range p.Classes {
			variance += f.Rates[c] * k.Demand[s] * k.Demand[s] * k.SCV / p.Block
		}
		weight := f.Seconds / p.Block / variance
		x := make([]float64, n+1)
		x[n] = 1
		for c, k := range p.Classes {
			x[c] = f.Rates[c] * k.Demand[s]
		}
		m.SymRankOne(m, weight, mat.NewVecDense(n+1, x))
		for c, k := range p.Classes {
			m.SetSym(c, c, m.At(c, c)+weight*f.Rates[c]/p.Block*k.Demand[s]*k.Demand[s])
		}
	}
	if i.conflict == nil || !(f.Overlap > 0) {
		return
	}
	lost := 0.0
	for c, k := range p.Classes {
		lost += f.Rates[c] * f.Seconds * min(1, k.Conflict*math.Pow(f.Overlap, p.Growth))
	}
	l := math.Log(f.Overlap)
	i.conflict.SymRankOne(i.conflict, lost, mat.NewVecDense(2, []float64{1, l}))
}

func (i Information) clone() Information {
	out := Information{problem: i.problem}
	for _, m := range i.stations {
		c := mat.NewSymDense(m.SymmetricDim(), nil)
		c.CopySym(m)
		out.stations = append(out.stations, c)
	}
	if i.conflict != nil {
		out.conflict = mat.NewSymDense(2, nil)
		out.conflict.CopySym(i.conflict)
	}
	return out
}

// Expect is what phases are expected to tell. It refuses a problem or a phase
// that makes no sense.
func (p Problem) Expect(phases []Phase) (Information, error) {
	p = p.withDefaults()
	if err := p.check(phases); err != nil {
		return Information{}, err
	}
	i := p.prior()
	for _, f := range phases {
		i.add(f)
	}
	return i, nil
}
