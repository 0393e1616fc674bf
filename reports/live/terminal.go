// Package live shows how a run goes: as lines of a terminal, as one line of a
// log, and as a page. It renders a headroom.Status and computes nothing.
package live

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
)

// A Look is how lines for a terminal are to look.
type Look struct {
	Width  int  // characters of a line, at most; 0 means 80
	Height int  // lines, at most; 0 means as many as there are
	Color  bool // ANSI colours
}

// Lines are the run for a terminal: a headline, one line a process, and what
// is to be known beside them. None is wider than the terminal.
func Lines(s headroom.Status, l Look) []string {
	if l.Width <= 0 {
		l.Width = 80
	}
	lines := []line{headline(s, l.Width)}
	if s.Stage != headroom.StagePreparing {
		lines = append(lines, processes(s, l.Width)...)
	}
	lines = append(lines, notes(s)...)
	if l.Height > 0 && len(lines) > l.Height {
		left := len(lines) - l.Height + 1
		lines = append(lines[:max(0, l.Height-1)], line{{fmt.Sprintf("  and %d more lines: make the window higher", left), quiet}})
	}
	out := make([]string, len(lines))
	for i, one := range lines {
		out[i] = one.write(l)
	}
	return out
}

// A style is an ANSI colour; "" is none.
type shade string

const (
	plain shade = ""
	quiet shade = "2"
	good  shade = "32"
	warn  shade = "33"
	bad   shade = "31"
	bold  shade = "1"
)

type span struct {
	text  string
	style shade
}

// A line is a line of a terminal in parts of one style each.
type line []span

// write cuts the line to the width.
func (l line) write(look Look) string {
	var b strings.Builder
	left := look.Width
	for _, s := range l {
		text := clean(s.text)
		if n := utf8.RuneCountInString(text); n > left {
			text = string([]rune(text)[:max(0, left-1)])
			if left > 0 {
				text += "…"
			}
		}
		left -= utf8.RuneCountInString(text)
		if look.Color && s.style != plain && text != "" {
			text = "\x1b[" + string(s.style) + "m" + text + "\x1b[0m"
		}
		b.WriteString(text)
	}
	return strings.TrimRight(b.String(), " ")
}

// clean makes a text fit for a terminal: one line, plain spaces, and no
// control character that a server's message could steer it with.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u00a0' || r == '\u202f' || r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
}

func headline(s headroom.Status, width int) line {
	out := line{{s.Run, bold}, {" ", plain}}
	if s.Stage == headroom.StageLeadIn || s.Stage == headroom.StageWindow {
		out = append(out, span{bar(s.Progress, min(20, max(5, width/8))), good}, span{" ", plain})
	}
	out = append(out, span{Moment(s), plain})
	for _, p := range s.Peaks {
		if p.Phase == "during" && s.Stage != headroom.StageEnded {
			out = append(out, span{" · " + p.Name, warn})
		}
	}
	return out
}

// bar is a bar of so many characters, filled by a share.
func bar(share float64, width int) string {
	full := int(share*float64(width) + 0.5)
	return strings.Repeat("█", full) + strings.Repeat("░", width-full)
}

// Moment says how far the run is: "window, 42 of 130 s, 88 s left".
func Moment(s headroom.Status) string {
	of := fmt.Sprintf("%.0f of %.0f s", max(0, s.T), s.Duration)
	switch s.Stage {
	case headroom.StagePreparing:
		return "is being prepared"
	case headroom.StageLeadIn:
		return "lead-in, " + of + ", " + figure.Bound(whole(s.Left)) + " left"
	case headroom.StageWindow:
		return "window, " + of + ", " + figure.Bound(whole(s.Left)) + " left"
	case headroom.StageWaiting:
		return fmt.Sprintf("%.0f s, over by %.0f s: waiting for the last to finish", s.T, s.T-s.Duration)
	}
	if s.Complete {
		return fmt.Sprintf("has ended, after %.0f s", s.T)
	}
	return fmt.Sprintf("has ended early, after %.0f s: %s", max(0, s.T), s.Reason)
}

func whole(seconds float64) float64 { return float64(int(seconds + 0.5)) }

// A column of the table of processes; those of the highest rank go first when
// the terminal is too narrow.
type column struct {
	head string
	rank int
	cell func(headroom.ProcessStatus) span
}

