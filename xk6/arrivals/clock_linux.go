package arrivals

import (
	"syscall"
	"time"

	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// threadClock sleeps in the kernel on the caller's own thread. The runtime's
// timers would be served by its poller, whose grain is a millisecond; a
// sleeping thread is woken within a tenth of that, and costs nothing meanwhile.
type threadClock struct{ *child.Child }

func (threadClock) sleep(d time.Duration) {
	ts := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&ts, nil) // woken early by a signal: await looks at the time again
}
