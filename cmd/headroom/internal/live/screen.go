package live

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/headroom-erp/headroom"
	reports "github.com/headroom-erp/headroom/reports/live"
)

// A Screen is a terminal with a status at its lower end: what is written to it
// scrolls above. It is safe for concurrent use.
type Screen struct {
	out   io.Writer
	size  func() (width, height int)
	color bool

	mu     sync.Mutex
	lines  []string // that stand there
	widths []int    // of lines, in characters
	status *headroom.Status
	broken bool // what was written last did not end its line
}

// NewScreen is the screen of a writer that is a terminal which can be written
// to in place; nil of any other. NO_COLOR and TERM are heeded.
func NewScreen(w io.Writer, getenv func(string) string) *Screen {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || getenv("TERM") == "dumb" || getenv("TERM") == "" {
		return nil
	}
	size := func() (int, int) {
		width, height, err := term.GetSize(int(f.Fd()))
		if err != nil || width <= 0 || height <= 0 {
			return 80, 24
		}
		return width, height
	}
	return &Screen{out: f, size: size, color: getenv("NO_COLOR") == ""}
}

// Write writes above the status.
func (s *Screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b bytes.Buffer
	s.home(&b)
	b.Write(bytes.ReplaceAll(p, []byte("\n"), []byte(clearLine+"\n")))
	s.broken = len(p) > 0 && p[len(p)-1] != '\n'
	s.draw(&b)
	if _, err := s.out.Write(b.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Show replaces the status. One of a run that has ended stays where it is, and
// later lines come below.
func (s *Screen) Show(status headroom.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = &status
	var b bytes.Buffer
	s.home(&b)
	s.draw(&b)
	_, _ = s.out.Write(b.Bytes()) // a terminal that is gone needs no view
	if status.Stage == headroom.StageEnded {
		s.status, s.lines, s.widths = nil, nil, nil
	}
}

// Clear takes the status away.
func (s *Screen) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b bytes.Buffer
	s.home(&b)
	b.WriteString(clearRest)
	s.status = nil
	_, _ = s.out.Write(b.Bytes()) // as above
}

const (
	clearLine = "\x1b[K" // from the cursor on
	clearRest = "\x1b[J"
)

// home takes the cursor to the begin of the status. What is written over it
// clears what it leaves of each line, so that nothing flickers. A terminal that
// became narrower has broken its lines.
func (s *Screen) home(b *bytes.Buffer) {
	if len(s.lines) == 0 {
		return
	}
	width, _ := s.size()
	rows := 0
	for _, n := range s.widths {
		rows += max(1, (n+width-1)/width)
	}
	fmt.Fprintf(b, "\r\x1b[%dA", rows)
	s.lines, s.widths = nil, nil
}

// draw writes the status; the cursor then stands below it.
func (s *Screen) draw(b *bytes.Buffer) {
	defer b.WriteString(clearRest)
	if s.status == nil || s.broken { // the rest of the broken line comes first
		return
	}
	width, height := s.size()
	// One column stays free: some terminals break a full line.
	look := reports.Look{Width: width - 1, Height: max(1, height-1), Color: s.color}
	s.lines = reports.Lines(*s.status, look)
	look.Color = false
	for _, line := range reports.Lines(*s.status, look) {
		s.widths = append(s.widths, utf8.RuneCountInString(line))
	}
	b.WriteString(strings.Join(s.lines, clearLine+"\n") + clearLine + "\n")
}
