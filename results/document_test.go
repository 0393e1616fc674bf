package results

import (
	"context"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/headroom-erp/headroom"
)

// documented is docs/bundle.md.
func documented(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/bundle.md")
	must(t, err)
	return string(text)
}

// The document's columns are those of the views, its statements run, and the
// rights that it names are enough.
func TestBundleDocument(t *testing.T) {
	ctx := context.Background()
	text := documented(t)
	dsn := newDatabase(t)
	store := openStore(t, dsn)
	w, err := store.Create(ctx, someInfo())
	must(t, err)
	bundle, err := Create(t.TempDir()+"/run", someInfo())
	must(t, err)
	file, err := OpenPart(bundle.PartPath("k6"), "k6")
	must(t, err)
	stored, err := w.Part(ctx, "k6")
	must(t, err)
	both := Both(file, stored)
	must(t, both.Record(distinct(1, 100)))
	must(t, both.Close())

	folder, _, _ := strings.Cut(text, "## A store in PostgreSQL")
	views := regexp.MustCompile("(?m)^\\| `([a-z_]+s)` \\| .* \\| ([a-z_, ]+) \\|$").FindAllStringSubmatch(folder, -1)
	if len(views) != 6 {
		t.Errorf("%d views are documented", len(views))
	}
	for _, v := range views {
		if got := strings.Split(v[2], ", "); !slices.Equal(got, sqliteColumns(t, bundle.PartPath("k6"), v[1])) {
			t.Errorf("%s has other columns than %v", v[1], got)
		}
	}
	sql := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(text, -1)
	if len(sql) != 3 {
		t.Fatalf("%d statements", len(sql))
	}
	if rows := python(t, bundle.PartPath("k6"), sql[0][1]); len(rows) != 1 || rows[0] != "confirm" {
		t.Errorf("the join gives %v", rows)
	}
	shell := regexp.MustCompile(`sqlite3 parts/k6.sqlite "(.*)"`).FindStringSubmatch(text)
	if rows := python(t, bundle.PartPath("k6"), shell[1]); len(rows) != 1 || rows[0] != "order" {
		t.Errorf("the first question gives %v", rows)
	}
	reader := role(t, dsn, "reader", sql[1][1])
	writer := role(t, dsn, "writer", "GRANT USAGE ON SCHEMA headroom TO reader; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA headroom TO reader")
	second, err := openStore(t, writer).Create(ctx, someInfo())
	must(t, err)
	must(t, writeShare(ctx, writer, second.ID(), 0, 500))
	must(t, second.Finish(ctx, true, ""))
	must(t, w.Finish(ctx, true, ""))
	must(t, store.Delete(ctx, w.ID()))
	_, err = openStore(t, reader).Create(ctx, someInfo())
	if headroom.ExitCode(err) != headroom.ExitNotMeasured || !strings.Contains(err.Error(), "may not do that") {
		t.Errorf("a reader may write: %v", err)
	}
	run, err := openStore(t, reader).Open(ctx, second.ID())
	must(t, err)
	if n := len(all(t, run).Journeys); n != 500 {
		t.Errorf("%d journeys", n)
	}
	conn, err := pgx.Connect(ctx, reader.Reveal())
	must(t, err)
	defer conn.Close(ctx)
	var id, process string
	var n int
	var p95 float64
	must(t, conn.QueryRow(ctx, sql[2][1]).Scan(&id, &process, &n, &p95))
	if id != second.ID() || process != "order" || n < 100 || !(p95 > 1) {
		t.Errorf("%s %s %d %g", id, process, n, p95)
	}
	var listed string
	must(t, conn.QueryRow(ctx, "SELECT run || ' ' || plan || ' ' || topology || ' ' || complete FROM headroom.runs").Scan(&listed))
	if listed != second.ID()+" pilot 2w true" {
		t.Errorf("headroom.runs says %s", listed)
	}
}

// role makes a role and gives it rights that are written for "reader".
func role(t *testing.T, dsn headroom.Secret, name, grants string) headroom.Secret {
	t.Helper()
	u, err := url.Parse(dsn.Reveal())
	must(t, err)
	full := strings.TrimPrefix(u.Path, "/") + "_" + name // roles are of the whole server
	adminExec(t, dsn.Reveal(), "CREATE ROLE "+full+" LOGIN PASSWORD 'role'")
	adminExec(t, dsn.Reveal(), strings.ReplaceAll(grants, "TO reader", "TO "+full))
	t.Cleanup(func() { adminExec(t, dsn.Reveal(), "DROP OWNED BY "+full+"; DROP ROLE "+full) })
	u.User = url.UserPassword(full, "role")
	return headroom.Secret(u.String())
}
