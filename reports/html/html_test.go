package html

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/internal/example"
)

var update = flag.Bool("update", false, "write the golden files")

var reports = []struct {
	name   string
	report headroom.Report
}{
	{"full", example.Report()},
	{"missed", example.Missed()},
	{"hostile", example.Hostiles()},
	{"runs", example.RunsOnly()},
	{"hollow", example.Hollow()},
	{"steady", example.SteadyReport()},
	{"empty", headroom.Report{}},
}

// TestGolden compares the pages, without echarts, with the ones that somebody
// has looked at. Accept a change with -update.
func TestGolden(t *testing.T) {
	for _, c := range reports {
		t.Run(c.name, func(t *testing.T) {
			var got bytes.Buffer
			if err := render(&got, c.report, "/* echarts */"); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", c.name+".html")
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

// TestHostileNamesStayText parses the page as a browser would and looks for
// what the hostile names try to make.
func TestHostileNamesStayText(t *testing.T) {
	var b bytes.Buffer
	if err := Render(&b, example.Hostiles()); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	var scripts, executable, seen int
	for n := range doc.Descendants() {
		switch {
		case n.Type == html.TextNode && strings.Contains(n.Data, example.Hostile):
			seen++
		case n.Type != html.ElementNode:
			continue
		case n.Data == "img":
			t.Error("a name became an <img>")
		case n.Data == "script":
			scripts++
			if len(n.Attr) == 0 {
				executable++
			}
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s> has the handler %s", n.Data, a.Key)
			}
		}
	}
	if executable != 2 || scripts < 10 {
		t.Errorf("%d scripts, of which %d run; want the charts' data and 2", scripts, executable)
	}
	if seen < 40 {
		t.Errorf("the hostile name is shown %d times as text; want it wherever a name is", seen)
	}
}

// TestEcharts proves that the embedded script is the one that its note names.
func TestEcharts(t *testing.T) {
	note, err := os.ReadFile("assets/README.md")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(echarts))
	if !strings.Contains(string(note), hex.EncodeToString(sum[:])) {
		t.Errorf("echarts.common.min.js has the sha256 %x, which assets/README.md does not name", sum)
	}
	for _, sign := range []string{"</script", "<!--", "new Function", "eval("} {
		if strings.Contains(echarts, sign) || strings.Contains(boot, sign) {
			t.Errorf("a script contains %q", sign)
		}
	}
}
