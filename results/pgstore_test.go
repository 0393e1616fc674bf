package results

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/headroom-erp/headroom"
)

// dsnEnv names a real PostgreSQL, of a superuser; there is no substitute for one.
const dsnEnv = "HEADROOM_TEST_DSN"

// adminDSN is the server that the tests make their databases in.
func adminDSN(t testing.TB) string {
	t.Helper()
	dsn := os.Getenv(dsnEnv)
	if dsn == "" {
		t.Fatalf("%s is not set: these tests need a real PostgreSQL. `make test` starts a private one and sets it", dsnEnv)
	}
	return dsn
}

func adminExec(t testing.TB, dsn, sql string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), dsn)
	must(t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), sql)
	must(t, err)
}

var databases = struct {
	sync.Mutex
	n int
}{}

// newDatabase is the address of an empty database for one test.
func newDatabase(t testing.TB) headroom.Secret {
	t.Helper()
	databases.Lock()
	databases.n++
	name := fmt.Sprintf("headroom_store_%d_%d", os.Getpid(), databases.n)
	databases.Unlock()
	dsn := adminDSN(t)
	adminExec(t, dsn, "CREATE DATABASE "+name)
	t.Cleanup(func() { adminExec(t, dsn, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(dsn)
	must(t, err)
	u.Path = "/" + name
	return headroom.Secret(u.String())
}

func openStore(t testing.TB, dsn headroom.Secret) *Store {
	t.Helper()
	s, err := OpenStore(context.Background(), dsn)
	must(t, err)
	return s
}

// odd are records that a careless store would not give back.
func odd() headroom.Records {
	rs := numbered(900, 3)
	rs.Journeys[0].Arrival = 7<<32 + 3
	rs.Journeys[1].Error = "tabs\t, \"quotes\", \\ and\nlines"
	rs.Journeys[2].Kind = headroom.Closed
	rs.Requests[0].Start = 9.5 // out of order
	rs.Requests[1].Bytes = 1 << 40
	rs.Samples[0].Value = -0.25
	rs.Server[0].Arrival, rs.Server[0].N, rs.Server[0].Database = 0, 0, ""
	rs.Documents[1].Due = 0
	return rs
}

func TestStoreGivesBackWhatItTook(t *testing.T) {
	ctx := context.Background()
	store := openStore(t, newDatabase(t))
	want := someInfo()
	w, err := store.Create(ctx, want)
	must(t, err)
	if !strings.HasSuffix(w.ID(), "-"+want.ID) {
		t.Errorf("the store calls the run %s", w.ID())
	}
	bundle, err := Create(filepath.Join(t.TempDir(), "run"), want)
	must(t, err)
	for _, name := range []string{"k6", "conduct", "k6-2"} { // not in the order of their names
		stored, err := w.Part(ctx, name)
		must(t, err)
		file, err := OpenPart(bundle.PartPath(name), name)
		must(t, err)
		part := Both(file, stored)
		must(t, part.Record(numbered(1, 200)))
		must(t, part.Flush())
		must(t, part.Record(odd()))
		must(t, part.Close())
		must(t, part.Close())
		if err := stored.Record(numbered(1, 1)); err == nil {
			t.Error("a closed part takes rows")
		}
	}
	_, err = w.Part(ctx, "k6")
	inputError(t, err, EnvStore, "exists already")
	must(t, w.Update(ctx, func(i *headroom.RunInfo) { i.Versions["k6"] = "1.8.1"; i.Complete = true; i.ID = "no" }))

	run, err := store.Open(ctx, w.ID())
	must(t, err)
	if info := run.Info(); info.Complete || info.Reason != cutOff || info.Versions["k6"] != "1.8.1" || info.ID != w.ID() {
		t.Errorf("before Finish: %+v", info)
	}
	want.ID = w.ID()
	want.Versions["k6"] = "1.8.1"
	want.Complete = true
	must(t, w.Finish(ctx, true, ""))
	run, err = store.Open(ctx, w.ID())
	must(t, err)
	if got := run.Info(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got, want := all(t, run), all(t, open(t, bundle.Dir())); !reflect.DeepEqual(got, want) {
		t.Errorf("the store's records differ from the folder's: %d and %d journeys", len(got.Journeys), len(want.Journeys))
	}
	for range run.Journeys() { // stopping early leaves a connection that is in use again below
		break
	}
	if n := len(all(t, run).Journeys); n != 3*203 {
		t.Errorf("%d journeys", n)
	}
}

func TestStoreKeepsTextsThatPostgreSQLCannot(t *testing.T) {
	ctx := context.Background()
	store := openStore(t, newDatabase(t))
	w, err := store.Create(ctx, headroom.RunInfo{ID: "texts"})
	must(t, err)
	part, err := w.Part(ctx, "k6")
	must(t, err)
	must(t, part.Record(headroom.Records{
		Journeys: []headroom.Journey{{Site: "a\x00b", Error: "cut \xff here"}, {Site: "a\x00b", Scheduled: 1}},
	}))
	must(t, part.Close())
	must(t, w.Finish(ctx, false, "broke at \x00"))
	run, err := store.Open(ctx, w.ID())
	must(t, err)
	got := all(t, run).Journeys
	if len(got) != 2 || got[0].Site != "a\uFFFDb" || got[0].Error != "cut \uFFFD here" || got[1].Error != "" {
		t.Errorf("%+v", got)
	}
	if run.Info().Reason != "broke at \uFFFD" {
		t.Errorf("reason %q", run.Info().Reason)
	}
}

// Columns of the two schemas are the same but for what tells runs and parts
// apart, and so are those of the views.
func TestStoreHasTheSchemaOfAPart(t *testing.T) {
	ctx := context.Background()
	dsn := newDatabase(t)
	store := openStore(t, dsn)
	_, err := store.Create(ctx, headroom.RunInfo{ID: "schema"})
	must(t, err)
	bundle, err := Create(filepath.Join(t.TempDir(), "run"), headroom.RunInfo{})
	must(t, err)
	part, err := OpenPart(bundle.PartPath("k6"), "k6")
	must(t, err)
	must(t, part.Close())
	conn, err := pgx.Connect(ctx, dsn.Reveal())
	must(t, err)
	defer conn.Close(ctx)
	names := []string{"journeys", "requests", "server_requests", "samples", "gaps", "documents"}
	for _, view := range names {
		table := strings.TrimSuffix(view, "s")
		for _, name := range []string{view, table} {
			rows, _ := conn.Query(ctx, "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'headroom' AND table_name = $1 AND column_name NOT IN ('run', 'part', 'seq') ORDER BY ordinal_position", name)
			got, err := pgx.CollectRows(rows, pgx.RowTo[string])
			must(t, err)
			want := sqliteColumns(t, bundle.PartPath("k6"), name)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s has the columns %v, in a part %v", name, got, want)
			}
		}
	}
}

func TestStoreKeepsTheFiles(t *testing.T) {
	ctx := context.Background()
	store := openStore(t, newDatabase(t))
	w, err := store.Create(ctx, headroom.RunInfo{ID: "files"})
	must(t, err)
	run, err := store.Open(ctx, w.ID())
	must(t, err)
	for _, err := range run.Arrivals() {
		if headroom.ExitCode(err) != headroom.ExitNotMeasured {
			t.Errorf("a schedule that was not kept gives %v", err)
		}
	}
	s := manyArrivals(50000) // 2.8 MB: three pieces
	var b bytes.Buffer
	must(t, headroom.WriteSchedule(&b, s))
	must(t, w.Keep(ctx, ScheduleFile, strings.NewReader("an earlier one")))
	must(t, w.Keep(ctx, ScheduleFile, &b))
	i := uint64(0)
	for a, err := range run.Arrivals() {
		must(t, err)
		if i++; a.ID != i {
			t.Fatalf("arrival %d has the id %d", i, a.ID)
		}
	}
	if i != 50000 {
		t.Errorf("%d arrivals", i)
	}
}

// Ten generators that write one run at once leave what one process would have.
func TestTenWritersAreOneRun(t *testing.T) {
	ctx := context.Background()
	dsn := newDatabase(t)
	const writers, each = 10, 3000
	first, err := openStore(t, dsn).Create(ctx, someInfo())
	must(t, err)
	var wg sync.WaitGroup
	errs := make(chan error, writers)
	for i := range writers {
		wg.Go(func() { errs <- writeShare(ctx, dsn, first.ID(), i, each) })
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		must(t, err)
	}
	must(t, first.Finish(ctx, true, ""))

	bundle, err := Create(filepath.Join(t.TempDir(), "run"), someInfo())
	must(t, err)
	part, err := OpenPart(bundle.PartPath("k6"), "k6")
	must(t, err)
	for i := 0; i < writers*each; i += 500 {
		must(t, part.Record(distinct(i+1, 500)))
	}
	must(t, part.Close())
	must(t, bundle.Finish(true, ""))

	run, err := openStore(t, dsn).Open(ctx, first.ID())
	must(t, err)
	same(t, "ten writers' store and one folder", run, open(t, bundle.Dir()))
	zipped, err := OpenRun(ctx, zipRun(t, bundle.Dir(), "some/folder/"), os.Getenv)
	must(t, err)
	same(t, "a .zip and its folder", zipped, open(t, bundle.Dir()))
	temp := zipped.Dir()
	must(t, zipped.Close())
	if _, err := os.Stat(temp); err == nil {
		t.Errorf("%s is left", temp)
	}
}

// distinct is numbered without rows that compare equal.
func distinct(first, n int) headroom.Records {
	rs := numbered(first, n)
	for i := range rs.Samples {
		if k := first + i; k%7 == 0 {
			rs.Journeys[i].Outcome, rs.Journeys[i].Error = headroom.OK, ""
		} else if k%3 > 0 {
			rs.Journeys[i].Outcome, rs.Journeys[i].Error = headroom.OK, ""
			rs.Journeys[i].End += float64(k%11) / 10
		}
	}
	rs.Gaps[0].T = float64(first) / 100
	return rs
}

func writeShare(ctx context.Context, dsn headroom.Secret, run string, writer, each int) error {
	part, err := JoinPart(ctx, dsn, run, fmt.Sprintf("k6-%d", writer))
	if err != nil {
		return err
	}
	for i := 0; i < each; i += 500 {
		if err := part.Record(distinct(writer*each+i+1, 500)); err != nil {
			return err
		}
	}
	return part.Close()
}

// same compares two runs' records and their summaries.
func same(t *testing.T, what string, a, b headroom.Run) {
	t.Helper()
	if !reflect.DeepEqual(all(t, a), all(t, b)) {
		t.Errorf("%s: the records differ", what)
	}
	var texts []string
	for _, run := range []headroom.Run{a, b} {
		s, err := Summarize(run, 10, 200)
		must(t, err)
		text, err := json.Marshal(s)
		must(t, err)
		texts = append(texts, string(text))
	}
	if texts[0] != texts[1] || len(texts[0]) < 1000 {
		t.Errorf("%s: the summaries differ:\n%s\n%s", what, texts[0], texts[1])
	}
}

// The first runs of many generators find no schema, and all make it.
func TestManyFindNoSchema(t *testing.T) {
	ctx := context.Background()
	dsn := newDatabase(t)
	store := openStore(t, dsn)
	if runs, err := store.Runs(ctx); err != nil || len(runs) != 0 {
		t.Errorf("an empty store: %v, %v", runs, err)
	}
	_, err := store.Open(ctx, "none")
	inputError(t, err, "store:none", "no such run")
	const n = 12
	var wg sync.WaitGroup
	ids, errs := make([]string, n), make([]error, n)
	for i := range n {
		wg.Go(func() {
			w, err := openStoreQuietly(ctx, dsn)
			if errs[i] = err; err == nil {
				ids[i] = w.ID()
			}
		})
	}
	wg.Wait()
	must(t, errors.Join(errs...))
	runs, err := store.Runs(ctx)
	must(t, err)
	known := map[string]bool{}
	for _, r := range runs {
		known[r.ID] = r.Err == nil && r.Info.ID == r.ID
	}
	for _, id := range ids {
		if !known[id] {
			t.Errorf("run %q is not listed among %v", id, known)
		}
	}
	if len(known) != n {
		t.Errorf("%d runs have %d ids", n, len(known))
	}
}

func openStoreQuietly(ctx context.Context, dsn headroom.Secret) (*RunWriter, error) {
	s, err := OpenStore(ctx, dsn)
	if err != nil {
		return nil, err
	}
	return s.Create(ctx, headroom.RunInfo{ID: "same"})
}

func TestRunsAreListedAndDeleted(t *testing.T) {
	ctx := context.Background()
	dsn := newDatabase(t)
	store := openStore(t, dsn)
	var ids []string
	for i := range 3 {
		w, err := store.Create(ctx, someInfo())
		must(t, err)
		part, err := w.Part(ctx, "k6")
		must(t, err)
		must(t, part.Record(numbered(1, 10*(i+1))))
		must(t, part.Close())
		if i != 1 {
			must(t, w.Finish(ctx, i == 0, "too late"))
		}
		ids = append(ids, w.ID())
	}
	runs, err := store.Runs(ctx)
	must(t, err)
	if len(runs) != 3 || runs[0].ID != ids[2] || runs[2].ID != ids[0] {
		t.Fatalf("%+v", runs)
	}
	if r := runs[0]; r.Rows != 151 || r.Bytes < 151*40 || r.Info.Reason != "too late" || time.Since(r.Written) > time.Minute || time.Since(r.Created) > time.Minute {
		t.Errorf("%+v", r)
	}
	inputError(t, store.Delete(ctx, ids[1]), "store:"+ids[1], "still being recorded")
	must(t, store.Delete(ctx, ids[0]))
	inputError(t, store.Delete(ctx, ids[0]), "store:"+ids[0], "no such run")
	conn, err := pgx.Connect(ctx, dsn.Reveal())
	must(t, err)
	defer conn.Close(ctx)
	for _, table := range []string{"run", "part", "words", "journey", "request", "server_request", "sample", "gap", "document"} {
		var n int
		must(t, conn.QueryRow(ctx, "SELECT count(DISTINCT run) FROM headroom."+table).Scan(&n))
		if n != 2 {
			t.Errorf("%s holds %d runs after one of three was deleted", table, n)
		}
	}
	_, err = conn.Exec(ctx, "UPDATE headroom.run SET info = '{\"bundle\": 99}' WHERE id = $1", ids[2])
	must(t, err)
	runs, err = store.Runs(ctx)
	must(t, err)
	if len(runs) != 2 || runs[0].Err == nil || !strings.Contains(runs[0].Err.Error(), "newer headroom") || runs[1].Err != nil {
		t.Errorf("%+v", runs)
	}
}
