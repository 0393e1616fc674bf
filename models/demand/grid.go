package demand

import "math"

// A gridCell is what the log has in a cell of the grid.
type gridCell struct {
	work     [2][]float64 // by station and unknown of the law
	usual    [2]float64
	calls    float64 // to the database
	requests float64 // parts of them where they were at work in several cells
}

// cells spreads the lines' work over the grid.
func (r *run) cells(w *law) []gridCell {
	out := make([]gridCell, int(math.Ceil(min(r.span, 1e5)/cell)))
	for k := range out {
		for st := range stationNames {
			out[k].work[st] = make([]float64, w.width())
			out[k].work[st][w.idle()] = cell
		}
	}
	each := func(from, to float64, f func(c *gridCell, part float64)) {
		if !(to > from) {
			return
		}
		for k := max(0, int(from/cell)); k < len(out) && float64(k)*cell < to; k++ {
			f(&out[k], (min(to, float64(k+1)*cell)-max(from, float64(k)*cell))/(to-from))
		}
	}
	for _, p := range r.pieces {
		l := &r.lines[p.line]
		class := l.class
		if class == unjoined {
			class = w.unjoined()
		}
		each(p.start, p.end, func(c *gridCell, part float64) {
			part *= p.share
			for st := range stationNames {
				c.work[st][class] += part * l.work[st]
				c.usual[st] += part * l.usual[st]
			}
			c.calls += part * l.queries
			c.requests += part
		})
	}
	for _, d := range r.directs {
		each(d.start, d.end, func(c *gridCell, part float64) { c.work[database][d.class] += part * (d.end - d.start) })
	}
	return out
}
