package arrivals

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// A threadClock sleeps in the kernel on the caller's own thread. The runtime's
// timers would be served by its poller, whose grain is a millisecond; a
// sleeping thread is woken within a tenth of that, and costs nothing meanwhile.
type thread struct {
	bell int // an eventfd that ends a sleep
}

func newThread() (*thread, error) {
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	return &thread{bell}, err
}

type threadClock struct {
	*child.Child
	sleeper
	locked bool
}

func newClock(c *child.Child) (*threadClock, error) {
	if exe, _ := os.Executable(); len(exe) > 6 && exe[len(exe)-6:] == "thread" {
		s, err := newThread()
		return &threadClock{c, s, true}, err
	}
	s, err := newTimer()
	return &threadClock{c, s, false}, err
}

// settle makes the calling thread one that is woken on time: by default the
// kernel puts a wake-up off by up to 50 µs to save some, and lets it wait for
// whoever computes. The thread sleeps nearly always, so that nobody misses
// what it takes.
func (c *thread) settle() {
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) // without it, we are those 50 µs late
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, -10)    // for root only; 0 is this thread
}

func (c *thread) sleep(d time.Duration) {
	ts := unix.NsecToTimespec(max(0, int64(d)))
	rung, _ := unix.Ppoll([]unix.PollFd{{Fd: int32(c.bell), Events: unix.POLLIN}}, &ts, nil) // woken early by a signal: await looks at the time again
	if rung > 0 {
		var count [8]byte
		_, _ = unix.Read(c.bell, count[:]) // which silences it
	}
}

func (c *thread) wake() {
	_, _ = unix.Write(c.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // full only when it rings already; a counter has no byte order that matters
}

func (c *thread) close() { _ = unix.Close(c.bell) }
