package scenarios

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := fs.ReadFile(Scripts(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// code is a script without its comments and texts.
func code(text string) string {
	text = regexp.MustCompile(`(?m)//.*$`).ReplaceAllString(text, "")
	return regexp.MustCompile("(?s)`[^`]*`|\"[^\"]*\"").ReplaceAllString(text, `""`)
}

func TestEveryK6ScenarioHasAScriptAndTheOtherWayRound(t *testing.T) {
	var want []string
	for _, s := range All() {
		if s.Engine == K6 {
			want = append(want, s.Name+".js")
		}
	}
	want = append(want, Main, "own.js", "transfer.js") // no processes of their own
	slices.Sort(want)
	got, err := fs.Glob(Scripts(), "*.js")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("scripts are %v, the registry wants %v", got, want)
	}
	main := read(t, Main)
	for _, s := range All() {
		if s.Engine == K6 && !strings.Contains(main, `from "./`+s.Name+`.js"`) {
			t.Errorf("%s does not import %s", Main, s.Name)
		}
	}
}

// TestScriptsHoldNoLoad: a rate, a stage, a pause or an iteration in a script
// would make the plan's load untrue.
func TestScriptsHoldNoLoad(t *testing.T) {
	load := regexp.MustCompile(`\b(sleep|options|stages|rate|duration|vus|iterations|setTimeout|setInterval|Math\.random|Date)\b`)
	for _, name := range append(stepsOf(t), Main, "transfer.js") {
		if found := load.FindString(code(read(t, name))); found != "" {
			t.Errorf("%s holds %q", name, found)
		}
	}
}

func stepsOf(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, s := range All() {
		if s.Engine == K6 {
			names = append(names, s.Name+".js")
		}
	}
	return names
}

// TestStepsAreThoseOfTheRegistry compares in the order of the text; that they
// happen in that order is tested where scripts run (k6run).
func TestStepsAreThoseOfTheRegistry(t *testing.T) {
	for _, s := range All() {
		if s.Engine != K6 {
			continue
		}
		text := read(t, s.Name+".js")
		if got := stepsIn(t, text); !slices.Equal(got, s.Steps) {
			t.Errorf("%s does %v, the registry says %v", s.Name, got, s.Steps)
		}
		door := map[string]string{"jsonrpc": "erp.jsonrpc", "json2": "erp.json2", "xmlrpc": "erp.xmlrpc", "sql": "sql.open"}[s.Protocol]
		if !strings.Contains(text+read(t, "transfer.js"), door) {
			t.Errorf("%s does not speak %s", s.Name, s.Protocol)
		}
	}
}

// stepsIn are the steps of a script in the order of its text, each once. A
// function of transfer.js stands for its steps.
func stepsIn(t *testing.T, text string) []string {
	t.Helper()
	shared := map[string][]string{}
	for _, part := range strings.Split(read(t, "transfer.js"), "export function ")[1:] {
		name, body, _ := strings.Cut(part, "(")
		for _, m := range regexp.MustCompile(`\bcall\("(\w+)"|\b(movesOf|take)\(`).FindAllStringSubmatch(body, -1) {
			if m[2] != "" && name != m[2] {
				m[1] = map[string]string{"movesOf": "moves", "take": "take"}[m[2]]
			}
			if m[1] != "" {
				shared[name] = append(shared[name], m[1])
			}
		}
	}
	var steps []string
	for _, m := range regexp.MustCompile(`\b(?:call|step)\("(\w+)"|[ =](claim|movesOf|take|finish)\(`).FindAllStringSubmatch(text, -1) {
		found := []string{m[1]}
		if m[2] != "" {
			found = shared[m[2]]
		}
		for _, step := range found {
			if !slices.Contains(steps, step) {
				steps = append(steps, step)
			}
		}
	}
	return steps
}

func TestFind(t *testing.T) {
	s, err := Find("edi_order")
	if err != nil || s.Kinds[0] != headroom.Batched || !slices.Equal(s.Classes("edi"), []string{"edi.seek", "edi.create", "edi.confirm"}) {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := Find("ordre"); err == nil || !strings.Contains(err.Error(), "order_entry, edi_order, pick") {
		t.Errorf("got %v", err)
	}
	s.Steps[0] = "changed"
	if again, _ := Find("edi_order"); again.Steps[0] != "seek" {
		t.Error("the registry can be changed from outside")
	}
}

func TestWriteScripts(t *testing.T) {
	dir := t.TempDir()
	if err := WriteScripts(dir, nil); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, Main))
	if err != nil || string(got) != read(t, Main) {
		t.Errorf("%q, %v", got, err)
	}
	if err := WriteScripts(filepath.Join(dir, "missing"), nil); err == nil {
		t.Error("wrote into a folder that is not there")
	}
}
