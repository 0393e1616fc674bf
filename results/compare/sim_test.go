package compare

import (
	"container/heap"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/headroom-erp/headroom"
)

// A memoryRun is a run that was never on disk.
type memoryRun struct {
	info      headroom.RunInfo
	arrivals  []headroom.Arrival
	journeys  []headroom.Journey
	documents []headroom.DocumentEvent
}

func all[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (m *memoryRun) Info() headroom.RunInfo                              { return m.info }
func (m *memoryRun) Arrivals() iter.Seq2[headroom.Arrival, error]        { return all(m.arrivals) }
func (m *memoryRun) Journeys() iter.Seq2[headroom.Journey, error]        { return all(m.journeys) }
func (m *memoryRun) Documents() iter.Seq2[headroom.DocumentEvent, error] { return all(m.documents) }
func (m *memoryRun) Requests() iter.Seq2[headroom.Request, error]        { return all[headroom.Request](nil) }
func (m *memoryRun) Server() iter.Seq2[headroom.ServerRequest, error] {
	return all[headroom.ServerRequest](nil)
}
func (m *memoryRun) Samples() iter.Seq2[headroom.Sample, error] { return all[headroom.Sample](nil) }
func (m *memoryRun) Gaps() iter.Seq2[headroom.Gap, error]       { return all[headroom.Gap](nil) }

// A world is a system and its load, of which runs are simulated: open arrivals
// of two processes with a peak in the middle and a batch, before workers that
// serve first come, first served.
type world struct {
	window  float64 // seconds
	rate    float64 // 1/s, of orders outside of the peak
	peak    float64 // factor of the rate within it
	burst   int     // documents at one moment
	workers int
	service float64 // seconds
	scv     float64 // of what the arrival itself brings, the same in every run of the same arrivals
	noise   float64 // scv of what each run brings anew
	drift   float64 // standard deviation of a slow disturbance (log), AR(1)
	memory  float64 // its time constant, seconds
	between float64 // standard deviation of a whole run's factor (log)
	fail    float64 // share that fails
}

func logNormal(r *rand.Rand, scv float64) float64 {
	v := math.Log1p(scv)
	return math.Exp(math.Sqrt(v)*r.NormFloat64() - v/2)
}

type ends []float64

func (e ends) Len() int           { return len(e) }
func (e ends) Less(i, j int) bool { return e[i] < e[j] }
func (e ends) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *ends) Push(v any)        { *e = append(*e, v.(float64)) }
func (e *ends) Pop() any          { old := *e; v := old[len(old)-1]; *e = old[:len(old)-1]; return v }

const leadIn = 10.0

// run simulates one, whose service takes factor times as long.
func (w world) run(arrivals, noise uint64, factor float64) Run {
	ar, nr := rand.New(rand.NewPCG(arrivals, 1)), rand.New(rand.NewPCG(noise, 2))
	end := leadIn + w.window
	from, to := leadIn+w.window/3, leadIn+2*w.window/3
	h := headroom.Header{Plan: "sim", Seed: arrivals, Scale: 1, LeadIn: leadIn, Window: w.window, WindowAt: time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC),
		Processes: []headroom.ScheduledProcess{{Name: "order"}, {Name: "scan"}, {Name: "edi"}}, Sites: []headroom.ScheduledSite{{Name: "hub", Users: 5}}}
	if w.peak != 1 {
		h.Spans = []headroom.Span{{Name: "cutoff", From: from, To: to}}
	}
	m := &memoryRun{info: headroom.RunInfo{ID: fmt.Sprintf("%d-%d", arrivals, noise), Complete: true, TargetKind: "erp", Schedule: h,
		Topology: headroom.Topology{Name: "stage", Web: headroom.Web{Workers: w.workers, Cores: 2}}}}
	top := w.rate * max(1, w.peak)
	for t := ar.ExpFloat64() / top; t < end; t += ar.ExpFloat64() / top {
		level := w.rate
		if t >= from && t < to {
			level *= w.peak
		}
		if ar.Float64()*top < level {
			m.arrivals = append(m.arrivals, headroom.Arrival{At: time.Duration(t * 1e9), Seed: ar.Uint64(), Process: uint16(ar.IntN(2))})
		}
	}
	for range w.burst {
		m.arrivals = append(m.arrivals, headroom.Arrival{At: time.Duration((from + to) / 2 * 1e9), Seed: ar.Uint64(), Process: 2})
	}
	slices.SortStableFunc(m.arrivals, func(a, b headroom.Arrival) int { return int(a.At - b.At) })
	slow := factor * math.Exp(w.between*nr.NormFloat64())
	state, last := w.drift*nr.NormFloat64(), 0.0
	free := make(ends, w.workers)
	for i := range m.arrivals {
		a := &m.arrivals[i]
		a.ID = uint64(i + 1)
		t := a.At.Seconds()
		if w.drift > 0 {
			keep := math.Exp(-(t - last) / w.memory)
			state = keep*state + w.drift*math.Sqrt(1-keep*keep)*nr.NormFloat64()
			last = t
		}
		own := rand.New(rand.NewPCG(a.Seed, 3))
		s := w.service * []float64{1, 0.3, 1}[a.Process] * logNormal(own, w.scv) * logNormal(nr, w.noise) * slow * math.Exp(state)
		start := max(t, free[0])
		free[0] = start + s
		heap.Fix(&free, 0)
		j := headroom.Journey{Arrival: a.ID, Process: h.Processes[a.Process].Name, Scheduled: t, Start: start, End: start + s, Outcome: headroom.OK}
		if nr.Float64() < w.fail {
			j.Outcome = headroom.Fault
		}
		m.journeys = append(m.journeys, j)
	}
	return Run{Run: m, Report: headroom.RunReport{ID: m.info.ID, Folder: m.info.ID, Complete: true, Valid: true}}
}

// once compares runs of the world: k a side, the other side slower by factor.
func (w world) once(seed uint64, k int, paired bool, factor float64) headroom.RunComparison {
	var a, b Set
	a.Name, b.Name = "a", "b"
	for i := range uint64(k) {
		s := seed*100 + i
		a.Runs = append(a.Runs, w.run(s, 2*s, 1))
		other := s
		if !paired {
			other += 1 << 32
		}
		b.Runs = append(b.Runs, w.run(other, 2*s+1, factor))
	}
	c, err := Compare(a, []Set{b}, Options{})
	if err != nil {
		panic(err)
	}
	return c
}
