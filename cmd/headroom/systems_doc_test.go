package main

import (
	"encoding/json"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
)

func systemsDoc(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/systems.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestSystemsDocsRun runs the examples of docs/systems.md and compares the answers,
// but for the digits that the page leaves out.
func TestSystemsDocsRun(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(systemsDoc(t), -1)
	runs := [][]string{{"system"}, {"transient", "--replications", "200"}}
	if len(blocks) != 2*len(runs) {
		t.Fatalf("docs/systems.md has %d blocks of JSON, want %d", len(blocks), 2*len(runs))
	}
	for i, args := range runs {
		file := filepath.Join(t.TempDir(), "system.json")
		if err := os.WriteFile(file, []byte(blocks[2*i][1]), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(binary, append(append([]string{"model"}, args...), file)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		var got, want any
		if err := first(json.Unmarshal(out, &got), json.Unmarshal([]byte(blocks[2*i+1][1]), &want)); err != nil {
			t.Fatal(err)
		}
		if !alike(got, want) {
			t.Errorf("%v: docs/systems.md shows\n%s\nbut the answer is\n%s", args, blocks[2*i+1][1], out)
		}
	}
}

// alike compares two JSON documents, figures by three digits.
func alike(a, b any) bool {
	switch x := a.(type) {
	case float64:
		y, ok := b.(float64)
		return ok && math.Abs(x-y) <= 1e-3*math.Abs(y)
	case map[string]any:
		y, ok := b.(map[string]any)
		for k := range x {
			ok = ok && alike(x[k], y[k])
		}
		return ok && len(x) == len(y)
	case []any:
		y, ok := b.([]any)
		ok = ok && len(x) == len(y)
		for i := range x {
			ok = ok && alike(x[i], y[i])
		}
		return ok
	}
	return a == b
}

// TestSystemsDocsAreWhole: the tables of docs/systems.md have every key.
func TestSystemsDocsAreWhole(t *testing.T) {
	text := systemsDoc(t)
	var look func(at string, of reflect.Type)
	look = func(at string, of reflect.Type) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct {
			return
		}
		for f := range of.Fields() {
			if f.Anonymous {
				look(at, f.Type)
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			many := ""
			switch {
			case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
				many = "[]"
			case name == "pool" && at == "": // its keys are those of pools
				continue
			}
			if !strings.Contains(text, "| `"+at+name+"` |") && !strings.Contains(text, "| **"+name+"**") {
				t.Errorf("docs/systems.md does not tell of %s", at+name)
			}
			look(at+name+many+".", f.Type)
		}
	}
	look("", reflect.TypeFor[headroom.Transient]())
}

// The examples in the help of both verbs can be solved as they stand there.
func TestSystemsInHelp(t *testing.T) {
	for _, cmd := range []*cobra.Command{newModelSystem(stdio{}), newModelTransient(stdio{})} {
		_, example, _ := strings.Cut(cmd.Long, "\n\n  {")
		example, _, _ = strings.Cut(example, "\n\n")
		std := stdio{in: strings.NewReader("{" + example), out: io.Discard}
		var x headroom.Transient
		if err := readStrict("-", std, "a transient", "", &x); err != nil {
			t.Errorf("%s: %v", cmd.Name(), err)
		} else if err := x.Check(); err != nil {
			t.Errorf("%s: %v", cmd.Name(), err)
		}
	}
}
