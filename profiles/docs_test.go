package profiles

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"gopkg.in/yaml.v3"

	"github.com/headroom-erp/headroom"
)

// documented are the scenarios that docs/plan.md lists.
var documented = []string{"order_entry", "edi_order", "pick", "wave", "ship", "purchase", "receive", "putaway",
	"order_to_ship", "buy_and_receive", "scan", "cycle_count", "replenish", "edi_despatch", "month_end", "cron",
	"invoice", "bi_report", "portal", "shop", "webhook"}

// A block is a fenced example.
type block struct {
	language, text string
	line           int // of its first line in the page
}

func page(t *testing.T) (text string, blocks []block) {
	t.Helper()
	b, err := os.ReadFile("../docs/plan.md")
	if err != nil {
		t.Fatal(err)
	}
	text = string(b)
	for _, m := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllStringSubmatchIndex(text, -1) {
		blocks = append(blocks, block{text[m[2]:m[3]], text[m[4]:m[5]], 2 + strings.Count(text[:m[0]], "\n")})
	}
	return text, blocks
}

// TestDocumentedExamplesLoad puts the examples of docs/plan.md together as the
// page says, and loads the plan after each step.
func TestDocumentedExamplesLoad(t *testing.T) {
	_, blocks := page(t)
	folder := fstest.MapFS{}
	for _, b := range blocks {
		if b.language == "ics" {
			folder["closures.ics"] = &fstest.MapFile{Data: []byte(b.text)}
		}
	}
	o := options
	o.Scenarios = documented
	var plan *yaml.Node
	last, steps := map[string][]byte{}, 0
	for _, b := range blocks {
		if b.language != "yaml" {
			continue
		}
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(b.text), &doc); err != nil {
			t.Fatalf("docs/plan.md:%d: %v", b.line, err)
		}
		if strings.HasPrefix(b.text, "headroom: 1") {
			plan = doc.Content[0]
		} else {
			add(plan, doc.Content[0])
		}
		whole, err := yaml.Marshal(plan)
		if err != nil {
			t.Fatal(err)
		}
		loaded, _, err := load("plan.yaml", strings.NewReader(string(whole)), folder, o)
		if err != nil {
			t.Fatalf("docs/plan.md:%d: with this the plan is refused:\n%v\n%s", b.line, err, whole)
		}
		steps++
		last[loaded.Name] = Marshal(*loaded)
	}
	// What is there at the end goes through the whole program in cmd/headroom.
	for _, name := range slices.Sorted(maps.Keys(last)) {
		golden(t, "testdata/docs-"+name+".resolved.golden", last[name])
	}
	if steps < 10 {
		t.Errorf("only %d examples", steps)
	}
}

// add merges keys of the first column: items of lists by their names, all else whole.
func add(plan, more *yaml.Node) {
	for i := 0; i < len(more.Content); i += 2 {
		key, value := more.Content[i], more.Content[i+1]
		old := find(plan, key.Value)
		switch {
		case old == nil:
			plan.Content = append(plan.Content, key, value)
		case value.Kind != yaml.SequenceNode || find(value.Content[0], "name") == nil:
			*old = *value
		default:
			for _, item := range value.Content {
				name := find(item, "name").Value
				at := slices.IndexFunc(old.Content, func(n *yaml.Node) bool { return find(n, "name").Value == name })
				if at < 0 {
					old.Content = append(old.Content, item)
				} else {
					old.Content[at] = item
				}
			}
		}
	}
}

func find(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// TestEveryKeyIsDocumented: the table of docs/plan.md has each key of the
// language once, and no other.
func TestEveryKeyIsDocumented(t *testing.T) {
	text, _ := page(t)
	_, table, ok := strings.Cut(text, "## Every key")
	if !ok {
		t.Fatal("docs/plan.md has no part “Every key”")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	count := map[string]int{}
	for _, m := range regexp.MustCompile("(?m)^\\| (?:`([^`]+)`|\\*\\*(\\w+)\\*\\*) \\|").FindAllStringSubmatch(table, -1) {
		count[m[1]+m[2]]++
	}
	want := map[string]bool{"days": true} // the heading of what When holds, and a key of it
	keys(reflect.TypeFor[headroom.Plan](), "", want)
	for path := range want {
		n := 1
		if path == "days" {
			n = 2
		}
		if count[path] != n {
			t.Errorf("%s is there %d times, want %d", path, count[path], n)
		}
	}
	for path := range count {
		if !want[path] {
			t.Errorf("%s is not a key", path)
		}
	}
}

// keys collects the paths of a type's keys; those of When stand alone, and a
// stack is a topology.
func keys(t reflect.Type, path string, all map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer:
		keys(t.Elem(), path, all)
	case reflect.Slice, reflect.Map:
		if t.Elem().Kind() != reflect.Struct {
			return
		}
		keys(t.Elem(), path+"[]", all)
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(t) {
			key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			at := join(path, key)
			switch {
			case f.Anonymous, key == "-":
				continue
			case len(f.Index) > 1: // of When
				at = key
			}
			all[at] = true
			if f.Type != reflect.TypeFor[[]headroom.Topology]() || path == "" {
				keys(f.Type, at, all)
			}
		}
	}
}

// TestDocumentedScenarios: the page's table lists them, and so does the test.
func TestDocumentedScenarios(t *testing.T) {
	text, _ := page(t)
	_, table, _ := strings.Cut(text, "| scenario | does |")
	table, _, _ = strings.Cut(table, "\n\n")
	var got []string
	for _, row := range strings.Split(table, "\n") {
		if cells := strings.Split(row, "|"); len(cells) > 2 {
			for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(cells[1], -1) {
				got = append(got, m[1])
			}
		}
	}
	if !slices.Equal(got, documented) {
		t.Errorf("got  %q\nwant %q", got, documented)
	}
}

// TestDocumentedMessages: the page shows messages as they are.
func TestDocumentedMessages(t *testing.T) {
	_, blocks := page(t)
	position := regexp.MustCompile(`^[\w.]*:?\d+:\d+: `)
	known := map[string]bool{}
	for _, messages := range badPlans {
		for _, m := range messages {
			known[position.ReplaceAllString(m, "")] = true
		}
	}
	shown := 0
	for _, b := range blocks {
		if b.language != "text" || !position.MatchString(b.text) {
			continue
		}
		for i, line := range strings.Split(strings.TrimSpace(b.text), "\n") {
			shown++
			if m := position.ReplaceAllString(line, ""); !known[m] {
				t.Errorf("docs/plan.md:%d: no plan of the tests gives the message %q", b.line+i, m)
			}
		}
	}
	if shown == 0 {
		t.Error("the page shows no message")
	}
}
