package scenarios

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
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
	want = append(want, Main)
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
	for _, name := range append(stepsOf(t), Main) {
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
	step := regexp.MustCompile(`\b(?:call|step)\("(\w+)"`)
	for _, s := range All() {
		if s.Engine != K6 {
			continue
		}
		var got []string
		for _, m := range step.FindAllStringSubmatch(read(t, s.Name+".js"), -1) {
			got = append(got, m[1])
		}
		if !slices.Equal(got, s.Steps) {
			t.Errorf("%s does %v, the registry says %v", s.Name, got, s.Steps)
		}
		door := map[string]string{"jsonrpc": "erp.jsonrpc", "json2": "erp.json2", "xmlrpc": "erp.xmlrpc", "sql": "sql.open"}[s.Protocol]
		if !strings.Contains(read(t, s.Name+".js"), door) {
			t.Errorf("%s does not speak %s", s.Name, s.Protocol)
		}
	}
}

func TestFind(t *testing.T) {
	s, err := Find("edi_order")
	if err != nil || s.Kind.String() != "batched" || !slices.Equal(s.Classes("edi"), []string{"edi.create", "edi.confirm"}) {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := Find("ordre"); err == nil || !strings.Contains(err.Error(), "order, receive, scan") {
		t.Errorf("got %v", err)
	}
	s.Steps[0] = "changed"
	if again, _ := Find("edi_order"); again.Steps[0] != "create" {
		t.Error("the registry can be changed from outside")
	}
}

func TestWriteScripts(t *testing.T) {
	dir := t.TempDir()
	if err := WriteScripts(dir); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, Main))
	if err != nil || string(got) != read(t, Main) {
		t.Errorf("%q, %v", got, err)
	}
	if err := WriteScripts(filepath.Join(dir, "missing")); err == nil {
		t.Error("wrote into a folder that is not there")
	}
}
