package conduct

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
)

func TestARunSaysWhatItWasMeasuredOn(t *testing.T) {
	part := func(name, postgres string, modules map[string]string) standing {
		return standing{Part: Part{Topology: headroom.Topology{Name: name}}, databases: []string{name}, modules: modules,
			target: headroom.Target{Versions: map[string]string{"erp": "19", "postgresql": postgres, "pgbouncer": ""}}}
	}
	var said []string
	s := Spec{Tool: "devel", Engines: map[string]string{"k6": "v1.8.1", "headroom": "devel"}, Say: func(f string, _ ...any) { said = append(said, f) }}
	var info headroom.RunInfo
	s.describe(t.Context(), estate{part("hub", "15.14", map[string]string{"stock": "19.0.1.1"}), part("depot", "16.1", nil)}, &info)
	v := maps.Clone(info.Versions)
	for _, name := range []string{"kernel", "sqlite"} {
		if v[name] == "" {
			t.Errorf("the version of %s is not known", name)
		}
		delete(v, name)
	}
	want := map[string]string{"headroom": "devel", "k6": "v1.8.1", "erp": "19", "postgresql": "15.14", "depot/postgresql": "16.1"}
	if !maps.Equal(v, want) || len(said) > 0 {
		t.Errorf("got %v, want %v; said %v", v, want, said)
	}
	if info.Modules["stock"] != "19.0.1.1" || info.Machine == nil || info.Machine.Kernel != info.Versions["kernel"] {
		t.Errorf("modules %v, machine %+v", info.Modules, info.Machine)
	}
}

// A database that does not answer costs its version, not the run.
func TestAVersionThatNobodyTells(t *testing.T) {
	var said strings.Builder
	s := Spec{Say: func(f string, args ...any) { said.WriteString(f) }}
	one := standing{databases: []string{"hub"}, target: headroom.Target{Versions: map[string]string{"odoo": "19.0"},
		DSN: func(string) headroom.Secret { return "postgres://odoo:geheim@127.0.0.1:1/hub?connect_timeout=2" }}}
	if v := s.targetVersions(t.Context(), one); v["odoo"] != "19.0" || v["postgresql"] != "" {
		t.Errorf("versions %v", v)
	}
	if !strings.Contains(said.String(), "PostgreSQL") {
		t.Errorf("said %q", said.String())
	}
	if _, err := serverVersion(t.Context(), "postgres://odoo:geheim@127.0.0.1:1/hub"); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("%v", err)
	}
}

func TestAnsweredCountsWhatTheERPAnswered(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	bundle, err := results.Create(dir, headroom.RunInfo{ID: "r"})
	if err != nil {
		t.Fatal(err)
	}
	part, err := results.OpenPart(bundle.PartPath("k6"), "k6")
	if err != nil {
		t.Fatal(err)
	}
	var list []headroom.Request
	for i := range 10 {
		r := headroom.Request{Arrival: uint64(i + 1), N: 1, Site: []string{"hub", "depot"}[i%2], Process: "order", Step: "create", Protocol: "jsonrpc", Status: 200, Outcome: headroom.OK}
		if i >= 8 {
			r.Status, r.Outcome = 0, headroom.Timeout
		}
		list = append(list, r)
	}
	if err := part.Record(headroom.Records{Requests: list}); err != nil {
		t.Fatal(err)
	}
	if err := part.Close(); err != nil {
		t.Fatal(err)
	}
	s := Spec{Dir: dir}
	for _, c := range []struct {
		sites         []string
		atLeast, want int
	}{{[]string{"hub"}, 100, 4}, {[]string{"hub", "depot"}, 100, 8}, {[]string{"hub", "depot"}, 3, 3}, {nil, 100, 0}} {
		if n := s.answered(c.sites)(c.atLeast); n != c.want {
			t.Errorf("%v, %d: %d, want %d", c.sites, c.atLeast, n, c.want)
		}
	}
	if n := (Spec{Dir: dir + "-none"}).answered([]string{"hub"})(1); n != 0 {
		t.Errorf("%d of a run that is not there", n)
	}
}
