// Package awake keeps the cores of this machine from falling asleep while
// something is measured on them.
//
// A core that has nothing to do for a moment lowers its clock or stops, and a virtual
// one is given to somebody else: whoever comes next waits until it is back, and begins with
// cold caches. An ERP with its database falls asleep and wakes up with each of thousands of
// calls a second. What that costs changes with the neighbours from minute to
// minute, and no counter tells it.
package awake

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// latencyFile takes how many µs a core may need to wake up, as 32 bits, and keeps to
// it for as long as it is open (the kernel's Documentation/power/pm_qos_interface.rst).
const latencyFile = "/dev/cpu_dma_latency"

// Keep has the kernel wait for work in a loop wherever a core has none, until the
// keeper is closed or we die. The time is idle time as before. The error says that
// this machine or our rights do not let us.
func Keep() (io.Closer, error) { return keep(latencyFile) }

func keep(file string) (io.Closer, error) {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("awake: this machine has no %s", file)
	}
	if err != nil {
		return nil, fmt.Errorf("awake: %w", err)
	}
	if _, err := f.Write(binary.NativeEndian.AppendUint32(nil, 0)); err != nil {
		return nil, errors.Join(fmt.Errorf("awake: %w", err), f.Close())
	}
	return f, nil
}
