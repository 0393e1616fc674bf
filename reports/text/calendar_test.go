package text

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/internal/example"
)

func TestCalendar(t *testing.T) {
	alone := example.Agenda()
	alone.Sites, alone.Week.Sites, alone.Coincide, alone.Warnings = alone.Sites[:1], alone.Week.Sites[:1], nil, nil
	for _, c := range []struct {
		name   string
		agenda headroom.Agenda
	}{
		{"calendar", example.Agenda()},
		{"calendar-one-site", alone},
		{"calendar-hostile", example.HostileAgenda()},
		{"calendar-empty", headroom.Agenda{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Calendar(&b, c.agenda, false); err != nil {
				t.Fatal(err)
			}
			golden(t, c.name, b.Bytes())
			printable(t, b.String())
			if c.name == "calendar-hostile" {
				return // one word of it is longer than a line
			}
			for _, line := range strings.Split(b.String(), "\n") {
				if n := utf8.RuneCountInString(line); n > 100 {
					t.Errorf("%d characters wide: %s", n, line)
				}
			}
		})
	}
}

// TestCalendarInColor has the same text, with nothing but background colours.
func TestCalendarInColor(t *testing.T) {
	var b bytes.Buffer
	if err := Calendar(&b, example.HostileAgenda(), true); err != nil {
		t.Fatal(err)
	}
	rest := b.String()
	if strings.Count(rest, "\x1b[48;5;") < 7*24+365 {
		t.Errorf("%d coloured cells, want a week and a year of them", strings.Count(rest, "\x1b[48;5;"))
	}
	for _, color := range []string{"236", "24", "31", "178", "208", "196"} {
		rest = strings.ReplaceAll(rest, "\x1b[48;5;"+color+"m", "")
	}
	for _, r := range strings.ReplaceAll(rest, "\x1b[0m", "") {
		if r != '\n' && unicode.IsControl(r) {
			t.Fatalf("%q is steered by something else than our colours", rest)
		}
	}
}

func TestLevels(t *testing.T) {
	for _, c := range []struct {
		v, highest float64
		want       int
	}{{0, 10, 0}, {-1, 10, 0}, {1e-9, 10, 1}, {2, 10, 1}, {2.001, 10, 2}, {9.9, 10, 5}, {10, 10, 5}, {11, 10, 5}} {
		if got := even(c.highest).of(c.v); got != c.want {
			t.Errorf("the level of %g of %g is %d, want %d", c.v, c.highest, got, c.want)
		}
	}
	l := fifths([]float64{0, 0, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	if want := (levels{2, 4, 6, 8, 10}); l != want {
		t.Errorf("fifths are %v, want %v", l, want)
	}
	for v, want := range map[float64]int{0: 0, 1: 1, 2: 1, 3: 2, 10: 5} {
		if got := l.of(v); got != want {
			t.Errorf("the level of %g is %d, want %d", v, got, want)
		}
	}
	if got := fifths([]float64{7, 7}).of(7); got != 1 {
		t.Errorf("days that are all alike have the level %d, want 1", got)
	}
}

// TestYearMapPlacesDays puts one day of a leap year where a wall calendar has
// it: 1 January 2024 was a Monday, 31 December a Tuesday, in the 53rd column.
func TestYearMapPlacesDays(t *testing.T) {
	var a headroom.Agenda
	for d := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == 2024; d = d.AddDate(0, 0, 1) {
		day := headroom.YearDay{Date: d.Format(time.DateOnly)}
		if d.YearDay() == 1 || d.YearDay() == 366 {
			day.Documents = 1
		}
		a.Year.Days = append(a.Year.Days, day)
	}
	lines := yearMap(a, false)
	monday, tuesday := []rune(lines[1]), []rune(lines[2])
	if monday[7] != '·' || len(tuesday) != 7+53 || tuesday[7+52] != '·' {
		t.Errorf("got\n%s", strings.Join(lines, "\n"))
	}
}
