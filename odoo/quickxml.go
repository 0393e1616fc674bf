package odoo

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// quickXML reads the answer of an XML-RPC method as Odoo writes it, without
// reflection. It is false for everything else, a fault among it, which is then
// left to the codec; what it reads it reads as the codec does.
func (s *scan) quickXML() (any, bool) {
	for _, d := range declarations {
		if s.tag(d) {
			break
		}
	}
	if !s.tags("<methodResponse>", "<params>", "<param>") {
		return nil, false
	}
	s.space()
	v, ok := s.xmlValue(0)
	if !ok || !s.tags("</param>", "</params>", "</methodResponse>") {
		return nil, false
	}
	s.space()
	return v, s.at == len(s.data)
}

// declarations are the first lines that say UTF-8, or nothing of it. Python's is
// the first.
var declarations = []string{
	"<?xml version='1.0'?>", `<?xml version="1.0"?>`, "<?xml version='1.0' encoding='UTF-8'?>", `<?xml version="1.0" encoding="UTF-8"?>`,
	"<?xml version='1.0' encoding='utf-8'?>", `<?xml version="1.0" encoding="utf-8"?>`,
}

// tag passes a tag that is written so, if it comes next.
func (s *scan) tag(text string) bool {
	if len(s.data)-s.at < len(text) || string(s.data[s.at:s.at+len(text)]) != text {
		return false
	}
	s.at += len(text)
	return true
}

func (s *scan) tags(texts ...string) bool {
	for _, text := range texts {
		if s.space(); !s.tag(text) {
			return false
		}
	}
	return true
}

func (s *scan) xmlValue(depth int) (v any, ok bool) {
	if depth > maxDepth || !s.tag("<value>") {
		return nil, false
	}
	s.space()
	switch {
	case s.tag("<string>"):
		v, ok = s.xmlText("</string>")
	case s.tag("<int>"):
		v, ok = s.xmlInt("</int>")
	case s.tag("<boolean>"):
		v, ok = s.xmlBool()
	case s.tag("<double>"):
		v, ok = s.xmlDouble()
	case s.tag("<array>"):
		v, ok = s.xmlArray(depth)
	case s.tag("<struct>"):
		v, ok = s.xmlStruct(depth)
	case s.tag("<i4>"):
		v, ok = s.xmlInt("</i4>")
	case s.tag("<i8>"):
		v, ok = s.xmlInt("</i8>")
	case s.tag("<nil/>"), s.tag("<string/>"):
		v, ok = s.build.Null(), true
	}
	if !ok {
		return nil, false
	}
	s.space()
	return v, s.tag("</value>")
}

// raw is the text up to the next tag.
func (s *scan) raw() ([]byte, bool) {
	end := bytes.IndexByte(s.data[s.at:], '<')
	if end < 0 {
		return nil, false
	}
	text := s.data[s.at : s.at+end]
	s.at += end
	return text, true
}

func (s *scan) xmlText(end string) (any, bool) {
	text, ok := s.raw()
	if !ok || !s.tag(end) {
		return nil, false
	}
	if len(text) == 0 {
		return s.build.Null(), true // which cannot be told from an empty text
	}
	plain, ok := unescaped(text)
	if !ok {
		return nil, false
	}
	return s.build.Text(string(plain)), true
}

// unescaped is false for a text with characters that XML changes or forbids,
// and for escapes other than XML's own five and numbers.
func unescaped(text []byte) ([]byte, bool) {
	escapes, ascii := false, true
	for _, c := range text {
		switch {
		case c == '&':
			escapes = true
		case c < ' ' && c != '\n' && c != '\t', c == ']': // "]]>" is an error; a lone one is rare
			return nil, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	if !ascii && (!utf8.Valid(text) || bytes.Contains(text, []byte("\uFFFE")) || bytes.Contains(text, []byte("\uFFFF"))) {
		return nil, false
	}
	if !escapes {
		return text, true
	}
	out := make([]byte, 0, len(text))
	for {
		at := bytes.IndexByte(text, '&')
		if at < 0 {
			return append(out, text...), true
		}
		out = append(out, text[:at]...)
		end := bytes.IndexByte(text[at:], ';')
		if end < 0 {
			return nil, false
		}
		switch string(text[at+1 : at+end]) {
		case "amp":
			out = append(out, '&')
		case "lt":
			out = append(out, '<')
		case "gt":
			out = append(out, '>')
		case "quot":
			out = append(out, '"')
		case "apos":
			out = append(out, '\'')
		default:
			return nil, false
		}
		text = text[at+end+1:]
	}
}

func (s *scan) xmlInt(end string) (any, bool) {
	text, ok := s.raw()
	if !ok || !s.tag(end) {
		return nil, false
	}
	if len(text) == 0 {
		return s.build.Null(), true
	}
	i, err := strconv.ParseInt(string(text), 10, 64)
	return s.build.Int(i), err == nil
}

func (s *scan) xmlBool() (any, bool) {
	switch {
	case s.tag("1</boolean>"):
		return s.build.Bool(true), true
	case s.tag("0</boolean>"):
		return s.build.Bool(false), true
	}
	return nil, false
}

func (s *scan) xmlDouble() (any, bool) {
	text, ok := s.raw()
	if !ok || !s.tag("</double>") {
		return nil, false
	}
	f, err := strconv.ParseFloat(string(text), 64)
	return s.build.Float(f), err == nil
}

func (s *scan) xmlArray(depth int) (any, bool) {
	base := len(s.stack)
	if s.space(); !s.tag("<data/>") {
		if !s.tag("<data>") {
			return nil, false
		}
		for {
			if s.space(); s.tag("</data>") {
				break
			}
			v, ok := s.xmlValue(depth + 1)
			if !ok {
				return nil, false
			}
			s.stack = append(s.stack, v)
		}
	}
	s.space()
	return s.list(base), s.tag("</array>")
}

func (s *scan) xmlStruct(depth int) (any, bool) {
	base, names := len(s.stack), len(s.names)
	for {
		if s.space(); s.tag("</struct>") {
			return s.record(base, names), true
		}
		if !s.tags("<member>", "<name>") {
			return nil, false
		}
		text, ok := s.raw()
		if !ok || len(text) == 0 || !s.tag("</name>") {
			return nil, false
		}
		name, ok := unescaped(text)
		if !ok {
			return nil, false
		}
		s.names = append(s.names, s.word(name))
		s.space()
		v, ok := s.xmlValue(depth + 1)
		if !ok || !s.tags("</member>") {
			return nil, false
		}
		s.stack = append(s.stack, v)
	}
}

// readXML reads the answer of an XML-RPC method with a Builder.
func readXML(s *scan, body []byte, b Builder) (any, error) {
	if v, ok := s.reset(body, b).quickXML(); ok {
		return v, nil
	}
	v, err := decodeXML(body)
	if err != nil {
		return nil, err
	}
	return rebuild(b, v), nil
}
