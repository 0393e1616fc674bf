package odoo

import "math"

// A Builder makes the values of an answer while it is read, so that whoever
// wants other values than Go's need not convert them. Slices are the caller's
// only until a method returns.
type Builder interface {
	Null() any
	Bool(v bool) any
	Int(v int64) any
	Float(v float64) any
	Text(v string) any
	List(items []any) any
	Record(names []string, values []any) any // in the server's order; of equal names the last counts
}

// plainBuilder makes nil, bool, int64, float64, string, []any and map[string]any.
type plainBuilder struct{}

func (plainBuilder) Null() any           { return nil }
func (plainBuilder) Bool(v bool) any     { return v }
func (plainBuilder) Int(v int64) any     { return v }
func (plainBuilder) Float(v float64) any { return v }
func (plainBuilder) Text(v string) any   { return v }

func (plainBuilder) List(items []any) any { return append(make([]any, 0, len(items)), items...) }

func (plainBuilder) Record(names []string, values []any) any {
	m := make(map[string]any, len(names))
	for i, name := range names {
		m[name] = values[i]
	}
	return m
}

// rebuild makes a Builder's values of plain ones.
func rebuild(b Builder, v any) any {
	switch v := v.(type) {
	case nil:
		return b.Null()
	case bool:
		return b.Bool(v)
	case int64:
		return b.Int(v)
	case float64:
		return b.Float(v)
	case string:
		return b.Text(v)
	case []any:
		items := make([]any, len(v))
		for i := range v {
			items[i] = rebuild(b, v[i])
		}
		return b.List(items)
	}
	m := v.(map[string]any) // decoders make nothing else
	names := sortedKeys(m)
	values := make([]any, len(names))
	for i, name := range names {
		values[i] = rebuild(b, m[name])
	}
	return b.Record(names, values)
}

// maxDepth is how deep the quick readers follow; deeper answers are read by the
// slow ones, which have bounds of their own.
const maxDepth = 200

// A scan is an answer's text and how far it was read.
type scan struct {
	data  []byte
	at    int
	build Builder
	stack []any    // values of lists and records that are not complete
	names []string // of records that are not complete
	// words are names that came lately, each in the place that its bytes give, so
	// that those of a thousand records are one.
	words [64]string
}

// reset begins another text; room and words are kept.
func (s *scan) reset(data []byte, b Builder) *scan {
	clear(s.stack)
	s.data, s.at, s.build, s.stack, s.names = data, 0, b, s.stack[:0], s.names[:0]
	return s
}

// word is a text that likely comes again.
func (s *scan) word(text []byte) string {
	n := len(text)
	if n == 0 {
		return ""
	}
	w := &s.words[(uint(n)*31+uint(text[0])*7+uint(text[n/2])*3+uint(text[n-1]))%uint(len(s.words))]
	if *w != string(text) {
		*w = string(text)
	}
	return *w
}

func (s *scan) space() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\n', '\t', '\r':
			s.at++
		default:
			return
		}
	}
}

// list completes a list whose items lie on the stack from base on.
func (s *scan) list(base int) any {
	v := s.build.List(s.stack[base:])
	clear(s.stack[base:])
	s.stack = s.stack[:base]
	return v
}

func (s *scan) record(base, names int) any {
	v := s.build.Record(s.names[names:], s.stack[base:])
	clear(s.stack[base:])
	s.stack, s.names = s.stack[:base], s.names[:names]
	return v
}

// finite says whether a number can be sent.
func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }
