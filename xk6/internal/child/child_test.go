package child

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"go.k6.io/k6/metrics"

	"github.com/headroom-erp/headroom"
)

// A line is a Child with its parent's ends of the pipes.
type line struct {
	*Child
	down   *json.Encoder
	hangUp func() error
	up     *bufio.Scanner
}

func connect(t *testing.T) *line {
	t.Helper()
	commandsR, commandsW := io.Pipe()
	eventsR, eventsW := io.Pipe()
	l := &line{Child: New(), down: json.NewEncoder(commandsW), hangUp: commandsW.Close, up: bufio.NewScanner(eventsR)}
	l.exit = func(int) {} // a child ends itself long after this test
	t.Cleanup(func() { _ = commandsW.Close(); _ = eventsR.Close() })
	connected := make(chan error, 1)
	go func() { connected <- l.Connect(commandsR, eventsW) }()
	if err := l.down.Encode(headroom.ChildCommand{Setup: &headroom.ChildSetup{Targets: map[string]string{"db": "http://127.0.0.1:1"}}}); err != nil {
		t.Fatal(err)
	}
	if err := <-connected; err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *line) tell(t *testing.T, c headroom.ChildCommand) {
	t.Helper()
	if err := l.down.Encode(c); err != nil {
		t.Fatal(err)
	}
}

func (l *line) hear(t *testing.T) headroom.ChildEvent {
	t.Helper()
	var e headroom.ChildEvent
	if !l.up.Scan() {
		t.Fatal("no event came")
	}
	if err := json.Unmarshal(l.up.Bytes(), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func closed(c <-chan struct{}, within time.Duration) bool {
	select {
	case <-c:
		return true
	case <-time.After(within):
		return false
	}
}

func TestStartComesThrough(t *testing.T) {
	l := connect(t)
	at := time.Date(2026, 11, 20, 16, 44, 30, 123456789, time.UTC)
	later := at.Add(time.Hour)
	l.tell(t, headroom.ChildCommand{Start: &at})
	l.tell(t, headroom.ChildCommand{Start: &later}) // the first counts
	if got := <-l.Starts(); !got.Equal(at) {
		t.Errorf("start is %v, want %v", got, at)
	}
	if l.setup.Targets["db"] != "http://127.0.0.1:1" {
		t.Errorf("setup %+v", l.setup)
	}
}

func TestBeginIsOnTheMonotonicClock(t *testing.T) {
	c := New()
	if c.Now() != 0 {
		t.Error("there is a time before the start is known")
	}
	c.Begin(time.Now().Add(2 * time.Second).UTC().Round(0)) // as it comes out of the pipe
	if now := c.Now().Seconds(); math.Abs(now+2) > 0.5 {
		t.Errorf("it is %v s, want about -2", now)
	}
}

func TestStopGivesGraceThatCanOnlyShrink(t *testing.T) {
	l := connect(t)
	long, short := 3600.0, 0.02
	l.tell(t, headroom.ChildCommand{Stop: &long})
	if !closed(l.Stopping(), 5*time.Second) || closed(l.Interrupting(), 30*time.Millisecond) {
		t.Fatal("a stop with grace stops, and does not interrupt")
	}
	l.tell(t, headroom.ChildCommand{Stop: &short})
	if !closed(l.Interrupting(), 5*time.Second) {
		t.Error("the shorter grace did not count")
	}
	l.Stop(time.Hour) // nothing to hold back any more
}

func TestAParentThatIsGoneStopsTheChild(t *testing.T) {
	l := connect(t)
	if err := l.hangUp(); err != nil {
		t.Fatal(err)
	}
	if !closed(l.Stopping(), 5*time.Second) || !closed(l.Interrupting(), 5*time.Second) {
		t.Error("the child goes on")
	}
}

func TestFailTellsTheFirstErrorOnly(t *testing.T) {
	l := connect(t)
	go func() {
		l.Fail(&headroom.InputError{What: "refused", Where: "logins", Do: "look"})
		l.Fail(errors.New("later"))
		l.Finished(headroom.ChildDone{Done: 1})
		l.SayDone() // a failed run is never done
		l.Say(headroom.ChildEvent{Ready: &headroom.ChildReady{VUs: 3}})
	}()
	first := l.hear(t)
	if first.Error == nil || headroom.ExitCode(first.Error.Err()) != headroom.ExitBadInput || first.Error.Err().Error() != "logins: refused; look" {
		t.Errorf("first event %+v", first)
	}
	if second := l.hear(t); second.Ready == nil || second.Ready.VUs != 3 {
		t.Errorf("second event %+v", second)
	}
}

func TestMeasureErrorsKeepTheirKind(t *testing.T) {
	for _, err := range []error{errors.New("odd"), &headroom.MeasureError{What: "the disk is full", Err: io.ErrShortWrite, Do: "make room"}} {
		if got := wire(err).Err(); headroom.ExitCode(got) != headroom.ExitNotMeasured || got.Error() != err.Error() {
			t.Errorf("%v became %v", err, got)
		}
	}
}

func TestWithoutAParent(t *testing.T) {
	t.Setenv(headroom.ChildPipes, "")
	if _, err := New().Setup(); !errors.Is(err, ErrNotConducted) {
		t.Errorf("got %v", err)
	}
	t.Setenv(headroom.ChildPipes, "three")
	if _, err := New().Setup(); err == nil {
		t.Error("a broken variable was taken")
	}
}

func TestShortenKeepsRunesWhole(t *testing.T) {
	long := strings.Repeat("é", maxMessage)
	got := Shorten(long)
	if len(got) > maxMessage+len("…") || !strings.HasSuffix(got, "é…") {
		t.Errorf("%d bytes: …%q", len(got), got[len(got)-8:])
	}
	if Shorten("short") != "short" {
		t.Error("a short message was changed")
	}
}

func TestAnInstanceNumbersItsRequests(t *testing.T) {
	out := make(chan metrics.SampleContainer, 8)
	h := &headroom.Header{Sites: []headroom.ScheduledSite{{Name: "hub"}}, Processes: []headroom.ScheduledProcess{{Name: "order"}}}
	i := NewInstance(h, headroom.Arrival{ID: 19}, out)
	for n, want := range []string{"a19.1", "a19.2"} {
		if i.HR() != want {
			t.Errorf("hr is %s, want %s", i.HR(), want)
		}
		i.Add(headroom.Request{Step: "s"})
		r := (<-out).(Entry).Request
		if r.N != n+1 || r.Arrival != 19 || r.Site != "hub" || r.Process != "order" {
			t.Errorf("%+v", r)
		}
	}
	i.End(2, nil, true) // done in the moment of the interrupt is done
	if j := (<-out).(Entry).Journey; j.Outcome != headroom.OK || j.End != 2 {
		t.Errorf("%+v", j)
	}
}
