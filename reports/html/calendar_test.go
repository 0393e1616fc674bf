package html

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/internal/example"
)

func agendas() map[string]headroom.Agenda {
	alone := example.Agenda()
	alone.Sites, alone.Week.Sites, alone.Year.Sites, alone.Coincide = alone.Sites[:1], alone.Week.Sites[:1], alone.Year.Sites[:1], nil
	return map[string]headroom.Agenda{
		"calendar": example.Agenda(), "calendar-one-site": alone, "calendar-hostile": example.HostileAgenda(), "calendar-empty": {},
	}
}

// TestCalendarGolden compares the pages, without echarts, with the ones that
// somebody has looked at. Accept a change with -update.
func TestCalendarGolden(t *testing.T) {
	for name, a := range agendas() {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := renderCalendar(&got, a, "/* echarts */"); err != nil {
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

// TestCalendarHostile parses the page as a browser would and looks for what
// the hostile names try to make.
func TestCalendarHostile(t *testing.T) {
	var b bytes.Buffer
	if err := Calendar(&b, example.HostileAgenda()); err != nil {
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
	if seen < 20 {
		t.Errorf("the hostile name is shown %d times as text; want it wherever a name is", seen)
	}
}

// TestFullEcharts proves that the calendar's script is the one that its note names.
func TestFullEcharts(t *testing.T) {
	note, err := os.ReadFile("assets/README.md")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(fullEcharts))
	if !strings.Contains(string(note), hex.EncodeToString(sum[:])) {
		t.Errorf("echarts.min.js has the sha256 %x, which assets/README.md does not name", sum)
	}
	for _, sign := range []string{"</script", "<!--"} {
		if strings.Contains(fullEcharts, sign) || strings.Contains(calendarBoot, sign) {
			t.Errorf("a script contains %q", sign)
		}
	}
}

// TestCalendarBrowser opens the pages as TestBrowser does a report's.
func TestCalendarBrowser(t *testing.T) {
	browser := chromium(t)
	for name, a := range agendas() {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Calendar(&b, a); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "calendar.html")
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
