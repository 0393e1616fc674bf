// Package probes observes what happens beside the load: PostgreSQL, Odoo's
// request log, the processes of a stack, and the generator itself. A probe
// writes to a headroom.Recorder, stamped with seconds since the run's start.
// It drives no load and judges nothing.
//
// A probe fails alone: when it cannot observe it records a gap with the reason
// and goes on trying. Only a recorder that takes no more ends it.
package probes

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/headroom-erp/headroom"
)

// A Clock tells seconds since the run's start, before it negative. Where Start
// came from this process' time.Now, it follows the monotonic clock.
type Clock struct {
	Start time.Time
}

// Now is the time since the start in seconds.
func (c Clock) Now() float64 { return time.Since(c.Start).Seconds() }

// A Probe observes one thing. Run observes until the context ends, writes what
// is left, and returns nil, or the recorder's error as soon as there is one. A
// probe is run once.
type Probe interface {
	Name() string
	Run(ctx context.Context, clock Clock, rec headroom.Recorder) error
}

// A preparer must know its beginning before the load does. It may be asked
// twice.
type preparer interface{ prepare() }

// Prepare lets probes take their places before a start that is not fixed yet:
// it may take seconds. Start does it for those that were not prepared.
func Prepare(probes ...Probe) {
	for _, p := range probes {
		if p, ok := p.(preparer); ok {
			p.prepare()
		}
	}
}

// A Group is probes that run together.
type Group struct {
	cancel context.CancelFunc
	wg     sync.WaitGroup
	done   chan struct{}
	mu     sync.Mutex
	err    error
}

// Start starts the probes. When it returns each has taken its place: lines that
// a log gains from then on are seen. They end with ctx or Stop.
func Start(ctx context.Context, clock Clock, rec headroom.Recorder, probes ...Probe) *Group {
	ctx, cancel := context.WithCancel(ctx)
	g := &Group{cancel: cancel, done: make(chan struct{})}
	Prepare(probes...)
	for _, p := range probes {
		g.wg.Go(func() {
			if err := alone(ctx, p, clock, rec); err != nil {
				g.mu.Lock()
				if g.err == nil { // they share a recorder, and would all say the same
					g.err = err
				}
				g.mu.Unlock()
			}
		})
	}
	go func() {
		g.wg.Wait()
		close(g.done)
	}()
	return g
}

// alone runs a probe. What brings it down, such as a client's package that an
// answer leads astray, costs its samples only.
func alone(ctx context.Context, p Probe, clock Clock, rec headroom.Recorder) error {
	var err error
	broken := sound(func() error { err = p.Run(ctx, clock, rec); return nil })
	if broken != nil {
		return (&reporter{probe: p.Name(), clock: clock, rec: rec}).failed(broken.Error() + "; it observes no more in this run")
	}
	return err
}

// sound calls f, and makes an error of its panic.
func sound(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the probe broke down: %v", r)
		}
	}()
	return f()
}

// Done is closed when every probe has ended.
func (g *Group) Done() <-chan struct{} { return g.done }

// Stop stops all probes and waits until the last has recorded what was left,
// at most some seconds, and where a Prometheus server is asked at most 40. Its error is the recorder's. It may be called again.
func (g *Group) Stop() error {
	g.cancel()
	<-g.done
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

// gapEvery is how often, in seconds, a lasting outage is recorded again.
const gapEvery = 60

// A reporter records for one probe.
type reporter struct {
	probe string
	clock Clock
	rec   headroom.Recorder
	down  bool
	last  float64
}

// failed records a gap at the beginning of an outage, and then at most once a
// minute while it lasts.
func (r *reporter) failed(reason string) error {
	now := r.clock.Now()
	if r.down && now-r.last < gapEvery {
		return nil
	}
	r.down, r.last = true, now
	return r.rec.Record(headroom.Records{Gaps: []headroom.Gap{{T: now, Probe: r.probe, Reason: reason}}})
}

// back says that the outage is over.
func (r *reporter) back() { r.down = false }

// A value is a sample but for its time and probe.
type value struct {
	subject, metric string
	value           float64
}

// record records values of one moment.
func (r *reporter) record(t float64, values []value) error {
	samples := make([]headroom.Sample, len(values))
	for i, v := range values {
		samples[i] = headroom.Sample{T: t, Probe: r.probe, Subject: v.subject, Metric: v.metric, Value: v.value}
	}
	return r.rec.Record(headroom.Records{Samples: samples})
}

// every calls f at once and then each interval (0 means a second) until ctx
// ends or f returns an error. A slow f skips beats instead of piling them up.
func every(ctx context.Context, interval time.Duration, f func() error) error {
	if interval <= 0 {
		interval = time.Second
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		if err := f(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
