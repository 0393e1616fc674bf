package arrivals

import (
	"runtime"
	"testing"
	"time"

	"github.com/headroom-erp/headroom/xk6/internal/child"
)

const long = time.Hour // a sleep that only wake ends

// sleepers runs use with each way to sleep, on a goroutine that may settle.
func sleepers(t *testing.T, use func(s sleeper)) {
	t.Helper()
	for name, newSleeper := range map[string]func() (sleeper, error){"thread": newThread, "timer": newTimer} {
		t.Run(name, func(t *testing.T) {
			s, err := newSleeper()
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				s.settle()
				use(s)
			}()
			select {
			case <-done:
				s.close()
			case <-time.After(30 * time.Second):
				t.Fatal("it sleeps on and on")
			}
		})
	}
}

func TestSleepersSleep(t *testing.T) {
	sleepers(t, func(s sleeper) {
		for _, d := range []time.Duration{-time.Second, 0, 300 * time.Microsecond, 5 * time.Millisecond} {
			began := time.Now()
			s.sleep(d)
			if spent := time.Since(began); spent < d {
				t.Errorf("slept %v of %v", spent, d)
			}
		}
	})
}

func TestWakeEndsASleepOrTheNext(t *testing.T) {
	sleepers(t, func(s sleeper) {
		s.wake()
		s.sleep(long) // rung before
		time.AfterFunc(5*time.Millisecond, s.wake)
		s.sleep(long) // rung meanwhile
		s.wake()
		s.wake()
		s.sleep(long) // many rings are one
		began := time.Now()
		s.sleep(5 * time.Millisecond)
		s.sleep(5 * time.Millisecond)
		if spent := time.Since(began); spent < 5*time.Millisecond {
			t.Errorf("after the last ring two sleeps of 5 ms lasted %v", spent)
		}
	})
}

func TestWakesThatRaceWithSleepsAreNotLost(t *testing.T) {
	sleepers(t, func(s sleeper) {
		for range 2000 {
			go s.wake()
			s.sleep(long)
		}
	})
}

func TestOneProcessorTakesTheTimer(t *testing.T) {
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	c, err := newClock(child.New())
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if _, ok := c.sleeper.(*timer); !ok {
		t.Errorf("it sleeps by %T", c.sleeper)
	}
}
