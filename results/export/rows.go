package export

import (
	"container/heap"
	"iter"
	"math"

	"github.com/headroom-erp/headroom"
)

// The rows of each table. Their tags are the columns in every format; optional
// ones are pointers, nil where there is no value. The tag server marks text that
// came from a server or a log, which nobody in the house wrote.

type journeyRow struct {
	Arrival      int64    `parquet:"arrival"`
	Site         string   `parquet:"site,dict"`
	Process      string   `parquet:"process,dict"`
	Kind         string   `parquet:"kind,dict"`
	Scheduled    *float64 `parquet:"scheduled,optional"`
	Start        *float64 `parquet:"start,optional"`
	End          *float64 `parquet:"end,optional"`
	ResponseTime *float64 `parquet:"response_time,optional"`
	TimerLate    *float64 `parquet:"timer_late,optional"`
	VUWait       *float64 `parquet:"vu_wait,optional"`
	DesignWait   *float64 `parquet:"design_wait,optional"`
	Outcome      string   `parquet:"outcome,dict"`
	Lines        int64    `parquet:"lines"`
	Attempts     int64    `parquet:"attempts"`
	Error        *string  `parquet:"error,optional,dict" text:"server"`
}

type requestRow struct {
	Arrival      int64    `parquet:"arrival"`
	N            int64    `parquet:"n"`
	Site         string   `parquet:"site,dict"`
	Process      string   `parquet:"process,dict"`
	Step         string   `parquet:"step,dict"`
	Protocol     string   `parquet:"protocol,dict"`
	Start        *float64 `parquet:"start,optional"`
	End          *float64 `parquet:"end,optional"`
	ResponseTime *float64 `parquet:"response_time,optional"`
	Outcome      string   `parquet:"outcome,dict"`
	Status       *int64   `parquet:"status,optional"`
	Bytes        int64    `parquet:"bytes"`
	Error        *string  `parquet:"error,optional,dict" text:"server"`
	Scheduled    *float64 `parquet:"scheduled,optional"`
}

type serverRow struct {
	End      *float64 `parquet:"end,optional"`
	PID      int64    `parquet:"pid"`
	Database *string  `parquet:"database,optional,dict" text:"server"`
	Arrival  *int64   `parquet:"arrival,optional"`
	N        *int64   `parquet:"n,optional"`
	Path     string   `parquet:"path,dict" text:"server"`
	Status   *int64   `parquet:"status,optional"`
	Queries  int64    `parquet:"queries"`
	SQL      *float64 `parquet:"sql,optional"`
	Other    *float64 `parquet:"other,optional"`
	Tries    int64    `parquet:"tries"`
	Sleep    *float64 `parquet:"sleep,optional"`
}

type sampleRow struct {
	T       *float64 `parquet:"t,optional"`
	Probe   string   `parquet:"probe,dict"`
	Subject string   `parquet:"subject,dict" text:"server"`
	Metric  string   `parquet:"metric,dict" text:"server"`
	Value   *float64 `parquet:"value,optional"`
}

type gapRow struct {
	T      *float64 `parquet:"t,optional"`
	Probe  string   `parquet:"probe,dict"`
	Reason string   `parquet:"reason,dict" text:"server"`
}

type documentRow struct {
	T        *float64 `parquet:"t,optional"`
	Site     string   `parquet:"site,dict"`
	Kind     string   `parquet:"kind,dict"`
	Document int64    `parquet:"document"`
	Event    string   `parquet:"event,dict"`
	Due      *float64 `parquet:"due,optional"`
	Arrival  int64    `parquet:"arrival"`
}

