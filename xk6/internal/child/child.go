// Package child is this process as the child of the one that conducts it: the
// pipes between them, the run's clock, and which arrival each virtual user
// serves. Executor, module and output of one k6 process share one Child.
package child

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/headroom-erp/headroom"
)

// orphanPatience is how long a child whose parent is gone may take to put
// down what it knows, before it ends itself.
const orphanPatience = 10 * time.Second

// ErrNotConducted is what a script run by hand gets.
var ErrNotConducted = &headroom.InputError{
	What:  "no schedule is being replayed",
	Where: headroom.ChildPipes,
	Do:    "the executor headroom-arrivals and erp.arrival() work under `headroom run` and `headroom demo`, which start k6 themselves",
}

// A Child is the conversation with the parent and what follows from it. Its
// methods are safe for concurrent use.
type Child struct {
	once  sync.Once
	err   error
	setup headroom.ChildSetup

	mu       sync.Mutex // guards events and the fields below
	events   io.Writer
	deadline *time.Timer // of the interrupt
	until    time.Time   // when deadline fires
	done     *headroom.ChildDone
	failed   bool

	starts       chan time.Time
	stopping     chan struct{}
	interrupting chan struct{}
	stopOnce     sync.Once
	breakOnce    sync.Once

	exit func(code int) // os.Exit

	began   atomic.Pointer[time.Time]
	serving sync.Map // virtual user's id -> its *seat
}

// New makes a Child that opens its pipes when Setup is first called.
func New() *Child {
	return &Child{
		starts:       make(chan time.Time, 1),
		stopping:     make(chan struct{}),
		interrupting: make(chan struct{}),
		exit:         os.Exit,
	}
}

// Setup opens the pipes, once, and waits for the parent's first line. It
// returns ErrNotConducted when there is no parent.
func (c *Child) Setup() (headroom.ChildSetup, error) {
	c.once.Do(func() { c.err = c.open(os.Getenv(headroom.ChildPipes)) })
	return c.setup, c.err
}

func (c *Child) open(pipes string) error {
	if pipes == "" {
		return ErrNotConducted
	}
	var in, out uintptr
	if _, err := fmt.Sscanf(pipes, "%d,%d", &in, &out); err != nil {
		return fmt.Errorf("child: %s=%q: %w", headroom.ChildPipes, pipes, err)
	}
	return c.connect(os.NewFile(in, "commands"), os.NewFile(out, "events"))
}

// Connect opens the conversation over other pipes than those of the
// environment. It does nothing after the first Setup or Connect.
func (c *Child) Connect(commands io.Reader, events io.Writer) error {
	c.once.Do(func() { c.err = c.connect(commands, events) })
	return c.err
}

// connect reads the setup, and obeys further commands in the background.
func (c *Child) connect(commands io.Reader, events io.Writer) error {
	c.mu.Lock()
	c.events = events
	c.mu.Unlock()
	dec := json.NewDecoder(bufio.NewReader(commands))
	var first headroom.ChildCommand
	if err := dec.Decode(&first); err != nil {
		return fmt.Errorf("child: reading the setup: %w", err)
	}
	if first.Setup == nil {
		return errors.New("child: the first command is not the setup")
	}
	c.setup = *first.Setup
	go c.obey(dec)
	return nil
}

// obey follows commands until the parent is gone.
func (c *Child) obey(dec *json.Decoder) {
	for {
		var cmd headroom.ChildCommand
		if err := dec.Decode(&cmd); err != nil {
			c.Stop(0)
			time.AfterFunc(orphanPatience, func() { c.exit(headroom.ExitInterrupted) })
			return
		}
		switch {
		case cmd.Start != nil:
			select {
			case c.starts <- *cmd.Start:
			default: // said twice; the first counts
			}
		case cmd.Stop != nil:
			c.Stop(time.Duration(*cmd.Stop * float64(time.Second)))
		}
	}
}

// Starts gives the run's start when the parent has said it.
func (c *Child) Starts() <-chan time.Time { return c.starts }

