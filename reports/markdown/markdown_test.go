package markdown

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/internal/example"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".md")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; accept it with go test ./reports/markdown -update. Got:\n%s", path, got)
	}
}

func TestMarkdown(t *testing.T) {
	comparison := func(c headroom.RunComparison) func(io.Writer) error {
		return func(w io.Writer) error { return Comparison(w, c) }
	}
	check := func(r headroom.RunReport) func(io.Writer) error {
		return func(w io.Writer) error { return Check(w, r) }
	}
	for name, render := range map[string]func(io.Writer) error{
		"comparison": comparison(example.Comparison()), "comparison-refused": comparison(example.Incomparable()),
		"comparison-hostile": comparison(example.HostileComparison()), "comparison-empty": comparison(headroom.RunComparison{}),
		"check": check(example.Checked()), "check-hostile": check(example.HostileCheck()), "check-empty": check(headroom.RunReport{}),
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := render(&b); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.Bytes())
			wellFormed(t, b.String())
		})
	}
}

// wellFormed wants rows as wide as their table, and no markup that is not ours.
func wellFormed(t *testing.T, s string) {
	t.Helper()
	columns := 0
	for _, line := range strings.Split(s, "\n") {
		if strings.ContainsFunc(line, unicode.IsControl) {
			t.Errorf("control character in %q", line)
		}
		if strings.ContainsAny(line, "<") {
			t.Errorf("markup in %q", line)
		}
		for _, bad := range []string{"NaN", "Inf", "%!", "<nil>"} {
			if strings.Contains(line, bad) {
				t.Errorf("%q in %q", bad, line)
			}
		}
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
		if columns != 0 && n != columns {
			t.Errorf("%d bars where the table has %d: %q", n, columns, line)
		}
		columns = n
	}
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"plain 5 %":          "plain 5 %",
		"a|b":                `a\|b`,
		"<b>&":               "&lt;b&gt;&amp;",
		"`x` *y* _z_ [l](u)": "\\`x\\` \\*y\\* \\_z\\_ \\[l\\](u)",
		"two\nlines":         "two lines",
		"@team #12":          "@\u200bteam #\u200b12",
		`\`:                  `\\`,
		"\x1b[0m":            `\[0m`,
	} {
		if got := escape(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("a|b<script>@x\x00")
	f.Fuzz(func(t *testing.T, s string) {
		var b bytes.Buffer
		r := example.Checked()
		r.Objectives[0].Name, r.ID, r.Objectives[3].Reason = s, s, s
		if err := Check(&b, r); err != nil {
			t.Fatal(err)
		}
		wellFormed(t, strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(b.String(), "NaN", ""), "Inf", ""), "%!", ""))
	})
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestFullDiskIsToldOf(t *testing.T) {
	if Comparison(broken{}, example.Comparison()) == nil || Check(broken{}, example.Checked()) == nil {
		t.Error("a full disk was not told of")
	}
}
