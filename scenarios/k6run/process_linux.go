package k6run

import "syscall"

// processGroup gives the child a group of its own, so that a Ctrl-C at the
// terminal reaches the parent alone, and has the kernel kill it when its
// parent dies.
func processGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func terminateGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGTERM) }
func killGroup(pid int)      { _ = syscall.Kill(-pid, syscall.SIGKILL) }
