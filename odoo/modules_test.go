package odoo

import (
	"maps"
	"testing"

	"github.com/headroom-erp/headroom"
)

func TestModules(t *testing.T) {
	f := newFakeERP()
	f.records["ir.module.module"] = nil
	f.add("ir.module.module", map[string]any{"name": "stock", "state": "installed", "latest_version": "19.0.1.1"})
	f.add("ir.module.module", map[string]any{"name": "base", "state": "installed", "latest_version": false})
	f.add("ir.module.module", map[string]any{"name": "crm", "state": "uninstalled", "latest_version": "19.0.1.0"})
	s, err := f.start(t).Login(t.Context(), JSONRPC, "hub", headroom.Login{Login: "admin", Password: adminPassword})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Modules(t.Context(), s)
	if want := map[string]string{"stock": "19.0.1.1", "base": ""}; err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if n := f.calls["ir.module.module.search_read"]; n != 1 {
		t.Errorf("%d calls, want one", n)
	}
	f.forbid = "ir.module.module.search_read"
	if _, err := Modules(t.Context(), s); err == nil {
		t.Error("no error though the user may not read them")
	}
}
