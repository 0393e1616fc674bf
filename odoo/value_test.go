package odoo

import (
	"reflect"
	"testing"

	"github.com/headroom-erp/headroom"
)

func TestPlainValues(t *testing.T) {
	type name string
	in := map[string]any{
		"a<b": []int64{1, 2}, "names": []string{"x"}, "secret": headroom.Secret("s"), "kind": name("k"),
		"f": float32(0.5), "u": uint16(7), "b": true, "nil": nil, "rows": []map[string]int{{"n": 3}},
	}
	want := map[string]any{
		"a<b": []any{int64(1), int64(2)}, "names": []any{"x"}, "secret": "s", "kind": "k",
		"f": 0.5, "u": uint64(7), "b": true, "nil": nil, "rows": []any{map[string]any{"n": int64(3)}},
	}
	var p plain
	if got, err := p.value(in); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, %v", got, err)
	}
	if len(p.secrets) != 1 || p.secrets[0] != "s" {
		t.Errorf("%d secrets were noticed", len(p.secrets))
	}
	for _, bad := range []any{func() {}, map[int]any{}, []any{make(chan int)}, map[string]any{"x": &struct{}{}}} {
		if v, err := p.value(bad); err == nil {
			t.Errorf("%T became %#v", bad, v)
		}
	}
}

func TestDecodeJSONNumbers(t *testing.T) {
	v, err := decodeJSON([]byte(`[1, 1.0, -9223372036854775808, 9223372036854775808, 1e3, {"a": 2}]`))
	want := []any{int64(1), 1.0, int64(-1 << 63), float64(1 << 63), 1000.0, map[string]any{"a": int64(2)}}
	if err != nil || !reflect.DeepEqual(v, want) {
		t.Errorf("got %#v, %v", v, err)
	}
}

func TestIDs(t *testing.T) {
	if ids, ok := integers([]any{int64(4), 5.0}); !ok || !reflect.DeepEqual(ids, []int64{4, 5}) {
		t.Error(ids, ok)
	}
	if ids, ok := integers(int64(4)); !ok || len(ids) != 1 {
		t.Error(ids, ok)
	}
	for _, bad := range []any{"4", []any{int64(1), false}, 4.5, nil} {
		if ids, ok := integers(bad); ok {
			t.Errorf("%v became %v", bad, ids)
		}
	}
	if id, ok := reference(int64(8)); !ok || id != 8 {
		t.Error(id, ok)
	}
	if id, ok := reference([]any{int64(8), "WH/Stock"}); !ok || id != 8 {
		t.Error(id, ok)
	}
	if _, ok := reference(false); ok {
		t.Error("false is no reference")
	}
}
