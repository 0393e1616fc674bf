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
	// hiddenAfter is when a log that shows no request of ours is first held
	// against what was answered, and how often then.
	hiddenAfter = 10 * time.Second
	// hiddenLeast is how many answers without a line are no accident: the lines of
	// the last moment are on their way.
	hiddenLeast = 20
)

// OdooLog follows an Odoo request log from its end at the start to a moment
// after the stop, and records each timed request line as a
// headroom.ServerRequest, also those that are not ours (Arrival 0).
//
// Samples: probe "odoo_log", subject "log" or Subject: counters from the
// probe's start, each recorded at the first reading, at most once a second when
// it has changed, and at the end. Of the reading: lines, requests, untimed
// (request lines without figures, not recorded), orphans (conflicts without a
// request; at the end only), overlong (lines that were dropped), rotations,
// truncations, truncations_unread (their last lines may be missing), restarts
// (of the command that follows a container). Of Odoo: conflicts (lost tries),
// serialization_failures, lock_failures and deadlocks (of them), exhausted
// (requests whose tries were used up), retry_sleep_seconds, workers_started,
// workers_ended, request_limit_hits (limit_request), memory_limit_hits
// (limit_memory_soft), memory_faults (limit_memory_hard), cpu_limit_hits
// (limit_time_cpu), time_limit_hits (limit_time_real), age_limit_hits (cron
// workers), registry_loads, registry_load_seconds, pool_full (db_maxconn),
// connections_refused (by PostgreSQL or its pooler), tracebacks, errors (lines
// of level ERROR or CRITICAL).
//
// A log that does not show what it should is a gap: no request of ours though
// requests were answered; no line of level INFO of Odoo's own loggers, so that
// conflicts are hidden. Then conflicts_shown, recorded once at the end of a log
// with requests, is 0, and what the log counts of conflicts is not known to be 0;
// otherwise it is 1.
type OdooLog struct {
	// Source is a path, docker:CONTAINER or kubernetes:NAMESPACE/POD[/CONTAINER],
	// as odoo.ParseLogSource has it.
	Source   string
	Subject  string         // of its samples; "" is "log"
	Location *time.Location // of its timestamps; nil means UTC, which Odoo sets itself
	// Answered is how many requests of the run were answered so far, or any number
	// from atLeast on; nil: not known.
	Answered func(atLeast int) int

	source   logReader
	informed bool // before the start
	prepared error
}

// A logReader is where lines come from.
type logReader interface {
	// informed says whether the log's end has a line of level INFO of one of Odoo's
	// own loggers.
	informed() bool
	// begin takes its place at the log's end.
	begin() error
	// read hands over the lines that are new. An error says why there may be more.
	read(line func(string)) error
	counts() []value // without subject
	close()
}

// Name is "odoo_log".
func (o *OdooLog) Name() string { return "odoo_log" }

func (o *OdooLog) prepare() {
	if o.source != nil {
		return
	}
	source, err := odoo.ParseLogSource(o.Source)
	switch {
	case err != nil:
		o.source = nowhere{err}
	case source.Container != "":
		o.source = dockerLog(source.Container)
	case source.Kubernetes != nil:
		o.source = kubernetesLog(*source.Kubernetes)
	default:
		o.source = &tail{path: source.Path}
	}
	o.informed, o.prepared = o.source.informed(), o.source.begin()
}

// nowhere is a log that cannot be.
type nowhere struct{ err error }

func (nowhere) informed() bool            { return false }
func (n nowhere) begin() error            { return n.err }
func (n nowhere) read(func(string)) error { return n.err }
func (nowhere) counts() []value           { return nil }
func (nowhere) close()                    {}

// Run follows the log until ctx ends and what was on its way is in.
func (o *OdooLog) Run(ctx context.Context, clock Clock, rec headroom.Recorder) error {
	o.prepare()
	defer o.source.close()
	subject := o.Subject
	if subject == "" {
		subject = "log"
	}
	f := &logFollower{
		reporter: &reporter{probe: o.Name(), clock: clock, rec: rec}, source: o.source, subject: subject,
		parser: odoo.NewParser(o.Location), joiner: odoo.NewJoiner(clock.Start),
		answered: o.Answered, looked: time.Now(), recorded: map[string]float64{},
	}
	f.tally.Informed = o.informed
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
	return f.end()
}

type logFollower struct {
	*reporter
	source   logReader
	subject  string
	wrapping odoo.Unwrapper
	parser   *odoo.Parser
	joiner   *odoo.Joiner
	tally    odoo.LogTally
	answered func(int) int

	lines, requests, ours int
	found                 []headroom.ServerRequest
	recorded              map[string]float64 // counters as they were recorded last
	counted               time.Time          // when
	looked                time.Time          // when it was last asked what was answered
	hidden                bool               // and said that the log hides it
}

