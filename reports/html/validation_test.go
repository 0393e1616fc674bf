package html

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/internal/example"
)

func validations() map[string]headroom.Validation {
	return map[string]headroom.Validation{"validation": example.Validation(), "validation-hostile": example.HostileValidation(), "validation-empty": {}}
}

// TestValidationGolden compares the pages, without echarts, with the ones that
// somebody has looked at. Accept a change with -update.
func TestValidationGolden(t *testing.T) {
	for name, v := range validations() {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := renderValidation(&got, v, "/* echarts */"); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%s differs from what is rendered; look at the difference, and accept it with go test ./reports/html -update", path)
			}
		})
	}
}

// TestValidationHostile parses the page as a browser would and looks for what
// the hostile names try to make.
func TestValidationHostile(t *testing.T) {
	var b bytes.Buffer
	if err := Validation(&b, example.HostileValidation()); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	executable, seen := 0, 0
	for n := range doc.Descendants() {
		switch {
		case n.Type == html.TextNode && strings.Contains(n.Data, example.Hostile):
			seen++
		case n.Type != html.ElementNode:
			continue
		case n.Data == "img":
			t.Error("a name became an <img>")
		case n.Data == "script" && len(n.Attr) == 0:
			executable++
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s> has the handler %s", n.Data, a.Key)
			}
		}
	}
	if executable != 2 {
		t.Errorf("%d scripts run, want 2", executable)
	}
	if seen < 40 {
		t.Errorf("the hostile name is shown %d times as text; want it wherever a name is", seen)
	}
}

// TestValidationBrowser opens the pages as TestBrowser does a report's.
func TestValidationBrowser(t *testing.T) {
	browser := chromium(t)
	for name, v := range validations() {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Validation(&b, v); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "validation.html")
			if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			want := strings.Count(b.String(), `class="plot"`)
			address := (&url.URL{Scheme: "file", Path: file}).String()
			for _, width := range []int64{360, 800, 1400} {
				visit(t, browser, name, address, width, "light", want)
			}
			visit(t, browser, name, address, 1400, "dark", want)
			visit(t, browser, name, address, 690, "print", want)
		})
	}
}
