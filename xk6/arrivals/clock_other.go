//go:build !linux

package arrivals

import (
	"time"

	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// A runClock sleeps by the runtime's timers, whose grain is about 1 ms.
type runClock struct {
	*child.Child
	bell chan struct{}
}

func newClock(c *child.Child) (*runClock, error) {
	return &runClock{c, make(chan struct{}, 1)}, nil
}

func (c *runClock) settle() {}
func (c *runClock) close()  {}

func (c *runClock) sleep(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.bell:
	}
}

func (c *runClock) wake() {
	select {
	case c.bell <- struct{}{}:
	default: // it rings already
	}
}
