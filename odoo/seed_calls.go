package odoo

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/headroom-erp/headroom"
)

// A stride is how many records go into one call. It adapts, so that a slow
// server's calls stay far below its time limits (60 s of CPU by default) and a
// quick one's are few.
type stride struct {
	first, most int
	single      bool // one call after the other: two at once would lose conflicts
}

const (
	tooLong  = 10 * time.Second
	tooShort = 2 * time.Second
)

func (d stride) next(size int, took time.Duration) int {
	switch {
	case took > tooLong:
		return max(1, size/2)
	case took < tooShort:
		return min(d.most, size*2)
	}
	return size
}

// chunks calls do for parts of 0…n, several at once unless the stride says
// otherwise, and tells how far it is.
func (s *seeder) chunks(ctx context.Context, what string, n int, d stride, do func(ctx context.Context, from, to int) error) error {
	if n == 0 {
		return nil
	}
	var mu sync.Mutex
	var taken, done int
	began := s.Now()
	said := began
	s.tell("%d %s", n, what)
	lane := func(ctx context.Context) error {
		size := max(1, d.first)
		for {
			mu.Lock()
			from := taken
			to := min(n, from+size)
			taken = to
			mu.Unlock()
			if from == to {
				return nil
			}
			at := s.Now()
			if err := do(ctx, from, to); err != nil {
				return err
			}
			now := s.Now()
			size = d.next(size, now.Sub(at))
			mu.Lock()
			done += to - from
			if now.Sub(said) >= 3*time.Second && done < n {
				said = now
				left := time.Duration(float64(now.Sub(began)) / float64(done) * float64(n-done))
				s.tell("%d of %d %s, %v left", done, n, what, left.Round(time.Second))
			}
			mu.Unlock()
		}
	}
	lanes := []func(context.Context) error{lane}
	if !d.single {
		for len(lanes) < cap(s.slots) {
			lanes = append(lanes, lane)
		}
	}
	return s.together(ctx, lanes)
}

// conflictTries is how often a call is made that lost a conflict, Odoo's own
// tries each time.
const conflictTries = 3

// Call calls a method in the site's context, when a slot is free. A call that
// lost a conflict was rolled back, and is made again. A call that is under way
// is waited for also when everything is to stop, because Odoo would go on with it
// and nobody would know how it ended.
func (s *seeder) Call(ctx context.Context, call Call) (Reply, error) {
	named := maps.Clone(call.Named)
	if named == nil {
		named = map[string]any{}
	}
	hints := maps.Clone(s.context)
	if more, ok := named["context"].(map[string]any); ok {
		maps.Copy(hints, more)
	}
	named["context"] = hints
	call.Named = named
	givenUp := func() (Reply, error) {
		return Reply{}, &Error{Outcome: headroom.Aborted, Message: "the call was given up before it was made", cause: ctx.Err()}
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return givenUp()
	}
	if ctx.Err() != nil { // both were possible
		return givenUp()
	}
	for try := 1; ; try++ {
		reply, err := s.Session.Call(context.WithoutCancel(ctx), call)
		var e *Error
		if err == nil || try == conflictTries || !errors.As(err, &e) || e.Outcome != headroom.Conflict {
			return reply, err
		}
	}
}
