package arrivals

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// A threadClock sleeps in the kernel on the caller's own thread. The runtime's
// timers would be served by its poller, whose grain is a millisecond; a
// sleeping thread is woken within a tenth of that, and costs nothing meanwhile.
type threadClock struct {
	*child.Child
	bell int // an eventfd that ends a sleep
}

func newClock(c *child.Child) (*threadClock, error) {
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	return &threadClock{c, bell}, err
}

// settle makes the calling thread one that is woken on time: by default the
// kernel puts a wake-up off by up to 50 µs to save some, and lets it wait for
// whoever computes. The thread sleeps nearly always, so that nobody misses
// what it takes.
func (c *threadClock) settle() {
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) // without it, we are those 50 µs late
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, -10)    // for root only; 0 is this thread
}

func (c *threadClock) sleep(d time.Duration) {
	ts := unix.NsecToTimespec(max(0, int64(d)))
	rung, _ := unix.Ppoll([]unix.PollFd{{Fd: int32(c.bell), Events: unix.POLLIN}}, &ts, nil) // woken early by a signal: await looks at the time again
	if rung > 0 {
		var count [8]byte
		_, _ = unix.Read(c.bell, count[:]) // which silences it
	}
}

func (c *threadClock) wake() {
	_, _ = unix.Write(c.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // full only when it rings already; a counter has no byte order that matters
}

func (c *threadClock) close() { _ = unix.Close(c.bell) }
