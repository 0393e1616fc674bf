package results

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

func someInfo() headroom.RunInfo {
	price := &headroom.Prices{Currency: "EUR", AppCoreMonth: 20}
	return headroom.RunInfo{
		ID:   "20261121-164430-2w",
		Plan: headroom.Plan{Headroom: 1, Name: "pilot", Sites: []headroom.Site{{Name: "hub", TimeZone: "Europe/Berlin", Users: 3}}, Prices: price},
		Topology: headroom.Topology{
			Name: "2w", Web: headroom.Web{Workers: 2, Cores: 1.5},
		},
		Schedule:   headroom.Header{Plan: "pilot", Seed: 7, LeadIn: 5, Window: 30, Spans: []headroom.Span{{Name: "cutoff", From: 5, To: 20}}},
		TargetKind: "erp", Started: time.Date(2026, 11, 20, 15, 44, 30, 0, time.UTC),
		Versions: map[string]string{"odoo": "19.0"},
	}
}

func TestInfoComesBackAndFinishCompletesIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?#%", "run[1]") // characters that mean something to URIs and globs
	want := someInfo()
	want.Complete = true // Create must not believe it
	b, err := Create(dir, want)
	must(t, err)
	if info := open(t, dir).Info(); info.Complete || info.Reason != cutOff {
		t.Errorf("before Finish: complete %v, reason %q", info.Complete, info.Reason)
	}
	p, err := OpenPart(b.PartPath("k6"), "k6")
	must(t, err)
	must(t, p.Record(numbered(1, 5)))
	must(t, p.Close())
	must(t, b.Update(func(i *headroom.RunInfo) { i.Versions["k6"] = "1.8.1"; i.Complete = false }))
	must(t, b.Finish(false, "interrupted"))
	if info := open(t, dir).Info(); info.Complete || info.Reason != "interrupted" {
		t.Errorf("after an interruption: %+v", info)
	}
	must(t, b.Finish(true, ""))
	r := open(t, dir)
	if got := r.Info(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if n := len(all(t, r).Journeys); n != 5 {
		t.Errorf("%d journeys, want 5", n)
	}
	for _, path := range []string{b.Schedule(), b.Plan(), b.Log("k6"), b.PartPath("x")} {
		if !strings.HasPrefix(path, dir+string(filepath.Separator)) {
			t.Errorf("%s is not in the bundle", path)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, infoName+".tmp")); err == nil {
		t.Error("a temporary file is left")
	}
}

func TestCreateRefusesAFolderThatHoldsSomething(t *testing.T) {
	dir := t.TempDir()
	if _, err := Create(dir, headroom.RunInfo{}); err != nil {
		t.Errorf("an empty folder is refused: %v", err)
	}
	_, err := Create(dir, headroom.RunInfo{})
	inputError(t, err, dir, "not empty")
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	_, err = Create(file, headroom.RunInfo{})
	inputError(t, err, file, "cannot be used")
	_, err = Create(filepath.Join(file, "below"), headroom.RunInfo{})
	inputError(t, err, file, "not a directory")
}

func inputError(t *testing.T, err error, where, what string) {
	t.Helper()
	var ie *headroom.InputError
	if !errors.As(err, &ie) || !strings.HasPrefix(ie.Where, where) || !strings.Contains(err.Error(), what) {
		t.Errorf("error %v, want an InputError at %s that says %q", err, where, what)
	}
}

func TestOpenRefusesWhatIsNoBundle(t *testing.T) {
	empty := t.TempDir()
	_, err := Open(empty)
	inputError(t, err, empty, "not the folder of a run")
	_, err = Open(filepath.Join(empty, "missing"))
	inputError(t, err, empty, "not the folder of a run")

	for content, what := range map[string]string{
		"":                            "not the description of a run",
		"{}":                          "names no version",
		`{"bundle": 1, "plan": 3}`:    "not the description of a run",
		`{"bundle": 2, "shape": "?"}`: "newer headroom",
	} {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, infoName), []byte(content), 0o600))
		_, err := Open(dir)
		inputError(t, err, filepath.Join(dir, infoName), what)
	}
}

func TestOpenRefusesPartsItCannotRead(t *testing.T) {
	b, err := Create(filepath.Join(t.TempDir(), "run"), headroom.RunInfo{})
	must(t, err)
	must(t, os.WriteFile(b.PartPath("text"), []byte(strings.Repeat("this is no database. ", 100)), 0o600))
	_, err = Open(b.Dir())
	inputError(t, err, b.PartPath("text"), "not a part of a run")
	must(t, os.Remove(b.PartPath("text")))

	p, err := OpenPart(b.PartPath("newer"), "k6")
	must(t, err)
	must(t, p.conn.exec("PRAGMA user_version = 2"))
	must(t, p.Close())
	_, err = Open(b.Dir())
	inputError(t, err, b.PartPath("newer"), "newer headroom")
	must(t, os.Remove(b.PartPath("newer")))

	// A writer that is killed at once leaves an empty file: that is no reason to refuse the others.
	must(t, os.WriteFile(b.PartPath("killed"), nil, 0o600))
	if r := open(t, b.Dir()); len(r.Parts()) != 0 {
		t.Errorf("parts %v", r.Parts())
	}
}

