package agenda

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// largest picks the windows with the most documents, one after the other, each
// clear of those before it; of equal ones the first in time.
func (b *builder) largest(y wholeYear) (headroom.LargestWindows, error) {
	out := headroom.LargestWindows{Length: b.o.Length.Seconds(), Grain: grain.Seconds(), Windows: []headroom.LargeWindow{}}
	total, step := y.total, grain
	if b.o.Length%grain != 0 {
		step = 5 * time.Minute
		total = make([]float64, int(y.to.Sub(y.from)/step))
		err := b.loads(y.from, y.to, step, func(l calendar.SiteLoad) {
			for i, v := range steps(l) {
				total[i] += v
			}
		})
		if err != nil {
			return out, err
		}
		out.Grain = step.Seconds()
	}
	for _, i := range pick(total, int(b.o.Length/step), b.o.Largest) {
		from := y.from.Add(time.Duration(i) * step)
		w, err := b.window(from, from.Add(b.o.Length))
		if err != nil {
			return out, err
		}
		out.Windows = append(out.Windows, w)
	}
	return out, nil
}

// pick returns the first steps of at most n windows of the width, by their sums.
func pick(total []float64, width, n int) []int {
	if width > len(total) {
		return nil
	}
	before := make([]float64, len(total)+1)
	for i, v := range total {
		before[i+1] = before[i] + v
	}
	// The sums are rounded to a part of the year's, so that those that differ by
	// rounding alone are equal, and their order is that of time.
	unit := max(before[len(total)]*1e-11, 1e-300)
	sums, starts := make([]float64, len(total)-width+1), make([]int, len(total)-width+1)
	for i := range sums {
		sums[i] = math.Round((before[i+width] - before[i]) / unit)
		starts[i] = i
	}
	slices.SortFunc(starts, func(a, b int) int {
		return cmp.Or(cmp.Compare(sums[b], sums[a]), cmp.Compare(a, b))
	})
	taken := make([]bool, len(total))
	var out []int
	for _, i := range starts {
		if len(out) == n || sums[i] <= 0 {
			break
		}
		if taken[i] || taken[i+width-1] {
			continue
		}
		for j := i; j < i+width; j++ {
			taken[j] = true
		}
		out = append(out, i)
	}
	return out
}

func (b *builder) window(from, to time.Time) (headroom.LargeWindow, error) {
	w := headroom.LargeWindow{From: from, To: to, Peaks: []headroom.PeakAtSite{}}
	var err error
	if w.Processes, w.Sites, err = b.expected(from, to, b.shown); err != nil {
		return w, err
	}
	for _, s := range w.Sites {
		w.Documents += s.Documents
	}
	slices.SortStableFunc(w.Sites, func(x, y headroom.SiteShare) int {
		return cmp.Compare(settle(y.Documents), settle(x.Documents))
	})
	all, err := b.occurrences(from, to)
	if err != nil {
		return w, err
	}
	slices.SortStableFunc(all, b.compare)
	for _, o := range all {
		w.Peaks = append(w.Peaks, part(o, from, to))
	}
	return w, nil
}

// expected is what arrives in a window at some of the sites, by process over
// all of them and by site over all processes.
func (b *builder) expected(from, to time.Time, at func(site string) bool) ([]headroom.Expected, []headroom.SiteShare, error) {
	length := to.Sub(from)
	processes := make([]headroom.Expected, len(b.plan.Processes))
	shares := []headroom.SiteShare{}
	err := b.loads(from, to, length, func(l calendar.SiteLoad) {
		if !at(l.Site) {
			return
		}
		share := headroom.SiteShare{Site: l.Site, From: from.In(l.TimeZone)}
		for p, of := range l.Arrivals {
			for _, v := range of {
				share.Documents += v
				processes[p].Documents += v
			}
			if p < len(l.Operators) {
				for _, v := range l.Operators[p] {
					processes[p].Operators += v
				}
			}
		}
		shares = append(shares, share)
	})
	out := []headroom.Expected{}
	for p, e := range processes {
		if e.Documents > 0 || e.Operators > 0 {
			e.Process, e.Mean = b.plan.Processes[p].Name, e.Documents/length.Seconds()
			out = append(out, e)
		}
	}
	return out, shares, err
}
