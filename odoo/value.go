package odoo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/headroom-erp/headroom"
)

// plain turns arguments into nil, bool, int64, uint64, float64, string, []any
// and map[string]any, revealing secrets and collecting them.
type plain struct{ secrets []headroom.Secret }

func (p *plain) value(v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case headroom.Secret:
		p.secrets = append(p.secrets, v)
		return v.Reveal(), nil
	case bool, string:
		return v, nil
	case int64:
		return v, nil
	case float64:
		if !finite(v) {
			return nil, errNotFinite
		}
		return v, nil
	case []any:
		out := make([]any, len(v))
		for i := range v {
			var err error
			if out[i], err = p.value(v[i]); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, item := range v {
			var err error
			if out[key], err = p.value(item); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return p.reflected(reflect.ValueOf(v))
}

// reflected takes the types that calls from Go bring: []int64, []string, …
func (p *plain) reflected(v reflect.Value) (any, error) {
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.String:
		return v.String(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return v.Uint(), nil
	case reflect.Float32, reflect.Float64:
		return p.value(v.Float())
	case reflect.Slice, reflect.Array:
		out := make([]any, v.Len())
		for i := range out {
			var err error
			if out[i], err = p.value(v.Index(i).Interface()); err != nil {
				return nil, err
			}
		}
		return out, nil
	case reflect.Map:
		if v.Type().Key().Kind() == reflect.String {
			out := make(map[string]any, v.Len())
			for it := v.MapRange(); it.Next(); {
				item, err := p.value(it.Value().Interface())
				if err != nil {
					return nil, err
				}
				out[it.Key().String()] = item
			}
			return out, nil
		}
	}
	return nil, fmt.Errorf("cannot send a %s", v.Type())
}

func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// decodeJSON reads one JSON value and nothing after it. Numbers written
// without fraction or exponent are int64, if they fit; all others float64.
func decodeJSON(data []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return numbers(v), nil
}

// numbers resolves json.Number in place.
func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if i, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return i
		}
		f, _ := strconv.ParseFloat(string(v), 64) // the decoder checked its form; beyond range it is infinite
		return f
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	}
	return v
}

// times writes times as Odoo does; XML-RPC has a type for them.
func times(v any) any {
	switch v := v.(type) {
	case time.Time:
		return v.Format("2006-01-02 15:04:05")
	case []any:
		for i := range v {
			v[i] = times(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = times(v[k])
		}
	}
	return v
}

// integer reads an id or a count.
func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v), true
		}
	}
	return 0, false
}

// reference reads a many2one, which is [id, name], an id, or false.
func reference(v any) (int64, bool) {
	if pair, ok := v.([]any); ok && len(pair) > 0 {
		v = pair[0]
	}
	return integer(v)
}

// integers reads an id or a list of them.
func integers(v any) ([]int64, bool) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	ids := make([]int64, len(list))
	for i := range list {
		if ids[i], ok = integer(list[i]); !ok {
			return nil, false
		}
	}
	return ids, true
}
