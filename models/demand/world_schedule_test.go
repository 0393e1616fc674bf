package demand

import (
	"time"

	"github.com/headroom-erp/headroom"
)

// scenarioOf is what the world's processes play: those of a warehouse of one step.
var scenarioOf = map[string]string{"order": "order_to_ship", "receive": "buy_and_receive", "edi_order": "edi_order", "invoice": "invoice"}

// schedule puts all journeys into the timers.
func (w *world) schedule() {
	id := w.first
	var law headroom.Popularity
	if w.kept {
		w.out.info.Schedule.Catalogue = headroom.Catalogue{Products: w.rows, Popularity: w.exponent}
		w.out.info.Schedule.Sites = []headroom.ScheduledSite{{Name: "hub", Database: "hub"}}
		law = headroom.NewPopularity(w.rows, w.exponent)
	}
	for n := range w.journeys {
		j := &w.journeys[n]
		lane := &worldLane{free: j.lane}
		process := headroom.ScheduledProcess{Name: j.process, Scenario: scenarioOf[j.process], Lines: headroom.Lines{Mean: 5, Max: 20}}
		w.out.info.Schedule.Processes = append(w.out.info.Schedule.Processes, process)
		begin := func(at float64) {
			id++
			a := id
			kind := headroom.Open
			if j.lane > 0 {
				kind = headroom.Batched
			}
			lines := 5
			if w.perLine > 0 {
				for lines = 1; w.random.Float64() > 0.2 && lines < 20; {
					lines++
				}
			}
			var document []int
			if w.kept {
				arrival := headroom.Arrival{ID: a, At: time.Duration(at * 1e9), Seed: w.random.Uint64(), Process: uint16(n), Kind: kind}
				if j.lane > 0 {
					arrival.Lane = uint16(len(w.out.info.Schedule.Lanes))
				}
				w.out.schedule = append(w.out.schedule, arrival)
				for _, l := range arrival.Document(process.Lines, law) {
					document = append(document, l.Product)
				}
				lines = len(document)
			}
			w.after(at, func() {
				lane.take(j.lane > 0, func() {
					record := headroom.Journey{Arrival: a, Process: j.process, Site: "hub", Kind: kind, Scheduled: at, Start: w.now, Outcome: headroom.OK, Lines: lines}
					w.step(j, a, 0, record, document, lane)
				})
			})
		}
		for t := w.random.ExpFloat64() / max(1e-9, j.rate); t < w.duration; t += w.random.ExpFloat64() / j.rate {
			begin(t)
		}
		for range j.batch {
			begin(j.batchAt)
		}
		if j.lane > 0 {
			w.out.info.Schedule.Lanes = append(w.out.info.Schedule.Lanes, headroom.Lane{Name: j.process, Connections: j.lane})
		}
	}
}

type worldJourney struct {
	process string
	steps   []string
	rate    float64 // 1/s
	batch   int     // documents at batchAt
	batchAt float64
	lane    int // connections
	sql     bool
}

type worldLane struct {
	free  int
	queue []func()
}

func (l *worldLane) take(limited bool, f func()) {
	switch {
	case !limited:
		f()
	case l.free > 0:
		l.free--
		f()
	default:
		l.queue = append(l.queue, f)
	}
}

func (l *worldLane) give() {
	l.free++
	if len(l.queue) > 0 {
		f := l.queue[0]
		l.queue = l.queue[1:]
		l.free--
		f()
	}
}

func (w *world) step(j *worldJourney, id uint64, n int, record headroom.Journey, document []int, lane *worldLane) {
	if n == len(j.steps) {
		record.End = w.now
		w.out.journeys = append(w.out.journeys, record)
		if j.lane > 0 {
			lane.give()
		}
		return
	}
	request := headroom.Request{Arrival: id, N: n + 1, Site: "hub", Process: j.process, Step: j.steps[n], Protocol: "jsonrpc", Start: w.now, Outcome: headroom.OK, Status: 200}
	finish := func() {
		request.End = w.now
		w.out.requests = append(w.out.requests, request)
		w.step(j, id, n+1, record, document, lane)
	}
	if j.sql {
		request.Protocol = "sql"
		w.after(0.02, finish)
		return
	}
	w.ask(&task{class: j.process + "." + j.steps[n], key: key{id, n + 1}, lines: record.Lines, document: document, done: finish})
}
