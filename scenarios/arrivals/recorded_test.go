package arrivals

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

func plan() headroom.Plan {
	own := 0.3
	return headroom.Plan{Name: "p", Catalogue: headroom.Catalogue{Products: 10, Popularity: 0.8},
		Sites: []headroom.Site{{Name: "a", TimeZone: "Europe/Berlin", Users: 3}, {Name: "b", TimeZone: "UTC", Database: "shared", Users: 5}},
		Processes: []headroom.Process{{Name: "order", Scenario: "order", DueWithin: 60, Lines: headroom.Lines{Mean: 2, Max: 5}},
			{Name: "scan", Scenario: "scan", Sites: []string{"a"}, Popularity: &own}, {Name: "cron", Scenario: "cron"}}}
}

var players = map[string]calendar.Player{"order": {Engine: "k6"}, "scan": {Engine: "attack"}, "cron": {Engine: "k6", Technical: true}}

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func read(t *testing.T, text string) Recording {
	t.Helper()
	rec, err := Read(strings.NewReader(text), "a.csv")
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func list(t *testing.T, s headroom.Schedule) []headroom.Arrival {
	t.Helper()
	var out []headroom.Arrival
	for a, err := range s.Arrivals() {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, a)
	}
	return out
}

func TestRecordedIsExact(t *testing.T) {
	rec := read(t, "t,process,site,seed,user\n2026-11-20T15:59:00.000000001Z,order,b,7,4\n2026-11-20T15:59:00.75Z,,a,,\n2026-11-20T16:00:01.123456789Z,cron,a,,1\n")
	s, err := Recorded(plan(), rec, Replay{Process: "scan", LeadIn: 10, Seed: 42, Players: players})
	if err != nil {
		t.Fatal(err)
	}
	h := s.Header()
	if h.LeadIn != 10 || h.Window != 52 || h.Scale != 1 || h.Seed != 42 || h.Sites[1].Database != "shared" || h.Processes[1].Engine != "attack" ||
		*h.Processes[1].Popularity != 0.3 || h.Processes[0].Popularity != nil {
		t.Errorf("header %+v", h)
	}
	if got, want := h.WindowAt.Format(time.RFC3339Nano), "2026-11-20T16:59:10.000000001+01:00"; got != want {
		t.Errorf("the window begins at %s, want %s", got, want)
	}
	got := list(t, s)
	want := []headroom.Arrival{
		{ID: 1, Seed: 7, User: 4, Process: 0, Site: 1, Due: time.Minute},
		{ID: 2, At: 750*time.Millisecond - 1, Seed: got[1].Seed, User: got[1].User, Process: 1},
		{ID: 3, At: 61*time.Second + 123456788, Seed: got[2].Seed, User: 3, Process: 2}, // the technical user
	}
	if got[1].Seed == got[2].Seed || got[1].User > 2 {
		t.Errorf("derived seeds and users: %+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("arrival %d is %+v, want %+v", i, got[i], want[i])
		}
	}
	var one, two bytes.Buffer
	if err := headroom.WriteSchedule(&one, s); err != nil {
		t.Fatal(err)
	}
	again, err := Recorded(plan(), rec, Replay{Process: "scan", LeadIn: 10, Seed: 42, Players: players})
	if err != nil {
		t.Fatal(err)
	}
	if err := headroom.WriteSchedule(&two, again); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("the same recording gave two schedules")
	}
}

func TestRecordedPart(t *testing.T) {
	rec := read(t, "t\n1\n2\n2.5\n3\n")
	from, to := 2*time.Second, 3*time.Second
	s, err := Recorded(plan(), rec, Replay{Process: "order", Site: "a", From: &from, To: &to, At: noon, Players: players})
	if err != nil {
		t.Fatal(err)
	}
	if got := list(t, s); len(got) != 2 || got[0].At != 0 || got[1].At != 500*time.Millisecond || s.Header().Window != 1 || !s.Header().WindowAt.Equal(noon) {
		t.Errorf("got %+v", got)
	}
	// Every arrival lies within the run, the last on a whole second too.
	s, err = Recorded(plan(), rec, Replay{Process: "order", Site: "a", At: noon, Players: players})
	if err != nil {
		t.Fatal(err)
	}
	if got := list(t, s); got[3].At != 2*time.Second || s.Header().Window != 3 {
		t.Errorf("the last is at %v of %g s", got[3].At, s.Header().Window)
	}
}

// A replay is judged by the calendar it falls into: an objective of a peak finds
// that peak's part of the run.
func TestRecordedHasThePeaksOfItsTime(t *testing.T) {
	p := plan()
	p.Peaks = []headroom.Peak{{Name: "cutoff", Sites: []string{"a"}, When: headroom.When{Days: []string{"fri"}}, From: "12:00:10", To: "13:00", PerHour: map[string]float64{"order": 60}}}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, berlin)
	s, err := Recorded(p, read(t, "t\n0\n30\n"), Replay{Process: "order", Site: "a", LeadIn: 5, At: at, Players: players})
	if err != nil {
		t.Fatal(err)
	}
	want := headroom.Span{Name: "cutoff", From: 15, To: 31}
	if got := s.Header().Spans; len(got) != 1 || got[0].Name != want.Name || got[0].From != want.From || got[0].To != want.To {
		t.Errorf("peaks %+v, want %+v", got, want)
	}
	if s.Header().Lanes != nil {
		t.Errorf("a recording has lanes %v", s.Header().Lanes)
	}
}

func TestRecordedRefuses(t *testing.T) {
	early := -time.Second
	for _, c := range []struct {
		text string
		o    Replay
		want string
	}{
		{"t\n1\n", Replay{Site: "a"}, "a.csv:2: the line names no process; give the file a column process, or say which with --process"},
		{"t,process\n1,order\n", Replay{}, "a.csv:2: the line names no site"},
		{"t,process\n1,pick\n", Replay{Site: "a"}, `a.csv:2: the plan has no process "pick"; it has order, scan, cron`},
		{"t\n1\n", Replay{Process: "order", Site: "c"}, `--site: the plan has no site "c"`},
		{"t,process\n1,scan\n", Replay{Site: "b"}, `a.csv:2: process "scan" is not at site "b" in the plan`},
		{"t,user\n1,3\n", Replay{Process: "order", Site: "a"}, `a.csv:2: user 3: site "a" has 3 users`},
		{"t\n1\n9\n", Replay{Process: "order", Site: "a", LeadIn: 9}, "a lead-in of 9 s leaves nothing of the 9 s"},
		{"t\n1\n", Replay{Process: "order", Site: "a", To: &early}, "a.csv: the part that is to be replayed ends before it begins"},
		{"t\n0\n99999999\n", Replay{Process: "order", Site: "a"}, "a.csv: the recording is 1157 days long"},
	} {
		c.o.Players, c.o.At = players, noon
		if _, err := Recorded(plan(), read(t, c.text), c.o); err == nil || !strings.HasPrefix(err.Error(), c.want) || headroom.ExitCode(err) != headroom.ExitBadInput {
			t.Errorf("%q gives %v, want %s…", c.text, err, c.want)
		}
	}
	if _, err := Recorded(plan(), read(t, "t\n1\n"), Replay{Process: "order", Site: "a", At: noon}); err == nil {
		t.Error("a scenario without a player passes")
	}
}
