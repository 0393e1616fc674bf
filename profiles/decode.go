package profiles

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/headroom-erp/headroom"
)

// optional are the keys that may be left out though they are always written:
// they have a default, or another key decides whether they are needed.
var optional = map[string]bool{
	"Plan.catalogue": true, "Catalogue.products": true, "Catalogue.popularity": true,
	"Catalogue.opening_stock": true, "Catalogue.partners": true,
	"Demo.lead_in": true,
}

// decode fills a plan and notes the position of every path.
func (l *loader) decode(root *yaml.Node, p *headroom.Plan) {
	l.value(root, reflect.ValueOf(p).Elem(), "")
}

func (l *loader) value(n *yaml.Node, v reflect.Value, path string) {
	if _, ok := l.pos.at[path]; !ok {
		l.pos.at[path] = position(n)
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		l.value(n, v.Elem(), path)
	case reflect.Struct:
		if l.is(n, yaml.MappingNode, path, "keys and values") {
			l.fields(n, v, path)
		}
	case reflect.Map:
		if l.is(n, yaml.MappingNode, path, "names and values") {
			l.entries(n, v, path)
		}
	case reflect.Slice:
		if l.is(n, yaml.SequenceNode, path, "a list") {
			v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
			for i, c := range n.Content {
				l.value(c, v.Index(i), item(path, i))
			}
		}
	default:
		l.scalar(n, v, path)
	}
}

func (l *loader) is(n *yaml.Node, kind yaml.Kind, path, want string) bool {
	if n.Kind != kind {
		l.wrongKind(n, path, want)
	}
	return n.Kind == kind
}

// wrongKind says what was wanted and what is there, without quoting more than
// a short scalar.
func (l *loader) wrongKind(n *yaml.Node, path, want string) {
	got := "keys and values"
	switch {
	case n.Kind == yaml.SequenceNode:
		got = "a list"
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		got = "empty"
	case n.Kind == yaml.ScalarNode:
		got = quote(n.Value)
	}
	what := fmt.Sprintf("%s must be %s, and is %s", nameOf(path), want, got)
	do := ""
	if want == wantText && n.Kind == yaml.ScalarNode && got != "empty" {
		do = "put it in quotes"
	}
	l.addAt(position(n), headroom.Problem{Path: path, What: what, Do: do})
}

func nameOf(path string) string {
	if path == "" {
		return "the plan"
	}
	return path
}

// fields fills a struct; l.pos.at[path] is set.
func (l *loader) fields(n *yaml.Node, v reflect.Value, path string) {
	t := v.Type()
	index := map[string]reflect.StructField{}
	var keys []string
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous {
			continue // its fields are visible themselves
		}
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key == "-" {
			continue // no plan says it
		}
		index[key] = f
		keys = append(keys, key)
	}
	seen, meant := map[string]int{}, map[string]bool{}
	for key, value := range l.pairs(n, path, seen) {
		f, ok := index[key.Value]
		if !ok {
			if m := l.unknownKey(key, path, keys); m != "" {
				meant[m] = true
				l.fresh = append(l.fresh, join(path, m))
			}
			continue
		}
		l.value(value, v.FieldByIndex(f.Index), join(path, key.Value))
	}
	for _, key := range keys {
		omittable := strings.HasSuffix(index[key].Tag.Get("yaml"), ",omitempty") || optional[t.Name()+"."+key]
		if seen[key] == 0 && !omittable && !meant[key] {
			l.addAt(position(n), headroom.Problem{Path: join(path, key),
				What: fmt.Sprintf("%s needs the key %q", nameOf(path), key)})
		}
	}
}

// unknownKey reports a key and returns the one that was probably meant, or "".
func (l *loader) unknownKey(key *yaml.Node, path string, keys []string) (meant string) {
	do := "the keys here are " + strings.Join(keys, ", ")
	if meant = suggest(key.Value, keys); meant != "" {
		do = fmt.Sprintf("did you mean %q?", meant)
	}
	l.addAt(position(key), headroom.Problem{Path: join(path, key.Value),
		What: "unknown key " + quote(key.Value), Do: do})
	return meant
}

func (l *loader) entries(n *yaml.Node, v reflect.Value, path string) {
	v.Set(reflect.MakeMap(v.Type()))
	for key, value := range l.pairs(n, path, map[string]int{}) {
		at := join(path, key.Value)
		l.pos.at[at] = position(key)
		e := reflect.New(v.Type().Elem()).Elem()
		l.value(value, e, at)
		v.SetMapIndex(reflect.ValueOf(key.Value), e)
	}
}

// pairs yields the keys of a mapping with their values, each key once; seen
// maps a key to its line.
func (l *loader) pairs(n *yaml.Node, path string, seen map[string]int) func(func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind != yaml.ScalarNode {
				l.addAt(position(key), headroom.Problem{Path: path, What: "a key must be a single word"})
				continue
			}
			if line, ok := seen[key.Value]; ok {
				l.addAt(position(key), headroom.Problem{Path: join(path, key.Value),
					What: fmt.Sprintf("key %s is here for the second time, first on line %d", quote(key.Value), line),
					Do:   "keep one of the two"})
				continue
			}
			seen[key.Value] = max(1, key.Line)
			if !yield(key, n.Content[i+1]) {
				return
			}
		}
	}
}

const wantText = "text"

// scalar fills a text, number or truth value. Numbers are what YAML takes for
// a number, so that 1.5 workers or "four" never pass.
func (l *loader) scalar(n *yaml.Node, v reflect.Value, path string) {
	tag := ""
	if n.Kind == yaml.ScalarNode {
		tag = n.ShortTag()
	}
	switch v.Kind() {
	case reflect.String:
		if tag != "!!str" && tag != "!!timestamp" {
			l.wrongKind(n, path, wantText)
			return
		}
		v.SetString(n.Value)
	case reflect.Bool:
		if tag != "!!bool" || n.Decode(v.Addr().Interface()) != nil {
			l.wrongKind(n, path, "true or false")
		}
	case reflect.Int:
		if tag != "!!int" || n.Decode(v.Addr().Interface()) != nil {
			v.SetInt(0)
			l.wrongKind(n, path, "a whole number")
		}
	case reflect.Float64:
		if tag != "!!int" && tag != "!!float" || n.Decode(v.Addr().Interface()) != nil ||
			math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0) {
			v.SetFloat(0)
			l.wrongKind(n, path, "a number")
		}
	default:
		panic("profiles: a plan has a field of kind " + v.Kind().String())
	}
}

// quote shows a value in a message, cut to what fits on a line.
func quote(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
