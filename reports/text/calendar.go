package text

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// maxSites is how many sites are listed one by one.
const maxSites = 40

// Calendar writes an agenda. With color, heat maps are coloured for a terminal
// of 256 colours; without, they are drawn with characters alone.
func Calendar(w io.Writer, a headroom.Agenda, color bool) error {
	p := &printer{w: bufio.NewWriter(w)}
	p.block("", calendarHead(a))
	if len(a.Upcoming) > 0 {
		p.block("Next peaks, on each site's own clock", upcoming(a))
	} else {
		p.block("", []string{"No peak is coming within a year."})
	}
	p.block("Peaks of different sites at the same time", coincidences(a))
	p.block(weekTitle(a), weekMap(a, color))
	p.block("Sites in that week", weekSites(a))
	p.block(fmt.Sprintf("Year %d, expected documents a day", a.Year.Year), yearMap(a, color))
	p.block(clean(fmt.Sprintf("The %d largest windows of %s in %d", len(a.Largest.Windows), prose.Length(a.Largest.Length), a.Year.Year)), largest(a))
	var warnings []string
	for _, s := range a.Warnings {
		warnings = append(warnings, wrap(s, "  ! ", "    ")...)
	}
	p.block("Warnings", warnings)
	return p.w.Flush()
}

func calendarHead(a headroom.Agenda) []string {
	sites := fmt.Sprintf("%d sites", len(a.Sites))
	if len(a.Sites) == 1 {
		sites = "site " + a.Sites[0].Site
	}
	return wrap(fmt.Sprintf("Calendar of plan %s, %s, from %s. Figures are expected documents; rates are per hour. Maps and windows are on the clock of %s.",
		orUnknown(a.Plan), sites, a.From.Format("Mon 2 Jan 2006"), a.TimeZone), "", "")
}

// upcoming has a line for each peak, one for its place, and one for each of its
// processes.
func upcoming(a headroom.Agenda) []string {
	t := &table{head: []string{"when", "<peak and processes", "documents", "added", "per hour", "<highest", "people"}}
	var notes [][]string
	moments := prose.Moments(a.Upcoming)
	for i, m := range moments {
		added := 0.0
		for _, e := range m.Processes {
			if e.Added != nil {
				added += *e.Added
			}
		}
		t.add(when(m.From, m.To), m.Peak, prose.Documents(m.Documents), prose.Documents(added))
		indent := strings.Repeat(" ", 29)
		if o, ok := m.Like(moments[:i]); ok {
			notes = append(notes, wrap("as on "+o.From.Format("Mon 2 Jan"), indent, indent))
			continue
		}
		notes = append(notes, wrap(place(m), indent, indent))
		for _, e := range m.Processes {
			row := []string{"", "\u00a0\u00a0" + e.Process, "", "", "", "", prose.People(e.Operators)}
			if e.Documents > 0 {
				row[2], row[4], row[5] = prose.Documents(e.Documents), prose.PerHour(e.Mean), prose.Highest(e)
			}
			if e.Added != nil && *e.Added > 0 {
				row[3] = prose.Documents(*e.Added)
			}
			t.add(row...)
			notes = append(notes, nil)
		}
	}
	return noted(t, notes)
}

// when is a window on one clock.
func when(from, to time.Time) string {
	end := to.Format("15:04")
	if to.Sub(from) > 24*time.Hour {
		end = to.Format("Mon 2 Jan 15:04")
	}
	return from.Format("Mon _2 Jan  15:04") + "–" + end
}

// noted are a table's lines with notes below its rows.
func noted(t *table, notes [][]string) []string {
	lines := t.lines("  ")
	if len(lines) == 0 {
		return nil
	}
	out := lines[:1:1]
	for i, line := range lines[1:] {
		out = append(append(out, line), notes[i]...)
	}
	return out
}

func place(m prose.Moment) string {
	s := "at " + m.Place()
	if m.Due != nil {
		s += ", due at " + m.Due.Format("15:04")
	}
	return s
}

func coincidences(a headroom.Agenda) []string {
	if len(a.Coincide) == 0 {
		if len(a.Sites) > 1 {
			return []string{"  none in the next four weeks"}
		}
		return nil
	}
	t := &table{head: []string{"next", "sites", "documents", "per hour", "<how often"}}
	var notes [][]string
	for _, c := range a.Coincide {
		often := "once"
		if c.Times > 1 {
			often = fmt.Sprintf("%d times", c.Times)
		}
		t.add(when(c.From, c.To), figure.Count(c.Sites), prose.Documents(c.Documents), prose.PerHour(c.Documents/c.To.Sub(c.From).Seconds()),
			fmt.Sprintf("%s in %d days", often, c.Days))
		notes = append(notes, append(wrap(prose.Peaks(c.Peaks, c.From), "    ", "    "), wrap(prose.ByProcess(c.Processes), "    ", "    ")...))
	}
	return noted(t, notes)
}

func weekTitle(a headroom.Agenda) string {
	monday, err := time.Parse(time.DateOnly, a.Week.Monday)
	if err != nil {
		return "Week"
	}
	return fmt.Sprintf("Week of %s, expected documents an hour", monday.Format("Mon 2 January 2006"))
}

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
	t := &table{head: []string{"site", "<time zone", "documents", "<busiest hour", "documents", "<by hour of the day, 0 to 23"}}
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

func largest(a headroom.Agenda) []string {
	t := &table{head: []string{"when", "documents", "per hour"}}
	var notes [][]string
	var before []string
	for _, w := range a.Largest.Windows {
		t.add(when(w.From, w.To), prose.Documents(w.Documents), prose.PerHour(w.Documents/w.To.Sub(w.From).Seconds()))
		made := []string{"no peak: ordinary rates and runs"}
		if len(w.Peaks) > 0 {
			made[0] = prose.Peaks(w.Peaks, w.From)
		}
		made = append(made, prose.ByProcess(w.Processes))
		if len(w.Sites) > 1 {
			made = append(made, prose.Shares(w))
		}
		var lines []string
		for _, s := range made {
			lines = append(lines, wrap(s, "    ", "    ")...)
		}
		if slices.Equal(lines, before) { // a window like the one above it
			notes = append(notes, nil)
			continue
		}
		notes, before = append(notes, lines), lines
	}
	return noted(t, notes)
}