func TestDamagedPartIsAnErrorNotAPanic(t *testing.T) {
	for _, damage := range []string{
		"UPDATE journey SET site = 99",
		"UPDATE journey SET lines = 'many'",
		"UPDATE journey SET scheduled = x'00'",
		"ALTER TABLE journey DROP COLUMN error",
	} {
		b, err := Create(filepath.Join(t.TempDir(), "run"), headroom.RunInfo{})
		must(t, err)
		p, err := OpenPart(b.PartPath("k6"), "k6")
		must(t, err)
		must(t, p.Record(numbered(1, 1)))
		must(t, p.Flush())
		must(t, p.conn.exec("DROP VIEW journeys; "+damage))
		must(t, p.Close())
		var got error
		for _, err := range open(t, b.Dir()).Journeys() {
			got = err
		}
		var me *headroom.MeasureError
		if !errors.As(got, &me) || !strings.Contains(got.Error(), b.PartPath("k6")) {
			t.Errorf("%s: error %v, want a MeasureError that names the part", damage, got)
		}
	}
}

// The views are what people read without us.
func TestViewsReadAsText(t *testing.T) {
	r := newBundle(t, map[string][]headroom.Records{"k6": {numbered(1, 2)}})
	c, err := r.parts[0].connect()
	must(t, err)
	defer c.Close()
	for query, want := range map[string]string{
		"SELECT site || ' ' || process || ' ' || kind || ' ' || outcome || ' ' || round(response_time, 3) FROM journeys LIMIT 1": "hub order batched fault 1.5",
		"SELECT process || '.' || step || ' ' || protocol || ' ' || outcome || ' ' || round(response_time, 3) FROM requests":     "order.confirm jsonrpc ok 1.1",
		"SELECT database || ' ' || path FROM server_requests":                                                                    "hub /web/dataset/call_kw/sale.order/action_confirm",
		"SELECT probe || ' ' || subject || ' ' || metric FROM samples":                                                           "process web cpu_seconds",
		"SELECT probe || ' ' || reason FROM gaps":                                                                                "postgres gone",
		"SELECT writer FROM part": "k6",
	} {
		var got []string
		must(t, c.each(query, func(row *stmt) error {
			got = append(got, string(row.bytes()))
			return row.err
		}))
		if len(got) == 0 || got[0] != want {
			t.Errorf("%s: %v, want %q", query, got, want)
		}
	}
}

// The queries that the schema's comment shows are run as they stand there.
func TestTheSchemasOwnQueriesRun(t *testing.T) {
	r := newBundle(t, map[string][]headroom.Records{"k6": {numbered(1, 20)}})
	c, err := r.parts[0].connect()
	must(t, err)
	defer c.Close()
	comment, _, _ := strings.Cut(schema, "\n\nPRAGMA")
	rows := map[string]int{}
	for _, query := range strings.Split(strings.ReplaceAll(comment, "\n--", "\n"), ";\n") {
		if _, at, found := strings.Cut(query, "   SELECT "); found {
			must(t, c.each("SELECT "+at, func(row *stmt) error { rows[at]++; return nil }))
		}
	}
	if len(rows) != 1 { // all of numbered's journeys failed
		t.Errorf("%d of 2 queries gave rows: %v", len(rows), rows)
	}
}

// A request's row says when its journey was scheduled, and NULL when nobody
// recorded the journey.
func TestRequestsViewHasTheScheduledTime(t *testing.T) {
	rs := numbered(1, 3)
	rs.Journeys = rs.Journeys[:2]
	r := newBundle(t, map[string][]headroom.Records{"k6": {rs}})
	c, err := r.parts[0].connect()
	must(t, err)
	defer c.Close()
	var got []string
	must(t, c.each("SELECT arrival || ' ' || ifnull(scheduled, 'none') FROM requests ORDER BY arrival", func(row *stmt) error {
		got = append(got, string(row.bytes()))
		return row.err
	}))
	if want := []string{"1 0.01", "2 0.02", "3 none"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// run.json has no field that could hold a secret; whoever adds one to RunInfo
// learns of it here.
func TestRunInfoHoldsNoSecret(t *testing.T) {
	secret := reflect.TypeFor[headroom.Secret]()
	seen := map[reflect.Type]bool{}
	var walk func(path string, typ reflect.Type)
	walk = func(path string, typ reflect.Type) {
		if typ == secret || typ == reflect.TypeFor[headroom.Login]() || typ == reflect.TypeFor[headroom.PortalOrder]() {
			t.Errorf("%s is a secret", path)
		}
		if seen[typ] {
			return
		}
		seen[typ] = true
		switch typ.Kind() {
		case reflect.Struct:
			for f := range typ.Fields() {
				walk(path+"."+f.Name, f.Type)
			}
		case reflect.Slice, reflect.Pointer, reflect.Map:
			walk(path+"[]", typ.Elem())
		}
	}
	walk("RunInfo", reflect.TypeFor[headroom.RunInfo]())
	if !seen[reflect.TypeFor[headroom.Prices]()] {
		t.Error("the walk does not reach the plan")
	}
}

func FuzzReadInfo(f *testing.F) {
	good, err := json.Marshal(infoFile{bundleVersion, someInfo()})
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{string(good), "", "{}", `{"bundle":1}`, `{"bundle":2}`, `{"bundle":1,"started":"x"}`, `{"bundle":1,"plan":{"sites":[{}]}}`, "null", `{"bundle":1}{`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := readInfo(data, "run.json")
		if err != nil {
			var ie *headroom.InputError
			if !errors.As(err, &ie) || ie.Where != "run.json" {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		again, err := json.Marshal(infoFile{bundleVersion, info})
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		back, err := readInfo(again, "run.json")
		if err != nil {
			t.Fatal(err)
		}
		twice, err := json.Marshal(infoFile{bundleVersion, back})
		if err != nil || string(twice) != string(again) {
			t.Fatalf("not the same after a second time:\n%s\n%s", again, twice)
		}
	})
}
