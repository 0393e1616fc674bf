package odoo

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

func TestMarker(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for what, c := range map[string]struct {
		params map[string]string
		want   string // "" is allowed
	}{
		"missing":          {nil, "does not carry Headroom's marker"},
		"good":             {map[string]string{markerKey: "hub 2026-11-20T12:00:01Z"}, ""},
		"expired":          {map[string]string{markerKey: "hub 2026-11-20T12:00:00Z"}, "expired at 2026-11-20T12:00:00Z"},
		"a copy's":         {map[string]string{markerKey: "production 2026-12-01T00:00:00Z"}, `names database "production"`},
		"garbage":          {map[string]string{markerKey: "hub"}, "cannot be read"},
		"no time":          {map[string]string{markerKey: "hub tomorrow"}, "cannot be read"},
		"neutralised":      {map[string]string{"database.is_neutralized": "true"}, "does not carry"},
		"not neutralised":  {map[string]string{"database.is_neutralized": "false"}, "does not carry"},
		"both and expired": {map[string]string{"database.is_neutralized": "True", markerKey: "hub 2020-01-01T00:00:00Z"}, "expired"},
	} {
		t.Run(what, func(t *testing.T) {
			f := newFakeERP()
			for k, v := range c.params {
				f.params[k] = v
			}
			err := CheckAllowed(t.Context(), f.session(t, f.start(t)), "hub", now)
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var input *headroom.InputError
			if !errors.As(err, &input) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "headroom allow") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAllow(t *testing.T) {
	until := time.Date(2026, 11, 20, 14, 0, 0, 0, time.FixedZone("x", 3600))
	carrier := func(kind string, production bool) func(*fakeERP) {
		return func(f *fakeERP) {
			f.add("ir.module.module", map[string]any{"name": "delivery", "state": "installed"})
			f.add("delivery.carrier", map[string]any{"name": "Parcel", "active": true, "prod_environment": production, "delivery_type": kind})
		}
	}
	mail := func(active bool) func(*fakeERP) {
		return func(f *fakeERP) { f.add("ir.mail_server", map[string]any{"active": active}) }
	}
	for what, c := range map[string]struct {
		change func(*fakeERP)
		want   string
	}{
		"nothing live":       {func(*fakeERP) {}, ""},
		"mail server":        {mail(true), "an active mail server"},
		"mail server is off": {mail(false), ""},
		"live carrier":       {carrier("dhl", true), `the carrier "Parcel"`},
		"carrier in test":    {carrier("dhl", false), ""},
		"fixed price":        {carrier("fixed", true), ""},
		"price by rule":      {carrier("base_on_rule", true), ""},
		"neutralised": {func(f *fakeERP) {
			mail(true)(f)
			f.params["database.is_neutralized"] = "true"
		}, ""},
	} {
		t.Run(what, func(t *testing.T) {
			f := newFakeERP()
			c.change(f)
			s := f.session(t, f.start(t))
			err := Allow(t.Context(), s, "hub", until)
			if c.want != "" {
				var input *headroom.InputError
				if !errors.As(err, &input) || !strings.Contains(err.Error(), c.want) || f.params[markerKey] != "" {
					t.Errorf("got %v, marker %q", err, f.params[markerKey])
				}
				return
			}
			if err != nil || f.params[markerKey] != "hub 2026-11-20T13:00:00Z" {
				t.Fatalf("got %v, marker %q", err, f.params[markerKey])
			}
			if err := CheckAllowed(t.Context(), s, "hub", until.Add(-time.Second)); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("another database", func(t *testing.T) {
		f := newFakeERP()
		if err := Allow(t.Context(), f.session(t, f.start(t)), "production", until); err == nil || f.params[markerKey] != "" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no right", func(t *testing.T) {
		f := newFakeERP()
		f.forbid = "ir.config_parameter.get_param"
		err := CheckAllowed(t.Context(), f.session(t, f.start(t)), "hub", until)
		if err == nil || !strings.Contains(err.Error(), "administrator") {
			t.Errorf("got %v", err)
		}
	})
}

func TestLoginsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "logins.json")
	want := headroom.Logins{"hub": {login, {Login: "bob", Password: "x"}}, "office": {}}
	for range 2 { // the second time replaces the first
		if err := WriteLogins(path, want); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	got, err := ReadLogins(path)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %v, %v", len(got), err)
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	hidden, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
	if len(left) != 1 || len(hidden) != 0 {
		t.Errorf("left behind: %v %v", left, hidden)
	}

	refused := func(what, wanted string) {
		t.Helper()
		_, err := ReadLogins(path)
		var input *headroom.InputError
		if !errors.As(err, &input) || !strings.Contains(err.Error(), wanted) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		refused("readable by others", "chmod 600")
	}
	for _, text := range []string{`{"hub":[{"login":"a","passwd":"hunter2"}]}`, "hunter2", "null", ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		refused("not logins", "not a file of logins")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	refused("missing", "cannot read the logins")
	if err := WriteLogins(filepath.Join(path, "no", "folder"), want); err == nil {
		t.Error("wrote into a folder that is not there")
	}
}
