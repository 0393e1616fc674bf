package probes

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// queryTimeout bounds an observation: a server that is too busy to answer in
	// this time is an outage of the probe, not a reason to hang.
	queryTimeout = 3 * time.Second
	// statementTimeout, in milliseconds, makes the server give up first.
	statementTimeout = "2500"
	// probeName is the application_name of every connection of ours.
	probeName = "headroom-probe"
)

// Postgres observes a database of a PostgreSQL server of version 13 to 18 (a
// newer one is asked as 18 is), over one connection of its own that only reads. A
// role with pg_monitor sees everything; docs/probes.md has the lines that make one, and
// every sample's meaning and unit.
//
// Samples: probe "postgres", subject the database for what is of it and of its
// whole server, and DATABASE/table:NAME, /index:NAME, /standby:NAME, /slot:NAME
// and /statement:ID. Each Interval: sessions by state and wait event, who waits
// for whom, the counters of pg_stat_database (to which the probe itself adds a
// transaction an interval), WAL, replication. Each ten intervals: locks by mode,
// checkpoints, WAL and I/O in detail, slots, top statements, errors by SQLSTATE.
// Each sixty, and at the start and the end: sizes, tuples, autovacuum. Once: the version
// and the settings that matter. After a crash of the server, and a reset of its
// statistics, its counters start from 0 again; those of statements and SQLSTATEs
// are counted from the run's start, and go on.
//
// What the server does not tell has no sample: each question that it refuses is
// one gap that says why and what to do, and is asked again each minute.
type Postgres struct {
	DSN      headroom.Secret
	Database string        // whose figures; "" means the DSN's. Of another than the DSN's, tables and statements are not seen
	Interval time.Duration // 0 means a second
}

// Name is "postgres".
func (p Postgres) Name() string { return "postgres" }

// Run observes until ctx ends.
func (p Postgres) Run(ctx context.Context, clock Clock, rec headroom.Recorder) error {
	report := &reporter{probe: p.Name(), clock: clock, rec: rec}
	cfg, err := pgx.ParseConfig(p.DSN.Reveal())
	if err != nil {
		// The parser's message may quote the DSN: it stays here.
		if err := report.failed("the DSN cannot be read"); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	}
	cfg = watchful(cfg)
	o := &postgresObserver{reporter: report, password: cfg.Password, database: orElse(p.Database, cfg.Database),
		interval: orElse(p.Interval, time.Second), connect: func(ctx context.Context) (asker, error) { return dial(ctx, cfg) }}
	defer o.disconnect()
	if err := every(ctx, o.interval, func() error { return o.observe(ctx, false) }); err != nil {
		return err
	}
	// All counters and sizes at the end, outside of the ended context.
	return o.observe(context.WithoutCancel(ctx), true)
}

type postgresObserver struct {
	*reporter
	password string
	database string
	interval time.Duration
	connect  func(context.Context) (asker, error)

	asker    asker
	about    about
	due      [groups]time.Time
	told     map[string]string    // by question: the reason that was recorded last
	aside    map[string]time.Time // by question: not before then
	seen     map[string][]value   // by question: the gauges that are 0 when the answer has none of them
	waiting  bool                 // somebody waited for a lock at this look
	settings bool                 // were recorded
	trail    trail                // of the server's own WAL
	received trail                // of the WAL that a standby got
	top      statementTop
	log      serverLog
}

func (o *postgresObserver) disconnect() {
	if o.asker != nil {
		o.asker.close()
		o.asker = nil
	}
}

// observe records what is due, or a gap. Its error is the recorder's.
func (o *postgresObserver) observe(parent context.Context, last bool) error {
	now := time.Now()
	for g := range groups {
		if !last && !o.isDue(g, now) {
			continue
		}
		ctx, cancel := context.WithTimeout(parent, queryTimeout)
		values, err := o.look(ctx, g)
		cancel()
		if err != nil {
			return o.missed(parent, err)
		}
		o.back()
		if err := o.record(o.clock.Now(), finite(values)); err != nil {
			return err
		}
		o.due[g] = now.Add(o.interval * time.Duration(beats[g]))
	}
	return nil
}

