package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/headroom-erp/headroom/reports/figure"
)

// width of the terminal that sentences are wrapped for, in characters.
const width = 96

// A table is aligned in columns; the first is aligned left, and so is any whose
// heading starts with "<".
type table struct {
	head []string
	rows [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// lines are the table's lines without trailing spaces.
func (t *table) lines(indent string) []string {
	if len(t.rows) == 0 {
		return nil
	}
	left, head := make([]bool, len(t.head)), make([]string, len(t.head))
	for i, h := range t.head {
		head[i] = strings.TrimPrefix(h, "<")
		left[i] = i == 0 || h != head[i]
	}
	rows := append([][]string{head}, t.rows...)
	widths := make([]int, len(t.head))
	for r, row := range rows {
		rows[r] = make([]string, len(t.head))
		for i := range min(len(row), len(t.head)) {
			rows[r][i] = clean(row[i])
			widths[i] = max(widths[i], utf8.RuneCountInString(rows[r][i]))
		}
	}
	var out []string
	for _, row := range rows {
		var b strings.Builder
		b.WriteString(indent)
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				b.WriteString("  ")
			}
			if left[i] {
				b.WriteString(cell + pad)
			} else {
				b.WriteString(pad + cell)
			}
		}
		out = append(out, strings.TrimRight(b.String(), " "))
	}
	return out
}

// clean makes a cell or sentence fit for a terminal: one line, plain spaces,
// and no control character that a server's message could steer it with.
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

// wrap breaks a sentence into lines of at most width characters where it can.
// A no-break space holds a figure and its unit together.
func wrap(s, first, rest string) []string {
	var out []string
	line := first
	empty := true
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' }) {
		word = clean(word)
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			out, line, empty = append(out, line), rest, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	return append(out, line)
}

// cut shortens a message to n characters.
func cut(s string, n int) string {
	s = clean(s)
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

func orUnknown(s string) string {
	if s == "" {
		return figure.Unknown
	}
	return s
}
