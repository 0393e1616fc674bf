package demand

import (
	"math/rand/v2"
	"slices"

	"github.com/headroom-erp/headroom/models/fit"
)

// The grid of the utilization law, and the blocks of the bootstrap, seconds.
const (
	cell  = 2.5
	block = 5.0
)

// How far the log may be wrong where the counters cannot say: as standard
// deviations, relative to the common factor, of one class' factor and of
// unjoined lines' factor; of the background about the common fit's, in cores;
// and of a direct read's CPU share about 0. A background beyond idleMost cores
// is not believed.
const (
	classSpread    = 0.04
	unjoinedSpread = 0.3
	idleSpread     = 0.003
	directSpread   = 1.0
	looseSpread    = 0.5
	idleMost       = 0.5
)

// Kinds of rows are the two stations', and a shared host's with one counter
// for both.
const hostKind = 2

// A law is the utilization law over both stations: busy seconds of a cell =
// Σ factor_c · (the log's work of class c in it) + idle · length. Unknowns
// are, station by station, a factor for each class, one for unjoined lines,
// and the background.
type law struct {
	classes int
	direct  []bool // by class
	loose   []bool // by class: the counters contradict the log's proportions
	settled []bool // by class: what the counters said is in its work already
	real    bool   // the counters are of processes, and not of a stand-in's stations
	shared  bool   // a run had one host for both stations: what times lose to the crowd is hardly told apart
	blocks  []fit.Normal
	starts  []blockKey
	reduced [2]bool // the station was counted
	noise   float64 // variance of a row
	rows    []lawRow
}

type lawRow struct {
	block int
	kind  int // app, database or hostKind
	x     []float64
	y     float64
	// implied is the CPU seconds that the log implies for the row.
	implied float64
	// usual is the same with each request counting for what its class usually takes.
	usual           float64
	calls, requests float64 // gridCell
}

type blockKey struct{ run, index int }

func (w *law) width() int            { return w.classes + 2 }
func (w *law) at(station, c int) int { return station*w.width() + c }
func (w *law) unjoined() int         { return w.classes }
func (w *law) idle() int             { return w.classes + 1 }

// newLaw lays the log's work on the grid beside the counters.
func (s *survey) newLaw() *law {
	w := &law{classes: len(s.classes), loose: make([]bool, len(s.classes)), real: true}
	w.settled = make([]bool, len(s.classes))
	for i, share := range s.away {
		w.settled[i] = share > 0
	}
	for _, c := range s.classes {
		w.direct = append(w.direct, c.direct)
	}
	for i, r := range s.runs {
		w.real = w.real && !r.virtual()
		w.shared = w.shared || r.shared
		cells := r.cells(w)
		counters := [2]*counter{r.pace.paced(r.counters[app]), r.pace.paced(r.counters[database])}
		together := r.shared && (same(r.counters[app], r.counters[database]) ||
			(r.counters[app] != nil) != (r.counters[database] != nil))
		for k := range cells {
			from := float64(k) * cell
			if !r.quiet(from+cell/2) || !r.warm(from) {
				continue
			}
			b := w.block(i, int(from/block))
			for station, c := range counters {
				if c == nil || from < c.t[0]-0.5 || from+cell > c.t[len(c.t)-1]+0.5 {
					continue
				}
				x, usual := make([]float64, 2*w.width()), 0.0
				for st := range stationNames {
					if st != station && !together {
						continue
					}
					copy(x[w.at(st, 0):w.at(st+1, 0)], cells[k].work[st])
					usual += cells[k].usual[st]
					w.reduced[st] = true
				}
				kind := station
				if together {
					kind = hostKind
				}
				w.rows = append(w.rows, lawRow{block: b, kind: kind, x: x, y: c.at(from+cell) - c.at(from), usual: usual, calls: cells[k].calls, requests: cells[k].requests})
				if together {
					break
				}
			}
		}
	}
	w.fold()
	return w
}

func (w *law) block(run, index int) int {
	k := blockKey{run, index}
	for i := len(w.starts) - 1; i >= 0; i-- {
		if w.starts[i] == k {
			return i
		}
	}
	w.starts = append(w.starts, k)
	return len(w.starts) - 1
}

