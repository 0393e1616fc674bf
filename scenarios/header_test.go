package scenarios

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

func TestEveryScenarioSaysWhatItIs(t *testing.T) {
	for _, s := range All() {
		for what, given := range map[string]bool{
			"a description": s.Describe != "" && strings.HasSuffix(s.Describe, "."), "its documents": s.Documents != "", "its products": s.Products != "",
			"a kind": len(s.Kinds) > 0, "steps": len(s.Steps) > 0, "modules": len(s.Modules) > 0,
			"groups": len(s.Groups) > 0 || s.Engine == Attack || s.Protocol == "sql",
		} {
			if !given {
				t.Errorf("%s does not say %s", s.Name, what)
			}
		}
		if s.Pooled == (s.Protocol == "sql") {
			t.Errorf("%s over %s: pooled is %v", s.Name, s.Protocol, s.Pooled)
		}
	}
}

func TestParse(t *testing.T) {
	s, err := parse("mine.js", strings.Join([]string{
		"// A forklift counts pallets.", "//", "// Some prose: and more of it.", "// kind: closed, scheduled", "// protocol: json2", "// steps: find, count",
		"// documents: one pallet", "// modules: stock, stock_account", "// groups: stock.group_stock_user", "// writes: counts", "// warehouse: two steps",
		"// user: technical", "// since: 12", `import erp from "k6/x/odoo";`, "// kind: open",
	}, "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Describe != "A forklift counts pallets." || !slices.Equal(s.Kinds, []headroom.Kind{headroom.Closed, headroom.Scheduled}) ||
		!slices.Equal(s.Steps, []string{"find", "count"}) || !slices.Equal(s.Modules, []string{"stock", "stock_account"}) || s.Documents != "one pallet" ||
		!s.Technical || s.Flow != TwoStep || s.Engine != K6 || !s.Pooled {
		t.Errorf("%+v", s)
	}
	if s.Since != 12 {
		t.Errorf("since %d: a server without JSON-2 is asked through the web client's door", s.Since)
	}
}

func TestParseSaysWhatIsWrongAndWhere(t *testing.T) {
	whole := "// What it is.\n// kind: open\n// protocol: jsonrpc\n// steps: one\n"
	for text, want := range map[string]string{
		"": "mine.js:1: the script's opening comment does not say its kind",
		strings.Replace(whole, "// steps: one\n", "", 1): "mine.js:1: the script's opening comment does not say its steps",
		strings.Replace(whole, "open", "opne", 1):        `mine.js:2: there is no kind "opne"; use open, batched, scheduled or closed`,
		strings.Replace(whole, "jsonrpc", "soap", 1):     `mine.js:3: there is no protocol "soap"; use jsonrpc, json2, xmlrpc, sql`,
		strings.Replace(whole, "one", "one, one", 1):     `mine.js:4: the step "one" is named twice`,
		strings.Replace(whole, "one", "One", 1):          `mine.js:4: the step "One"`,
		whole + "// kind: closed\n":                      "mine.js:5: the opening comment says its kind twice",
		whole + "// groups:\n":                           "mine.js:5: groups has no value",
		whole + "// warehouse: three steps\n":            `mine.js:5: no warehouse works in "three steps"`,
		whole + "// user: root\n":                        `mine.js:5: there is no user "root"`,
		whole + "// since: new\n":                        `mine.js:5: "new" is no version of Odoo`,
	} {
		_, err := parse("mine.js", text)
		if input := (*headroom.InputError)(nil); !errors.As(err, &input) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestFindReadsAScriptOfTheUsers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.js")
	if err := os.WriteFile(path, []byte("// What it is.\n// kind: open\n// protocol: xmlrpc\n// steps: one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Find(path)
	if err != nil || s.Name != path || s.Protocol != "xmlrpc" || !Own(s.Name) {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := Find(path + ".js"); headroom.ExitCode(err) != headroom.ExitBadInput || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("a script that is not there: %v", err)
	}
}

func TestWriteScriptsBringsThoseOfTheUsers(t *testing.T) {
	dir := t.TempDir()
	if err := WriteScripts(dir, map[string]string{`./b "2".js`: "/x/b.js", "a.js": "/x/a.js"}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "own.js"))
	want := "import own0 from \"/x/b.js\";\nimport own1 from \"/x/a.js\";\n\nexport default {\n  \"./b \\\"2\\\".js\": own0,\n  \"a.js\": own1,\n};\n"
	if err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
}
