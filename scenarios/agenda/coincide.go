package agenda

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// Days that are looked at for coincidences, and the shortest that counts.
const (
	coincideDays = 28
	shortest     = time.Minute
)

// A shared is a span of time in which the same peaks hold, at two sites or more.
type shared struct {
	from, to time.Time
	peaks    []int // indices of occurrences, in the plan's order
	times    int
	rate     float64 // documents per second at those sites, to rank by
}

// coincide finds the spans in which peaks of several sites hold together. The
// same peaks on several days are one coincidence, at its next time. The
// largest by documents per second are returned, in order of time.
func (b *builder) coincide() ([]headroom.Coincidence, error) {
	out := []headroom.Coincidence{}
	if len(b.sites) < 2 || b.o.Next == 0 {
		return out, nil
	}
	end := b.o.From.AddDate(0, 0, coincideDays)
	all, err := b.occurrences(b.o.From, end)
	if err != nil {
		return nil, err
	}
	found := b.sweep(all, end)
	if len(found) == 0 {
		return out, nil
	}
	if err := b.rank(found, all, end); err != nil {
		return nil, err
	}
	for _, s := range found[:min(len(found), b.o.Next)] {
		c, err := b.coincidence(s, all)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b headroom.Coincidence) int {
		return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To))
	})
	return out, nil
}

// sweep passes over the times at which peaks begin and end.
func (b *builder) sweep(all []calendar.Occurrence, end time.Time) []*shared {
	type edge struct {
		at    time.Time
		index int
		open  bool
	}
	var edges []edge
	for i, o := range all {
		from := o.From
		if from.Before(b.o.From) {
			from = b.o.From
		}
		edges = append(edges, edge{from, i, true}, edge{o.To, i, false})
	}
	slices.SortFunc(edges, func(x, y edge) int {
		return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.index, y.index))
	})
	var active []int
	var found []*shared
	byPeaks := map[string]*shared{}
	for i, e := range edges {
		if e.open {
			at, _ := slices.BinarySearchFunc(active, e.index, func(x, y int) int { return b.compare(all[x], all[y]) })
			active = slices.Insert(active, at, e.index)
		} else {
			active = slices.DeleteFunc(active, func(x int) bool { return x == e.index })
		}
		if i == len(edges)-1 || !e.at.Before(end) || edges[i+1].at.Sub(e.at) < shortest || severalSites(all, active) < 2 {
			continue
		}
		key := b.key(all, active)
		if s, ok := byPeaks[key]; ok {
			s.times++
			continue
		}
		s := &shared{from: e.at, to: edges[i+1].at, peaks: slices.Clone(active), times: 1}
		byPeaks[key] = s
		found = append(found, s)
	}
	return found
}

// compare orders occurrences by the plan's order of peaks, then sites.
func (b *builder) compare(x, y calendar.Occurrence) int {
	return cmp.Or(cmp.Compare(b.peaks[x.Peak], b.peaks[y.Peak]), cmp.Compare(b.order[x.Site], b.order[y.Site]), x.From.Compare(y.From))
}

// key names a set of peaks at sites, whatever the day.
func (b *builder) key(all []calendar.Occurrence, active []int) string {
	k := make([]byte, 0, 8*len(active))
	for _, i := range active {
		k = binary.LittleEndian.AppendUint32(k, uint32(b.peaks[all[i].Peak]))
		k = binary.LittleEndian.AppendUint32(k, uint32(b.order[all[i].Site]))
	}
	return string(k)
}

func severalSites(all []calendar.Occurrence, active []int) int {
	seen := map[string]bool{}
	for _, i := range active {
		seen[all[i].Site] = true
	}
	return len(seen)
}

// rank sorts what was found by documents per second at the sites that take part.
func (b *builder) rank(found []*shared, all []calendar.Occurrence, end time.Time) error {
	last := end
	for _, s := range found {
		if s.to.After(last) {
			last = s.to
		}
	}
	sums := map[string][]float64{} // by site: expected before each step
	err := b.loads(b.o.From, last, grain, func(l calendar.SiteLoad) {
		total := steps(l)
		sum := make([]float64, len(total)+1)
		for i, v := range total {
			sum[i+1] = sum[i] + v
		}
		sums[l.Site] = sum
	})
	if err != nil {
		return err
	}
	for _, s := range found {
		seen := map[string]bool{}
		for _, i := range s.peaks {
			if site := all[i].Site; !seen[site] {
				seen[site] = true
				s.rate += between(sums[site], s.from.Sub(b.o.From), s.to.Sub(b.o.From)) / s.to.Sub(s.from).Seconds()
			}
		}
	}
	slices.SortStableFunc(found, func(x, y *shared) int {
		return cmp.Or(cmp.Compare(settle(y.rate), settle(x.rate)), x.from.Compare(y.from))
	})
	return nil
}

// between is what a sum by steps of the grain rises by, linear within a step.
func between(sum []float64, from, to time.Duration) float64 {
	at := func(t time.Duration) float64 {
		i := int(t / grain)
		if i >= len(sum)-1 {
			return sum[len(sum)-1]
		}
		return sum[i] + (sum[i+1]-sum[i])*float64(t%grain)/float64(grain)
	}
	return at(to) - at(from)
}

func (b *builder) coincidence(s *shared, all []calendar.Occurrence) (headroom.Coincidence, error) {
	c := headroom.Coincidence{From: s.from.In(b.zone), To: s.to.In(b.zone), Times: s.times, Days: coincideDays}
	taking := map[string]bool{}
	for _, i := range s.peaks {
		c.Peaks = append(c.Peaks, part(all[i], s.from, s.to))
		taking[all[i].Site] = true
	}
	c.Sites = len(taking)
	expected, shares, err := b.expected(s.from, s.to, func(site string) bool { return taking[site] })
	if err != nil {
		return c, err
	}
	c.Processes = expected
	for _, v := range shares {
		c.Documents += v.Documents
	}
	return c, nil
}

// part is an occurrence's part in a window.
func part(o calendar.Occurrence, from, to time.Time) headroom.PeakAtSite {
	if o.From.After(from) {
		from = o.From
	}
	if o.To.Before(to) {
		to = o.To
	}
	return headroom.PeakAtSite{Peak: o.Peak, Site: o.Site, From: o.From, To: o.To, Overlap: to.Sub(from).Seconds()}
}
