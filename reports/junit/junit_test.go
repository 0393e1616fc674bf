package junit

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/internal/example"
)

var update = flag.Bool("update", false, "write the golden files")

var info = headroom.RunInfo{Plan: headroom.Plan{Name: "pilot"}, TargetKind: "erp", Schedule: example.Report().Schedule, Started: time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name string
		runs []Run
	}{
		{"check", []Run{{example.Checked(), info}}},
		{"hostile", []Run{{example.HostileCheck(), info}, {example.Checked(), info}}},
		{"empty", []Run{{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Check(&b, c.runs...); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", c.name+".xml")
			if *update {
				if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(b.Bytes(), want) {
				t.Errorf("%s differs; accept it with go test ./reports/junit -update. Got:\n%s", path, b.Bytes())
			}
			valid(t, b.Bytes())
		})
	}
}

// schema is junit-10.xsd of Jenkins' xUnit plugin, as far as it goes for what
// may be within what, and which attributes an element has; the first are required.
var schema = map[string]struct {
	required, optional, children []string
}{
	"testsuites": {nil, []string{"name", "time", "tests", "failures", "disabled", "errors"}, []string{"testsuite"}},
	"testsuite":  {[]string{"name"}, []string{"tests", "failures", "errors", "time", "disabled", "skipped", "timestamp", "hostname", "id", "package"}, []string{"properties", "testcase", "system-out", "system-err"}},
	"properties": {nil, nil, []string{"property"}},
	"property":   {[]string{"name", "value"}, nil, nil},
	"testcase":   {[]string{"name"}, []string{"assertions", "time", "classname", "status"}, []string{"skipped", "error", "failure", "system-out", "system-err"}},
	"error":      {nil, []string{"message", "type"}, nil},
	"failure":    {nil, []string{"message", "type"}, nil},
	"skipped":    {nil, []string{"message", "type"}, nil},
	"system-out": {nil, nil, nil},
}

// valid holds a document against the schema, and its counts against its cases.
func valid(t *testing.T, document []byte) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(document))
	var path []string
	counted := map[string]int{}
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, document)
		}
		switch e := token.(type) {
		case xml.StartElement:
			name := e.Name.Local
			rule, known := schema[name]
			if !known {
				t.Fatalf("there is no element %s", name)
			}
			if len(path) > 0 && !slices.Contains(schema[path[len(path)-1]].children, name) || len(path) == 0 && name != "testsuites" {
				t.Errorf("%s within %v", name, path)
			}
			var given []string
			for _, a := range e.Attr {
				given = append(given, a.Name.Local)
				if !slices.Contains(rule.required, a.Name.Local) && !slices.Contains(rule.optional, a.Name.Local) {
					t.Errorf("%s has no attribute %s", name, a.Name.Local)
				}
				if _, err := strconv.ParseFloat(a.Value, 64); err != nil && slices.Contains([]string{"tests", "failures", "errors", "time", "skipped"}, a.Name.Local) {
					t.Errorf("%s of %s is %q", a.Name.Local, name, a.Value)
				}
				if name == "testsuite" && slices.Contains([]string{"tests", "failures", "errors"}, a.Name.Local) {
					n, _ := strconv.Atoi(a.Value)
					counted[a.Name.Local] -= n
				}
			}
			for _, must := range rule.required {
				if !slices.Contains(given, must) {
					t.Errorf("%s lacks %s", name, must)
				}
			}
			counted[map[string]string{"testcase": "tests", "failure": "failures", "error": "errors"}[name]]++
			path = append(path, name)
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
	for _, what := range []string{"tests", "failures", "errors"} {
		if counted[what] != 0 {
			t.Errorf("%s are off by %d", what, counted[what])
		}
	}
}

// TestMessages has figure, interval and bound in a failure, and no objective
// that was not judged among those that passed or were skipped.
func TestMessages(t *testing.T) {
	var b bytes.Buffer
	if err := Check(&b, Run{example.Checked(), info}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`message="order p95 within 5 s during dispatch cutoff: measured 5.62 s (4.90–6.30)"`, "bound: at most 5", "interval (90 %): 4.9 to 6.3",
		`<error message="not judged: no replica was observed" type="not judged">`, `tests="5" failures="2" errors="1"`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is not in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "<skipped") {
		t.Error("something was skipped")
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("a\x00b]]>\ufffe<&\"'", "\xff\xfe", 1.5)
	f.Fuzz(func(t *testing.T, name, reason string, v float64) {
		r := example.Checked()
		r.ID, r.Complete, r.Reason = name, false, reason
		for i := range r.Objectives {
			r.Objectives[i].Name, r.Objectives[i].Reason = name, reason
			if r.Objectives[i].Value != nil {
				r.Objectives[i].Value.Value = v
			}
		}
		var b bytes.Buffer
		if err := Check(&b, Run{r, headroom.RunInfo{Plan: headroom.Plan{Name: reason}, TargetKind: name}}); err != nil {
			t.Fatal(err)
		}
		valid(t, b.Bytes())
	})
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestFullDiskIsToldOf(t *testing.T) {
	if err := Check(broken{}, Run{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}
