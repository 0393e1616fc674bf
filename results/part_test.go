package results

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// numbered makes n records of each kind; first is the first arrival.
func numbered(first, n int) headroom.Records {
	var rs headroom.Records
	for i := first; i < first+n; i++ {
		t := float64(i) / 100
		rs.Journeys = append(rs.Journeys, headroom.Journey{
			Arrival: uint64(i), Site: "hub", Process: "order", Kind: headroom.Batched, Scheduled: t, Start: t + 0.002,
			End: t + 1.5, TimerLate: 0.001, VUWait: 0.0005, DesignWait: 0.0005, Outcome: headroom.Fault, Lines: 3, Error: "boom",
		})
		rs.Requests = append(rs.Requests, headroom.Request{
			Arrival: uint64(i), N: 2, Site: "hub", Process: "order", Step: "confirm", Protocol: "jsonrpc",
			Start: t + 0.1, End: t + 1.2, Outcome: headroom.OK, Status: 200, Bytes: 1234,
		})
		rs.Server = append(rs.Server, headroom.ServerRequest{
			End: t + 1.1, PID: 4711, Database: "hub", Arrival: uint64(i), N: 2, Path: "/web/dataset/call_kw/sale.order/action_confirm",
			Status: 200, Queries: 143, SQL: 0.08, Other: 0.9, Tries: 2, Sleep: 0.75,
		})
		rs.Samples = append(rs.Samples, headroom.Sample{T: t, Probe: "process", Subject: "web", Metric: "cpu_seconds", Value: t * 2})
		rs.Documents = append(rs.Documents, headroom.DocumentEvent{
			T: t + 1.4, Site: "hub", Kind: "delivery", Document: int64(9000 + i), Done: i%2 == 0, Due: t + 3600, Arrival: uint64(i),
		})
	}
	rs.Gaps = append(rs.Gaps, headroom.Gap{T: float64(first) / 100, Probe: "postgres", Reason: "gone"})
	return rs
}

