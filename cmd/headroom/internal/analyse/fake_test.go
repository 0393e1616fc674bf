package analyse

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"testing"

	"github.com/headroom-erp/headroom"
)

// fake is a run of what it holds.
type fake struct {
	info      headroom.RunInfo
	arrivals  []headroom.Arrival
	journeys  []headroom.Journey
	requests  []headroom.Request
	server    []headroom.ServerRequest
	samples   []headroom.Sample
	gaps      []headroom.Gap
	documents []headroom.DocumentEvent
}

func all[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, x := range list {
			if !yield(x, nil) {
				return
			}
		}
	}
}

func (f fake) Info() headroom.RunInfo                              { return f.info }
func (f fake) Arrivals() iter.Seq2[headroom.Arrival, error]        { return all(f.arrivals) }
func (f fake) Requests() iter.Seq2[headroom.Request, error]        { return all(f.requests) }
func (f fake) Server() iter.Seq2[headroom.ServerRequest, error]    { return all(f.server) }
func (f fake) Samples() iter.Seq2[headroom.Sample, error]          { return all(f.samples) }
func (f fake) Gaps() iter.Seq2[headroom.Gap, error]                { return all(f.gaps) }
func (f fake) Documents() iter.Seq2[headroom.DocumentEvent, error] { return all(f.documents) }
func (f fake) Journeys() iter.Seq2[headroom.Journey, error] {
	list := slices.Clone(f.journeys)
	slices.SortStableFunc(list, func(a, b headroom.Journey) int { return cmp.Compare(a.Scheduled, b.Scheduled) })
	return all(list)
}

// complete is a run of a window behind its lead-in that came to its end.
func complete(leadIn, window float64, spans ...headroom.Span) fake {
	return fake{info: headroom.RunInfo{Complete: true, Schedule: headroom.Header{LeadIn: leadIn, Window: window, Spans: spans}}}
}

// journey is a successful order that was scheduled at a time and took so long.
func journey(at, took float64) headroom.Journey {
	return headroom.Journey{Arrival: uint64(at*1000) + 1, Site: "hub", Process: "order", Scheduled: at, Start: at, End: at + took, Outcome: headroom.OK}
}

// failing makes a journey one that ended with an outcome.
func failing(j headroom.Journey, o headroom.Outcome, message string) headroom.Journey {
	j.Outcome, j.Error = o, message
	return j
}

func evidenceOf(t *testing.T, f fake) *evidence {
	t.Helper()
	e, err := read(f)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func reportOf(t *testing.T, f fake) headroom.RunReport {
	t.Helper()
	r, err := RunReport(f, "folder")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func judgeOf(t *testing.T, f fake, o headroom.Objective) headroom.ObjectiveReport {
	t.Helper()
	r, err := Judge(f, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func deref(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}
