package demand

import (
	"math/rand/v2"
	"sort"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// The grid of written bytes, seconds: PostgreSQL tells its WAL each second, but
// of a commit only when it was flushed. A cell is longer where readings are
// rarer: what is between two of them would be shared out evenly, and the classes'
// part of it be taken for background.
const writtenCell = 5.0

// callSpread is how far a class' bytes for each database call may be from the
// common figure, relative to it, before the data say so.
const callSpread = 2.0

// written gives each class the bytes of WAL of one try, and of all that the
// database's server wrote: the positions in the WAL are regressed, not
// negative, on the tries of each class in cells of 5 s or more, with a weak prior
// that bytes go with database calls. The background is what is written
// whatever the load. Data files are written later than they are changed
// (checkpoints), so that they follow the WAL in proportion, over whole runs.
func (s *survey) written(tallies []tally, o Options) (wal, all []*headroom.Estimate) {
	wal = s.perTry(tallies, o, (*run).walOf, "WAL position over tries, non-negative least squares")
	all = make([]*headroom.Estimate, len(s.classes))
	if files := s.filesByWAL(); files > 0 {
		for c, e := range wal {
			if e != nil {
				f := times(*e, files)
				f.Method = "WAL, and data files in proportion to it"
				all[c] = &f
			}
		}
	}
	return wal, all
}

// perTry gives each class what one try of it adds to a counter of the database's,
// in that counter's unit; nil where nobody counted, or no clean try was seen.
func (s *survey) perTry(tallies []tally, o Options, of func(*run) *counter, how string) []*headroom.Estimate {
	out := make([]*headroom.Estimate, len(s.classes))
	rows := s.writtenRows(tallies, of)
	blocks := map[int]int{}
	for i := range rows {
		if _, ok := blocks[rows[i].block]; !ok {
			blocks[rows[i].block] = len(blocks)
		}
		rows[i].block = blocks[rows[i].block]
	}
	if len(rows) < fewReadings {
		return out
	}
	w := writtenLaw{rows: rows, calls: make([]float64, len(s.classes))}
	for c := range s.classes {
		w.calls[c] = tallies[c].queries
	}
	value := w.solve(nil, nil)
	if value == nil {
		return out
	}
	typical := w.typical // that of all blocks, and not of a resample
	replicas := make([][]float64, len(s.classes))
	fit.Bootstrap{Blocks: len(blocks), Replications: o.Replications, Seed: o.Seed ^ 0x77616c}.Each(func(_ int, times []int, random *rand.Rand) {
		if v := w.solve(times, random); v != nil {
			for c := range replicas {
				replicas[c] = append(replicas[c], v[c])
			}
		}
	})
	for c, t := range tallies {
		if t.clean == 0 {
			continue
		}
		e := headroom.Estimate{
			Value: value[c], Low: min(value[c], quantile(replicas[c], 0.05)), High: max(value[c], quantile(replicas[c], 0.95)),
			Level: headroom.Level, N: t.lines, Method: how,
		}
		e.Identified = e.N >= fewRequests && (e.High < 2*e.Low || e.High-e.Low < 0.05*typical)
		out[c] = &e
	}
	return out
}

// times is an estimate in another unit.
func times(e headroom.Estimate, x float64) headroom.Estimate {
	e.Value, e.Low, e.High = e.Value*x, e.Low*x, e.High*x
	return e
}

// A writtenRow is a cell: tries by class, and by how much the counter (bytes of
// WAL, say) grew.
type writtenRow struct {
	block int
	tries []float64
	bytes float64
}

// walOf is the position in the WAL; each database of a server tells the same.
func (r *run) walOf() *counter {
	for _, subject := range r.observed.subjects("postgres", "wal_bytes") {
		if c := r.observed.of("postgres", subject, "wal_bytes"); len(c.t) >= 2 {
			rising := c.rising()
			return &rising
		}
	}
	return nil
}

func (s *survey) writtenRows(tallies []tally, of func(*run) *counter) []writtenRow {
	var out []writtenRow
	for i, r := range s.runs {
		c := of(r)
		if c == nil {
			continue
		}
		ends := c.apart(r.span, writtenCell)
		first := len(out)
		for k := 1; k < len(ends); k++ {
			out = append(out, writtenRow{block: i<<20 | int(ends[k-1]), tries: make([]float64, len(s.classes)), bytes: c.at(ends[k]) - c.at(ends[k-1])})
		}
		for _, l := range r.lines {
			if k := sort.SearchFloat64s(ends, l.end); l.class != unjoined && k > 0 && k < len(ends) {
				out[first+k-1].tries[l.class] += l.effective(tallies[l.class].lost)
			}
		}
	}
	return out
}

type writtenLaw struct {
	rows    []writtenRow
	calls   []float64 // of one try, by class
	typical float64   // bytes of a journey's average request
}

// solve gives bytes of one try by class, and at the end the background in
// bytes of a cell; nil where it cannot.
func (w *writtenLaw) solve(times []int, random *rand.Rand) []float64 {
	var bytes, calls, tries float64
	weight := func(r writtenRow) float64 {
		if times == nil {
			return 1
		}
		return float64(times[r.block])
	}
	for _, r := range w.rows {
		k := weight(r)
		bytes += k * r.bytes
		for c, t := range r.tries {
			calls += k * t * w.calls[c]
			tries += k * t
		}
	}
	if !(calls > 0) || !(tries > 0) {
		return nil
	}
	perCall := bytes / calls
	w.typical = bytes / tries
	var rows float64
	for _, r := range w.rows {
		rows += weight(r)
	}
	priors := make([]fit.Prior, len(w.calls)+1)
	for c := range priors {
		centre, sd := 0.0, 0.2*bytes/max(1, rows)
		if c < len(w.calls) {
			centre = perCall * w.calls[c]
			sd = callSpread * max(centre, perCall)
		}
		draw := 0.0
		if random != nil {
			draw = random.NormFloat64()
		}
		priors[c] = fit.Prior{Value: centre + sd*draw, SD: max(1, sd)}
	}
	// What the noise is shows only when the classes are told apart, and how far
	// they are depends on the noise.
	out := make([]float64, len(priors))
	for c := range out {
		out[c] = priors[c].Value
	}
	for range noiseTurns {
		var err error
		if out, err = w.solveWith(out, priors, weight); err != nil {
			return nil
		}
	}
	return out
}

// noiseTurns is how often bytes and their noise are found in turns.
const noiseTurns = 4

// solveWith solves with the noise that is left by an answer.
func (w *writtenLaw) solveWith(last []float64, priors []fit.Prior, weight func(writtenRow) float64) ([]float64, error) {
	var ss, rows float64
	row := make([]float64, len(priors))
	for _, r := range w.rows {
		row[copy(row, r.tries)] = 1
		d := r.bytes
		for c, x := range row {
			d -= x * last[c]
		}
		k := weight(r)
		ss += k * d * d
		rows += k
	}
	noise := max(1, ss/max(1, rows-2))
	n := fit.NewNormal(len(priors))
	for _, r := range w.rows {
		if k := weight(r); k > 0 {
			row[copy(row, r.tries)] = 1
			n.Observe(row, r.bytes, k/noise)
		}
	}
	n.Pull(priors)
	return n.NonNegative()
}

// filesByWAL is how many bytes the servers wrote in all, data files and WAL,
// for each byte of WAL; 0 where they did not say.
func (s *survey) filesByWAL() float64 {
	var files, wal float64
	for _, r := range s.runs {
		c := r.walOf()
		subjects := r.observed.subjects("postgres", "checkpoint_written_bytes")
		if c == nil || len(subjects) == 0 {
			continue
		}
		wal += c.v[len(c.v)-1] - c.v[0]
		for _, metric := range []string{"checkpoint_written_bytes", "bgwriter_written_bytes", "backend_written_bytes"} {
			if f := r.observed.of("postgres", subjects[0], metric); f != nil {
				up := f.rising()
				files += up.v[len(up.v)-1] - up.v[0]
			}
		}
	}
	if !(wal > 0) {
		return 0
	}
	return 1 + files/wal
}
