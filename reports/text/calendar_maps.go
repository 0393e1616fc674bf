package text

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/prose"
)

// Shades of a heat map without colours, from none to the most, and the
// colours of one with them, from the 256 of a terminal.
var (
	shades = [...]rune{' ', '·', '░', '▒', '▓', '█'}
	colors = [...]int{236, 24, 31, 178, 208, 196}
)

// levels are the upper bounds of a map's shades, from the lightest on.
type levels [len(shades) - 1]float64

// even are equal steps up to the highest.
func even(highest float64) levels {
	var l levels
	for i := range l {
		l[i] = highest * float64(i+1) / float64(len(l))
	}
	return l
}

// fifths put as many of the values into each level, so that days of a year
// differ in shade though all working days are alike beside a Sunday.
func fifths(values []float64) levels {
	var some []float64
	for _, v := range values {
		if v > 0 {
			some = append(some, v)
		}
	}
	slices.Sort(some)
	var l levels
	for i := range l {
		if len(some) > 0 {
			l[i] = some[max(0, len(some)*(i+1)/len(l)-1)]
		}
	}
	return l
}

// of is the level of a value: 0 is none.
func (l levels) of(v float64) int {
	if v <= 0 {
		return 0
	}
	for i, bound := range l {
		if v <= bound*(1+1e-9) {
			return i + 1
		}
	}
	return len(l)
}

// patch is a cell of the level, so many characters wide.
func patch(level, wide int, color bool) string {
	if color {
		return fmt.Sprintf("\x1b[48;5;%dm%s\x1b[0m", colors[level], strings.Repeat(" ", wide))
	}
	return strings.Repeat(string(shades[level]), wide)
}

// key explains the levels.
func (l levels) key(wide int, color bool) string {
	parts := []string{"none " + patch(0, wide, color)}
	if !color {
		parts = []string{"none blank or -"}
	}
	for i, bound := range l {
		if i == 0 || prose.Documents(bound) != prose.Documents(l[i-1]) {
			parts = append(parts, "to "+prose.Documents(bound)+" "+patch(i+1, wide, color))
		}
	}
	return plainSpaces(strings.Join(parts, "   "))
}

// plainSpaces writes plain spaces into figures, as clean does, and leaves
// colours as they are.
func plainSpaces(s string) string {
	return strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(s)
}

func weekMap(a headroom.Agenda, color bool) []string {
	highest, head := 0.0, "             "
	for _, hours := range a.Week.Total {
		for _, v := range hours {
			highest = max(highest, v)
		}
	}
	if highest == 0 {
		return []string{"  nothing arrives in this week"}
	}
	for h := range 24 {
		head += fmt.Sprintf("%02d ", h)
	}
	l := even(highest)
	out := []string{strings.TrimRight(head, " ") + "       day"}
	monday, _ := time.Parse(time.DateOnly, a.Week.Monday)
	for d, hours := range a.Week.Total {
		sum := 0.0
		var b strings.Builder
		fmt.Fprintf(&b, "  %-11s", monday.AddDate(0, 0, d).Format("Mon 2 Jan"))
		for _, v := range hours {
			sum += v
			b.WriteString(patch(l.of(v), 3, color))
		}
		fmt.Fprintf(&b, "%10s", clean(prose.Documents(sum)))
		out = append(out, b.String())
	}
	return append(out, "", "  "+l.key(3, color))
}

// bars are eighths of a line's height.
var bars = [...]rune{' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'}

func weekSites(a headroom.Agenda) []string {
	if len(a.Week.Sites) < 2 {
		return nil
	}
	zones := map[string]string{}
	for _, s := range a.Sites {
		zones[s.Site] = s.TimeZone
	}
	t := &table{head: []string{"site", "<time zone", "documents", "<busiest, by map", "documents", "<by hour of the day, 0 to 23"}}
	for _, s := range a.Week.Sites[:min(len(a.Week.Sites), maxSites)] {
		highest := 0.0
		for _, v := range s.ByHour {
			highest = max(highest, v)
		}
		line := make([]rune, 24)
		for h, v := range s.ByHour {
			line[h] = '·'
			if v > 0 {
				line[h] = bars[min(max(int(math.Ceil(v/highest*8)), 1), 8)]
			}
		}
		busiest := ""
		if s.BusiestDocuments > 0 {
			busiest = prose.Weekdays[s.BusiestDay] + " " + prose.Hour(s.BusiestHour)
		}
		t.add(cut(s.Site, 24), zones[s.Site], prose.Documents(s.Documents), busiest, prose.Documents(s.BusiestDocuments), string(line))
	}
	out := t.lines("  ")
	if more := len(a.Week.Sites) - maxSites; more > 0 {
		out = append(out, fmt.Sprintf("  and %d more; --site NAME shows one, --format csv all", more))
	}
	return out
}

// yearMap has a column for each week and a row for each weekday.
func yearMap(a headroom.Agenda, color bool) []string {
	var values []float64
	for _, d := range a.Year.Days {
		values = append(values, d.Documents)
	}
	l := fifths(values)
	if l[len(l)-1] == 0 {
		return []string{"  nothing arrives in this year"}
	}
	const weeks = 54
	months := []rune(strings.Repeat(" ", weeks+3))
	var cells [7][weeks]int
	for d := range cells {
		for i := range cells[d] {
			cells[d][i] = -1
		}
	}
	for _, day := range a.Year.Days {
		date, err := time.Parse(time.DateOnly, day.Date)
		if err != nil {
			continue
		}
		first := time.Date(date.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
		weekday := (int(date.Weekday()) + 6) % 7
		week := (date.YearDay() - 1 + (int(first.Weekday())+6)%7) / 7
		cells[weekday][week] = l.of(day.Documents)
		if date.Day() == 1 {
			copy(months[week:], []rune(date.Format("Jan")))
		}
	}
	out := []string{"       " + strings.TrimRight(string(months), " ")}
	for d, row := range cells {
		var b strings.Builder
		fmt.Fprintf(&b, "  %s  ", prose.Weekdays[d])
		for _, level := range row {
			switch {
			case level < 0:
				b.WriteByte(' ')
			case level == 0 && !color:
				b.WriteRune('-') // a day without load, beside no day
			default:
				b.WriteString(patch(level, 1, color))
			}
		}
		out = append(out, strings.TrimRight(b.String(), " "))
	}
	return append(out, "", "  "+l.key(1, color))
}
