//go:build !linux

package arrivals

import (
	"time"

	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// A threadClock sleeps by the runtime's timers, whose grain is about 1 ms.
type threadClock struct {
	*child.Child
	bell chan struct{}
}

func newClock(c *child.Child) (*threadClock, error) {
	return &threadClock{c, make(chan struct{}, 1)}, nil
}

func (c *threadClock) settle() {}
func (c *threadClock) close()  {}

func (c *threadClock) sleep(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.bell:
	}
}

func (c *threadClock) wake() {
	select {
	case c.bell <- struct{}{}:
	default: // it rings already
	}
}
