package main

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/headroom-erp/headroom"
)

// fillIn gives every part of a value something that is not nothing.
func fillIn(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillIn(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			fillIn(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fillIn(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fillIn(key)
		fillIn(value)
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(1)
	case reflect.Float64:
		v.SetFloat(0.3)
	default:
		panic("a model has a " + v.Kind().String())
	}
}

// A model with all that one can hold is the same when it was written and read.
func TestModelFilesAreReadAsTheyWereWritten(t *testing.T) {
	var want headroom.Model
	fillIn(reflect.ValueOf(&want).Elem())
	want.Classes[1].Name = "y" // two of one name are refused
	want.Journeys[1].Process = "y"
	path := filepath.Join(t.TempDir(), "model.json")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := first(indented(want)(f), f.Close()); err != nil {
		t.Fatal(err)
	}
	got, err := readModel(path)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v: read %+v, written %+v", err, got, want)
	}
}
