package probes

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/jackc/pgx/v5/pgconn"
)

// Recordings are what a server of each version answered, in testdata/postgres. They
// check which question each version is asked and how its answer is read,
// where that version is not at hand. To record one anew, after a question has
// changed or a version has come out:
//
//	HEADROOM_RECORD_POSTGRES=postgres://superuser:…@127.0.0.1:5417/postgres \
//	HEADROOM_RECORD_POSTGRES_STANDBY=postgres://superuser:…@127.0.0.1:5517/postgres \
//	go test ./probes -run TestRecordPostgres
//
// The server must preload pg_stat_statements, collect its log as csvlog, and be
// nobody else's: the test makes a database and a role there, and drops them again.
type recording struct {
	Server string `json:"server"`
	// Source is "a real server", or what it was derived from.
	Source  string     `json:"source"`
	Primary []exchange `json:"primary"`
	Standby []exchange `json:"standby"`
}

// An exchange is a question and its answer, in the order of asking.
type exchange struct {
	SQL     string   `json:"sql"`
	Columns []string `json:"columns,omitempty"`
	Rows    [][]any  `json:"rows,omitempty"`
	Code    string   `json:"code,omitempty"` // SQLSTATE, when it was refused
	Message string   `json:"message,omitempty"`
}

// binary is how a []byte stands in JSON.
const binary = "base64:"

// A recorder keeps what passes through it.
type pageRecorder struct {
	asker
	to *[]exchange
}

func (r pageRecorder) ask(ctx context.Context, qs []asked) ([]page, error) {
	pages, err := r.asker.ask(ctx, qs)
	var refused *pgconn.PgError
	switch {
	case err == nil:
		for i, p := range pages {
			e := exchange{SQL: qs[i].sql, Columns: p.columns}
			for _, row := range p.rows {
				cells := append([]any(nil), row...)
				for j, c := range cells {
					if b, ok := c.([]byte); ok {
						cells[j] = binary + base64.StdEncoding.EncodeToString(b)
					}
				}
				e.Rows = append(e.Rows, cells)
			}
			*r.to = append(*r.to, e)
		}
	case errors.As(err, &refused) && len(qs) == 1: // of several, each is asked again alone
		*r.to = append(*r.to, exchange{SQL: qs[0].sql, Code: refused.Code, Message: refused.Message})
	}
	return pages, err
}

// A pagePlayer answers as it was recorded.
type pagePlayer struct {
	t       *testing.T
	left    map[string][]exchange
	unasked map[string]bool
}

func play(t *testing.T, es []exchange) *pagePlayer {
	p := &pagePlayer{t: t, left: map[string][]exchange{}, unasked: map[string]bool{}}
	for _, e := range es {
		p.left[e.SQL] = append(p.left[e.SQL], e)
		p.unasked[e.SQL] = true
	}
	return p
}

func (p *pagePlayer) closed() bool { return false }
func (p *pagePlayer) close()       {}

func (p *pagePlayer) ask(_ context.Context, qs []asked) ([]page, error) {
	for _, q := range qs {
		delete(p.unasked, q.sql)
		if len(p.left[q.sql]) == 0 {
			p.t.Fatalf("this question, as it is, was not recorded for this version (or not so often); record it anew:\n%s", q.sql)
		}
		if e := p.left[q.sql][0]; e.Code != "" {
			if len(qs) == 1 {
				p.left[q.sql] = p.left[q.sql][1:]
			}
			return nil, &pgconn.PgError{Code: e.Code, Message: e.Message}
		}
	}
	pages := make([]page, len(qs))
	for i, q := range qs {
		e := p.left[q.sql][0]
		p.left[q.sql] = p.left[q.sql][1:]
		pages[i].columns = e.Columns
		for _, row := range e.Rows {
			cells := append([]any(nil), row...)
			for j, c := range cells {
				if s, ok := c.(string); ok && strings.HasPrefix(s, binary) {
					b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, binary))
					must(p.t, err)
					cells[j] = b
				}
			}
			pages[i].rows = append(pages[i].rows, cells)
		}
	}
	return pages, nil
}

// scene is the database that recordings are made in, and onlooker the role.
const scene, onlooker = "headroom_scene", "headroom_onlooker"

// observerOf looks at everything at each look.
func observerOf(rec headroom.Recorder, connect func(context.Context) (asker, error)) *postgresObserver {
	o := &postgresObserver{reporter: &reporter{probe: "postgres", clock: Clock{time.Now()}, rec: rec},
		database: scene, interval: time.Nanosecond, connect: connect}
	o.log.local = func(string, float64, float64) bool { return false }
	return o
}

// looks are how often a recording looked: before the load, while somebody waits,
// and after it.
const looks = 3

