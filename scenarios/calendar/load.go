package calendar

import (
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/headroom-erp/headroom"
)

// A SiteLoad is what is expected at a site, by process in the plan's order and
// by step. Processes that are not at the site, or never arrive there, have nil.
type SiteLoad struct {
	Site     string
	TimeZone *time.Location
	From     time.Time
	Step     time.Duration // the last step may be cut short by the end
	// Arrivals [process][step] expected: the exact integral of the rate of open
	// arrivals, batches at their moment, scheduled starts. Seasons and growth
	// are in it; a day's random factor has mean 1 and is not.
	Arrivals [][]float64
	// Operators [process][step] is the mean number, over the step, of those whose
	// shift lasts; nil for a process without shifts.
	Operators [][]float64
}

// maxCells bounds the steps of a site's processes.
const maxCells = 10_000_000

// Load is the load that is expected from from until to, by steps, of one site
// after the other in the plan's order. An unsound plan, no step, or more than
// 10 million steps of all processes of a site give one error.
func Load(plan headroom.Plan, from, to time.Time, step time.Duration) iter.Seq2[SiteLoad, error] {
	return func(yield func(SiteLoad, error) bool) {
		x, err := expandSound(plan, from, to)
		if err != nil {
			yield(SiteLoad{}, err)
			return
		}
		span := to.Sub(from)
		if step <= 0 || int64(span/max(step, 1))+1 > maxCells/int64(max(1, len(plan.Processes))) {
			yield(SiteLoad{}, &headroom.InputError{What: fmt.Sprintf("the load cannot be given by steps of %s", step),
				Do: "take longer steps or a shorter time"})
			return
		}
		g := grid{x: x, span: span.Seconds(), step: step.Seconds(), cells: int((span + step - 1) / step)}
		for _, s := range x.sites {
			l := SiteLoad{Site: s.Name, TimeZone: s.clock.zone, From: from, Step: step}
			for _, p := range s.processes {
				var arrivals, operators []float64
				if p != nil {
					arrivals, operators = g.arrivals(s, p), g.operators(s, p)
				}
				l.Arrivals = append(l.Arrivals, arrivals)
				l.Operators = append(l.Operators, operators)
			}
			if !yield(l, nil) {
				return
			}
		}
	}
}

// A grid is time in steps, from the epoch on.
type grid struct {
	x     *expansion
	span  float64 // seconds
	step  float64
	cells int
	buf   []piece
}

// spread adds, to each cell between a and b, what f says of the cell's part
// from its first to its second argument.
func (g *grid) spread(cells []float64, a, b float64, f func(a, b float64) float64) {
	a, b = max(a, 0), min(b, g.span)
	if a >= b {
		return
	}
	i := min(int(a/g.step), g.cells-1)
	for ; i < g.cells && float64(i)*g.step < b; i++ {
		cells[i] += f(max(a, float64(i)*g.step), min(b, float64(i+1)*g.step))
	}
}

func (g *grid) arrivals(s *site, p *process) []float64 {
	if p.base == 0 && len(p.adds)+len(p.batches)+len(p.runs) == 0 {
		return nil
	}
	cells := make([]float64, g.cells)
	r := rater{x: g.x, s: s, p: p, scale: 1}
	open := p.base > 0 || len(p.adds) > 0
	for d := g.x.first; d <= g.x.last; d++ {
		if open {
			g.buf = r.pieces(g.buf[:0], d, 0, g.span)
		}
		for _, q := range g.buf {
			if q.first == 0 && q.last == 0 {
				continue
			}
			g.spread(cells, q.from, q.to, q.between)
		}
		for _, b := range p.batches {
			if t := g.x.epoch.seconds(s.clock.at(d, b.at)); b.peak.days.has(d) && t >= 0 && t < g.span {
				cells[min(int(t/g.step), g.cells-1)] += b.documents(g.x.factor(p, d))
			}
		}
		for _, o := range p.runs {
			if o.days.has(d) {
				u := o.starts(g.x.epoch, s.clock, d)
				g.spread(cells, u.from, u.to, func(a, b float64) float64 { return u.before(b) - u.before(a) })
			}
		}
	}
	g.buf = g.buf[:0]
	return cells
}

func (g *grid) operators(s *site, p *process) []float64 {
	if len(p.shifts) == 0 {
		return nil
	}
	cells := make([]float64, g.cells)
	for d := g.x.first; d <= g.x.last; d++ {
		for _, t := range p.shifts {
			if t.days.has(d) {
				u := t.presence(g.x.epoch, s.clock, d)
				g.spread(cells, u.from, u.to, u.between)
			}
		}
	}
	for i := range cells {
		cells[i] /= min(g.step, g.span-float64(i)*g.step)
	}
	return cells
}

// starts are an occasion's on one day: from from, every so often, before to.
type starts struct{ from, to, every float64 }

func (o occasion) starts(e epoch, c *clock, d day) starts {
	from, to := o.times(c, d)
	s := starts{e.seconds(from), e.seconds(to), float64(o.every) / 1e9}
	if o.every == 0 {
		s.every = s.to - s.from
	}
	return s
}

// before is the number of starts before t.
func (s starts) before(t float64) float64 {
	return max(0, math.Ceil((min(t, s.to)-s.from)/s.every))
}

// presence is a shift's operators on one day.
type presence struct {
	shift
	from, to float64
}

func (t shift) presence(e epoch, c *clock, d day) presence {
	from, to := c.on(d, t.interval)
	return presence{t, e.seconds(from), e.seconds(to)}
}

// between is the time that all operators are there between a and b, added up.
func (p presence) between(a, b float64) float64 {
	a, b = max(a, p.from), min(b, p.to)
	if a >= b {
		return 0
	}
	if a >= p.from+p.Stagger {
		return float64(p.Operators) * (b - a)
	}
	var sum float64
	for i := range p.Operators {
		sum += max(0, b-max(a, p.from+p.logOn(i, p.Operators).Seconds()))
	}
	return sum
}
