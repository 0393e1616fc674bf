package results

import (
	"archive/zip"
	"context"
	"io"
	"iter"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// manyArrivals is a schedule of so many arrivals of one process.
type manyArrivals int

func (n manyArrivals) Header() headroom.Header {
	return headroom.Header{Sites: []headroom.ScheduledSite{{Name: "hub"}}, Processes: []headroom.ScheduledProcess{{Name: "order"}}}
}

func (n manyArrivals) Arrivals() iter.Seq2[headroom.Arrival, error] {
	return func(yield func(headroom.Arrival, error) bool) {
		for i := range int(n) {
			if !yield(headroom.Arrival{ID: uint64(i + 1), At: time.Duration(i) * time.Millisecond, Seed: uint64(i) * 0x9e3779b97f4a7c15}, nil) {
				return
			}
		}
	}
}

// sqliteColumns are the columns of a table or view in a part.
func sqliteColumns(t *testing.T, path, table string) []string {
	t.Helper()
	return python(t, path, "SELECT name FROM pragma_table_info('"+table+"') ORDER BY cid")
}

// zipRun makes a .zip of a run's folder, below base in it.
func zipRun(t *testing.T, dir, base string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "run.zip")
	writeZip(t, name, func(z *zip.Writer) {
		must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			rel, err := filepath.Rel(dir, path)
			must(t, err)
			data, err := os.ReadFile(path)
			must(t, err)
			addZip(t, z, base+filepath.ToSlash(rel), string(data))
			return nil
		}))
	})
	return name
}

func writeZip(t *testing.T, name string, fill func(*zip.Writer)) {
	t.Helper()
	f, err := os.Create(name)
	must(t, err)
	z := zip.NewWriter(f)
	fill(z)
	must(t, z.Close())
	must(t, f.Close())
}

func addZip(t *testing.T, z *zip.Writer, name, content string) {
	t.Helper()
	w, err := z.Create(name)
	must(t, err)
	_, err = io.WriteString(w, content)
	must(t, err)
}

func TestOpenRunFindsARunWhereverItIs(t *testing.T) {
	ctx := context.Background()
	dsn := newDatabase(t)
	w, err := openStore(t, dsn).Create(ctx, someInfo())
	must(t, err)
	bundle, err := Create(filepath.Join(t.TempDir(), "folder.zip"), someInfo()) // a folder all the same
	must(t, err)
	file := filepath.Join(t.TempDir(), "store")
	must(t, os.WriteFile(file, []byte(dsn.Reveal()+"\n"), 0o600))
	getenv := func(name string) string {
		if name == EnvStore+"_FILE" {
			return file
		}
		return ""
	}
	for name, dir := range map[string]string{bundle.Dir(): bundle.Dir(), "store:" + w.ID(): ""} {
		run, err := OpenRun(ctx, name, getenv)
		must(t, err)
		if run.Info().Plan.Name != "pilot" || run.Dir() != dir {
			t.Errorf("%s: %+v in %q", name, run.Info(), run.Dir())
		}
		must(t, run.Close())
	}
	_, err = OpenRun(ctx, "store:x", func(string) string { return "" })
	inputError(t, err, EnvStore, "is not set")
	_, err = OpenRun(ctx, "store:x", getenv)
	inputError(t, err, "store:x", "no such run")
	_, err = OpenRun(ctx, filepath.Join(t.TempDir(), "nothing.zip"), getenv)
	inputError(t, err, "/", "not the folder of a run")
}

// A run that was zipped while it was recorded, or after its writers were killed,
// has rows in the log beside the part.
func TestAZipOfARunThatWasCutOff(t *testing.T) {
	bundle, err := Create(filepath.Join(t.TempDir(), "run"), someInfo())
	must(t, err)
	part, err := OpenPart(bundle.PartPath("k6"), "k6")
	must(t, err)
	must(t, part.Record(numbered(1, 50)))
	must(t, part.Flush())
	run, err := OpenRun(context.Background(), zipRun(t, bundle.Dir(), ""), os.Getenv)
	must(t, err)
	must(t, part.Close())
	if got := all(t, run); len(got.Journeys) != 50 || len(got.Documents) != 50 || run.Info().Reason != cutOff {
		t.Errorf("%d journeys, reason %q", len(got.Journeys), run.Info().Reason)
	}
	must(t, run.Close())
}

func TestOpenRunRefusesAZipWithoutARun(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(dir, "evil")
	for name, c := range map[string]struct {
		fill func(*zip.Writer)
		what string
	}{
		"empty":   {func(*zip.Writer) {}, "holds no run"},
		"several": {func(z *zip.Writer) { addZip(t, z, "a/run.json", "{}"); addZip(t, z, "b/run.json", "{}") }, "or several"},
		"outside": {func(z *zip.Writer) { addZip(t, z, "../run.json", "{}") }, "holds no run"},
		"broken":  {func(z *zip.Writer) { addZip(t, z, "run.json", "{"); addZip(t, z, "parts/../../evil", "x") }, "broken.zip/run.json: is not the description of a run"},
		"twice": {func(z *zip.Writer) {
			addZip(t, z, "run.json", "{}")
			addZip(t, z, "plan.yaml", "")
			addZip(t, z, "plan.yaml", "")
		}, "has a file twice"},
		"bomb": {func(z *zip.Writer) {
			addZip(t, z, "run.json", "{}")
			addZip(t, z, "logs/k6.log", strings.Repeat("\x00", freeInflation+32<<20))
		}, "would unpack to more than"},
	} {
		path := filepath.Join(dir, name+".zip")
		writeZip(t, path, c.fill)
		_, err := OpenRun(context.Background(), path, os.Getenv)
		if headroom.ExitCode(err) != headroom.ExitBadInput || !strings.Contains(err.Error(), c.what) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(outside); err == nil {
		t.Error("a .zip wrote outside of its folder")
	}
	text := filepath.Join(dir, "text.zip")
	must(t, os.WriteFile(text, []byte("this is no archive"), 0o600))
	_, err := OpenRun(context.Background(), text, os.Getenv)
	inputError(t, err, text, "is no .zip file")
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "headroom-zip-*"))
	must(t, err)
	for _, d := range left {
		if info, err := os.Stat(d); err == nil && time.Since(info.ModTime()) < 2*time.Second {
			t.Errorf("%s is left", d)
		}
	}
}

// python asks Python's own SQLite, which has nothing of ours in it: the first
// column of each row.
func python(t *testing.T, path, query string) []string {
	t.Helper()
	cmd := osexec.Command("python3", "-c", "import sqlite3, sys\nfor row in sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True).execute(sys.argv[2]): print(row[0])", path, query)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("this test needs python3, with which anybody may read a run: %v", err)
	}
	return strings.Fields(string(out))
}