func TestEveryVersionIsAskedAndReadAsItAnswers(t *testing.T) {
	for version := 13; version <= 18; version++ {
		content, err := os.ReadFile(filepath.Join("testdata", "postgres", fmt.Sprintf("%d.json", version)))
		must(t, err)
		var r recording
		must(t, json.Unmarshal(content, &r))
		t.Run(fmt.Sprintf("%d primary", version), func(t *testing.T) { replay(t, version, r.Primary, primaryMetrics, 0) })
		t.Run(fmt.Sprintf("%d standby", version), func(t *testing.T) { replay(t, version, r.Standby, standbyMetrics, 1) })
	}
}

func replay(t *testing.T, version int, es []exchange, wanted []wantedMetric, standby float64) {
	rec := &memory{}
	player := play(t, es)
	o := observerOf(rec, func(context.Context) (asker, error) { return player, nil })
	for look := range looks {
		must(t, o.observe(t.Context(), look == looks-1))
	}
	if len(player.unasked) > 0 {
		t.Errorf("recorded, but not asked (any more): %v", player.unasked)
	}
	rs := rec.records()
	if len(rs.Gaps) != 0 {
		t.Errorf("gaps %+v", rs.Gaps)
	}
	if v := last(rec.series("postgres", scene, "server_version_num")); int(v)/10000 != version {
		t.Errorf("recorded from version %v", v)
	}
	if v := last(rec.series("postgres", scene, "in_recovery")); v != standby {
		t.Errorf("in_recovery %v", v)
	}
	for _, w := range wanted {
		there := w.from <= version && (w.upTo == 0 || version <= w.upTo) // from beyond upTo: nowhere
		var found []float64
		for _, s := range rs.Samples {
			if ok, err := filepath.Match(w.metric, s.Subject+"|"+s.Metric); err != nil {
				t.Fatal(err)
			} else if ok {
				found = append(found, s.Value)
			}
		}
		switch {
		case there != (len(found) > 0):
			t.Errorf("%s: %d samples, wanted: %v", w.metric, len(found), there)
		case there && (slices.Max(found) < w.least || slices.Max(found) > w.most):
			t.Errorf("%s is up to %v, want %v to %v", w.metric, slices.Max(found), w.least, w.most)
		}
	}
}

// unhelpful answers what is asked of it with one error.
type unhelpful struct {
	*pagePlayer
	at   string
	code string
	text string
}

func (u unhelpful) ask(ctx context.Context, qs []asked) ([]page, error) {
	for _, q := range qs {
		if strings.Contains(q.sql, u.at) {
			return nil, &pgconn.PgError{Code: u.code, Message: u.text}
		}
	}
	return u.pagePlayer.ask(ctx, qs)
}

func TestOneRefusedQuestionIsOneGapWithAdviceAndTheRestGoesOn(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("testdata", "postgres", "17.json"))
	must(t, err)
	var r recording
	must(t, json.Unmarshal(content, &r))
	for _, c := range []struct{ at, code, text, name, advice string }{
		{"pg_stat_checkpointer", "57014", "canceling statement due to statement timeout", "checkpoints", "too busy"},
		{"FROM pg_stat_database WHERE", "42P01", "relation is gone", "database", ""},
		{"pg_read_binary_file", "42501", "permission denied for function pg_read_binary_file", "sqlstate", "GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean) TO \"headroom_onlooker\""},
		{"pg_stat_statements(false)", "55000", "pg_stat_statements must be loaded via shared_preload_libraries", "statements", "restart the server"},
	} {
		rec := &memory{}
		player := unhelpful{play(t, r.Primary), c.at, c.code, c.text}
		o := observerOf(rec, func(context.Context) (asker, error) { return player, nil })
		must(t, o.observe(t.Context(), false))
		must(t, o.observe(t.Context(), false))
		gaps := rec.records().Gaps
		if c.name == "database" { // and the sessions, which are asked of the same
			gaps = slices.DeleteFunc(gaps, func(g headroom.Gap) bool { return strings.Contains(g.Reason, ": sessions: ") })
		}
		if len(gaps) != 1 || !strings.HasPrefix(gaps[0].Reason, scene+": "+c.name+": "+c.text) || !strings.Contains(gaps[0].Reason, c.advice) {
			t.Errorf("%s refused: gaps %+v", c.name, gaps)
		}
		if n := len(rec.series("postgres", scene, "connections")); n != 2 {
			t.Errorf("%s refused: %d looks at the sessions", c.name, n)
		}
		if n := len(rec.series("postgres", scene, "size_bytes")); n != 2 {
			t.Errorf("%s refused: %d looks at the size", c.name, n)
		}
	}
}