// missed records that a look failed, unless it was told to stop or the recorder
// takes no more.
func (o *postgresObserver) missed(parent context.Context, err error) error {
	var full *recorderError
	if errors.As(err, &full) {
		return full.error
	}
	reason := o.reason(err)
	o.disconnect()
	select {
	case <-parent.Done():
		return nil
	default:
		return o.failed(o.database + ": " + reason)
	}
}

// isDue forgives a beat that comes early, which else would put a group off to
// the next.
func (o *postgresObserver) isDue(g group, now time.Time) bool {
	return !now.Add(o.interval / 2).Before(o.due[g])
}

// look asks all questions of a group that this server, in its version and
// part, can be asked now.
func (o *postgresObserver) look(ctx context.Context, g group) ([]value, error) {
	if o.asker == nil {
		if err := o.begin(ctx); err != nil {
			return nil, err
		}
	}
	if g == once && o.settings {
		return nil, nil
	}
	values, err := o.askAll(ctx, o.ready(questions, g))
	if err != nil {
		return nil, err
	}
	switch g {
	case base:
		var more []value
		more, err = o.blocked(ctx)
		values = append(values, more...)
	case detail:
		err = o.details(ctx, &values)
	case once:
		o.settings = true
	}
	return values, err
}

// details are what takes more than a question: top statements and the server's
// log.
func (o *postgresObserver) details(ctx context.Context, values *[]value) error {
	for _, part := range []struct {
		name string
		ask  func(context.Context) ([]value, error)
	}{{"statements", o.statements}, {"sqlstate", o.sqlstates}} {
		if !o.mayAsk(part.name) {
			continue
		}
		more, err := part.ask(ctx)
		if err := o.answered(part.name, err); err != nil {
			return err
		}
		*values = append(*values, more...)
	}
	return nil
}

// begin connects, and learns what is on the other side.
func (o *postgresObserver) begin(ctx context.Context) error {
	a, err := o.connect(ctx)
	if err != nil {
		return err
	}
	o.asker = a
	if o.told == nil {
		o.told, o.aside, o.seen = map[string]string{}, map[string]time.Time{}, map[string][]value{}
	}
	pages, err := a.ask(ctx, []asked{{aboutSQL, []any{o.database}}})
	if err != nil {
		return err
	}
	o.about, err = readAbout(pages[0], o.database)
	return err
}

// recorderError tells a recorder's error from a server's.
type recorderError struct{ error }

// mayAsk says whether a question is not put aside.
func (o *postgresObserver) mayAsk(name string) bool { return !time.Now().Before(o.aside[name]) }

// answered puts a question aside for a minute that the server refused, and
// records the gap unless it was recorded before. An error that ends the
// connection is returned.
func (o *postgresObserver) answered(name string, err error) error {
	if err == nil {
		delete(o.told, name)
		return nil
	}
	if o.lost(err) {
		return err
	}
	o.aside[name] = time.Now().Add(gapEvery * time.Second)
	reason := o.reason(err) + o.about.advice(err)
	if o.told[name] == reason {
		return nil
	}
	o.told[name] = reason
	gap := headroom.Gap{T: o.clock.Now(), Probe: o.probe, Reason: o.database + ": " + name + ": " + reason}
	if err := o.rec.Record(headroom.Records{Gaps: []headroom.Gap{gap}}); err != nil {
		return &recorderError{err}
	}
	return nil
}

// lost says whether an error is of the connection and not of a question.
func (o *postgresObserver) lost(err error) bool {
	var refused *pgconn.PgError
	var cannot *cannotTell
	return o.asker.closed() || !errors.As(err, &refused) && !errors.As(err, &cannot)
}

// reason says why, without what is nobody's business: a pgx error tells user,
// host and database, and never a password; should one come back in a server's
// message, it is taken out.
func (o *postgresObserver) reason(err error) string {
	s := err.Error()
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		s = refused.Message + " (" + refused.Code + ")"
	} else if o.asker != nil && o.asker.closed() {
		s = "the connection failed while it was in use: " + s
	}
	s = strings.Join(strings.Fields(s), " ")
	if o.password != "" {
		s = strings.ReplaceAll(s, o.password, headroom.Secret("").String())
	}
	return s
}
