//go:build !linux

package arrivals

import (
	"time"

	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// threadClock sleeps by the runtime's timers, whose grain is about 1 ms.
type threadClock struct{ *child.Child }

func (threadClock) sleep(d time.Duration) { time.Sleep(d) }
