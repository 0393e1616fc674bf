package arrivals

import (
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A sleeper is one way to wait until a time that does not lie on the grain of
// the runtime's timers, which is a millisecond.
type sleeper interface {
	settle()
	sleep(d time.Duration)
	wake()
	close()
}

// A timer is a timer of the kernel's that the runtime's poller waits for, like
// for an answer: no thread sleeps with the right to run Go code in its hands,
// which the runtime's monitor would have to take away each time.
type timer struct {
	file *os.File
	fd   int
	raw  syscall.RawConn
	rung atomic.Bool
}

func newTimer() (*timer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	t := &timer{file: os.NewFile(uintptr(fd), "timer"), fd: fd}
	t.raw, err = t.file.SyscallConn()
	if err != nil {
		_ = t.file.Close()
		return nil, err
	}
	return t, nil
}

func (t *timer) settle() {}

func (t *timer) sleep(d time.Duration) {
	armed := false
	_ = t.raw.Read(func(fd uintptr) bool {
		if !armed { // the poller is watching already: nothing that happens from here on is missed
			armed = true
			t.set(int(fd), d)
			return t.rung.Load()
		}
		var count [8]byte
		_, _ = unix.Read(int(fd), count[:]) // which silences it
		return true
	})
	t.rung.Store(false) // whatever it rang for is there by now
}

func (t *timer) wake() {
	t.rung.Store(true)
	_ = t.raw.Control(func(fd uintptr) { t.set(int(fd), 0) })
}

// set lets the timer ring after d, at least a nanosecond: none would stop it.
func (t *timer) set(fd int, d time.Duration) {
	at := unix.ItimerSpec{Value: unix.NsecToTimespec(max(1, int64(d)))}
	_ = unix.TimerfdSettime(fd, 0, &at, nil) // fails for times that do not exist only
}

func (t *timer) close() { _ = t.file.Close() }