// Stopping is closed when no further journey may start.
func (c *Child) Stopping() <-chan struct{} { return c.stopping }

// Interrupting is closed when running journeys are to be cut off.
func (c *Child) Interrupting() <-chan struct{} { return c.interrupting }

// Stop ends the offering now and interrupts what still runs after grace. A
// later call can bring the interrupt forward, never back.
func (c *Child) Stop(grace time.Duration) {
	c.stopOnce.Do(func() { close(c.stopping) })
	c.mu.Lock()
	defer c.mu.Unlock()
	until := time.Now().Add(grace)
	if c.deadline != nil && !until.Before(c.until) {
		return
	}
	if c.deadline != nil {
		c.deadline.Stop()
	}
	c.until = until
	c.deadline = time.AfterFunc(grace, func() { c.breakOnce.Do(func() { close(c.interrupting) }) })
}

// Say sends an event. A parent that is gone is noticed by obey, so an error
// of writing is dropped.
func (c *Child) Say(e headroom.ChildEvent) {
	line, err := json.Marshal(e)
	if err != nil {
		panic(fmt.Sprintf("child: event: %v", err)) // our own types always encode
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.events != nil {
		_, _ = c.events.Write(append(line, '\n'))
	}
}

// Fail tells the parent the first error and stops without grace.
func (c *Child) Fail(err error) {
	c.mu.Lock()
	first := !c.failed
	c.failed = true
	c.mu.Unlock()
	if first {
		c.Say(headroom.ChildEvent{Error: wire(err)})
	}
	c.Stop(0)
}

func wire(err error) *headroom.ChildError {
	var input *headroom.InputError
	if errors.As(err, &input) {
		return &headroom.ChildError{Input: true, What: input.What, Where: input.Where, Do: input.Do}
	}
	var measure *headroom.MeasureError
	if errors.As(err, &measure) {
		what := measure.What
		if measure.Err != nil {
			what += ": " + measure.Err.Error()
		}
		return &headroom.ChildError{What: what, Do: measure.Do}
	}
	return &headroom.ChildError{What: err.Error()}
}

// Finished keeps the counts that SayDone will send.
func (c *Child) Finished(d headroom.ChildDone) {
	c.mu.Lock()
	c.done = &d
	c.mu.Unlock()
}

// SayDone sends the counts, when the executor came to its end and nothing
// failed. The output calls it after its part is closed.
func (c *Child) SayDone() {
	c.mu.Lock()
	d, failed := c.done, c.failed
	c.mu.Unlock()
	if d != nil && !failed {
		c.Say(headroom.ChildEvent{Done: d})
	}
}

// Begin sets the run's start. It is converted to the monotonic clock here,
// once; a wall clock that is set later moves nothing.
func (c *Child) Begin(at time.Time) {
	now := time.Now()
	start := now.Add(at.Sub(now.Round(0))) // Round drops the monotonic reading, so this is a difference of wall clocks
	c.began.Store(&start)
}

// Run marks the run: its start in milliseconds, in letters and digits.
func (c *Child) Run() string {
	start := c.began.Load()
	if start == nil {
		return "0"
	}
	return strconv.FormatInt(start.UnixMilli(), 36)
}

// Now is the time since the run's start; negative before it, 0 without one.
func (c *Child) Now() time.Duration {
	start := c.began.Load()
	if start == nil {
		return 0
	}
	return time.Since(*start)
}

// Assign says which instance a virtual user serves; nil ends it.
func (c *Child) Assign(vu uint64, i *Instance) {
	s, ok := c.serving.Load(vu)
	if !ok {
		s, _ = c.serving.LoadOrStore(vu, new(seat))
	}
	s.(*seat).Store(i)
}

// A seat is where a virtual user finds its instance. It stays for good: a map
// that changed with each journey would make garbage each time.
type seat = atomic.Pointer[Instance]

// Serving is the instance that a virtual user serves, or nil.
func (c *Child) Serving(vu uint64) *Instance {
	s, ok := c.serving.Load(vu)
	if !ok {
		return nil
	}
	return s.(*seat).Load()
}
