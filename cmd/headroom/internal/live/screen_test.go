package live

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// A terminal understands as much of one as a Screen needs. Lines above its top
// have scrolled away and are kept.
type terminal struct {
	t      *testing.T
	rows   []string
	row    int
	column int
}

func (m *terminal) Write(p []byte) (int, error) {
	for i := 0; i < len(p); i++ {
		for len(m.rows) <= m.row {
			m.rows = append(m.rows, "")
		}
		switch c := p[i]; c {
		case '\n':
			m.row, m.column = m.row+1, 0
		case '\r':
			m.column = 0
		case '\x1b':
			end := i + 2 + bytes.IndexFunc(p[i+2:], func(r rune) bool { return r >= 'A' && r <= 'z' })
			n, _ := strconv.Atoi(string(p[i+2 : end]))
			m.control(p[end], n)
			i = end
		default:
			row := []byte(m.rows[m.row])
			m.rows[m.row] = string(append(row[:min(m.column, len(row))], append([]byte{c}, row[min(m.column+1, len(row)):]...)...))
			m.column++
		}
	}
	return len(p), nil
}

func (m *terminal) control(c byte, n int) {
	switch c {
	case 'A':
		if n > m.row {
			m.t.Fatalf("%d rows up from row %d", n, m.row)
		}
		m.row -= n
	case 'K':
		m.rows[m.row] = m.rows[m.row][:min(m.column, len(m.rows[m.row]))]
	case 'J':
		m.control('K', 0)
		m.rows = m.rows[:m.row+1]
	case 'm':
	default:
		m.t.Fatalf("unknown sequence %c", c)
	}
}

func screen(t *testing.T, width, height int) (*Screen, *terminal) {
	m := &terminal{t: t}
	return &Screen{out: m, size: func() (int, int) { return width, height }}, m
}

func status(at float64) headroom.Status {
	return headroom.Status{Run: "run", T: at, Duration: 100, Stage: headroom.StageWindow, Processes: []headroom.ProcessStatus{{Process: "order", Ended: int(at)}}}
}

func (m *terminal) text() string { return strings.TrimRight(strings.Join(m.rows, "\n"), "\n") }

func TestLogLinesScrollAboveTheStatus(t *testing.T) {
	s, m := screen(t, 60, 20)
	fmt.Fprintln(s, "before")
	for i := range 5 {
		s.Show(status(float64(i)))
		fmt.Fprintf(s, "line %d, which is longer than what stood in its place\n", i)
	}
	fmt.Fprint(s, "in ")
	s.Show(status(7))
	fmt.Fprint(s, "pieces\n")
	got := m.text()
	if !strings.HasPrefix(got, "before\nline 0, which") || strings.Count(got, "line ") != 5 || strings.Count(got, "window,") != 1 {
		t.Errorf("got\n%s", got)
	}
	if !strings.Contains(got, "\nin pieces\nrun ") || !strings.Contains(got, "7 of 100 s") {
		t.Errorf("a line in pieces:\n%s", got)
	}
	ended := status(9)
	ended.Stage, ended.Complete = headroom.StageEnded, true
	s.Show(ended)
	fmt.Fprintln(s, "after")
	s.Show(status(1)) // of the next run
	got = m.text()
	if strings.Count(got, "has ended") != 1 || strings.Index(got, "after\n") < strings.Index(got, "has ended") || !strings.Contains(got[strings.Index(got, "after\n"):], "1 of 100 s") {
		t.Errorf("a run that ended stays:\n%s", got)
	}
	s.Clear()
	if got = m.text(); !strings.HasSuffix(got, "after") {
		t.Errorf("cleared:\n%s", got)
	}
}

func TestATerminalThatBecomesNarrower(t *testing.T) {
	s, m := screen(t, 60, 20)
	s.Show(status(3))
	rows := len(s.lines)
	wrapped := 0
	for _, n := range s.widths {
		wrapped += (n + 11) / 12
	}
	s.size = func() (int, int) { return 12, 20 }
	m.row += wrapped - rows // as a terminal breaks them
	for len(m.rows) <= m.row {
		m.rows = append(m.rows, "broken")
	}
	s.Show(status(4))
	if got := m.text(); strings.Contains(got, "broken") || strings.Count(got, "run") != 1 {
		t.Errorf("got\n%s", got)
	}
}

func TestOnlyATerminalIsAScreen(t *testing.T) {
	env := func(name string) string { return map[string]string{"TERM": "xterm"}[name] }
	f, err := os.Create(t.TempDir() + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if NewScreen(f, env) != nil || NewScreen(&bytes.Buffer{}, env) != nil {
		t.Error("a file is no terminal")
	}
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	for _, c := range []struct {
		term, plain string
		want, color bool
	}{{"xterm", "", true, true}, {"xterm", "1", true, false}, {"dumb", "", false, false}, {"", "", false, false}} {
		s := NewScreen(terminal, func(name string) string { return map[string]string{"TERM": c.term, "NO_COLOR": c.plain}[name] })
		if (s != nil) != c.want || s != nil && s.color != c.color {
			t.Errorf("TERM=%q NO_COLOR=%q: %+v", c.term, c.plain, s)
		}
	}
}
