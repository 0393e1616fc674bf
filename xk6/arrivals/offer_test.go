package arrivals

import (
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// A fakeClock moves only when somebody sleeps; each sleep oversleeps by late.
type fakeClock struct {
	t     time.Duration
	late  time.Duration
	onNap func(time.Duration)
}

func (c *fakeClock) Now() time.Duration { return c.t }
func (c *fakeClock) sleep(d time.Duration) {
	c.t += d + c.late
	if c.onNap != nil {
		c.onNap(c.t)
	}
}

func (c *fakeClock) wake() {}

type came struct {
	id uint64
	at time.Duration
}

type fakeSink struct {
	came      []came
	abandoned []uint64
	shut      bool
	put       []time.Duration // when something that was put off is due, in order
	resumed   []time.Duration // when it was let go
}

func (s *fakeSink) resume(now time.Duration) time.Duration {
	for len(s.put) > 0 && s.put[0] <= now {
		s.put, s.resumed = s.put[1:], append(s.resumed, now)
	}
	if len(s.put) == 0 {
		return never
	}
	return s.put[0]
}

func (s *fakeSink) arrive(a headroom.Arrival, at time.Duration) bool {
	if s.shut {
		return false
	}
	s.came = append(s.came, came{a.ID, at})
	return true
}
func (s *fakeSink) abandon(a headroom.Arrival) { s.abandoned = append(s.abandoned, a.ID) }

func schedule(at ...time.Duration) stream {
	return func(yield func(headroom.Arrival, error) bool) {
		for i, t := range at {
			if !yield(headroom.Arrival{ID: uint64(i + 1), At: t}, nil) {
				return
			}
		}
	}
}

const ms = time.Millisecond

func TestOfferHandsEachArrivalOverAtItsTime(t *testing.T) {
	clk, s := &fakeClock{t: -300 * ms}, &fakeSink{} // the start is in the future
	if err := offer(schedule(0, 5*ms, 5*ms, 90*ms), clk, nil, s); err != nil {
		t.Fatal(err)
	}
	want := []came{{1, 0}, {2, 5 * ms}, {3, 5 * ms}, {4, 90 * ms}}
	for i, w := range want {
		if s.came[i] != w {
			t.Errorf("arrival %d came at %v, want %v", s.came[i].id, s.came[i].at, w.at)
		}
	}
}

func TestOfferIsNeverEarlyAndCatchesUp(t *testing.T) {
	clk, s := &fakeClock{late: 3 * ms}, &fakeSink{}
	if err := offer(schedule(1*ms, 2*ms, 3*ms, 50*ms), clk, nil, s); err != nil {
		t.Fatal(err)
	}
	at := []time.Duration{1 * ms, 2 * ms, 3 * ms, 50 * ms}
	for i, c := range s.came {
		if late := c.at - at[i]; late < 0 || late > 3*ms {
			t.Errorf("arrival %d is %v late", c.id, late)
		}
	}
	if s.came[2].at != 4*ms {
		t.Errorf("arrivals whose time had passed waited: third at %v", s.came[2].at)
	}
}

func TestOfferStopsWithinANapAndAbandonsTheRest(t *testing.T) {
	stopping := make(chan struct{})
	clk, s := &fakeClock{}, &fakeSink{}
	clk.onNap = func(now time.Duration) {
		if now == 40*ms {
			close(stopping)
		}
	}
	if err := offer(schedule(10*ms, 20*ms, 500*ms, 600*ms), clk, stopping, s); err != nil {
		t.Fatal(err)
	}
	if len(s.came) != 2 || len(s.abandoned) != 2 || s.abandoned[0] != 3 {
		t.Errorf("came %v, abandoned %v", s.came, s.abandoned)
	}
	if clk.t > 40*ms+nap {
		t.Errorf("went on until %v after a stop at 40 ms", clk.t)
	}
}

func TestOfferAbandonsWhatAClosedPoolRefuses(t *testing.T) {
	s := &fakeSink{shut: true}
	if err := offer(schedule(0, 1), &fakeClock{}, nil, s); err != nil || len(s.abandoned) != 2 {
		t.Errorf("abandoned %v, error %v", s.abandoned, err)
	}
}

func TestOfferLetsGoWhatWasPutOff(t *testing.T) {
	clk, s := &fakeClock{}, &fakeSink{put: []time.Duration{3 * ms, 7 * ms, 7 * ms, 25 * ms}}
	if err := offer(schedule(5*ms, 7*ms, 40*ms), clk, nil, s); err != nil {
		t.Fatal(err)
	}
	if want := []time.Duration{3 * ms, 7 * ms, 7 * ms, 25 * ms}; !slices.Equal(s.resumed, want) {
		t.Errorf("let go at %v, want %v", s.resumed, want)
	}
	if want := []came{{1, 5 * ms}, {2, 7 * ms}, {3, 40 * ms}}; !slices.Equal(s.came, want) {
		t.Errorf("arrivals came %v, want %v", s.came, want)
	}
}

func TestOfferReportsABrokenSchedule(t *testing.T) {
	broken := errors.New("cut short")
	var seq stream = func(yield func(headroom.Arrival, error) bool) {
		_ = yield(headroom.Arrival{ID: 1}, nil) && yield(headroom.Arrival{}, broken)
	}
	if err := offer(seq, &fakeClock{}, nil, &fakeSink{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestOursLeavesOtherEnginesArrivals(t *testing.T) {
	h := &headroom.Header{Processes: []headroom.ScheduledProcess{{Engine: "attack"}, {Engine: "k6"}}}
	var all iter.Seq2[headroom.Arrival, error] = func(yield func(headroom.Arrival, error) bool) {
		_ = yield(headroom.Arrival{ID: 1, Process: 0}, nil) && yield(headroom.Arrival{ID: 2, Process: 1}, nil)
	}
	var got []uint64
	for a, err := range ours(h, all) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a.ID)
	}
	if len(got) != 1 || got[0] != 2 {
		t.Errorf("got %v, want [2]", got)
	}
}