// poll records what is new. Its error is the recorder's.
func (f *logFollower) poll() error {
	if err := f.take(); err != nil {
		return err
	}
	if time.Since(f.counted) >= time.Second {
		if err := f.count(false); err != nil {
			return err
		}
	}
	if f.ours == 0 && !f.hidden && time.Since(f.looked) >= hiddenAfter {
		f.looked = time.Now()
		return f.look()
	}
	return nil
}

func (f *logFollower) take() error {
	f.found = f.found[:0]
	readErr := f.source.read(f.line)
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

func (f *logFollower) line(text string) {
	f.lines++
	text, complete := f.wrapping.Line(text)
	if !complete {
		return
	}
	line := f.parser.Parse(text)
	f.tally.Add(line)
	if line.Kind == odoo.RequestLine && line.Arrival != 0 {
		f.ours++
	}
	if r, ok := f.joiner.Add(line); ok {
		f.found = append(f.found, r)
	}
}

func (f *logFollower) drain() error {
	end := time.Now().Add(logDrain)
	for quiet := time.Now(); time.Now().Before(end) && time.Since(quiet) < logQuiet; time.Sleep(logQuiet / 10) {
		before := f.lines
		if err := f.take(); err != nil {
			return err
		}
		if f.lines > before {
			quiet = time.Now()
		}
	}
	return nil
}

// end records the last counts, and whether the log showed what it should.
func (f *logFollower) end() error {
	if f.ours == 0 && !f.hidden {
		if err := f.look(); err != nil {
			return err
		}
	}
	if f.requests > 0 {
		if err := f.shown(); err != nil {
			return err
		}
	}
	return f.count(true)
}

// shown records whether conflicts would have been seen.
func (f *logFollower) shown() error {
	if f.tally.Informed || f.tally.Conflicts > 0 {
		return f.record(f.clock.Now(), []value{{f.subject, "conflicts_shown", 1}})
	}
	if err := f.say("the request log has no line of level INFO of Odoo's own loggers: conflicts (odoo.service.model) are hidden, and not known to be none; let Odoo log at level info"); err != nil {
		return err
	}
	return f.record(f.clock.Now(), []value{{f.subject, "conflicts_shown", 0}})
}

// look holds the log against what was answered.
func (f *logFollower) look() error {
	if f.answered == nil || f.answered(hiddenLeast) < hiddenLeast {
		return nil
	}
	f.hidden = true
	n := f.answered(hiddenLeast)
	switch {
	case f.lines == 0:
		return f.say(fmt.Sprintf("the request log had no line though %d requests and more were answered: is it the log of this server?", n))
	case f.requests+f.joiner.Untimed > 0:
		return f.say(fmt.Sprintf("no request line of this run though %d requests and more were answered, and %d of others: is it the log of this server, and does its proxy keep the hr parameter of addresses?", n, f.requests+f.joiner.Untimed))
	}
	return f.say(fmt.Sprintf("no request line though %d requests and more were answered: let Odoo log werkzeug at level info (log_level = info, no log_handler werkzeug:WARNING)", n))
}

// say records a gap of its own, whether or not the log can be read.
func (f *logFollower) say(reason string) error {
	return f.rec.Record(headroom.Records{Gaps: []headroom.Gap{{T: f.clock.Now(), Probe: f.probe, Reason: reason}}})
}

// count records the counters that have changed; all of them at the end.
func (f *logFollower) count(end bool) error {
	f.counted = time.Now()
	var changed []value
	for _, v := range f.counters(end) {
		if last, known := f.recorded[v.metric]; !known || last != v.value || end {
			f.recorded[v.metric] = v.value
			changed = append(changed, v)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return f.record(f.clock.Now(), changed)
}

func (f *logFollower) counters(end bool) []value {
	t := &f.tally
	list := f.source.counts()
	for _, c := range []struct {
		metric string
		n      int
	}{
		{"lines", f.lines}, {"requests", f.requests}, {"untimed", f.joiner.Untimed},
		{"conflicts", t.Conflicts}, {"serialization_failures", t.Serialization}, {"lock_failures", t.Locks}, {"deadlocks", t.Deadlocks}, {"exhausted", t.Exhausted},
		{"workers_started", t.Started}, {"workers_ended", t.Ended},
		{"request_limit_hits", t.RequestLimit}, {"memory_limit_hits", t.MemoryLimit}, {"memory_faults", t.MemoryFault},
		{"cpu_limit_hits", t.CPULimit}, {"time_limit_hits", t.TimeLimit}, {"age_limit_hits", t.AgeLimit},
		{"registry_loads", t.Registries}, {"pool_full", t.PoolFull}, {"connections_refused", t.Refused},
		{"tracebacks", t.Tracebacks}, {"errors", t.Errors},
	} {
		list = append(list, value{"", c.metric, float64(c.n)})
	}
	list = append(list, value{"", "retry_sleep_seconds", t.RetrySleep}, value{"", "registry_load_seconds", t.RegistrySeconds})
	if end {
		list = append(list, value{"", "orphans", float64(f.joiner.Orphans + f.joiner.Pending())})
	}
	for i := range list {
		list[i].subject = f.subject
	}
	return list
}
