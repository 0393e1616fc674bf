package probes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/odoo"
)

const (
	// attachPatience bounds the wait for the log's last line, which shows that the
	// command follows. A log that is empty has none.
	attachPatience = 5 * time.Second
	againAfter     = time.Second
	// killPatience is how long a command that was killed may take to end its output.
	killPatience = time.Second
	// sayLength bounds what is quoted of a command's own words.
	sayLength = 400
)

// A follower reads a container's output by the command of its engine: docker
// logs, kubectl logs. When the command ends it is started again from a moment
// before the last line on, and what comes a second time is left out: the engine
// stamps each line.
type follower struct {
	name    string
	command []string // and its first arguments
	which   []string // its last ones
	since   func(time.Time) []string

	cancel  context.CancelFunc
	done    chan struct{}
	failed  chan struct{} // closed when the command ends for the first time
	first   chan struct{} // closed with the first line of all
	lines   chan string
	started time.Time

	mu       sync.Mutex
	begun    bool   // begin has returned
	anchored bool   // a first line was seen
	down     string // why nothing is followed now; "" when it is
	restarts int
	overlong int
	last     time.Time      // the latest stamp
	from     time.Time      // what is older was handed over before the command was started again
	recent   []stamped      // lines since last - overlap and some older ones
	enough   int            // of recent: then the older ones go
	seen     map[string]int // how often each of them came
	again    map[string]int // how often it is still to come again
}

// overlap is how far before its last line a command is started again. Lines of
// a container's two streams may come in another order than their stamps.
const overlap = 3 * time.Second

type stamped struct {
	at   time.Time
	text string
}

// dockerLog follows a container. Its standard error is that of the command, too,
// and Odoo logs there.
func dockerLog(container string) *follower {
	f := newFollower("docker logs "+container, []string{"docker", "logs", "--timestamps"}, []string{container})
	f.since = func(t time.Time) []string { return []string{"--since", t.UTC().Format(time.RFC3339Nano)} }
	return f
}

// kubernetesLog follows a container of a pod. kubectl takes whole seconds.
func kubernetesLog(k odoo.KubernetesLog) *follower {
	which := []string{"--namespace", k.Namespace, k.Pod}
	if k.Container != "" {
		which = append(which, "--container", k.Container)
	}
	f := newFollower("kubectl logs "+k.Namespace+"/"+k.Pod, []string{"kubectl", "logs", "--timestamps"}, which)
	f.since = func(t time.Time) []string {
		return []string{"--since-time", t.UTC().Truncate(time.Second).Format(time.RFC3339)}
	}
	return f
}

func newFollower(name string, command, which []string) *follower {
	return &follower{
		name: name, command: command, which: which, seen: map[string]int{},
		lines: make(chan string, 4096), first: make(chan struct{}), failed: make(chan struct{}), done: make(chan struct{}),
	}
}

// informed says whether the log's end has a line of level INFO of one of Odoo's
// own loggers.
func (f *follower) informed() bool {
	ctx, cancel := context.WithTimeout(context.Background(), attachPatience)
	defer cancel()
	words := slices.Concat(f.command, []string{"--tail", "5000"}, f.which)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env, cmd.WaitDelay = headroom.WithoutSecrets(os.Environ()), time.Second
	text, err := cmd.CombinedOutput()
	if err != nil {
		return false // who follows says why
	}
	parser, tally := odoo.NewParser(nil), odoo.LogTally{}
	for line := range strings.Lines(string(text)) {
		_, line, _ = strings.Cut(line, " ") // the engine's time
		tally.Add(parser.Parse(line))
	}
	return tally.Informed
}

// begin starts the command and returns when it follows. The log's last line of
// before is the sign of it and is not handed over.
func (f *follower) begin() error {
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel, f.started = cancel, time.Now()
	go f.run(ctx)
	patience := time.NewTimer(attachPatience)
	defer patience.Stop()
	var err error
	select {
	case <-f.first:
	case <-f.failed:
		err = errors.New(f.reason())
	case <-patience.C:
	}
	f.mu.Lock()
	f.begun = true
	f.mu.Unlock()
	return err
}

func (f *follower) reason() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.down
}

// read hands over what has come.
func (f *follower) read(line func(string)) error {
	for {
		select {
		case text := <-f.lines:
			line(text)
			continue
		default:
		}
		if why := f.reason(); why != "" {
			return errors.New(why)
		}
		return nil
	}
}

func (f *follower) close() {
	if f.cancel != nil {
		f.cancel()
		<-f.done
	}
}

func (f *follower) counts() []value {
	f.mu.Lock()
	defer f.mu.Unlock()
	return []value{{"", "overlong", float64(f.overlong)}, {"", "restarts", float64(f.restarts)}}
}

// run keeps the command going. The command dies with the thread that started
// it, which is therefore kept.
func (f *follower) run(ctx context.Context) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(f.done)
	for {
		why := f.once(ctx, f.begins())
		if ctx.Err() != nil {
			return
		}
		f.mu.Lock()
		f.down = why
		f.restarts++
		if f.restarts == 1 {
			close(f.failed)
		}
		f.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-time.After(againAfter):
		}
	}
}

// begins is where a command begins: with the last line; when it is started
// again a moment before the last line that came, or where we began.
func (f *follower) begins() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.restarts == 0 {
		return []string{"--tail", "1"}
	}
	if f.last.IsZero() {
		return f.since(f.started)
	}
	f.from, f.again = f.last.Add(-overlap), maps.Clone(f.seen)
	return f.since(f.from)
}

// once runs the command until it ends and says why it did.
func (f *follower) once(ctx context.Context, begins []string) string {
	words := slices.Concat(f.command, []string{"--follow"}, begins, f.which)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = headroom.WithoutSecrets(os.Environ())
	bind(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err.Error()
	}
	errs, err := cmd.StderrPipe()
	if err != nil {
		return err.Error()
	}
	if err := cmd.Start(); err != nil {
		return fmt.Sprintf("%s cannot be started: %v", f.name, err)
	}
	follows := time.AfterFunc(2*againAfter, func() { f.setDown("") })
	defer follows.Stop()
	// What it started itself may hold its output, in a group of its own.
	abandoned := context.AfterFunc(ctx, func() {
		time.Sleep(killPatience)
		_, _ = out.Close(), errs.Close()
	})
	defer abandoned()
	var said tailText
	var readers sync.WaitGroup
	for stream, pipe := range []io.Reader{out, errs} {
		readers.Go(func() { f.listen(ctx, stream, pipe, &said) })
	}
	readers.Wait() // both are at their end before Wait closes them
	err = cmd.Wait()
	why := f.name + " ended"
	if err != nil {
		why += ": " + err.Error()
	}
	if own := said.String(); own != "" {
		why += ": " + own
	}
	return why + "; it is started again from its last line on"
}

func (f *follower) setDown(why string) {
	f.mu.Lock()
	f.down = why
	f.mu.Unlock()
}
