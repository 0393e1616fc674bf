package probes

import (
	"context"
	"fmt"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/odoo"
)

const (
	logPoll = 200 * time.Millisecond
	// A server writes a line as it sends the answer; after the last answer the
	// log is quiet when it said nothing for logQuiet. logDrain bounds the wait
	// where other people's requests never let it be quiet.
	logQuiet = 500 * time.Millisecond
	logDrain = 3 * time.Second
)

// OdooLog follows an Odoo request log from its end at the start to a moment
// after the stop, and records each timed request line as a
// headroom.ServerRequest, also those that are not ours (Arrival 0).
//
// Samples at the end: probe "odoo_log", subject "log": lines,
// requests, untimed (request lines without figures, not recorded), orphans
// (conflicts without a request), overlong (lines that were dropped).
type OdooLog struct {
	Path     string
	Location *time.Location // of its timestamps; nil means UTC

	tail     *tail
	prepared error
}

// Name is "odoo_log".
func (o *OdooLog) Name() string { return "odoo_log" }

func (o *OdooLog) prepare() {
	o.tail = &tail{path: o.Path}
	o.prepared = o.tail.toEnd()
}

// Run follows the log until ctx ends and what was on its way is in.
func (o *OdooLog) Run(ctx context.Context, clock Clock, rec headroom.Recorder) error {
	if o.tail == nil {
		o.prepare()
	}
	defer o.tail.close()
	zone := o.Location
	if zone == nil {
		zone = time.UTC
	}
	f := &logFollower{
		reporter: &reporter{probe: o.Name(), clock: clock, rec: rec}, tail: o.tail,
		parser: odoo.NewParser(zone), joiner: odoo.NewJoiner(clock.Start),
	}
	if o.prepared != nil {
		if err := f.failed(fmt.Sprintf("the request log cannot be read: %v", o.prepared)); err != nil {
			return err
		}
	}
	if err := every(ctx, logPoll, f.poll); err != nil {
		return err
	}
	if err := f.drain(); err != nil {
		return err
	}
	return f.record(clock.Now(), []value{
		{"log", "lines", float64(f.lines)}, {"log", "requests", float64(f.requests)},
		{"log", "untimed", float64(f.joiner.Untimed)}, {"log", "orphans", float64(f.joiner.Orphans + f.joiner.Pending())},
		{"log", "overlong", float64(f.tail.overlong)},
	})
}

type logFollower struct {
	*reporter
	tail            *tail
	parser          *odoo.Parser
	joiner          *odoo.Joiner
	lines, requests int
	found           []headroom.ServerRequest
}

// poll records what is new. Its error is the recorder's.
func (f *logFollower) poll() error {
	f.found = f.found[:0]
	readErr := f.tail.read(func(line string) {
		f.lines++
		if r, ok := f.joiner.Add(f.parser.Parse(line)); ok {
			f.found = append(f.found, r)
		}
	})
	f.requests += len(f.found)
	if len(f.found) > 0 {
		if err := f.rec.Record(headroom.Records{Server: f.found}); err != nil {
			return err
		}
	}
	if readErr != nil {
		return f.failed(fmt.Sprintf("the request log cannot be read: %v", readErr))
	}
	f.back()
	return nil
}

func (f *logFollower) drain() error {
	end := time.Now().Add(logDrain)
	for quiet := time.Now(); time.Now().Before(end) && time.Since(quiet) < logQuiet; time.Sleep(logQuiet / 10) {
		before := f.lines
		if err := f.poll(); err != nil {
			return err
		}
		if f.lines > before {
			quiet = time.Now()
		}
	}
	return nil
}
