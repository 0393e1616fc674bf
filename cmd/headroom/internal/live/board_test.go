package live

import (
	"fmt"
	"iter"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// schedule is arrivals in memory.
func schedule(list ...headroom.Arrival) iter.Seq2[headroom.Arrival, error] {
	return func(yield func(headroom.Arrival, error) bool) {
		for _, a := range list {
			if !yield(a, nil) {
				return
			}
		}
	}
}

// orders are so many arrivals a second of process 0 for so many seconds, each
// in the middle of its share of the second.
func orders(perSecond, seconds int) []headroom.Arrival {
	var out []headroom.Arrival
	for i := range perSecond * seconds {
		at := (float64(i) + 0.5) / float64(perSecond)
		out = append(out, headroom.Arrival{ID: uint64(i + 1), At: time.Duration(at * float64(time.Second))})
	}
	return out
}

func info(window float64, stop ...headroom.StopRule) headroom.RunInfo {
	return headroom.RunInfo{
		ID: "r", TargetKind: "erp",
		Plan: headroom.Plan{Stop: stop, Sites: []headroom.Site{{Name: "hub"}}, Objectives: []headroom.Objective{
			{Process: "order", Percentile: 95, Within: 5}, {Process: "order", Percentile: 99, Within: 4}, {Process: "order", Percentile: 50, Within: 1}}},
		Topology: headroom.Topology{Name: "standard-6", Web: headroom.Web{Cores: 3}, Database: headroom.Database{Cores: 2}},
		Schedule: headroom.Header{Plan: "p", LeadIn: 10, Window: window - 10, Processes: []headroom.ScheduledProcess{{Name: "order"}, {Name: "pick"}},
			Spans: []headroom.Span{{Name: "cutoff", From: 20, To: 30}}},
	}
}

// served are the journeys of arrivals, each so many seconds long.
func served(list []headroom.Arrival, response float64) headroom.Records {
	var rs headroom.Records
	for _, a := range list {
		at := a.At.Seconds()
		rs.Journeys = append(rs.Journeys, headroom.Journey{Arrival: a.ID, Site: "hub", Process: "order", Scheduled: at, Start: at, End: at + response, Outcome: headroom.OK, TimerLate: 0.001})
	}
	return rs
}

func near(a *float64, b float64) bool { return a != nil && math.Abs(*a-b) < 1e-9 }

func TestABoardKnowsRatesPercentilesAndBacklog(t *testing.T) {
	list := orders(4, 40)
	b := NewBoard(info(40), schedule(list...))
	defer b.Close()
	b.Add(served(list, 2)) // each takes two seconds
	s := b.At(25)
	p := s.Processes[0]
	if !near(p.Offered, 4) || p.Completed != 4 || p.Scheduled != 160 || p.Due != 100 || p.Ended != 92 || *p.Backlog != 8 {
		t.Errorf("%+v: want 4/s offered and done, 100 of 160 due, 92 ended, 8 between", p)
	}
	if !near(p.P50, 2) || !near(p.P95, 2) || !near(p.Bound, 4) || !near(p.Late, 0.001) {
		t.Errorf("response %v and %v of at most %v, late %v", *p.P50, *p.P95, *p.Bound, *p.Late)
	}
	if s.Stage != headroom.StageWindow || s.Peaks[0].Phase != "during" || s.Left != 15 || s.Progress != 25.0/40 {
		t.Errorf("%s, %s, %g s left, %g done", s.Stage, s.Peaks[0].Phase, s.Left, s.Progress)
	}
	if q := s.Processes[1]; q.Offered != nil || q.Backlog != nil || q.P95 != nil || q.Late != nil || q.Bound != nil {
		t.Errorf("nothing is known of a process without work: %+v", q)
	}
	if s.Total.Due != 100 || *s.Total.Backlog != 8 || !near(s.Total.Offered, 4) || !near(s.Total.P95, 2) {
		t.Errorf("all together: %+v", s.Total)
	}
	if s = b.At(43); s.Stage != headroom.StageWaiting || *s.Total.Backlog != 0 || s.Total.Ended != 160 || s.Left != 0 || s.Progress != 1 || s.Peaks[0].Phase != "after" {
		t.Errorf("at the end: %+v", s)
	}
}

// A board gives the same whether records come early, late, in pieces or at once.
func TestTheOrderOfRecordsDoesNotMatter(t *testing.T) {
	list := orders(3, 60)
	all := served(list, 1.5)
	for i := range all.Journeys {
		if i%7 == 0 {
			all.Journeys[i].Outcome, all.Journeys[i].Error = headroom.Fault, fmt.Sprint("no ", i)
		}
	}
	once := NewBoard(info(60), schedule(list...))
	once.Add(all)
	pieces := NewBoard(info(60), schedule(list...))
	late := NewBoard(info(60), schedule(list...))
	for now := range 70 {
		for _, j := range all.Journeys {
			if int(j.End) == now {
				pieces.Add(headroom.Records{Journeys: []headroom.Journey{j}})
			}
			if int(j.End)+1 == now { // a second behind
				late.Add(headroom.Records{Journeys: []headroom.Journey{j}})
			}
		}
		late.At(max(0, now-1))
		want := fmt.Sprintf("%+v", flat(once.At(now).Processes[0]))
		if got := fmt.Sprintf("%+v", flat(pieces.At(now).Processes[0])); got != want {
			t.Fatalf("at %d s in pieces\n%s\nwant\n%s", now, got, want)
		}
	}
	if got, want := fmt.Sprintf("%+v", flat(late.At(70).Processes[0])), fmt.Sprintf("%+v", flat(once.At(70).Processes[0])); got != want {
		t.Errorf("late\n%s\nwant\n%s", got, want)
	}
}

// flat shows what pointers lead to.
func flat(p headroom.ProcessStatus) []any {
	v := func(f *float64) any {
		if f == nil {
			return nil
		}
		return *f
	}
	backlog := -1
	if p.Backlog != nil {
		backlog = *p.Backlog
	}
	return []any{p.Due, p.Ended, p.Failed, p.RecentFailed, p.Cause, v(p.CauseAt), v(p.Offered), p.Completed, v(p.P50), v(p.P95), backlog, v(p.Late)}
}

func TestFailuresAreCountedWithTheirCause(t *testing.T) {
	list := orders(1, 60)
	b := NewBoard(info(60), schedule(list...))
	rs := served(list, 0.1)
	rs.Journeys[3].Outcome, rs.Journeys[3].Error = headroom.Fault, "first"
	rs.Journeys[8].Outcome = headroom.Timeout
	rs.Journeys[9].Outcome = headroom.NothingToDo
	for i := 30; i < 60; i++ { // the run's end
		rs.Journeys[i].Outcome, rs.Journeys[i].End = headroom.Aborted, rs.Journeys[i].Start
	}
	b.Add(rs)
	s := b.At(20).Processes[0]
	if s.Failed != 2 || s.RecentFailed != 2 || s.Cause != "timeout" || !near(s.CauseAt, 8.6) || s.Ended != 20 || *s.Backlog != 0 {
		t.Errorf("%+v", s)
	}
	if s = b.At(45).Processes[0]; s.Failed != 2 || s.RecentFailed != 0 || s.Ended != 30 || *s.Backlog != 15 {
		t.Errorf("what was given up is due and has not ended: %+v", s)
	}
}

func TestOperatorsHaveNoBacklog(t *testing.T) {
	shift := headroom.Arrival{ID: 1, Kind: headroom.Closed, Process: 1, At: 5 * time.Second, Until: 30 * time.Second}
	b := NewBoard(info(40), schedule(shift))
	var rs headroom.Records
	for n := range uint32(6) {
		at := float64(5 + 4*n)
		rs.Journeys = append(rs.Journeys, headroom.Journey{Arrival: shift.Journey(n+1, 0).ID, Process: "pick", Kind: headroom.Closed, Scheduled: at, End: at + 1, Outcome: headroom.OK})
	}
	b.Add(rs)
	if s := b.At(20).Processes[1]; s.Operators != 1 || s.Offered != nil || s.Backlog != nil || s.Ended != 4 || s.Scheduled != 0 {
		t.Errorf("%+v", s)
	}
	if s := b.At(31).Processes[1]; s.Operators != 0 || s.Ended != 6 {
		t.Errorf("%+v", s)
	}
}

func TestDocumentsThatAreOpen(t *testing.T) {
	event := func(at float64, id int64, done bool) headroom.DocumentEvent {
		return headroom.DocumentEvent{T: at, Site: "hub", Kind: "delivery", Document: id, Done: done}
	}
	b := NewBoard(info(40), schedule())
	b.Add(headroom.Records{Documents: []headroom.DocumentEvent{
		event(3, 2, true), event(1, 1, false), event(2, 2, false), event(2.5, 1, false), event(9, 7, true), event(12, 1, true)}})
	for at, want := range map[int]headroom.DocumentStatus{10: {Kind: "delivery", Released: 2, Done: 2, Open: 1}} {
		if got := b.At(at).Documents; len(got) != 1 || got[0] != want {
			t.Errorf("at %d s %+v, want %+v", at, got, want)
		}
	}
	if got := b.At(13).Documents[0]; got.Open != 0 || got.Done != 3 {
		t.Errorf("%+v", got)
	}
}

func TestCPUOfRolesAndStations(t *testing.T) {
	b := NewBoard(info(40), schedule())
	var rs headroom.Records
	for i := range 30 {
		at := float64(i)
		rs.Samples = append(rs.Samples,
			headroom.Sample{T: at, Probe: "process", Subject: "web", Metric: "cpu_seconds", Value: 1.5 * at},
			headroom.Sample{T: at, Probe: "process", Subject: "database", Metric: "cpu_seconds", Value: 0.5 * at},
			headroom.Sample{T: at, Probe: "generator", Subject: "host", Metric: "cpu_seconds", Value: 3 * at},
			headroom.Sample{T: at, Probe: "generator", Subject: "host", Metric: "cpus", Value: 4})
	}
	rs.Server = []headroom.ServerRequest{{End: 19.5, Tries: 3}, {End: 19.7, Tries: 1}}
	b.Add(rs)
	s := b.At(20)
	if len(s.Stations) != 2 || s.Stations[0].Name != "app" || !near(s.Stations[0].Utilization, 0.5) || !near(s.Stations[1].Utilization, 0.25) {
		t.Errorf("%+v", s.Stations)
	}
	if !near(s.Host, 0.75) || !near(s.Conflicts, 0.2) {
		t.Errorf("host %v, conflicts %v", s.Host, s.Conflicts)
	}
	b.Add(headroom.Records{Samples: []headroom.Sample{{T: 18, Probe: "station", Subject: "app", Metric: "busy_seconds", Value: 10}, {T: 20.5, Probe: "station", Subject: "app", Metric: "busy_seconds", Value: 17.5}}})
	if s = b.At(22); len(s.Stations) != 1 || !near(s.Stations[0].Utilization, 1) {
		t.Errorf("what the stack says goes before: %+v", s.Stations)
	}
}

func TestStopRules(t *testing.T) {
	list := orders(4, 200)
	good, bad := served(list, 0.5), served(list, 3)
	failing := served(list, 0.5)
	for i := range failing.Journeys {
		if i%3 == 0 {
			failing.Journeys[i].Outcome = headroom.Fault
		}
	}
	from := func(at float64, before, after headroom.Records) headroom.Records {
		var out headroom.Records
		for i := range before.Journeys {
			if j := before.Journeys[i]; j.Scheduled < at {
				out.Journeys = append(out.Journeys, j)
			} else if len(after.Journeys) > 0 {
				out.Journeys = append(out.Journeys, after.Journeys[i])
			}
		}
		return out
	}
	for name, c := range map[string]struct {
		rule    headroom.StopRule
		records headroom.Records
		at      int // when the run is ended; 0: never
		says    string
	}{
		"nothing happens": {headroom.StopRule{Measure: "error_share", AtMost: 0.2}, good, 0, ""},
		// A third of all fails from 50 s on: over 30 s the share is beyond 0.2 from
		// 50 + 18 on, and 30 s later that was so for 30 s.
		"error share": {headroom.StopRule{Measure: "error_share", AtMost: 0.2}, from(50, good, failing), 99, "error share of all processes was 33 %, and beyond 20 % for 30 s"},
		"response":    {headroom.StopRule{Measure: "response", Percentile: 95, AtMost: 1, Over: 10}, from(50, good, bad), 64, "p95 of all processes was 3.00 s, and beyond 1 s for 10 s"},
		// At 57 s, 16 of the last 30 were slow.
		"response of one":               {headroom.StopRule{Measure: "response", Process: "order", Percentile: 50, AtMost: 1, Over: 10}, from(50, good, bad), 67, "p50 of order was 3.00 s"},
		"of another":                    {headroom.StopRule{Measure: "response", Process: "pick", Percentile: 50, AtMost: 1, Over: 10}, from(50, good, bad), 0, ""},
		"of a window that begins later": {headroom.StopRule{Measure: "response", Percentile: 95, AtMost: 1, Over: 10, From: 80}, from(50, good, bad), 90, "beyond 1 s for 10 s"},
		"slow before the window alone":  {headroom.StopRule{Measure: "response", Percentile: 95, AtMost: 1, Over: 10, From: 60}, from(50, bad, good), 0, ""},
		// From 50 s on nobody ends: 4/s, and those begun before end at 50.5.
		"backlog": {headroom.StopRule{Measure: "backlog", AtMost: 39, Over: 5}, from(50, good, headroom.Records{}), 65, "backlog of all processes was 60 journeys, and beyond 39 journeys for 5 s"},
	} {
		t.Run(name, func(t *testing.T) {
			b := NewBoard(info(200, c.rule), schedule(list...))
			defer b.Close()
			b.Add(c.records)
			for at := 1; at < 200; at++ {
				s := b.At(at)
				reason := Broken(s)
				if reason == "" {
					continue
				}
				if at != c.at || !contains(reason, c.says) {
					t.Errorf("at %d s: %s; want %d s and %q", at, reason, c.at, c.says)
				}
				return
			}
			if c.at != 0 {
				t.Errorf("the rule was not broken; want %d s", c.at)
			}
		})
	}
}

// contains looks for a part of a sentence, whatever spaces hold figure and
// unit together.
func contains(s, part string) bool {
	return part != "" && strings.Contains(strings.ReplaceAll(s, "\u00a0", " "), part)
}
