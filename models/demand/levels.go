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
type moments struct{ n, x, y, xx, xy, yy float64 }

func (m *moments) add(x, y, times float64) {
	m.n += times
	m.x += times * x
	m.y += times * y
	m.xx += times * x * x
	m.xy += times * x * y
	m.yy += times * y * y
}

// level is the common factor and the background of one kind of row.
type level struct {
	factor, idle float64
	known        bool
}

// levels finds, for each kind of row, one factor and the background.
//
// What direct reads cost, by the factors in reads, is taken off first; nil is
// nothing. The counter is exact and the log's spreading of work over cells is not, so
// that the error is in x: the log is regressed on the counter, x = a + b y,
// and turned round, factor = 1/b, background = -a/b. The other way round a
// background would appear that is none (attenuation; W. Fuller, "Measurement
// Error Models", 1987, section 1.1). The background is at least 0 and at most
// idleMost cores, and the factor then makes the totals agree exactly.
func (w *law) levels(times []int, reads []float64) [3]level {
	var sum [3]moments
	for _, r := range w.rows {
		n, y := 1.0, r.y
		if times != nil {
			n = float64(times[r.block])
		}
		for c, d := range w.direct {
			if d && reads != nil {
				y -= reads[w.at(database, c)] * r.x[w.at(database, c)]
			}
		}
		sum[r.kind].add(r.implied, y, n)
	}
	var out [3]level
	for k, m := range sum {
		out[k] = level{factor: 1}
		if m.n < 2 || !(m.x > 0) || !(m.y > 0) {
			continue
		}
		out[k].known = true
		cov, varY := m.n*m.xy-m.x*m.y, m.n*m.yy-m.y*m.y
		if cov > 0 && varY > 0 {
			out[k].idle = min(m.background(cov, varY), idleMost, m.y/m.n/cell/2)
		}
		out[k].factor = (m.y - out[k].idle*cell*m.n) / m.x
	}
	return out
}

// background is the background in cores, shrunk by the part that noise alone
// would show (the positive part of James and Stein's rule): cov and varY are
// n² times the covariance of x and y and the variance of y.
func (m moments) background(cov, varY float64) float64 {
	slope := cov / varY
	a := (m.x - slope*m.y) / m.n
	idle := -a / slope / cell
	if idle <= 0 {
		return 0
	}
	varX := m.n*m.xx - m.x*m.x
	residual := max(0, varX-slope*cov) / m.n / max(1, m.n-2)
	variance := residual * (1/m.n + m.y*m.y/m.n/varY) / (slope * slope * cell * cell)
	return idle * max(0, 1-variance/(idle*idle))
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