// newBundle makes a bundle with the records of each part.
func newBundle(t testing.TB, parts map[string][]headroom.Records) *Reader {
	t.Helper()
	b, err := Create(filepath.Join(t.TempDir(), "run"), headroom.RunInfo{ID: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	for name, batches := range parts {
		p, err := OpenPart(b.PartPath(name), name)
		if err != nil {
			t.Fatal(err)
		}
		for _, rs := range batches {
			if err := p.Record(rs); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Finish(true, ""); err != nil {
		t.Fatal(err)
	}
	return open(t, b.Dir())
}

func open(t testing.TB, dir string) *Reader {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// all reads a whole run.
func all(t testing.TB, run headroom.Run) headroom.Records {
	t.Helper()
	var rs headroom.Records
	for v, err := range run.Journeys() {
		must(t, err)
		rs.Journeys = append(rs.Journeys, v)
	}
	for v, err := range run.Requests() {
		must(t, err)
		rs.Requests = append(rs.Requests, v)
	}
	for v, err := range run.Server() {
		must(t, err)
		rs.Server = append(rs.Server, v)
	}
	for v, err := range run.Samples() {
		must(t, err)
		rs.Samples = append(rs.Samples, v)
	}
	for v, err := range run.Gaps() {
		must(t, err)
		rs.Gaps = append(rs.Gaps, v)
	}
	for v, err := range run.Documents() {
		must(t, err)
		rs.Documents = append(rs.Documents, v)
	}
	return rs
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryFieldComesBack(t *testing.T) {
	want := numbered(1, 50)
	r := newBundle(t, map[string][]headroom.Records{"k6": {want}})
	if got := all(t, r); !reflect.DeepEqual(got, want) {
		t.Errorf("read back:\n%+v\nwant:\n%+v", got, want)
	}
	if !r.Info().Complete || r.Info().Reason != "" || r.Info().ID != "r1" {
		t.Errorf("info %+v", r.Info())
	}
}

// The columns are written by hand three times (table, put, get): a field that
// one of them forgets must fail here.
func TestNoFieldOfARecordIsLeftOut(t *testing.T) {
	var want headroom.Records
	fill(reflect.ValueOf(&want).Elem(), 1)
	want.Journeys[0].Kind = headroom.Batched
	r := newBundle(t, map[string][]headroom.Records{"k6": {want}})
	if got := all(t, r); !reflect.DeepEqual(got, want) {
		t.Errorf("read back:\n%+v\nwant:\n%+v", got, want)
	}
}

// fill sets every field to a value of its own.
func fill(v reflect.Value, n int) int {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			n = fill(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		n = fill(v.Index(0), n)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d", n))
	case reflect.Float64:
		v.SetFloat(float64(n) + 0.25)
	case reflect.Uint64, reflect.Uint8:
		v.SetUint(uint64(n))
	default:
		v.SetInt(int64(n))
	}
	return n + 1
}

// Whoever reads the database by hand sees words, and NULL where there is no due time.
func TestTheViewOfDocumentsReadsInWords(t *testing.T) {
	r := newBundle(t, map[string][]headroom.Records{"k6": {{Documents: []headroom.DocumentEvent{
		{T: 2, Site: "hub", Kind: "delivery", Document: 41, Done: true, Arrival: 3<<32 + 7},
		{T: 1, Site: "hub", Kind: "delivery", Document: 41, Due: 3600, Arrival: 5},
	}}}})
	db, err := sql.Open("sqlite", filepath.Join(r.Dir(), "parts", "k6.sqlite"))
	must(t, err)
	defer func() { must(t, db.Close()) }()
	rows, err := db.Query("SELECT site || ' ' || kind || ' ' || document || ' ' || event || ' ' || ifnull(due, 'none') || ' ' || arrival FROM documents ORDER BY t")
	must(t, err)
	defer func() { must(t, rows.Close()) }()
	var got []string
	for rows.Next() {
		var line string
		must(t, rows.Scan(&line))
		got = append(got, line)
	}
	must(t, rows.Err())
	if want := []string{"hub delivery 41 released 3600.0 5", "hub delivery 41 done none 12884901895"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSeveralPartsReadAsOne(t *testing.T) {
	whole := numbered(1, 300)
	one := newBundle(t, map[string][]headroom.Records{"only": {whole}})
	three := map[string][]headroom.Records{}
	for i := range whole.Journeys { // dealt out: neighbours are in different parts
		name := []string{"a", "b", "c"}[i*7%3]
		three[name] = append(three[name], headroom.Records{
			Journeys: whole.Journeys[i : i+1], Requests: whole.Requests[i : i+1],
			Server: whole.Server[i : i+1], Samples: whole.Samples[i : i+1], Documents: whole.Documents[i : i+1],
		})
	}
	three["c"] = append(three["c"], headroom.Records{Gaps: whole.Gaps})
	many := newBundle(t, three)
	if got := many.Parts(); !reflect.DeepEqual(got, []string{"a.sqlite", "b.sqlite", "c.sqlite"}) {
		t.Errorf("parts %v", got)
	}
	if got, want := all(t, many), all(t, one); !reflect.DeepEqual(got, want) {
		t.Error("three parts read otherwise than one")
	}
}

func TestRecordsComeInOrderOfTimeThenArrivalThenNumber(t *testing.T) {
	at := func(start float64, arrival uint64, n int) headroom.Request {
		return headroom.Request{Start: start, Arrival: arrival, N: n}
	}
	want := []headroom.Request{at(1, 5, 1), at(2, 1, 3), at(2, 2, 1), at(2, 2, 2), at(3, 1, 1)}
	r := newBundle(t, map[string][]headroom.Records{
		"a": {{Requests: []headroom.Request{want[4], want[2], want[0]}}},
		"b": {{Requests: []headroom.Request{want[3], want[1]}}},
	})
	if got := all(t, r).Requests; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A sequence that is left early must not keep the file open, and can be ranged
// over again.
func TestASequenceCanBeLeftAndStartedAgain(t *testing.T) {
	r := newBundle(t, map[string][]headroom.Records{"a": {numbered(1, 10)}, "b": {numbered(11, 10)}})
	for range 3 {
		n := 0
		for _, err := range r.Journeys() {
			must(t, err)
			if n++; n == 4 {
				break
			}
		}
	}
	if n := len(all(t, r).Journeys); n != 20 {
		t.Errorf("%d journeys, want 20", n)
	}
}

func TestClosedPartLeavesOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.sqlite")
	p, err := OpenPart(path, "k6")
	must(t, err)
	must(t, p.Record(numbered(1, 10)))
	must(t, p.Close())
	must(t, p.Close())
	entries, err := os.ReadDir(filepath.Dir(path))
	must(t, err)
	if len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
	if err := p.Record(numbered(1, 1)); err == nil {
		t.Error("a closed part took records")
	}
	if _, err := OpenPart(path, "k6"); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("a second writer of one part: %v", err)
	}
}

// What was recorded can be read within a second, without Flush or Close.
func TestRecordsAreCommittedWithinASecond(t *testing.T) {
	b, err := Create(filepath.Join(t.TempDir(), "run"), headroom.RunInfo{})
	must(t, err)
	p, err := OpenPart(b.PartPath("k6"), "k6")
	must(t, err)
	defer p.Close()
	must(t, p.Record(numbered(1, 3)))
	time.Sleep(time.Second)
	r := open(t, b.Dir())
	if n := len(all(t, r).Journeys); n != 3 {
		t.Errorf("%d journeys a second later, want 3", n)
	}
	if r.Info().Complete || r.Info().Reason != cutOff {
		t.Errorf("a run without an end is not called cut off: %+v", r.Info())
	}
}

func TestRecordAndFlushFromManyGoroutines(t *testing.T) {
	b, err := Create(filepath.Join(t.TempDir(), "run"), headroom.RunInfo{})
	must(t, err)
	p, err := OpenPart(b.PartPath("k6"), "k6")
	must(t, err)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 20 {
				if err := p.Record(numbered(1+g*1000+i*50, 50)); err != nil {
					t.Error(err)
				}
				if i%10 == 0 {
					if err := p.Flush(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	must(t, p.Close())
	got := all(t, open(t, b.Dir()))
	if len(got.Journeys) != 8000 || len(got.Requests) != 8000 {
		t.Fatalf("%d journeys, %d requests, want 8000 each", len(got.Journeys), len(got.Requests))
	}
	for i, j := range got.Journeys {
		if j.Arrival != uint64(i+1) {
			t.Fatalf("journey %d has arrival %d", i, j.Arrival)
		}
	}
}

func TestWaitingRowsAreBounded(t *testing.T) {
	p, err := OpenPart(filepath.Join(t.TempDir(), "p.sqlite"), "k6")
	must(t, err)
	defer p.Close()
	p.most = 3000
	most := 0
	for i := range 50 {
		must(t, p.Record(numbered(i*100, 100)))
		p.mu.Lock()
		most = max(most, p.waiting)
		p.mu.Unlock()
	}
	if most > p.most+401 {
		t.Errorf("%d rows waited, bound is %d and one batch", most, p.most)
	}
}

func TestFullDiskIsFinalAndKeepsWhatWasCommitted(t *testing.T) {
	b, err := Create(filepath.Join(t.TempDir(), "run"), headroom.RunInfo{})
	must(t, err)
	p, err := OpenPart(b.PartPath("k6"), "k6")
	must(t, err)
	must(t, p.conn.exec("PRAGMA max_page_count = 200")) // SQLite then fails as on a full disk
	var committed int
	var full error
	for i := 0; full == nil && i < 1000; i++ {
		if full = p.Record(numbered(1+committed, 100)); full == nil {
			if full = p.Flush(); full == nil {
				committed += 100
			}
		}
	}
	var me *headroom.MeasureError
	if !errors.As(full, &me) || !strings.Contains(full.Error(), "disk is full") {
		t.Fatalf("error %v, want a MeasureError that names the full disk", full)
	}
	if headroom.ExitCode(full) != headroom.ExitNotMeasured {
		t.Errorf("exit code %d", headroom.ExitCode(full))
	}
	for _, again := range []error{p.Record(numbered(1, 1)), p.Flush(), p.Close()} {
		if !errors.Is(again, full) {
			t.Errorf("the error is not final: %v", again)
		}
	}
	got := all(t, open(t, b.Dir()))
	if committed == 0 || len(got.Journeys) != committed || len(got.Server) != committed {
		t.Errorf("%d journeys and %d server requests are readable, %d were committed", len(got.Journeys), len(got.Server), committed)
	}
}

// A full disk must not leave engines hanging in Record.
func TestFullDiskFreesWhoeverWaits(t *testing.T) {
	p, err := OpenPart(filepath.Join(t.TempDir(), "p.sqlite"), "k6")
	must(t, err)
	defer p.Close()
	must(t, p.conn.exec("PRAGMA max_page_count = 100"))
	done := make(chan error, 4)
	for range 4 {
		go func() {
			var err error
			for i := 0; err == nil; i++ {
				err = p.Record(numbered(i*1000, 1000))
			}
			done <- err
		}()
	}
	for range 4 {
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Fatal("Record hangs on a full disk")
		}
	}
}

func TestNotANumberComesBackAsSuch(t *testing.T) {
	r := newBundle(t, map[string][]headroom.Records{"a": {{Samples: []headroom.Sample{
		{T: 1, Value: math.NaN()}, {T: 2, Value: math.Inf(1)},
	}}}})
	got := all(t, r).Samples
	if !math.IsNaN(got[0].Value) || !math.IsInf(got[1].Value, 1) {
		t.Errorf("got %v", got)
	}
}

// TestArrivals: the schedule comes back from the bundle, as often as wanted;
// one that is missing or cut short is said.
func TestArrivals(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	b, err := Create(dir, headroom.RunInfo{ID: "x"})
	must(t, err)
	must(t, b.Finish(true, ""))
	r := open(t, dir)
	read := func() (got []headroom.Arrival, err error) {
		for a, e := range r.Arrivals() {
			if e != nil {
				return got, e
			}
			got = append(got, a)
		}
		return got, nil
	}
	var missing *headroom.MeasureError
	if _, err := read(); !errors.As(err, &missing) || missing.Do == "" || !strings.Contains(err.Error(), "schedule.bin") {
		t.Errorf("no schedule: %v", err)
	}
	want := []headroom.Arrival{{ID: 1, At: time.Second, Seed: 7}, {ID: 2, At: 2 * time.Second, Seed: 9, Kind: headroom.Batched}}
	var data bytes.Buffer
	must(t, headroom.WriteSchedule(&data, inMemory(want)))
	must(t, os.WriteFile(SchedulePath(dir), data.Bytes(), 0o600))
	for range 2 {
		if got, err := read(); err != nil || !slices.Equal(got, want) {
			t.Errorf("arrivals %+v, %v", got, err)
		}
	}
	must(t, os.WriteFile(SchedulePath(dir), data.Bytes()[:data.Len()-3], 0o600))
	if got, err := read(); err == nil || len(got) != 1 || !strings.Contains(err.Error(), "cut short") {
		t.Errorf("cut short: %+v, %v", got, err)
	}
	for range r.Arrivals() {
		break
	}
	must(t, os.WriteFile(SchedulePath(dir), []byte("nothing\n"), 0o600))
	if _, err := read(); err == nil {
		t.Error("no header: no error")
	}
}

// inMemory is a schedule in memory.
type inMemory []headroom.Arrival

func (inMemory) Header() headroom.Header {
	return headroom.Header{Sites: make([]headroom.ScheduledSite, 1), Processes: make([]headroom.ScheduledProcess, 1), Lanes: make([]headroom.Lane, 1)}
}

func (k inMemory) Arrivals() iter.Seq2[headroom.Arrival, error] {
	return func(yield func(headroom.Arrival, error) bool) {
		for _, a := range k {
			if !yield(a, nil) {
				return
			}
		}
	}
}