var columns = []column{
	{"", 0, func(p headroom.ProcessStatus) span { return span{name(p), plain} }},
	{"offered", 5, offered},
	{"done", 1, func(p headroom.ProcessStatus) span { return span{perSecond(p.Completed), plain} }},
	{"p50", 6, func(p headroom.ProcessStatus) span { return span{seconds(p.P50), plain} }},
	{"p95", 0, response},
	{"errors", 2, failures},
	{"backlog", 3, func(p headroom.ProcessStatus) span { return span{count(p.Backlog), plain} }},
	{"late p99", 7, func(p headroom.ProcessStatus) span { return span{seconds(p.Late), plain} }},
	{"progress", 4, func(p headroom.ProcessStatus) span { return span{progress(p), plain} }},
}

func name(p headroom.ProcessStatus) string {
	if p.Process == "" {
		return "all"
	}
	return p.Process
}

func perSecond(v float64) string { return figure.Number(v) + "/s" }

// offered is the rate of arrivals, and the operators at work.
func offered(p headroom.ProcessStatus) span {
	var parts []string
	if p.Offered != nil {
		parts = append(parts, perSecond(*p.Offered))
	}
	if p.Operators > 0 {
		parts = append(parts, fmt.Sprintf("%d at work", p.Operators))
	}
	if len(parts) == 0 {
		return span{figure.Unknown, quiet}
	}
	return span{strings.Join(parts, ", "), plain}
}

func seconds(v *float64) string {
	if v == nil {
		return figure.Unknown
	}
	return figure.Seconds(*v)
}

func count(n *int) string {
	if n == nil {
		return figure.Unknown
	}
	return figure.Count(*n)
}

// response is the 95th percentile, and the bound where it is beyond.
func response(p headroom.ProcessStatus) span {
	out := span{seconds(p.P95), plain}
	if p.P95 != nil && p.Bound != nil && *p.P95 > *p.Bound {
		out.text += " > " + figure.Bound(*p.Bound)
		out.style = bad
	}
	return out
}

func failures(p headroom.ProcessStatus) span {
	switch {
	case p.RecentFailed > 0:
		return span{figure.Count(p.Failed), bad}
	case p.Failed > 0:
		return span{figure.Count(p.Failed), warn}
	}
	return span{"0", quiet}
}

// progress is the share of the arrivals that have ended.
func progress(p headroom.ProcessStatus) string {
	if p.Scheduled == 0 || p.Backlog == nil {
		return figure.Unknown
	}
	return figure.Share(float64(p.Due-*p.Backlog) / float64(p.Scheduled))
}

// processes are the table: its head, one line a process, all of them.
func processes(s headroom.Status, width int) []line {
	rows := slices.Clone(s.Processes)
	if len(rows) > 1 {
		rows = append(rows, s.Total)
	}
	cells := make([][]span, len(rows))
	widths := make([]int, len(columns))
	for c, col := range columns {
		widths[c] = len(col.head)
		for r, row := range rows {
			cell := col.cell(row)
			cell.text = clean(cell.text)
			cells[r] = append(cells[r], cell)
			widths[c] = max(widths[c], utf8.RuneCountInString(cell.text))
		}
	}
	shown := fitting(widths, width)
	head := line{{"  ", plain}}
	for _, c := range shown {
		head = append(head, pad(span{columns[c].head, quiet}, widths[c], c == 0)...)
	}
	out := []line{head}
	for _, row := range cells {
		one := line{{"  ", plain}}
		for _, c := range shown {
			one = append(one, pad(row[c], widths[c], c == 0)...)
		}
		out = append(out, one)
	}
	return out
}

// fitting are the columns that the width has room for.
func fitting(widths []int, width int) []int {
	var shown []int
	for c := range columns {
		shown = append(shown, c)
	}
	for {
		total := 0
		worst := -1
		for i, c := range shown {
			total += widths[c] + 2
			if columns[c].rank > 0 && (worst < 0 || columns[c].rank > columns[shown[worst]].rank) {
				worst = i
			}
		}
		if total <= width || worst < 0 {
			return shown
		}
		shown = slices.Delete(shown, worst, worst+1)
	}
}

func pad(s span, width int, left bool) []span {
	space := strings.Repeat(" ", width-utf8.RuneCountInString(s.text))
	if left {
		return []span{s, {space, plain}}
	}
	return []span{{"  " + space, plain}, s}
}
