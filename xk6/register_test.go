package xk6_test

import (
	"testing"

	"go.k6.io/k6/ext"
	"go.k6.io/k6/lib"

	_ "github.com/headroom-erp/headroom/xk6"
)

func TestEverythingIsRegistered(t *testing.T) {
	for kind, names := range map[ext.ExtensionType][]string{
		ext.JSExtension:     {"k6/x/odoo", "k6/x/sql", "k6/x/sql/driver/pgx"},
		ext.OutputExtension: {"headroom-record"},
	} {
		for _, name := range names {
			if _, ok := ext.Get(kind)[name]; !ok {
				t.Errorf("%s is not registered", name)
			}
		}
	}
}

func TestTheExecutorChecksItsOptions(t *testing.T) {
	config, err := lib.GetParsedExecutorConfig("headroom", "headroom-arrivals", []byte(`{"executor":"headroom-arrivals","schedule":"s.bin","vus":3}`))
	if err != nil {
		t.Fatal(err)
	}
	if errs := config.Validate(); len(errs) > 0 {
		t.Error(errs)
	}
	if steps := config.GetExecutionRequirements(nil); steps[0].PlannedVUs != 3 || steps[len(steps)-1].PlannedVUs != 0 {
		t.Errorf("asks for %+v", steps)
	}
	if config, err = lib.GetParsedExecutorConfig("headroom", "headroom-arrivals", []byte(`{"executor":"headroom-arrivals"}`)); err != nil || len(config.Validate()) != 2 {
		t.Errorf("neither schedule nor vus: %v", err)
	}
	if _, err := lib.GetParsedExecutorConfig("headroom", "headroom-arrivals", []byte(`{"executor":"headroom-arrivals","rate":5}`)); err == nil {
		t.Error("an unknown option was taken")
	}
}
