package export

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
)

// bundle is a run with everything that is hard to export.
func bundle(t *testing.T) *results.Reader {
	t.Helper()
	b, err := results.Create(t.TempDir()+"/run", headroom.RunInfo{ID: "r1", Plan: headroom.Plan{Name: "pilot"}, Started: time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)})
	must(t, err)
	p, err := results.OpenPart(b.PartPath("k6"), "k6")
	must(t, err)
	var rs headroom.Records
	for i := 1; i <= 2500; i++ { // several batches
		at := float64(i) / 10
		rs.Journeys = append(rs.Journeys, headroom.Journey{
			Arrival: uint64(i), Site: "hub", Process: "order", Kind: headroom.Closed, Scheduled: at, Start: at + 0.25, End: at + 5,
			DesignWait: 0.25, Outcome: headroom.OK, Lines: i % 7,
		})
		for n := 1; n <= 2; n++ {
			rs.Requests = append(rs.Requests, headroom.Request{
				Arrival: uint64(i), N: n, Site: "hub", Process: "order", Step: "confirm", Protocol: "json2",
				Start: at + 2*float64(n), End: at + 2*float64(n) + 0.5, Outcome: headroom.OK, Status: 200, Bytes: 1 << 33,
			})
		}
	}
	rs.Journeys[3].Outcome, rs.Journeys[3].Error = headroom.BusinessError, "=HYPERLINK(\"http://evil\")"
	rs.Journeys[4].Outcome, rs.Journeys[4].Error = headroom.Fault, "two\nlines, \"quoted\" ü"
	rs.Journeys[5].Arrival = 3<<32 + 6
	rs.Requests[10].Arrival, rs.Requests[11].Arrival = 3<<32+6, 3<<32+6
	rs.Requests[7].Status, rs.Requests[7].Outcome, rs.Requests[7].Error = 0, headroom.Unreachable, "-1 of them"
	rs.Requests = append(rs.Requests, headroom.Request{Arrival: 999999, N: 1, Site: "hub", Process: "order", Step: "lost", Protocol: "json2", Outcome: headroom.OK, Start: 3, End: 4}) // its journey was cut off
	rs.Server = []headroom.ServerRequest{
		{End: 1, PID: 7, Database: "hub", Arrival: 1, N: 1, Path: "/web", Status: 200, Queries: 3, SQL: 0.5, Other: 0.25, Tries: 1},
		{End: 2, PID: 7, Path: "@foreign", Tries: 1, SQL: math.NaN()},
	}
	rs.Samples = []headroom.Sample{
		{T: 1, Probe: "postgres", Subject: "+SUM(A1)", Metric: "active", Value: 1e-7},
		{T: 2, Probe: "postgres", Subject: "database", Metric: "active", Value: math.NaN()},
		{T: 3, Probe: "postgres", Subject: "'quoted'", Metric: "active", Value: math.Inf(1)},
		{T: 4, Probe: "postgres", Subject: "database", Metric: "active", Value: -0.1},
	}
	rs.Gaps = []headroom.Gap{{T: 5, Probe: "redis", Reason: "\tgone"}}
	rs.Documents = []headroom.DocumentEvent{
		{T: 1, Site: "hub", Kind: "delivery", Document: 44, Due: 3600, Arrival: 1},
		{T: 2, Site: "hub", Kind: "delivery", Document: 44, Done: true, Arrival: 2},
	}
	must(t, p.Record(rs))
	must(t, p.Close())
	must(t, b.Finish(true, ""))
	r, err := results.Open(b.Dir())
	must(t, err)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func exported(t *testing.T, run headroom.Run, table, format string) ([]byte, int64) {
	t.Helper()
	var b bytes.Buffer
	n, err := Table(context.Background(), &b, run, table, format)
	must(t, err)
	return b.Bytes(), n
}

// A grid is a table as texts, null for what there is not.
type grid [][]string

const null = "\x00null"

func fromCSV(t *testing.T, data []byte) (head []string, rows grid) {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	must(t, err)
	for _, r := range records[1:] {
		for i, c := range r {
			if c == "" {
				r[i] = null
			}
			r[i] = strings.TrimPrefix(r[i], "'") // as documented
		}
		rows = append(rows, r)
	}
	return records[0], rows
}

func fromJSON(t *testing.T, data []byte) (head []string, rows grid) {
	t.Helper()
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		dec := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		dec.UseNumber()
		_, err := dec.Token()
		must(t, err)
		var keys, row []string
		for dec.More() {
			key, err := dec.Token()
			must(t, err)
			value, err := dec.Token()
			must(t, err)
			keys = append(keys, key.(string))
			if value == nil {
				value = null
			}
			row = append(row, fmt.Sprint(value))
		}
		head, rows = keys, append(rows, row)
	}
	return head, rows
}