// fold sums the rows by block, and finds the noise of a row about the common
// factors.
func (w *law) fold() {
	for range w.starts {
		w.blocks = append(w.blocks, fit.NewNormal(2*w.width()))
	}
	for i, r := range w.rows {
		w.blocks[r.block].Observe(r.x, r.y, 1)
		w.rows[i].implied = w.implied(r)
	}
	w.noise = (0.05 * cell) * (0.05 * cell)
	if len(w.rows) < 8 {
		return
	}
	level := w.levels(nil, nil)
	var ss float64
	for _, r := range w.rows {
		d := r.y - level[r.kind].idle*cell - level[r.kind].factor*r.implied
		ss += d * d
	}
	w.noise = max(1e-6*cell*cell, ss/float64(len(w.rows)-4))
}

// total sums the blocks, each as often as times says; nil is once.
func (w *law) total(times []int) fit.Normal {
	sum := fit.NewNormal(2 * w.width())
	for i, b := range w.blocks {
		switch {
		case times == nil:
			sum.Add(b, 1)
		case times[i] > 0:
			sum.Add(b, float64(times[i]))
		}
	}
	return sum
}

// solve gives all factors and backgrounds. With a random source the priors
// are drawn instead of taken at their centre, so that over replications the
// spread of the answer holds the priors' doubt as well as the data's.
func (w *law) solve(times []int, random *rand.Rand) ([]float64, error) {
	normal := make([]float64, 2*w.width()) // standard normal, or 0
	for i := range normal {
		if random != nil {
			normal[i] = random.NormFloat64()
		}
	}
	data := w.total(times)
	for i := range data.Gram {
		data.Gram[i] /= w.noise
	}
	for i := range data.Moment {
		data.Moment[i] /= w.noise
	}
	var factor []float64
	// Direct reads and the common level are found in turns: the level takes
	// for background what the reads cost, until it knows.
	for range readTurns {
		full := fit.NewNormal(2 * w.width())
		full.Add(data, 1)
		full.Pull(w.priors(w.levels(times, factor), normal))
		var err error
		if factor, err = full.NonNegative(); err != nil {
			return nil, err
		}
		if !w.costlyReads(factor) && !slices.Contains(w.loose, true) {
			break
		}
	}
	w.obey(factor, times)
	return factor, nil
}

// readTurns is how often level and direct reads are found in turns; each
// leaves about a third of the error.
const readTurns = 8

func (w *law) costlyReads(factor []float64) bool {
	for c, d := range w.direct {
		if d && factor[w.at(database, c)] > 0.02 {
			return true
		}
	}
	return false
}

func (w *law) priors(levels [3]level, normal []float64) []fit.Prior {
	out := make([]fit.Prior, 2*w.width())
	put := func(i int, centre, sd float64) { out[i] = fit.Prior{Value: centre + sd*normal[i], SD: sd} }
	for st := range stationNames {
		l := ofStation(levels, st)
		f := max(0.01, l.factor)
		for c := range w.classes {
			if w.direct[c] {
				put(w.at(st, c), 0, directSpread)
				continue
			}
			if w.loose[c] && st == app {
				put(w.at(st, c), f, looseSpread*f)
				continue
			}
			put(w.at(st, c), f, classSpread*f)
		}
		put(w.at(st, w.unjoined()), f, unjoinedSpread*f)
		put(w.at(st, w.idle()), l.idle, idleSpread)
	}
	return out
}

// obey scales the factors of each counted station so that the totals agree
// with its counter: proportions may be drawn to the log, the level is law.
func (w *law) obey(factor []float64, times []int) {
	var implied, counted [3]float64
	for _, r := range w.rows {
		n := 1.0
		if times != nil {
			n = float64(times[r.block])
		}
		counted[r.kind] += n * r.y
		for st := range stationNames {
			for c := range w.width() {
				v := n * factor[w.at(st, c)] * r.x[w.at(st, c)]
				if c == w.idle() || c < w.classes && w.direct[c] {
					counted[r.kind] -= v
					continue
				}
				implied[r.kind] += v
			}
		}
	}
	for st := range stationNames {
		k := st
		if implied[k] == 0 {
			k = hostKind
		}
		if !(implied[k] > 0) || !(counted[k] > 0) {
			continue
		}
		for c := range w.width() {
			if c != w.idle() && (c == w.unjoined() || !w.direct[c]) {
				factor[w.at(st, c)] *= counted[k] / implied[k]
			}
		}
	}
}
