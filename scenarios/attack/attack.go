// Package attack is the engine for stateless HTTP: it replays a schedule's
// visits to portal and web shop and its webhook calls with vegeta, in this
// process.
//
// vegeta numbers a hit apart from its target, so that results are keyed by the
// arrival in the target's URL (hr=a<arrival>.1). An access token or a webhook's
// address, which are secrets, are in that URL and nowhere in what is recorded.
//
// Times are seconds since the run's start.
package attack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/headroom-erp/headroom"
)

// Name is what the schedule calls this engine.
const Name = "attack"

// Options say what to replay, where, and who keeps the records.
type Options struct {
	Schedule headroom.Schedule
	Seeded   headroom.Seeded
	URLs     map[string]string // of the targets, without a path, by database
	Recorder headroom.Recorder
	// Workers is the number of requests that can be under way from the start,
	// 16 when 0; up to MaxWorkers, 10,000 when 0, are added as they are
	// needed. Beyond that an arrival waits, which its VUWait says.
	Workers, MaxWorkers int
	// Timeout bounds one request; 120 s when 0.
	Timeout time.Duration
	// Grace is how long after the schedule's end a request may take before it
	// is cut; Timeout when 0.
	Grace     time.Duration
	UserAgent string // "headroom" when ""
}

func (o *Options) setDefaults() {
	if o.Workers <= 0 {
		o.Workers = 16
	}
	if o.MaxWorkers <= 0 {
		o.MaxWorkers = 10_000
	}
	if o.Timeout <= 0 {
		o.Timeout = 120 * time.Second
	}
	if o.Grace <= 0 {
		o.Grace = o.Timeout
	}
	if o.UserAgent == "" {
		o.UserAgent = "headroom"
	}
}

// Engine implements headroom.Engine.
type Engine struct {
	options Options
	header  headroom.Header
	sites   []headroom.SeededSite // by the header's index; empty where nothing arrives
	weights []headroom.Popularity // by process

	ticks    chan headroom.Tick
	done     chan struct{} // closed when everything is recorded
	stopping chan struct{} // closed when nothing more is to be sent
	stop     sync.Once
	cut      context.Context // ends what is under way
	cutNow   context.CancelFunc

	mu      sync.Mutex // guards the rest
	started bool
	ended   bool
	at      time.Time // the run's start, with a monotonic reading
	queue   []due     // arrivals whose time has come and that no worker took yet
	flights map[uint64]flight
	tally   *tally
	err     error
}

var _ headroom.Engine = (*Engine)(nil)

// New makes an engine that has sent nothing yet.
func New(o Options) *Engine {
	o.setDefaults()
	e := &Engine{
		options: o, header: o.Schedule.Header(), ticks: make(chan headroom.Tick, 8),
		done: make(chan struct{}), stopping: make(chan struct{}),
		flights: map[uint64]flight{}, tally: newTally(),
	}
	e.cut, e.cutNow = context.WithCancel(context.Background())
	return e
}

// Ready checks that everything that is to be visited was seeded. Nothing is
// sent.
func (e *Engine) Ready(ctx context.Context) error {
	for _, s := range e.header.Sites {
		if err := checkURL(e.options.URLs[s.Database]); err != nil {
			return err
		}
	}
	e.weights = e.header.Laws(max(1, e.header.Catalogue.Products))
	e.sites = make([]headroom.SeededSite, len(e.header.Sites))
	checked := map[[2]uint16]bool{}
	for a, err := range ours(e.options.Schedule) {
		if err != nil {
			return fmt.Errorf("attack: read the schedule: %w", err)
		}
		if pair := [2]uint16{a.Site, a.Process}; !checked[pair] {
			if err := e.checkSeeded(a); err != nil {
				return err
			}
			checked[pair] = true
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// Start begins the replay; the run's start lies at the given moment. Ready
// must have returned nil before.
func (e *Engine) Start(at time.Time) error {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.sites == nil:
		return errors.New("attack: started before it was ready")
	case e.started:
		return errors.New("attack: started twice")
	case e.ended:
		return fmt.Errorf("attack: stopped before the start: %w", headroom.ErrInterrupted)
	}
	e.started = true
	e.at = now.Add(at.Sub(now)) // at may have come over a wire, without a monotonic reading
	go e.run()
	return nil
}

// Ticks implements headroom.Engine.
func (e *Engine) Ticks() <-chan headroom.Tick { return e.ticks }

// Stop sends nothing more and returns at once; what is under way may take
// grace to finish, and is cut then. The shortest grace of several calls counts.
func (e *Engine) Stop(grace time.Duration) {
	e.stop.Do(func() { close(e.stopping) })
	e.mu.Lock()
	if !e.started && !e.ended {
		e.end()
	}
	e.mu.Unlock()
	if grace <= 0 {
		e.cutNow()
		return
	}
	timer := time.AfterFunc(grace, e.cutNow)
	go func() {
		<-e.done
		timer.Stop()
	}()
}

// Wait returns when everything is recorded, with the first error that kept
// something from being so.
func (e *Engine) Wait() error {
	<-e.done
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

// end closes what others listen to. The caller holds the lock.
func (e *Engine) end() {
	e.ended = true
	close(e.ticks)
	close(e.done)
}

// fail keeps the first error and ends the run.
func (e *Engine) fail(err error) {
	e.mu.Lock()
	if e.err == nil {
		e.err = err
	}
	e.mu.Unlock()
	e.Stop(0)
}

// now is the time since the run's start.
func (e *Engine) now() time.Duration { return time.Since(e.at) }

// run attacks until every arrival was sent or a stop, and records it all.
func (e *Engine) run() {
	arrivals := newReplay(e.options.Schedule)
	defer arrivals.close()
	attacker := vegeta.NewAttacker(
		vegeta.Workers(uint64(e.options.Workers)), vegeta.MaxWorkers(uint64(e.options.MaxWorkers)),
		vegeta.Client(e.client()))
	over := time.AfterFunc(duration(e.header.Duration())+e.options.Grace-e.now(), e.cutNow)
	defer over.Stop()
	attacked := make(chan struct{})
	go func() { // a stop also ends vegeta's wait for a free worker
		select {
		case <-e.stopping:
			attacker.Stop()
		case <-attacked:
		}
	}()
	b, g := &book{engine: e}, &gate{engine: e, replay: arrivals}
	b.keep(attacker.Attack(e.target, g, 0, ""))
	close(attacked)
	if err := arrivals.err; err != nil {
		e.fail(fmt.Errorf("attack: read the schedule: %w", err))
	}
	e.abandon(g, b)
	b.flush()
	e.cutNow()
	e.tick()
	e.mu.Lock()
	e.end()
	e.mu.Unlock()
}

// client sends each request once: it follows no redirect, which on a portal
// leads to the login, and uses no proxy.
func (e *Engine) client() *http.Client {
	return &http.Client{
		Timeout:       e.options.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: cuttable{
			RoundTripper: &http.Transport{MaxIdleConns: 0, MaxIdleConnsPerHost: 1024, IdleConnTimeout: 30 * time.Second},
			cut:          e.cut,
		},
	}
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
