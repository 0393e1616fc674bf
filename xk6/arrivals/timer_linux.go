package arrivals

import (
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A timer is one of the kernel's that the runtime's poller waits for, as it
// waits for answers: no thread sleeps for it alone.
type timer struct {
	file *os.File
	raw  syscall.RawConn
	rung atomic.Bool // wake was called, and no sleep has ended since
}

func newTimer() (sleeper, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	t := &timer{file: os.NewFile(uintptr(fd), "timer")}
	if t.raw, err = t.file.SyscallConn(); err != nil {
		_ = t.file.Close()
		return nil, err
	}
	return t, nil
}

func (t *timer) settle() {}

func (t *timer) sleep(d time.Duration) {
	armed := false
	_ = t.raw.Read(func(fd uintptr) bool {
		if !armed { // the poller is watching by now, so that it cannot miss what rings
			armed = true
			ring(fd, d)
			return t.rung.Load() // rung before it was set: do not wait
		}
		var count [8]byte
		_, _ = unix.Read(int(fd), count[:]) // which silences it
		return true
	})
	t.rung.Store(false) // what it was rung for is there by now
}

func (t *timer) wake() {
	t.rung.Store(true)
	_ = t.raw.Control(func(fd uintptr) { ring(fd, 0) }) // after close there is nobody to wake
}

// ring sets a timer to ring after d; at once when d has passed already.
func ring(fd uintptr, d time.Duration) {
	at := unix.ItimerSpec{Value: unix.NsecToTimespec(max(1, int64(d)))} // 0 would stop it
	_ = unix.TimerfdSettime(int(fd), 0, &at, nil)                       // fails for times that do not exist only
}

func (t *timer) close() { _ = t.file.Close() }
