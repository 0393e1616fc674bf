package odoo

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/kolo/xmlrpc"

	"github.com/headroom-erp/headroom"
)

// quickSeeds are answers of Odoo, and what is none or nearly.
var quickJSONSeeds = []string{
	`{"jsonrpc": "2.0", "id": 1, "result": [{"id": 4711, "name": "S04711", "total": 129.95, "partner": [101, "Smith & Söhne"], "x": false, "y": null}]}`,
	`[]`, `{}`, ` [ 1 , -0 , 0.5e3, 1E-2, 9223372036854775807, 9223372036854775808, 1e999 ] `, `"a\u00e9\n\ud83d\ude00"`, `"\ud800"`,
	`[01]`, `[1.]`, `[.5]`, `[1e]`, `[+1]`, `{"a":1,"a":2}`, `{"a":1,}`, `[1,]`, `tru`, `nulls`, `"a` + "\x01" + `"`, `"` + "\xff" + `"`, `{"a" 1}`, `1 2`, ``, `"`, `"\`,
	strings.Repeat("[", 300) + strings.Repeat("]", 300),
}

func FuzzQuickJSON(f *testing.F) {
	for _, s := range quickJSONSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := scan{data: data, build: plainBuilder{}}
		got, ok := s.quickJSON()
		if !ok {
			return
		}
		want, err := decodeJSON(data)
		if err != nil || !same(got, want) {
			t.Errorf("%q is %#v, the standard library says %#v, %v", data, got, want, err)
		}
		if len(s.stack) != 0 || len(s.names) != 0 {
			t.Errorf("%q leaves %d values and %d names behind", data, len(s.stack), len(s.names))
		}
	})
}

// same is reflect.DeepEqual, but NaN equals itself.
func same(a, b any) bool {
	x, ok := a.(float64)
	y, also := b.(float64)
	if ok && also && math.IsNaN(x) && math.IsNaN(y) {
		return true
	}
	if l, ok := a.([]any); ok {
		r, ok := b.([]any)
		if !ok || len(l) != len(r) {
			return false
		}
		for i := range l {
			if !same(l[i], r[i]) {
				return false
			}
		}
		return true
	}
	if l, ok := a.(map[string]any); ok {
		r, ok := b.(map[string]any)
		if !ok || len(l) != len(r) {
			return false
		}
		for k := range l {
			if v, ok := r[k]; !ok || !same(l[k], v) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}

func TestQuickJSONReadsWhatServersSend(t *testing.T) {
	for _, text := range quickJSONSeeds[:5] {
		s := scan{data: []byte(text), build: plainBuilder{}}
		if _, ok := s.quickJSON(); !ok {
			t.Errorf("%s is left to the slow reader", text)
		}
	}
}

func TestEnvelopes(t *testing.T) {
	for text, want := range map[string]envelope{
		`{"jsonrpc":"2.0","id":1,"result":[1]}`:      {version: "2.0", result: []any{int64(1)}},
		`{"id":null, "jsonrpc":"2.0"}`:               {version: "2.0"},
		`{"jsonrpc":"2.0","error":{"message":"no"}}`: {version: "2.0", failure: map[string]any{"message": "no"}},
		strings.Replace(`{"jsonrpc":"2.0","result":@}`, "@", strings.Repeat("[", 250)+"7"+strings.Repeat("]", 250), 1): {version: "2.0", result: nested(250)},
		`[1]`: {}, `"text"`: {},
	} {
		got, err := readEnvelope(&scan{}, []byte(text), plainBuilder{})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%.60s: got %#v, %v", text, got, err)
		}
	}
	for _, bad := range []string{``, `{"jsonrpc":"2.0"`, `{"jsonrpc":"2.0"} x`, `<html>`} {
		if e, err := readEnvelope(&scan{}, []byte(bad), plainBuilder{}); err == nil {
			t.Errorf("%s gives %#v", bad, e)
		}
	}
}

func nested(depth int) any {
	var v any = int64(7)
	for range depth {
		v = []any{v}
	}
	return v
}

func wrap(value string) string { return xmlValue(value) }

var quickXMLSeeds = []string{
	wrap("<int>7</int>"), wrap("<nil/>"), wrap("<string>a &amp; b &lt;c&gt; &quot;&apos;</string>"), wrap("<string></string>"), wrap("<string/>"),
	wrap("<boolean>1</boolean>"), wrap("<double>1.5e-05</double>"), wrap("<i4>-3</i4>"), wrap("<i8>9000000000</i8>"),
	wrap("<array><data>\n<value><int>1</int></value>\n<value><string>Söhne</string></value>\n</data></array>"), wrap("<array><data>\n</data></array>"), wrap("<array><data/></array>"),
	wrap("<struct>\n<member>\n<name>id</name>\n<value><int>1</int></value>\n</member>\n<member>\n<name>a&amp;b</name>\n<value><nil/></value>\n</member>\n</struct>"), wrap("<struct></struct>"),
	wrap("<string>&#65;</string>"), wrap("<string>a\rb</string>"), wrap("<string>a]]>b</string>"), wrap("<string>\x01</string>"), wrap("<string>\xff</string>"), wrap("bare"), wrap(""),
	wrap("<dateTime.iso8601>20261120T16:44:30</dateTime.iso8601>"), wrap("<base64>YQ==</base64>"), wrap("<int> 7 </int>"), wrap("<int></int>"), wrap("<boolean>true</boolean>"),
	wrap("<string><![CDATA[x]]></string>"), wrap("<string>x<!-- y --></string>"), wrap("<double>nan</double>"),
	"<?xml version='1.0' encoding='latin-1'?>" + wrap("<int>7</int>"), wrap("<int>7</int>") + "x", "<html/>", "",
}

func FuzzQuickXML(f *testing.F) {
	for _, s := range quickXMLSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := scan{data: data, build: plainBuilder{}}
		got, ok := s.quickXML()
		if !ok {
			return
		}
		want, err := decodeXML(data)
		if err != nil || !same(got, want) {
			t.Errorf("%q is %#v, the codec says %#v, %v", data, got, want, err)
		}
	})
}

func TestQuickXMLReadsWhatServersSend(t *testing.T) {
	for _, text := range quickXMLSeeds[:14] {
		s := scan{data: []byte(text), build: plainBuilder{}}
		if _, ok := s.quickXML(); !ok {
			t.Errorf("%s is left to the slow reader", text)
		}
	}
}

// What is left to the slow readers comes out the same, with any Builder.
func TestSlowAnswersAreRebuilt(t *testing.T) {
	v, err := readXML(&scan{}, []byte(wrap("<array><data><value><dateTime.iso8601>20261120T16:44:30</dateTime.iso8601></value><value><struct><member><name>a</name><value><double>1.5</double></value></member></struct></value></data></array>")), plainBuilder{})
	if want := []any{"2026-11-20 16:44:30", map[string]any{"a": 1.5}}; err != nil || !reflect.DeepEqual(v, want) {
		t.Errorf("got %#v, %v", v, err)
	}
	in := []any{nil, true, int64(1), 1.5, "x", map[string]any{"k": []any{}}}
	if got := rebuild(plainBuilder{}, in); !reflect.DeepEqual(got, in) {
		t.Errorf("got %#v", got)
	}
}

// Both encodings are what the libraries before them understand.
func TestEncodings(t *testing.T) {
	in := map[string]any{
		"a<b": []int64{1, -2}, "text": "Söhne & \"Co\"\n<x>\u2028", "secret": headroom.Secret("s3"), "f": 0.1, "big": 1e21, "u": uint16(7),
		"t": true, "z": false, "list": []any{"x", map[string]any{}, []any{}}, "rows": []map[string]int{{"n": 3}},
	}
	var e encoder
	e.json(in)
	got, err := decodeJSON(e.out)
	want := map[string]any{
		"a<b": []any{int64(1), int64(-2)}, "text": "Söhne & \"Co\"\n<x>\u2028", "secret": "s3", "f": 0.1, "big": 1e21, "u": int64(7),
		"t": true, "z": false, "list": []any{"x", map[string]any{}, []any{}}, "rows": []any{map[string]any{"n": int64(3)}},
	}
	if e.err != nil || err != nil || !reflect.DeepEqual(got, want) || len(e.secrets) != 1 {
		t.Errorf("JSON: %s\n%#v, %v, %v", e.out, got, err, e.err)
	}
	var x encoder
	x.xml(in)
	got, err = decodeXML([]byte("<methodResponse><params><param>" + string(x.out) + "</param></params></methodResponse>"))
	if x.err != nil || err != nil || !same(got, want) || len(x.secrets) != 1 {
		t.Errorf("XML: %s\n%#v, %v, %v", x.out, got, err, x.err)
	}
	var call encoder
	call.methodCall("execute_kw", "db", int64(7), []any{[]any{int64(1)}, map[string]any{"limit": int64(5)}}, nil)
	known, err := xmlrpc.EncodeMethodCall("execute_kw", "db", int64(7), []any{[]any{int64(1)}, map[string]any{"limit": int64(5)}}, false)
	if err != nil || string(call.out) != string(known) {
		t.Errorf("call %s, the codec writes %s", call.out, known)
	}
	for _, bad := range []any{math.NaN(), math.Inf(1), func() {}, []any{make(chan int)}, map[string]any{"x": &struct{}{}}} {
		var a, b encoder
		a.json(bad)
		b.xml(bad)
		if a.err == nil || b.err == nil {
			t.Errorf("%T was written as %s and %s", bad, a.out, b.out)
		}
	}
}

func TestJSONIsWrittenAsTheStandardLibraryDoes(t *testing.T) {
	for _, v := range []any{0.0, -0.5, 1e-7, 1e20, 123456789.125, "", "a\tb", "\xff", "</script>", nil, int64(math.MinInt64)} {
		var e encoder
		e.json(v)
		want, err := encodeJSON(v)
		if err != nil || string(e.out)+"\n" != string(want) {
			t.Errorf("%v is written %s, want %s", v, e.out, want)
		}
	}
}
