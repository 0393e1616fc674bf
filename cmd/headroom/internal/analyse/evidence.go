package analyse

import (
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results/stats"
)

// evidence is what a run recorded, read once and kept small, with the window
// that its figures are of.
type evidence struct {
	run      headroom.Run
	info     headroom.RunInfo
	end      float64 // until when load was offered, seconds since the run's start
	window   headroom.Span
	warmup   *headroom.Warmup
	journeys *journeys
	papers   []paper
	older    map[[2]string]int // documents that were done and released before the run, by site and kind
	samples  *samples
	peaks    []headroom.PeakReport
	// conflicts are the requests that were found in the server's log; read when
	// an objective asks.
	conflicts *conflicts
	backlogs  map[string]*stats.Backlog
	releasing map[uint64]float64 // ends of the journeys that released documents
}

// read reads everything but the requests and the server's log; of samples those
// that reports and the plan's objectives need, and what else is named.
func read(run headroom.Run, named ...string) (*evidence, error) {
	info := run.Info()
	h := info.Schedule
	e := &evidence{run: run, info: info, end: h.Duration(), backlogs: map[string]*stats.Backlog{}}
	var err error
	if e.journeys, err = readJourneys(run); err != nil {
		return nil, err
	}
	if !info.Complete {
		e.end = max(0, min(e.end, e.journeys.ending.At()))
	}
	if e.papers, e.older, err = readPapers(run); err != nil {
		return nil, err
	}
	if e.samples, err = readSamples(run, named); err != nil {
		return nil, err
	}
	e.window = headroom.Span{Name: "window", From: h.LeadIn, To: max(h.LeadIn, e.end)}
	e.warmup = e.findWarmup()
	if e.warmup != nil {
		e.window.From += e.warmup.Seconds
	}
	e.peaks = e.peakReports()
	return e, nil
}

// whole is the window at all sites.
func (e *evidence) whole() part { return part{from: e.window.From, to: e.window.To} }

// parts are the stretches of the window that an objective speaks of.
func (e *evidence) parts(o headroom.Objective) []part {
	var all []part
	if o.Peak == "" {
		all = []part{e.whole()}
	}
	for _, s := range e.info.Schedule.Spans {
		if o.Peak != "" && s.Name == o.Peak {
			all = append(all, e.phase(s, o.Phase))
		}
	}
	var out []part
	for _, p := range all {
		if o.Site != "" {
			if !p.has(o.Site) {
				continue
			}
			p.sites = []string{o.Site}
		}
		if p.from < p.to {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b part) int { return compare(a.from, b.from) })
	return out
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
