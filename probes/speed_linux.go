package probes

import (
	"time"

	"golang.org/x/sys/unix"
)

// threadTime is the CPU time in seconds that the calling thread takes for f.
func threadTime(f func()) (float64, error) {
	var before, after unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &before); err != nil {
		return 0, err
	}
	f()
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &after); err != nil {
		return 0, err
	}
	return time.Duration(after.Nano() - before.Nano()).Seconds(), nil
}
