package analyse

import (
	"cmp"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
)

// maxBins bounds the points of a line: a second each up to two hours, wider
// bins for a longer run.
const maxBins = 7200

// responseBins is how many bins of a second share one of the response-time
// chart.
const responseBins = 5

// mostBehind is how far behind the schedule's end journeys in flight are shown,
// in seconds: a damaged bundle may have an end in another year.
const mostBehind = 86400

// grain is the width of a bin in seconds.
func grain(h headroom.Header) float64 { return max(1, math.Ceil(h.Duration()/maxBins)) }

// series makes the lines of a run's charts.
func (e *evidence) series() []headroom.Series {
	h := e.info.Schedule
	out := arrivals(e.journeys, h)
	out = append(out, inFlight(e.journeys, h))
	out = append(out, responses(e.journeys, h)...)
	out = append(out, e.backlogSeries()...)
	for _, s := range e.stations() {
		out = append(out, utilization(s))
	}
	return out
}

// arrivals counts scheduled journeys per second of each process.
func arrivals(j *journeys, h headroom.Header) []headroom.Series {
	width := grain(h)
	n := int(math.Ceil(h.Duration() / width))
	counts := make([][]float64, len(j.processes))
	for _, r := range j.rows {
		if counts[r.process] == nil {
			counts[r.process] = make([]float64, n)
		}
		if i := int(r.scheduled / width); i >= 0 && i < n {
			counts[r.process][i] += 1 / width
		}
	}
	var out []headroom.Series
	for i, v := range counts {
		out = append(out, headroom.Series{Name: "arrivals", Label: j.processes[i], Unit: "1/s", T: seconds(n, width), V: v})
	}
	return byLabel(out)
}

func byLabel(out []headroom.Series) []headroom.Series {
	slices.SortFunc(out, func(a, b headroom.Series) int { return cmp.Compare(a.Label, b.Label) })
	return out
}

func seconds(n int, step float64) []float64 {
	t := make([]float64, n)
	for i := range t {
		t[i] = float64(i) * step
	}
	return t
}

// inFlight is the number of journeys between scheduled time and end, at the
// begin of each bin.
func inFlight(j *journeys, h headroom.Header) headroom.Series {
	width := grain(h)
	bin := func(t float64) int { return max(0, int(math.Ceil(t/width))) }
	last := min(j.last, h.Duration()+mostBehind)
	change := make([]float64, bin(max(h.Duration(), last))+2)
	for _, r := range j.rows {
		change[min(len(change)-1, bin(r.scheduled))]++
		change[min(len(change)-1, bin(r.end))]--
	}
	var now float64
	for i, d := range change {
		now += d
		change[i] = now
	}
	return headroom.Series{Name: "in_flight", Label: "journeys", Unit: "journeys", T: seconds(len(change), width), V: change}
}

// responses is the mean time of successful journeys by the time for which they
// were scheduled.
func responses(j *journeys, h headroom.Header) []headroom.Series {
	width := responseBins * grain(h)
	n := int(math.Ceil(h.Duration() / width))
	type bin struct{ sum, n float64 }
	bins := make([][]bin, len(j.processes))
	for _, r := range j.rows {
		i := int(r.scheduled / width)
		if r.outcome != okRow || i < 0 || i >= n {
			continue
		}
		if bins[r.process] == nil {
			bins[r.process] = make([]bin, n)
		}
		bins[r.process][i].sum += r.response()
		bins[r.process][i].n++
	}
	var out []headroom.Series
	for process, b := range bins {
		s := headroom.Series{Name: "response", Label: j.processes[process], Unit: "s"}
		for i := range b {
			if b[i].n > 0 {
				s.T = append(s.T, (float64(i)+0.5)*width)
				s.V = append(s.V, b[i].sum/b[i].n)
			}
		}
		if len(s.T) > 0 {
			out = append(out, s)
		}
	}
	return byLabel(out)
}

func utilization(st station) headroom.Series {
	s := headroom.Series{Name: "utilization", Label: st.name, Unit: "fraction"}
	for i := 1; i < len(st.busy); i++ {
		if d := st.busy[i].t - st.busy[i-1].t; d > 0.1 {
			s.T = append(s.T, st.busy[i].t)
			s.V = append(s.V, (st.busy[i].v-st.busy[i-1].v)/d/st.cores)
		}
	}
	return s
}
