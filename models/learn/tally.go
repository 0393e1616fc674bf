package learn

import (
	"math"
)

// groups is how many groups of minutes the sums are kept by, for the
// bootstrap: minutes are dealt to them by a hash, so that a log of any length
// has them, and what happens close together stays together.
const groups = 40

// quiets are bounds of the mean concurrency before a request, by which
// requests are told apart: quiet moments first.
var quiets = [...]float64{0.03, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8, math.Inf(1)}

func stratum(before float64) int {
	for i, b := range quiets {
		if before <= b {
			return i
		}
	}
	return len(quiets) - 1
}

// minuteGroup is the group of a moment's minute.
func minuteGroup(t float64) int {
	x := uint64(int64(t/60)) * 0x9e3779b97f4a7c15 // Fibonacci hashing
	return int(x >> 32 % groups)
}

// cell is sums over clean requests.
type cell struct {
	n    float64
	work [2]float64 // CPU seconds
}

func (c *cell) plus(o cell, weight float64) {
	c.n += weight * o.n
	for st := range stationNames {
		c.work[st] += weight * o.work[st]
	}
}

// layer is the clean requests of a class that began in one degree of quiet.
type layer struct {
	cells   [groups]cell
	square  [2]float64 // of CPU seconds
	queries float64
	spread  [2][bins]uint32 // by size, for quantiles
}

// tally is what is kept of a class.
type tally struct {
	requests int // of all kinds
	clean    int
	retried  int
	sum      [2]float64 // CPU seconds of clean requests
	busy     [2]float64 // of all
	layers   [len(quiets)]*layer
	// Requests by how many others were at work meanwhile.
	crowded   [len(crowds)]struct{ requests, retried int }
	retriedBy [groups]struct{ requests, retried float64 }
}

// crowds are bounds of the mean number of others at work while a request was.
var crowds = [...]float64{0.25, 0.75, 1.5, 3, 6, 12, math.Inf(1)}

func (t *tally) add(r *request) {
	t.requests++
	g := &t.retriedBy[minuteGroup(r.start)]
	g.requests++
	at := 0
	for r.crowd > crowds[at] {
		at++
	}
	t.crowded[at].requests++
	for st := range stationNames {
		t.busy[st] += r.work[st]
	}
	if r.tries > 1 {
		t.retried++
		g.retried++
		t.crowded[at].retried++
	}
	if !r.clean {
		return
	}
	t.clean++
	s := stratum(r.before)
	l := t.layers[s]
	if l == nil {
		l = &layer{}
		t.layers[s] = l
	}
	c := &l.cells[minuteGroup(r.start)]
	c.n++
	l.queries += float64(r.queries)
	for st := range stationNames {
		t.sum[st] += r.work[st]
		c.work[st] += r.work[st]
		l.square[st] += r.work[st] * r.work[st]
		l.spread[st][bin(r.work[st])]++
	}
}

// merge adds the requests of another class, weighted: those of one class may
// belong to several processes.
func (t *tally) merge(o *tally) {
	t.requests += o.requests
	t.clean += o.clean
	t.retried += o.retried
	for st := range stationNames {
		t.sum[st] += o.sum[st]
		t.busy[st] += o.busy[st]
	}
	for i := range t.crowded {
		t.crowded[i].requests += o.crowded[i].requests
		t.crowded[i].retried += o.crowded[i].retried
	}
	for g := range t.retriedBy {
		t.retriedBy[g].requests += o.retriedBy[g].requests
		t.retriedBy[g].retried += o.retriedBy[g].retried
	}
	for s, from := range o.layers {
		if from == nil {
			continue
		}
		if t.layers[s] == nil {
			t.layers[s] = &layer{}
		}
		t.layers[s].merge(from)
	}
}

func (l *layer) merge(o *layer) {
	l.queries += o.queries
	for g := range l.cells {
		l.cells[g].plus(o.cells[g], 1)
	}
	for st := range stationNames {
		l.square[st] += o.square[st]
		for b := range l.spread[st] {
			l.spread[st][b] += o.spread[st][b]
		}
	}
}

// Sizes of work are counted in steps of an eighth of an octave from a tenth of
// a millisecond on: 9 %.
const (
	bins      = 176
	perOctave = 8
	smallest  = 1e-4
)

func bin(seconds float64) int {
	if seconds <= smallest {
		return 0
	}
	return min(bins-1, 1+int(perOctave*math.Log2(seconds/smallest)))
}

// edge is the lower bound of a bin.
func edge(b int) float64 {
	if b <= 0 {
		return 0
	}
	return smallest * math.Exp2(float64(b-1)/perOctave)
}

// moments of a figure.
type moments struct{ n, sum, square float64 }

func (m *moments) add(v float64) {
	m.n++
	m.sum += v
	m.square += v * v
}

func (m moments) mean() float64 { return m.sum / m.n }

func (m moments) deviation() float64 {
	if m.n < 2 {
		return 0
	}
	return math.Sqrt(max(0, m.square/m.n-m.mean()*m.mean()) * m.n / (m.n - 1))
}

// minutes are the CPU seconds of all requests by minute, from the first on.
type minutes struct {
	first int64
	work  [][2]float64
	sql   []float64 // seconds, as logged
}

func (m *minutes) add(r *request) {
	if r.hold() <= 0 {
		return
	}
	from, to := int64(math.Floor(r.start/60)), int64(math.Floor(r.end/60))
	if m.work == nil {
		m.first = from
	}
	if to-m.first > longestLog/60 {
		return // Learn refuses such a log
	}
	if from < m.first {
		from = m.first
		to = max(to, from)
	}
	for k := from; k <= to; k++ {
		part := (min(r.end, float64(k+1)*60) - max(r.start, float64(k)*60)) / r.hold()
		if from == to {
			part = 1
		}
		if part <= 0 {
			continue
		}
		for int64(len(m.work)) <= k-m.first {
			m.work, m.sql = append(m.work, [2]float64{}), append(m.sql, 0)
		}
		m.work[k-m.first][app] += part * r.work[app]
		m.work[k-m.first][database] += part * r.work[database]
		m.sql[k-m.first] += part * r.sql
	}
}

// crew finds how many workers there were: processes that answered in the same
// five minutes.
type crew struct {
	seen   map[worker]bool
	until  float64
	counts []int
}

const crewSpan = 300 // seconds

func (c *crew) add(w worker, t float64) {
	if t >= c.until {
		if len(c.seen) > 0 {
			c.counts = append(c.counts, len(c.seen))
			clear(c.seen)
		}
		c.until = (math.Floor(t/crewSpan) + 1) * crewSpan
	}
	c.seen[w] = true
}
