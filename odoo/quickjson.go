package odoo

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// quickJSON reads one JSON value and nothing after it, without reflection. It
// is false for whatever is not plain JSON, which decodeJSON then judges; what
// it reads it reads as decodeJSON does.
func (s *scan) quickJSON() (any, bool) {
	v, ok := s.jsonValue(0)
	s.space()
	return v, ok && s.at == len(s.data)
}

func (s *scan) jsonValue(depth int) (any, bool) {
	s.space()
	if s.at >= len(s.data) || depth > maxDepth {
		return nil, false
	}
	switch c := s.data[s.at]; c {
	case '{':
		return s.jsonObject(depth)
	case '[':
		return s.jsonArray(depth)
	case '"':
		text, ok := s.jsonText(false)
		return s.build.Text(text), ok
	case 't':
		return s.build.Bool(true), s.literal("true")
	case 'f':
		return s.build.Bool(false), s.literal("false")
	case 'n':
		return s.build.Null(), s.literal("null")
	}
	return s.jsonNumber()
}

func (s *scan) literal(text string) bool {
	if !bytes.HasPrefix(s.data[s.at:], []byte(text)) {
		return false
	}
	s.at += len(text)
	return true
}

// next is the next byte that is no space, which it passes.
func (s *scan) next() byte {
	s.space()
	if s.at >= len(s.data) {
		return 0
	}
	s.at++
	return s.data[s.at-1]
}

func (s *scan) jsonArray(depth int) (any, bool) {
	s.at++
	base := len(s.stack)
	if s.space(); s.at < len(s.data) && s.data[s.at] == ']' {
		s.at++
		return s.list(base), true
	}
	for {
		v, ok := s.jsonValue(depth + 1)
		if !ok {
			return nil, false
		}
		s.stack = append(s.stack, v)
		switch s.next() {
		case ',':
		case ']':
			return s.list(base), true
		default:
			return nil, false
		}
	}
}

func (s *scan) jsonObject(depth int) (any, bool) {
	s.at++
	base, names := len(s.stack), len(s.names)
	if s.space(); s.at < len(s.data) && s.data[s.at] == '}' {
		s.at++
		return s.record(base, names), true
	}
	for {
		name, ok := s.jsonName()
		if !ok {
			return nil, false
		}
		v, ok := s.jsonValue(depth + 1)
		if !ok {
			return nil, false
		}
		s.names, s.stack = append(s.names, name), append(s.stack, v)
		switch s.next() {
		case ',':
		case '}':
			return s.record(base, names), true
		default:
			return nil, false
		}
	}
}

// jsonName is a member's name and the colon after it.
func (s *scan) jsonName() (string, bool) {
	if s.space(); s.at >= len(s.data) || s.data[s.at] != '"' {
		return "", false
	}
	name, ok := s.jsonText(true)
	return name, ok && s.next() == ':'
}

// jsonText is a string. The standard library reads those with escapes, and
// those that are not UTF-8.
func (s *scan) jsonText(name bool) (string, bool) {
	from := s.at + 1
	ascii := true
	for i := from; i < len(s.data); i++ {
		switch c := s.data[i]; {
		case c == '"':
			s.at = i + 1
			text := s.data[from:i]
			switch {
			case !ascii && !utf8.Valid(text):
				return unquote(s.data[from-1 : s.at])
			case name:
				return s.word(text), true
			}
			return string(text), true
		case c == '\\':
			return s.escapedText(i)
		case c < ' ':
			return "", false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", false
}

// escapedText is a string whose first backslash is at i.
func (s *scan) escapedText(i int) (string, bool) {
	from := s.at
	for ; i < len(s.data); i++ {
		switch s.data[i] {
		case '\\':
			i++
		case '"':
			s.at = i + 1
			return unquote(s.data[from:s.at])
		}
	}
	return "", false
}

func unquote(quoted []byte) (text string, ok bool) {
	err := json.Unmarshal(quoted, &text)
	return text, err == nil
}

// jsonNumber is a number; without fraction and exponent it is whole, if it fits.
func (s *scan) jsonNumber() (any, bool) {
	from, whole := s.at, true
	if s.at < len(s.data) && s.data[s.at] == '-' {
		s.at++
	}
	first := s.at
	if n := s.digits(); n == 0 || n > 1 && s.data[first] == '0' {
		return nil, false
	}
	if s.at < len(s.data) && s.data[s.at] == '.' {
		s.at++
		whole = false
		if s.digits() == 0 {
			return nil, false
		}
	}
	if s.at < len(s.data) && s.data[s.at]|0x20 == 'e' {
		s.at++
		whole = false
		if s.at < len(s.data) && (s.data[s.at] == '+' || s.data[s.at] == '-') {
			s.at++
		}
		if s.digits() == 0 {
			return nil, false
		}
	}
	text := string(s.data[from:s.at])
	if whole {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return s.build.Int(i), true
		}
	}
	f, _ := strconv.ParseFloat(text, 64) // its form is checked; beyond range it is infinite
	return s.build.Float(f), true
}

func (s *scan) digits() (n int) {
	for s.at < len(s.data) && s.data[s.at] >= '0' && s.data[s.at] <= '9' {
		s.at++
		n++
	}
	return n
}

// readJSON reads one JSON value with a Builder.
func readJSON(s *scan, data []byte, b Builder) (any, error) {
	if v, ok := s.reset(data, b).quickJSON(); ok {
		return v, nil
	}
	v, err := decodeJSON(data)
	if err != nil {
		return nil, err
	}
	return rebuild(b, v), nil
}

// An envelope is an answer of JSON-RPC: its result by a Builder, its error
// as plain values.
type envelope struct {
	version, failure any
	result           any
}

// readEnvelope opens an answer of JSON-RPC.
func readEnvelope(s *scan, data []byte, b Builder) (envelope, error) {
	if e, ok := s.reset(data, b).quickEnvelope(); ok {
		return e, nil
	}
	v, err := decodeJSON(data)
	if err != nil {
		return envelope{}, err
	}
	m, _ := v.(map[string]any)
	return envelope{version: m["jsonrpc"], failure: m["error"], result: rebuild(b, m["result"])}, nil
}

func (s *scan) quickEnvelope() (e envelope, ok bool) {
	e.result = s.build.Null() // absent when the method returned None
	wanted := s.build
	if s.next() != '{' {
		return e, false
	}
	for {
		name, ok := s.jsonName()
		if !ok {
			return e, false
		}
		s.build = plainBuilder{}
		if name == "result" {
			s.build = wanted
		}
		v, ok := s.jsonValue(1)
		if !ok {
			return e, false
		}
		switch name {
		case "jsonrpc":
			e.version = v
		case "error":
			e.failure = v
		case "result":
			e.result = v
		}
		switch s.next() {
		case ',':
		case '}':
			s.space()
			return e, s.at == len(s.data)
		default:
			return e, false
		}
	}
}
