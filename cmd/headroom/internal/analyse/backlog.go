package analyse

import (
	"math"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results/stats"
)

// everything is the kind of a backlog that is made of all work.
const everything = ""

// work is the kind of a backlog of journeys.
const work = "journeys"

// backlog is that of a kind of document, of journeys, or of everything, at
// some sites. Operators' journeys are left out: an operator who is late makes
// the next journey later, not one more. Of everything, a document counts from
// when the journey that released it has ended: until then it is the same work.
func (e *evidence) backlog(kind string, sites []string) *stats.Backlog {
	key := kind + "\x00" + strings.Join(sites, "\x00")
	if b := e.backlogs[key]; b != nil {
		return b
	}
	p := part{sites: sites}
	var came, went []float64
	if kind == everything || kind == work {
		at := make([]bool, len(e.journeys.sites))
		for i, s := range e.journeys.sites {
			at[i] = p.has(s)
		}
		for _, r := range e.journeys.rows {
			switch {
			case r.kind == headroom.Closed || !at[r.site]:
			case e.cutOff(r):
				if r.scheduled <= e.end {
					came = append(came, r.scheduled)
				}
			case r.end > r.scheduled:
				came, went = append(came, r.scheduled), append(went, r.end)
			}
		}
	}
	for _, d := range e.papers {
		from := d.released
		if kind == everything {
			from = max(from, e.handedOn(d.arrival))
		}
		if (kind == everything || kind == d.kind) && p.has(d.site) && d.done > from {
			came, went = append(came, from), append(went, d.done)
		}
	}
	b := stats.NewBacklog(came, went)
	e.backlogs[key] = b
	return b
}

// cutOff says whether the run's end gave a journey up: its work stayed.
func (e *evidence) cutOff(r row) bool { return e.journeys.outcomes[r.outcome] == headroom.Aborted }

// handedOn is when a journey that released a document ended; 0 of an operator's,
// which is in no backlog itself, and of one that is not known.
func (e *evidence) handedOn(arrival uint64) float64 {
	if e.releasing == nil {
		e.releasing = make(map[uint64]float64, len(e.papers))
		for _, d := range e.papers {
			e.releasing[d.arrival] = 0
		}
		for _, r := range e.journeys.rows {
			if _, does := e.releasing[r.arrival]; does && r.kind != headroom.Closed {
				e.releasing[r.arrival] = r.end
				if e.cutOff(r) { // it never did: it is in the backlog itself
					e.releasing[r.arrival] = math.Inf(1)
				}
			}
		}
	}
	return e.releasing[arrival]
}

// kinds are the kinds of documents, by name.
func (e *evidence) kinds() []string {
	var out []string
	for _, d := range e.papers {
		if !slices.Contains(out, d.kind) {
			out = append(out, d.kind)
		}
	}
	slices.Sort(out)
	return out
}

// backlogSeries are the backlog of each kind and, of peaks that not all sites
// have, that of their sites.
func (e *evidence) backlogSeries() []headroom.Series {
	var out []headroom.Series
	add := func(name, label string, b *stats.Backlog) {
		if b.Len() > 0 {
			out = append(out, e.levels(name, label, b))
		}
	}
	for _, kind := range append([]string{work}, e.kinds()...) {
		add("backlog", kind, e.backlog(kind, nil))
	}
	for _, p := range e.peaks {
		if len(p.Sites) > 0 {
			add("peak_backlog", p.Name+" at "+strings.Join(p.Sites, ", "), e.backlog(everything, p.Sites))
		}
	}
	return out
}

// levels are a backlog at the begin of each bin.
func (e *evidence) levels(name, label string, b *stats.Backlog) headroom.Series {
	width := grain(e.info.Schedule)
	s := headroom.Series{Name: name, Label: label, Unit: "documents", T: seconds(int(math.Ceil(e.end/width))+1, width)}
	if label == work {
		s.Unit = "journeys"
	}
	for _, t := range s.T {
		s.V = append(s.V, b.Before(math.Nextafter(t, math.Inf(1))))
	}
	return s
}