// fromParquet reads by the file's own schema, not by ours.
func fromParquet(t *testing.T, data []byte) (head []string, rows grid) {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	must(t, err)
	for _, field := range f.Schema().Fields() {
		head = append(head, field.Name())
	}
	for _, group := range f.RowGroups() {
		reader := group.Rows()
		buf := make([]parquet.Row, 100)
		for {
			n, err := reader.ReadRows(buf)
			for _, row := range buf[:n] {
				var out []string
				for _, v := range row {
					switch {
					case v.IsNull():
						out = append(out, null)
					case v.Kind() == parquet.Double:
						out = append(out, strconv.FormatFloat(v.Double(), 'g', -1, 64))
					default:
						out = append(out, v.String())
					}
				}
				rows = append(rows, out)
			}
			if errors.Is(err, io.EOF) {
				break
			}
			must(t, err)
		}
		must(t, reader.Close())
	}
	return head, rows
}

// The three formats, read by readers that know nothing of ours, hold the same.
func TestFormatsHoldTheSame(t *testing.T) {
	run := bundle(t)
	counts := map[string]int{"journeys": 2500, "requests": 5001, "server_requests": 2, "samples": 4, "gaps": 1, "documents": 2}
	for _, table := range Tables() {
		asCSV, n := exported(t, run, table, CSV)
		asJSON, _ := exported(t, run, table, JSONLines)
		asParquet, _ := exported(t, run, table, Parquet)
		head, rows := fromCSV(t, asCSV)
		jsonHead, jsonRows := fromJSON(t, asJSON)
		parquetHead, parquetRows := fromParquet(t, asParquet)
		if len(rows) != counts[table] || n != int64(counts[table]) {
			t.Errorf("%s: %d rows, said %d, want %d", table, len(rows), n, counts[table])
		}
		if !slices.Equal(head, jsonHead) || !slices.Equal(head, parquetHead) {
			t.Errorf("%s: columns %v, %v, %v", table, head, jsonHead, parquetHead)
		}
		normal := func(rows grid) grid {
			for i := range rows {
				for k := range rows[i] {
					if x, err := strconv.ParseFloat(rows[i][k], 64); err == nil {
						rows[i][k] = strconv.FormatFloat(x, 'g', -1, 64)
					}
				}
			}
			return rows
		}
		if !reflect.DeepEqual(normal(rows), normal(jsonRows)) || !reflect.DeepEqual(rows, normal(parquetRows)) {
			t.Errorf("%s: the formats differ:\n%v\n%v\n%v", table, rows[0], jsonRows[0], parquetRows[0])
		}
		if bytes.Contains(asCSV, []byte("NaN")) || bytes.Contains(asCSV, []byte("Inf")) {
			t.Errorf("%s: what is no number is written as one", table)
		}
	}
}

// Columns and rows are those of the views in the part, read by Python's SQLite.
func TestTablesAreTheViews(t *testing.T) {
	run := bundle(t)
	for _, table := range Tables() {
		data, _ := exported(t, run, table, CSV)
		head, rows := fromCSV(t, data)
		path := run.Dir() + "/parts/" + run.Parts()[0]
		columns := python(t, path, "SELECT group_concat(name, ' ') FROM (SELECT name FROM pragma_table_info('"+table+"') ORDER BY cid)")
		if got := strings.Join(head, " "); got != columns {
			t.Errorf("%s has the columns\n%s, the view\n%s", table, got, columns)
		}
		if n := python(t, path, "SELECT count(*) FROM "+table); n != strconv.Itoa(len(rows)) {
			t.Errorf("%s has %d rows, the view %s", table, len(rows), n)
		}
	}
	data, _ := exported(t, run, "requests", CSV)
	head, rows := fromCSV(t, data)
	at := slices.Index(head, "scheduled")
	sum, missing := 0.0, 0
	for _, r := range rows {
		if r[at] == null {
			missing++
			continue
		}
		x, err := strconv.ParseFloat(r[at], 64)
		must(t, err)
		sum += x
	}
	want := python(t, run.Dir()+"/parts/"+run.Parts()[0], "SELECT printf('%.3f', sum(scheduled)) || ' ' || sum(scheduled IS NULL) FROM requests")
	if got := fmt.Sprintf("%.3f %d", sum, missing); got != want || missing != 1 {
		t.Errorf("scheduled times sum up to, and are missing: %s, in the view %s", got, want)
	}
}

