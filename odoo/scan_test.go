package odoo

import (
	"errors"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
)

// scanned is what a Scanner says of a log, each line by itself.
func scanned(t *testing.T, text string) (lines []LogLine, broken int) {
	t.Helper()
	s := NewScanner(strings.NewReader(text), nil)
	for {
		l, err := s.Next()
		if errors.Is(err, io.EOF) {
			return lines, s.Damaged
		}
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, kept(l))
	}
}

// kept is a line with memory of its own.
func kept(l LogLine) LogLine {
	v := reflect.ValueOf(&l).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.String {
			f.SetString(strings.Clone(f.String()))
		}
	}
	return l
}

// parsed is what Parser.Lines says of it, without what is damaged.
func parsed(t *testing.T, text string) (lines []LogLine) {
	t.Helper()
	for l, err := range NewParser(nil).Lines(strings.NewReader(text)) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines
}

func TestScannerSaysWhatTheParserSays(t *testing.T) {
	text, err := os.ReadFile("testdata/odoo-14.log")
	if err != nil {
		t.Fatal(err)
	}
	got, broken := scanned(t, string(text))
	if want := parsed(t, string(text)); !reflect.DeepEqual(got, want) || broken != 0 || len(want) == 0 {
		t.Errorf("%d lines, %d damaged; the parser has %d", len(got), broken, len(want))
	}
}

const good = `2026-11-21 19:21:11,650 3524 INFO o19 werkzeug: 127.0.0.1 - - [21/Nov/2026 19:21:11] "POST /web/dataset/call_kw/stock.picking/button_validate#stock.picking.button_validate HTTP/1.1" 200 - 143 0.080 0.135`

func TestScannerCountsWhatIsDamaged(t *testing.T) {
	for what, c := range map[string]struct {
		text          string
		lines, broken int
	}{
		"whole":                 {good + "\n" + good + "\n", 2, 0},
		"without a last end":    {good + "\n" + good, 2, 0},
		"beginning":             {good[:90] + "\n" + good + "\n", 1, 1},
		"end":                   {good[70:] + "\n" + good + "\n", 1, 1},
		"stamp":                 {good[:30] + "\n", 0, 1},
		"two in one":            {good[:130] + good + "\n", 0, 1},
		"too long":              {good + "\n" + strings.Repeat("x", 3*maxLine) + "\n" + good + "\n", 2, 1},
		"traceback is no error": {"Traceback (most recent call last):\n  File \"x.py\", line 1\n" + good + "\n", 3, 0},
		"docker":                {`{"log":"` + strings.ReplaceAll(good, `"`, `\"`) + `\n","stream":"stderr","time":"2026-11-21T19:21:11.650Z"}` + "\n", 1, 0},
		"containerd in pieces":  {"2026-11-21T19:21:11.650123456Z stderr P " + good[:100] + "\n2026-11-21T19:21:11.650123456Z stderr F " + good[100:] + "\n", 1, 0},
		"empty":                 {"", 0, 0},
	} {
		lines, broken := scanned(t, c.text)
		if len(lines) != c.lines || broken != c.broken {
			t.Errorf("%s: %d lines and %d damaged, want %d and %d", what, len(lines), broken, c.lines, c.broken)
		}
	}
}

// Whatever the bytes: no panic, and nothing that the parser does not say.
func FuzzScanner(f *testing.F) {
	f.Add(good + "\n" + good)
	f.Add("2026-11-21T19:21:11.650123456Z stderr P " + good[:100] + "\n2026-11-21T19:21:11.650123456Z stderr F " + good[100:] + "\n")
	f.Add("\x1b[1;32m" + good + "\n\n\r\n{\"log\":\"x\"}\n" + good[:40])
	f.Fuzz(func(t *testing.T, text string) {
		got, broken := scanned(t, text)
		want := parsed(t, text)
		if len(got)+broken > len(want) {
			t.Fatalf("%d lines and %d damaged of %d", len(got), broken, len(want))
		}
		// What is left out is a part of the whole, in order.
		i := 0
		for _, l := range want {
			if i < len(got) && reflect.DeepEqual(l, got[i]) {
				i++
			}
		}
		if i != len(got) {
			t.Fatalf("line %d is not what the parser says: %+v", i, got[i])
		}
	})
}

func BenchmarkScanner(b *testing.B) {
	text := strings.Repeat(good+"\n", 1000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for range b.N {
		s := NewScanner(strings.NewReader(text), nil)
		for {
			if _, err := s.Next(); err != nil {
				break
			}
		}
	}
}
