package demand

import (
	"errors"
	"iter"

	"github.com/headroom-erp/headroom"
)

// fakeRun is a run in memory.
type fakeRun struct {
	info     headroom.RunInfo
	journeys []headroom.Journey
	requests []headroom.Request
	server   []headroom.ServerRequest
	samples  []headroom.Sample
	schedule []headroom.Arrival // nil: it was not kept
	err      error
}

func (r *fakeRun) Arrivals() iter.Seq2[headroom.Arrival, error] {
	if r.schedule == nil {
		return all[headroom.Arrival](nil, errors.New("no schedule"))
	}
	return all(r.schedule, nil)
}

func (r *fakeRun) Info() headroom.RunInfo { return r.info }

func all[T any](v []T, err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, x := range v {
			if !yield(x, nil) {
				return
			}
		}
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

func (r *fakeRun) Journeys() iter.Seq2[headroom.Journey, error]     { return all(r.journeys, r.err) }
func (r *fakeRun) Requests() iter.Seq2[headroom.Request, error]     { return all(r.requests, nil) }
func (r *fakeRun) Server() iter.Seq2[headroom.ServerRequest, error] { return all(r.server, nil) }
func (r *fakeRun) Samples() iter.Seq2[headroom.Sample, error]       { return all(r.samples, nil) }
func (r *fakeRun) Documents() iter.Seq2[headroom.DocumentEvent, error] {
	return all[headroom.DocumentEvent](nil, nil)
}
func (r *fakeRun) Gaps() iter.Seq2[headroom.Gap, error] { return all[headroom.Gap](nil, nil) }

// pilot is a dispatch cutoff with an EDI burst on one topology. The demands
// are like real Odoo's; 5 lines over 50 products.
func pilot(name string, workers int, appCores, databaseCores float64) *world {
	step := func(appWork, databaseWork float64, calls int) truth {
		return truth{work: [2]float64{appWork, databaseWork}, scv: 0.15, calls: calls}
	}
	hot := func(appWork, databaseWork float64, calls int, touch float64) truth {
		t := step(appWork, databaseWork, calls)
		t.lines, t.touch = 5, touch
		return t
	}
	return &world{
		topology: headroom.Topology{Name: name, Web: headroom.Web{Workers: workers, Cores: appCores}, Database: headroom.Database{Cores: databaseCores}},
		duration: 65, rows: 150,
		steps: map[string]truth{
			"order.create": step(0.055, 0.03, 12), "order.confirm": hot(0.1, 0.06, 20, 0.8), "order.read_order": step(0.006, 0.003, 2),
			"order.read_moves": step(0.007, 0.003, 2), "order.pick": step(0.05, 0.03, 10), "order.ship": hot(0.07, 0.045, 16, 0.2),
			"receive.create": step(0.07, 0.04, 12), "receive.confirm": step(0.08, 0.05, 14), "receive.read": step(0.006, 0.003, 2),
			"receive.validate": hot(0.09, 0.06, 16, 0.2), "scan.lookup": step(0.012, 0.008, 4),
			"edi_order.create": step(0.06, 0.032, 12), "edi_order.confirm": hot(0.1, 0.06, 20, 0.8),
		},
		journeys: []worldJourney{
			{process: "order", steps: []string{"create", "confirm", "read_order", "read_moves", "pick", "ship"}, rate: 1.6},
			{process: "receive", steps: []string{"create", "confirm", "read", "validate"}, rate: 0.6},
			{process: "scan", steps: []string{"lookup"}, rate: 8},
			{process: "edi_order", steps: []string{"create", "confirm"}, rate: 0, batch: 40, batchAt: 25, lane: 3},
			{process: "bi", steps: []string{"stock"}, rate: 0.1, sql: true},
		},
	}
}