func python(t *testing.T, path, query string) string {
	t.Helper()
	cmd := exec.Command("python3", "-c", "import sqlite3, sys; print(sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True).execute(sys.argv[2]).fetchone()[0])", path, query)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("this test needs python3, with which anybody may read a run: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func TestSpreadsheetsComputeNothing(t *testing.T) {
	run := bundle(t)
	for table, want := range map[string][]string{
		"journeys":        {`"'=HYPERLINK(""http://evil"")"`},
		"requests":        {",'-1 of them,"},
		"server_requests": {",'@foreign,"},
		"samples":         {",'+SUM(A1),", ",''quoted',", ",-0.1\n", ",1e-07\n"},
		"gaps":            {",'\tgone\n"},
	} {
		data, _ := exported(t, run, table, CSV)
		for _, w := range want {
			if !bytes.Contains(data, []byte(w)) {
				t.Errorf("%s lacks %q", table, w)
			}
		}
	}
	data, _ := exported(t, run, "gaps", JSONLines)
	if string(data) != `{"t":5,"probe":"redis","reason":"\tgone"}`+"\n" {
		t.Errorf("%s", data)
	}
}

func TestParquetSaysWhereItIsFrom(t *testing.T) {
	data, _ := exported(t, bundle(t), "journeys", Parquet)
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	must(t, err)
	for key, want := range map[string]string{"headroom.run": "r1", "headroom.plan": "pilot", "headroom.started": "2026-11-20T15:00:00Z"} {
		if got, ok := f.Lookup(key); !ok || got != want {
			t.Errorf("%s is %q", key, got)
		}
	}
	again, _ := exported(t, bundle(t), "journeys", Parquet)
	if !bytes.Equal(data, again) {
		t.Error("the same run gives other bytes")
	}
}

func TestTableRefusesAndEnds(t *testing.T) {
	run := bundle(t)
	for _, c := range [][2]string{{"journey", CSV}, {"journeys", "xlsx"}} {
		_, err := Table(context.Background(), io.Discard, run, c[0], c[1])
		if headroom.ExitCode(err) != headroom.ExitBadInput {
			t.Errorf("%v: %v", c, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Table(ctx, io.Discard, run, "journeys", CSV); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for _, format := range Formats() {
		if _, err := Table(context.Background(), full{}, run, "journeys", format); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("%s to a full disk: %v", format, err)
		}
		broken := brokenRun{run}
		if _, err := Table(context.Background(), io.Discard, broken, "journeys", format); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s of a broken run: %v", format, err)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

type brokenRun struct{ headroom.Run }

func (brokenRun) Journeys() iter.Seq2[headroom.Journey, error] {
	return func(yield func(headroom.Journey, error) bool) {
		_ = yield(headroom.Journey{}, nil) && yield(headroom.Journey{}, io.ErrUnexpectedEOF)
	}
}

func TestAnEmptyTableHasItsColumns(t *testing.T) {
	b, err := results.Create(t.TempDir()+"/run", headroom.RunInfo{})
	must(t, err)
	r, err := results.Open(b.Dir())
	must(t, err)
	defer func() { _ = r.Close() }()
	data, _ := exported(t, r, "gaps", CSV)
	if string(data) != "t,probe,reason\n" {
		t.Errorf("%q", data)
	}
	data, _ = exported(t, r, "gaps", Parquet)
	if head, rows := fromParquet(t, data); len(head) != 3 || len(rows) != 0 {
		t.Errorf("%v %v", head, rows)
	}
	if data, _ = exported(t, r, "gaps", JSONLines); len(data) != 0 {
		t.Errorf("%q", data)
	}
}

// longRun makes journeys and requests as they are asked for.
type longRun struct {
	headroom.Run
	journeys int
}

func (l longRun) Info() headroom.RunInfo { return headroom.RunInfo{ID: "long"} }

func (l longRun) Journeys() iter.Seq2[headroom.Journey, error] {
	return func(yield func(headroom.Journey, error) bool) {
		for i := range l.journeys {
			at := float64(i) / 20
			if !yield(headroom.Journey{Arrival: uint64(i + 1), Site: "hub", Process: "order", Scheduled: at, Start: at, End: at + 3, Outcome: headroom.OK}, nil) {
				return
			}
		}
	}
}

func (l longRun) Requests() iter.Seq2[headroom.Request, error] {
	return func(yield func(headroom.Request, error) bool) {
		for i := range 3 * l.journeys {
			at := float64(i) / 60
			if !yield(headroom.Request{Arrival: uint64(i/3 + 1), N: i%3 + 1, Site: "hub", Step: "confirm", Start: at, End: at + 0.5, Outcome: headroom.OK}, nil) {
				return
			}
		}
	}
}

// Memory does not grow with the run: ten times the rows take no more.
func TestMemoryIsConstant(t *testing.T) {
	for _, format := range Formats() {
		small, large := peak(t, longRun{journeys: 20000}, format), peak(t, longRun{journeys: 200000}, format)
		if large > small+24<<20 {
			t.Errorf("%s: %d MB for 60,000 rows, %d MB for 600,000", format, small>>20, large>>20)
		}
	}
}

// peak is the largest heap that is in use while a table is written, in bytes.
func peak(t *testing.T, run headroom.Run, format string) (most uint64) {
	t.Helper()
	n := 0
	_, err := Table(context.Background(), writerFunc(func(p []byte) (int, error) {
		if n++; n%8 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
		return len(p), nil
	}), run, "requests", format)
	must(t, err)
	return most
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func BenchmarkExport(b *testing.B) {
	for _, format := range Formats() {
		b.Run(format, func(b *testing.B) {
			for b.Loop() {
				before := time.Now()
				n, err := Table(context.Background(), io.Discard, longRun{journeys: 200000}, "requests", format)
				must(b, err)
				b.ReportMetric(float64(n)/time.Since(before).Seconds(), "rows/s")
			}
		})
	}
}
