package learn

import (
	"fmt"
	"math"

	"github.com/headroom-erp/headroom"
)

// window is a peak to draw: of one site, with the processes that have it
// together.
type drawnPeak struct {
	site     *site
	outside  bool
	weekday  int
	from, to int
	on       headroom.When
	parts    []part
}

type part struct {
	process string
	found   found
}

// alike is the share of their union that two windows have in common from which
// they are drawn as one.
const alike = 0.7

// peaks draws the windows that were found, batches, and month-ends.
func (d *drawer) peaks() {
	for i := range d.student.sites {
		v := &d.student.sites[i]
		var list []drawnPeak
		for k := range v.work {
			w := &v.work[k]
			for _, f := range w.peaks {
				list = d.join(list, v, w, f)
			}
		}
		for _, x := range list {
			d.peak(x)
		}
		for k := range v.work {
			w := &v.work[k]
			for n, b := range w.batches {
				d.batch(v, w, b, n)
			}
			if m := w.monthEnd; m != nil && perHour(m.extra) > 0 {
				d.p.Peaks = append(d.p.Peaks, headroom.Peak{
					Name: d.name(d.of("month-end", v)), Sites: d.only(v), When: headroom.When{BusinessDays: []string{fmt.Sprintf("last %d of month", m.last)}},
					From: clockOf(w.hours.from), To: clockOf(w.hours.to), PerHour: map[string]float64{d.processes[w.process].name: perHour(m.extra)},
				})
			}
		}
	}
}

// only names the site where there are others.
func (d *drawer) only(v *site) []string {
	if len(d.student.sites) == 1 {
		return nil
	}
	return []string{v.name}
}

func (d *drawer) of(name string, v *site) string {
	if len(d.student.sites) == 1 {
		return name
	}
	return name + "-" + v.name
}

func (d *drawer) join(list []drawnPeak, v *site, w *work, f found) []drawnPeak {
	on := when(v, w)
	if f.weekday >= 0 {
		on = headroom.When{Days: []string{weekdays[f.weekday]}}
	}
	name := d.processes[w.process].name
	for i := range list {
		x := &list[i]
		common := min(x.to, f.to) - max(x.from, f.from)
		union := max(x.to, f.to) - min(x.from, f.from)
		if x.weekday == f.weekday && x.outside == f.outside && len(x.on.Days) == len(on.Days) && float64(common) >= alike*float64(union) && !x.has(name) {
			x.from, x.to = min(x.from, f.from), max(x.to, f.to)
			x.parts = append(x.parts, part{name, f})
			return list
		}
	}
	return append(list, drawnPeak{site: v, outside: f.outside, weekday: f.weekday, from: f.from, to: f.to, on: on, parts: []part{{name, f}}})
}

func (x *drawnPeak) has(process string) bool {
	for _, p := range x.parts {
		if p.process == process {
			return true
		}
	}
	return false
}

// title names a peak by its time: "peak-1400", "mon-0900".
func (x *drawnPeak) title() string {
	if x.outside {
		return "outside-" + compact(clockOf(x.from))
	}
	if x.weekday >= 0 {
		return weekdays[x.weekday] + "-" + compact(clockOf(x.from))
	}
	return "peak-" + compact(clockOf(x.from))
}

func (d *drawer) peak(x drawnPeak) {
	p := headroom.Peak{Name: d.name(d.of(x.title(), x.site)), Sites: d.only(x.site), When: x.on,
		From: clockOf(x.from), To: clockOf(x.to), PerHour: map[string]float64{}}
	length := float64(x.to - x.from)
	levels := make([]float64, x.to-x.from)
	flat := true
	for _, part := range x.parts {
		f := part.found
		// The window may be longer than this process' own: its total stays.
		extra := f.extra * float64(f.to-f.from) / length
		if v := perHour(extra); v > 0 {
			p.PerHour[part.process] = v
		}
		flat = flat && f.flat
		for q, l := range f.levels {
			levels[f.from-x.from+q] += l / max(1e-12, extra)
		}
	}
	if len(p.PerHour) == 0 {
		return
	}
	if !flat && len(levels) > 1 {
		p.Shape = "table"
		for q, l := range levels {
			p.Table = append(p.Table, headroom.TablePoint{At: clockOf(x.from + q), Level: round(l, 3)})
		}
	}
	d.p.Peaks = append(d.p.Peaks, p)
}

// batch draws a batch as a peak of its own, from five minutes before it to half
// an hour after it.
func (d *drawer) batch(v *site, w *work, b habitual, n int) {
	q := d.processes[w.process]
	from, to := max(0, b.second/60-5), min(24*60, b.second/60+30)
	on := headroom.When{}
	switch {
	case !b.every:
		on = headroom.When{Days: days(b.weekdays), Closed: "keep"}
	case w.working != v.working:
		on = headroom.When{Days: days(w.working), Closed: "keep"}
	}
	at := fmt.Sprintf("%02d:%02d:%02d", b.second/3600, b.second/60%60, b.second%60)
	d.p.Peaks = append(d.p.Peaks, headroom.Peak{
		Name: d.name(d.of(fmt.Sprintf("batch-%02d%02d", b.second/3600, b.second/60%60), v)), Sites: d.only(v), When: on,
		From: minuteClock(from), To: minuteClock(to),
		Batches: []headroom.Batch{{Process: q.name, Partner: fmt.Sprintf("partner-%d", n+1), At: at,
			Documents: int(max(1, math.Round(b.documents))), Connections: b.connections}},
	})
}

func minuteClock(m int) string { return fmt.Sprintf("%02d:%02d", m/60, m%60) }

func secondClock(s int) string { return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60) }
