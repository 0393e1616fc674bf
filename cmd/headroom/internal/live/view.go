package live

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
)

// A Source gives the records that were committed since it was last asked; none
// when there are no new ones. results.Follower is one.
type Source interface {
	Next() (headroom.Records, error)
	Close() error
}

// Options of a View.
type Options struct {
	// Board is the run's; the view closes it. Making one reads the whole schedule.
	Board *Board
	// Open opens the source of records; it is asked again each second until it
	// succeeds.
	Open func() (Source, error)
	// Clock is the time since the run's start in seconds. Nil says that the run
	// is over: it stands where its last record was made.
	Clock func() float64
	// Past takes how the run stood until now, in at most pastStates steps, before
	// anything else. May be nil.
	Past func(headroom.Status)
	// Show takes each status, from one goroutine; one that comes while it is busy
	// replaces the one that waits. May be nil.
	Show func(headroom.Status)
	// Broken is called once, with the reason, when a stop rule is broken. May be nil.
	Broken func(reason string)
}

// Bundle opens the records of the bundle in dir.
func Bundle(dir string) func() (Source, error) {
	return func() (Source, error) { return results.Follow(dir) }
}

// A View makes a status each second.
type View struct {
	options Options
	quit    chan struct{}
	ended   chan struct{}
	stop    sync.Once
	last    headroom.Status // read after ended
	source  Source
	board   *Board
	blind   string
	latest  atomic.Uint64 // bits of when the latest record was made
}

// pastStates is how many states of the past are shown at most.
const pastStates = 600

// silence is for how long, in seconds, nothing may be recorded before the view
// says so. Probes record each second.
const silence = 15

// Start starts a view. It returns at once.
func Start(o Options) *View {
	v := &View{options: o, board: o.Board, quit: make(chan struct{}), ended: make(chan struct{})}
	go v.run()
	return v
}

// Latest is when the latest record that was seen was made, in seconds since
// the run's start.
func (v *View) Latest() float64 { return math.Float64frombits(v.latest.Load()) }

// End ends the view when everything is recorded, and returns and shows the
// last status, with what became of the run. It may be called twice.
func (v *View) End(complete bool, reason string) headroom.Status {
	v.stop.Do(func() {
		close(v.quit)
		<-v.ended
		v.last.Stage, v.last.Complete, v.last.Reason, v.last.Left = headroom.StageEnded, complete, reason, 0
		if v.options.Show != nil {
			v.options.Show(v.last)
		}
	})
	return v.last
}

func (v *View) run() {
	defer close(v.ended)
	show, shown := v.show()
	defer func() {
		close(show)
		<-shown
		if v.source != nil {
			_ = v.source.Close() // only read from
		}
	}()
	defer v.board.Close()
	clock := v.options.Clock
	if clock == nil {
		v.guard(v.read)
		clock = func() float64 { return v.board.latest }
	}
	v.past(clock())
	if v.options.Clock == nil {
		v.last = v.look(int(math.Ceil(clock())))
		return
	}
	told := false
	for v.wait() {
		s := v.look(int(math.Floor(v.options.Clock() - headroom.StatusLag)))
		if reason := Broken(s); reason != "" && !told && v.options.Broken != nil {
			told = true
			v.options.Broken(reason)
		}
		for sent := false; !sent; {
			select {
			case show <- s:
				sent = true
			default:
				select {
				case <-show:
				default:
				}
			}
		}
	}
	v.last = v.look(int(math.Ceil(v.options.Clock())))
}

// past shows how the run stood until now.
func (v *View) past(now float64) {
	if v.options.Past == nil || now <= 0 {
		return
	}
	v.guard(func() {
		v.read()
		step := max(1, int(now)/pastStates)
		for t := step; float64(t)+headroom.StatusLag < now; t += step {
			v.options.Past(v.board.At(t))
		}
	})
}

// Now is one state, without a view.
func Now(o Options) headroom.Status {
	v := &View{options: o, board: o.Board}
	defer v.board.Close()
	v.guard(v.read)
	defer func() {
		if v.source != nil {
			_ = v.source.Close() // only read from
		}
	}()
	if o.Clock == nil {
		return v.look(int(math.Ceil(v.board.latest)))
	}
	return v.look(int(math.Floor(o.Clock() - headroom.StatusLag)))
}

// show hands on statuses from a goroutine of its own: a terminal that does not
// take them must not hold up the stop rules.
func (v *View) show() (chan headroom.Status, <-chan struct{}) {
	show, shown := make(chan headroom.Status, 1), make(chan struct{})
	go func() {
		defer close(shown)
		for s := range show {
			if v.options.Show != nil {
				v.options.Show(s)
			}
		}
	}()
	return show, shown
}

// wait sleeps until the run's next full second; false when the view is ended.
func (v *View) wait() bool {
	now := v.options.Clock()
	left := math.Floor(now) + 1 - now
	if left < 0.1 {
		left++
	}
	timer := time.NewTimer(time.Duration(left * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-v.quit:
		return false
	}
}

// look reads what is new and tells the state at t.
func (v *View) look(t int) headroom.Status {
	v.blind = ""
	v.guard(v.read)
	v.latest.Store(math.Float64bits(v.board.latest))
	if quiet := float64(t) - v.board.latest; v.blind == "" && quiet > silence {
		v.blind = fmt.Sprintf("nothing was recorded for %.0f s", quiet)
	}
	var s headroom.Status
	v.guard(func() { s = v.board.At(t) })
	if s.Blind == "" {
		s.Blind = v.blind
	}
	return s
}

// guard keeps whatever goes wrong in the view from the run that it looks at.
func (v *View) guard(f func()) {
	defer func() {
		if r := recover(); r != nil {
			v.blind = fmt.Sprintf("the view failed: %v", r)
		}
	}()
	f()
}

// read adds all that was committed.
func (v *View) read() {
	if v.source == nil {
		source, err := v.options.Open()
		if err != nil {
			v.blind = err.Error()
			return
		}
		v.source = source
	}
	for {
		rs, err := v.source.Next()
		v.board.Add(rs)
		if err != nil {
			v.blind = err.Error()
			return
		}
		if rows(&rs) == 0 {
			return
		}
	}
}

func rows(rs *headroom.Records) int {
	return len(rs.Journeys) + len(rs.Requests) + len(rs.Server) + len(rs.Samples) + len(rs.Gaps) + len(rs.Documents)
}
