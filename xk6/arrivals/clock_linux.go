package arrivals

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// A runClock is the run's clock and a way to wait for it.
type runClock struct {
	*child.Child
	sleeper
}

// A sleeper waits more finely than the runtime's timers, whose grain is a
// millisecond.
type sleeper interface {
	settle() // makes the calling goroutine the one that sleeps
	sleep(time.Duration)
	wake()
	close()
}

// newClock sleeps on a thread of its own where that one can run Go code at
// once when it wakes. Where one thread at a time may, it could not, and the
// runtime's monitor would have to take that right from the sleeping thread
// after every arrival, which costs as much as a fifth of the whole process.
func newClock(c *child.Child) (*runClock, error) {
	newSleeper := newThread
	if runtime.GOMAXPROCS(0) == 1 {
		newSleeper = newTimer
	}
	s, err := newSleeper()
	if err != nil {
		return nil, err
	}
	return &runClock{c, s}, nil
}

// A thread sleeps in the kernel on the caller's own thread. A sleeping thread
// is woken within a tenth of a millisecond, and costs nothing meanwhile.
type thread struct {
	bell int // an eventfd that ends a sleep
}

func newThread() (sleeper, error) {
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	return &thread{bell}, nil
}

// settle makes the calling thread one that is woken on time: by default the
// kernel puts a wake-up off by up to 50 µs to save some, and lets it wait for
// whoever computes. The thread sleeps nearly always, so that nobody misses
// what it takes. It is never unlocked, and ends with the goroutine.
func (t *thread) settle() {
	runtime.LockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) // without it, we are those 50 µs late
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, -10)    // for root only; 0 is this thread
}

func (t *thread) sleep(d time.Duration) {
	ts := unix.NsecToTimespec(max(0, int64(d)))
	rung, _ := unix.Ppoll([]unix.PollFd{{Fd: int32(t.bell), Events: unix.POLLIN}}, &ts, nil) // woken early by a signal: await looks at the time again
	if rung > 0 {
		var count [8]byte
		_, _ = unix.Read(t.bell, count[:]) // which silences it
	}
}

func (t *thread) wake() {
	_, _ = unix.Write(t.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // full only when it rings already; a counter has no byte order that matters
}

func (t *thread) close() { _ = unix.Close(t.bell) }
