package probes

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// listen takes one stream of the command apart.
func (f *follower) listen(ctx context.Context, stream int, pipe io.Reader, said *tailText) {
	var s splitter
	buf := make([]byte, 64<<10)
	for {
		n, err := pipe.Read(buf)
		s.split(buf[:n], func(line string) { f.take(ctx, stream, line, said) })
		if err != nil {
			break
		}
	}
	f.mu.Lock()
	f.overlong += s.overlong
	f.mu.Unlock()
}

// take hands over a line that is new. What bears no time is the command's own.
func (f *follower) take(ctx context.Context, stream int, line string, said *tailText) {
	stamp, text, _ := strings.Cut(line, " ")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		said.add(line)
		return
	}
	if !f.fresh(at, string(rune('0'+stream))+line) {
		return
	}
	select {
	case f.lines <- text:
	case <-ctx.Done():
	}
}

// fresh says whether a line was not handed over before, and notes it.
func (f *follower) fresh(at time.Time, line string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = ""
	if at.Before(f.from) {
		return false
	}
	if f.again[line] > 0 {
		f.again[line]--
		return false
	}
	f.note(at, line)
	if !f.anchored {
		f.anchored = true
		close(f.first)
		return f.begun // before that, it is the last line of an older time
	}
	return true
}

// note keeps a line for as long as it could come again.
func (f *follower) note(at time.Time, line string) {
	f.recent = append(f.recent, stamped{at, line})
	f.seen[line]++
	if at.After(f.last) {
		f.last = at
	}
	if len(f.recent) < f.enough {
		return
	}
	bound := f.last.Add(-overlap)
	f.recent = slices.DeleteFunc(f.recent, func(old stamped) bool {
		if !old.at.Before(bound) {
			return false
		}
		if f.seen[old.text]--; f.seen[old.text] == 0 {
			delete(f.seen, old.text)
		}
		return true
	})
	f.enough = 2*len(f.recent) + 256
}

// tailText keeps the end of what a command says.
type tailText struct {
	mu   sync.Mutex
	text []byte
}

func (t *tailText) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(append(t.text, strings.TrimSpace(line)...), ' ')
	if over := len(t.text) - sayLength; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
}

func (t *tailText) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.text))
}
