package odoo

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/headroom-erp/headroom"
)

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

var errNotFinite = errors.New("cannot send a number that is not finite")

// An encoder writes arguments, revealing secrets and collecting them. The first
// error stays.
type encoder struct {
	out     []byte
	secrets []headroom.Secret
	err     error
}

// plain reduces a value of another type to one that is written.
func (e *encoder) plain(v any) any {
	p := plain{secrets: e.secrets}
	v, err := p.value(v)
	e.secrets = p.secrets
	if err != nil && e.err == nil {
		e.err = err
	}
	return v
}

func (e *encoder) write(text string) { e.out = append(e.out, text...) }

// json writes a value; members in the order of their names.
func (e *encoder) json(v any) {
	switch v := v.(type) {
	case nil:
		e.write("null")
	case bool:
		e.out = strconv.AppendBool(e.out, v)
	case int64:
		e.out = strconv.AppendInt(e.out, v, 10)
	case uint64:
		e.out = strconv.AppendUint(e.out, v, 10)
	case float64:
		e.jsonFloat(v)
	case string:
		e.jsonText(v)
	case headroom.Secret:
		e.secrets = append(e.secrets, v)
		e.jsonText(v.Reveal())
	case []any:
		e.write("[")
		for i := range v {
			if i > 0 {
				e.write(",")
			}
			e.json(v[i])
		}
		e.write("]")
	case map[string]any:
		e.write("{")
		for i, k := range sortedKeys(v) {
			if i > 0 {
				e.write(",")
			}
			e.jsonText(k)
			e.write(":")
			e.json(v[k])
		}
		e.write("}")
	default:
		e.json(e.plain(v))
	}
}

func (e *encoder) jsonFloat(f float64) {
	text, err := json.Marshal(f)
	if err != nil && e.err == nil {
		e.err = errNotFinite
	}
	e.out = append(e.out, text...)
}

func (e *encoder) jsonText(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			e.jsonOddText(s)
			return
		}
	}
	e.out = append(e.out, '"')
	e.out = append(e.out, s...)
	e.out = append(e.out, '"')
}

func (e *encoder) jsonOddText(s string) {
	text, err := encodeJSON(s)
	if err != nil && e.err == nil {
		e.err = err
	}
	e.out = append(e.out, bytes.TrimSuffix(text, []byte("\n"))...)
}

// xml writes a value of XML-RPC. nil becomes false, which is what Odoo takes
// for "no value".
func (e *encoder) xml(v any) {
	switch v := v.(type) {
	case nil:
		e.write("<value><boolean>0</boolean></value>")
	case bool:
		if v {
			e.write("<value><boolean>1</boolean></value>")
		} else {
			e.write("<value><boolean>0</boolean></value>")
		}
	case int64:
		e.write("<value><int>")
		e.out = strconv.AppendInt(e.out, v, 10)
		e.write("</int></value>")
	case uint64:
		e.write("<value><i4>")
		e.out = strconv.AppendUint(e.out, v, 10)
		e.write("</i4></value>")
	case float64:
		if !finite(v) && e.err == nil {
			e.err = errNotFinite
		}
		e.write("<value><double>")
		e.out = strconv.AppendFloat(e.out, v, 'f', -1, 64)
		e.write("</double></value>")
	case string:
		e.write("<value><string>")
		e.xmlText(v)
		e.write("</string></value>")
	case headroom.Secret:
		e.secrets = append(e.secrets, v)
		e.xml(v.Reveal())
	case []any:
		e.write("<value><array><data>")
		for i := range v {
			e.xml(v[i])
		}
		e.write("</data></array></value>")
	case map[string]any:
		e.write("<value><struct>")
		for _, k := range sortedKeys(v) {
			e.write("<member><name>")
			e.xmlText(k)
			e.write("</name>")
			e.xml(v[k])
			e.write("</member>")
		}
		e.write("</struct></value>")
	default:
		e.xml(e.plain(v))
	}
}

func (e *encoder) xmlText(s string) {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c >= utf8.RuneSelf, c == '&', c == '<', c == '>', c == '"', c == '\'':
			var b bytes.Buffer
			_ = xml.EscapeText(&b, []byte(s)) // a Buffer does not fail
			e.out = append(e.out, b.Bytes()...)
			return
		}
	}
	e.out = append(e.out, s...)
}

// methodCall writes a call of XML-RPC.
func (e *encoder) methodCall(method string, args ...any) {
	e.write(`<?xml version="1.0" encoding="UTF-8"?><methodCall><methodName>`)
	e.xmlText(method)
	e.write("</methodName><params>")
	for _, a := range args {
		e.write("<param>")
		e.xml(a)
		e.write("</param>")
	}
	e.write("</params></methodCall>")
}
