//go:build !linux

package k6run

import (
	"os"
	"syscall"
)

// processGroup is nothing special here; a child without parent ends when the
// pipe of its commands does.
func processGroup() *syscall.SysProcAttr { return nil }

func terminateGroup(pid int) { send(pid, os.Interrupt) }
func killGroup(pid int)      { send(pid, os.Kill) }

func send(pid int, s os.Signal) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Signal(s)
	}
}
