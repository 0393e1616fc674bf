package demand

// implied is the CPU seconds that the log implies for a row.
func (w *law) implied(r lawRow) float64 {
	var x float64
	for st := range stationNames {
		for c := range w.classes + 1 {
			if c == w.unjoined() || !w.direct[c] {
				x += r.x[w.at(st, c)]
			}
		}
	}
	return x
}

// moments are sums over rows of what the log implies, x, and the counter, y.
type moments struct{ rows, n, x, y, xx, xy, yy float64 }

func (m *moments) add(x, y, times float64) {
	m.rows++
	m.n += times
	m.x += times * x
	m.y += times * y
	m.xx += times * x * x
	m.xy += times * x * y
	m.yy += times * y * y
}

// quietRow is the part of the mean row's work below which a row is as good as
// idle.
const quietRow = 0.1

// level is the common factor and the background of one kind of row.
type level struct {
	factor, idle float64
	known        bool
}

// levels finds, for each kind of row, one factor and the background.
//
// What direct reads cost, by the factors so far, is taken off first, and classes
// that are loose count for what those say; nil is nothing. The counter is exact and the log's spreading of work over cells is not, so
// that the error is in x: the log is regressed on the counter, x = a + b y,
// and turned round, factor = 1/b, background = -a/b. The other way round a
// background would appear that is none (attenuation; W. Fuller, "Measurement
// Error Models", 1987, section 1.1). Rows weigh the more the less busy they are:
// the error grows with the work, and what the freeing from a crowd left of its
// stretch would pass for background. The counter is also
// regressed on what the requests' classes usually take for as many calls, which
// nothing stretches, and the smaller background is believed: both err upwards. The background is at least 0 and at most
// idleMost cores, and the factor then makes the totals agree exactly.
func (w *law) levels(times []int, factor []float64) [3]level {
	var sum, weighed, plain, busy [3]moments
	for _, r := range w.rows {
		busy[r.kind].add(0, r.y, 1)
	}
	usual := w.usual(factor, app)
	for _, r := range w.rows {
		n, y := 1.0, r.y
		if times != nil {
			n = float64(times[r.block])
		}
		x := r.implied
		for c, d := range w.direct {
			switch {
			case factor == nil:
			case d:
				y -= factor[w.at(database, c)] * r.x[w.at(database, c)]
			case w.loose[c]:
				x += (factor[w.at(app, c)]/usual - 1) * r.x[w.at(app, c)]
			}
		}
		sum[r.kind].add(x, y, n)
		if n > 0 {
			usually := busy[r.kind].y / busy[r.kind].n
			weighed[r.kind].add(x, y, n*usually/(quietRow*usually+max(0, y)))
			plain[r.kind].add(y, r.usual, n*usually/(quietRow*usually+r.usual))
		}
	}
	var out [3]level
	for k, m := range sum {
		out[k] = level{factor: 1}
		if m.n < 2 || !(m.x > 0) || !(m.y > 0) {
			continue
		}
		out[k].known = true
		out[k].idle = min(weighed[k].background(), idleMost, m.y/m.n/cell/2)
		out[k].idle = min(out[k].idle, plain[k].intercept())
		out[k].factor = (m.y - out[k].idle*cell*m.n) / m.x
	}
	return out
}

// background is the background in cores: -a/b of x = a + b y.
func (m moments) background() float64 {
	a, slope, variance := m.line()
	if !(slope > 0) {
		return 0
	}
	return shrunk(-a/slope/cell, variance/(slope*slope*cell*cell))
}

// intercept is the background in cores where the roles of x and y are changed.
func (m moments) intercept() float64 {
	a, slope, variance := m.line()
	if !(slope > 0) {
		return 0
	}
	return shrunk(a/cell, variance/(cell*cell))
}

// line is x = a + b y by least squares, and the variance of a.
func (m moments) line() (a, b, variance float64) {
	// n² times the covariance of x and y and the variances.
	cov, varX, varY := m.n*m.xy-m.x*m.y, m.n*m.xx-m.x*m.x, m.n*m.yy-m.y*m.y
	if !(cov > 0) || !(varY > 0) {
		return 0, 0, 0
	}
	b = cov / varY
	residual := max(0, varX-b*cov) / (m.n * m.n) / max(1, m.rows-2)
	return (m.x - b*m.y) / m.n, b, residual * (1 + m.y*m.y/varY)
}

// shrunk is a positive value less the part that noise of that variance alone
// would show (the positive part of James and Stein's rule).
func shrunk(value, variance float64) float64 {
	if !(value > 0) {
		return 0
	}
	return value * max(0, 1-variance/(value*value))
}

// ofStation is the level that speaks of a station: its own counter's, else
// the one of a shared host.
func ofStation(l [3]level, st int) level {
	if !l[st].known && l[hostKind].known {
		half := l[hostKind]
		half.idle /= 2 // the other half is the other station's
		return half
	}
	return l[st]
}

// usual is the factor of classes in general at a station: the median, so that
// those which wait for others are not among it; 1 of none.
func (w *law) usual(factor []float64, st int) float64 {
	var all []float64
	if factor != nil {
		for c, direct := range w.direct {
			if !direct {
				all = append(all, factor[w.at(st, c)])
			}
		}
	}
	if len(all) == 0 {
		return 1
	}
	return max(0.01, quantile(all, 0.5))
}