// number is nil for what is none: no format has the same word for NaN.
func number(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// unlessZero is nil for the zero value of a field where that means "none".
func unlessZero[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func journeys(run headroom.Run) iter.Seq2[journeyRow, error] {
	return converted(run.Journeys(), func(j headroom.Journey) journeyRow {
		return journeyRow{
			Arrival: int64(j.Arrival), Site: j.Site, Process: j.Process, Kind: j.Kind.String(),
			Scheduled: number(j.Scheduled), Start: number(j.Start), End: number(j.End), ResponseTime: number(j.End - j.Scheduled),
			TimerLate: number(j.TimerLate), VUWait: number(j.VUWait), DesignWait: number(j.DesignWait),
			Outcome: string(j.Outcome), Lines: int64(j.Lines), Attempts: int64(j.Attempts), Error: unlessZero(j.Error),
		}
	})
}

func server(run headroom.Run) iter.Seq2[serverRow, error] {
	return converted(run.Server(), func(s headroom.ServerRequest) serverRow {
		return serverRow{
			End: number(s.End), PID: int64(s.PID), Database: unlessZero(s.Database),
			Arrival: unlessZero(int64(s.Arrival)), N: unlessZero(int64(s.N)), Path: s.Path, Status: unlessZero(int64(s.Status)),
			Queries: int64(s.Queries), SQL: number(s.SQL), Other: number(s.Other), Tries: int64(s.Tries), Sleep: number(s.Sleep),
		}
	})
}

func samples(run headroom.Run) iter.Seq2[sampleRow, error] {
	return converted(run.Samples(), func(s headroom.Sample) sampleRow {
		return sampleRow{T: number(s.T), Probe: s.Probe, Subject: s.Subject, Metric: s.Metric, Value: number(s.Value)}
	})
}

func gaps(run headroom.Run) iter.Seq2[gapRow, error] {
	return converted(run.Gaps(), func(g headroom.Gap) gapRow {
		return gapRow{T: number(g.T), Probe: g.Probe, Reason: g.Reason}
	})
}

func documents(run headroom.Run) iter.Seq2[documentRow, error] {
	return converted(run.Documents(), func(d headroom.DocumentEvent) documentRow {
		event := "released"
		if d.Done {
			event = "done"
		}
		return documentRow{T: number(d.T), Site: d.Site, Kind: d.Kind, Document: d.Document, Event: event, Due: unlessZero(d.Due), Arrival: int64(d.Arrival)}
	})
}

func converted[T, R any](seq iter.Seq2[T, error], row func(T) R) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		var zero R
		for v, err := range seq {
			if err != nil {
				yield(zero, err)
				return
			}
			if !yield(row(v), nil) {
				return
			}
		}
	}
}

// requests are joined to the scheduled time of their journeys.
func requests(run headroom.Run) iter.Seq2[requestRow, error] {
	return func(yield func(requestRow, error) bool) {
		lookup := newLookup(run.Journeys())
		defer lookup.stop()
		for r, err := range run.Requests() {
			var scheduled *float64
			if err == nil {
				scheduled, err = lookup.scheduled(r)
			}
			if err != nil {
				yield(requestRow{}, err)
				return
			}
			row := requestRow{
				Arrival: int64(r.Arrival), N: int64(r.N), Site: r.Site, Process: r.Process, Step: r.Step, Protocol: r.Protocol,
				Start: number(r.Start), End: number(r.End), ResponseTime: number(r.End - r.Start), Outcome: string(r.Outcome),
				Status: unlessZero(int64(r.Status)), Bytes: r.Bytes, Error: unlessZero(r.Error), Scheduled: scheduled,
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// slack is how far, in seconds, a request may lie outside of its journey: both
// are stamped by one clock, at moments that are not quite the same.
const slack = 1

// A lookup finds the journeys of requests that come in order of their start. A
// request lies between its journey's scheduled time and end, and journeys come
// in order of the former: so only those that are under way have to be known,
// however long the run is.
type lookup struct {
	next  func() (headroom.Journey, error, bool)
	stop  func()
	ahead *headroom.Journey // read, and not yet due
	done  bool
	known map[uint64]float64 // scheduled, by arrival
	ends  endings
}

func newLookup(seq iter.Seq2[headroom.Journey, error]) *lookup {
	l := &lookup{known: map[uint64]float64{}}
	l.next, l.stop = iter.Pull2(seq)
	return l
}

// scheduled is nil for a request whose journey was not recorded: the run was
// cut off before its end.
func (l *lookup) scheduled(r headroom.Request) (*float64, error) {
	for !l.done {
		if l.ahead == nil {
			j, err, ok := l.next()
			if err != nil {
				return nil, err
			}
			if !ok {
				l.done = true
				break
			}
			l.ahead = &j
		}
		if l.ahead.Scheduled > r.Start+slack {
			break
		}
		l.known[l.ahead.Arrival] = l.ahead.Scheduled
		heap.Push(&l.ends, ending{l.ahead.End, l.ahead.Arrival})
		l.ahead = nil
	}
	for len(l.ends) > 0 && l.ends[0].at < r.Start-slack {
		delete(l.known, heap.Pop(&l.ends).(ending).arrival)
	}
	if v, ok := l.known[r.Arrival]; ok {
		return number(v), nil
	}
	return nil, nil
}

// An ending is when a journey ends.
type ending struct {
	at      float64
	arrival uint64
}

// endings are a heap.
type endings []ending

func (e endings) Len() int           { return len(e) }
func (e endings) Less(i, j int) bool { return e[i].at < e[j].at }
func (e endings) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *endings) Push(v any)        { *e = append(*e, v.(ending)) }

func (e *endings) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}
