package k6run

import (
	"os"
	"os/exec"
	"runtime"
)

// pipes are both ends of both ways.
type pipes struct {
	commands, events           *os.File // ours
	theirCommands, theirEvents *os.File
}

func newPipes() (*pipes, error) {
	var p pipes
	var err error
	if p.theirCommands, p.commands, err = os.Pipe(); err != nil {
		return nil, err
	}
	if p.events, p.theirEvents, err = os.Pipe(); err != nil {
		p.closeTheirs()
		p.closeOurs()
		return nil, err
	}
	return &p, nil
}

func (p *pipes) closeOurs()   { closeAll(p.commands, p.events) }
func (p *pipes) closeTheirs() { closeAll(p.theirCommands, p.theirEvents) }

func closeAll(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close() // pipes hold nothing back
		}
	}
}

// spawn starts a process from a thread that lives as long as the process: the
// kernel ends it with its parent (see processGroup), and takes the thread that
// started it for its parent.
func spawn(cmd *exec.Cmd) (exited <-chan error, err error) {
	started, ended := make(chan error, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	return ended, <-started
}

// procs is how many threads may run Go code at once in the child. It is more
// than there are CPUs: then the kernel, which favours whoever has slept,
// decides between the dispatching thread and scripts that compute. With as
// many as CPUs the runtime would let it wait for a script's time slice of up
// to 10 ms.
func procs(given int) int {
	if given > 0 {
		return given
	}
	return runtime.NumCPU() + 4
}
