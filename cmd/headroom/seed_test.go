package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom/odoo"
)

// A rehearsal on the stand-in: two companies of one database with all that
// the plan needs, and nothing stays.
func TestSeedRehearsal(t *testing.T) {
	var out, said bytes.Buffer
	cmd := exec.Command(binary, "seed", filepath.Join("testdata", "seeded.yaml"), "--target", "erp", "--json")
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	var got struct {
		Version string
		Seconds float64
		Sites   []seededSite
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if !(got.Seconds > 0) || got.Version == "" || len(got.Sites) != 2 || got.Sites[0].Company == got.Sites[1].Company {
		t.Fatalf("told %+v", got)
	}
	for i, name := range []string{"hub", "north"} {
		want := seededSite{Site: name, Database: "hub", Company: got.Sites[i].Company, Warehouse: got.Sites[i].Warehouse, TwoStep: true,
			Products: 120, Partners: 10, Bins: 6, Users: 3, OpenOrders: 15, OpenReceipts: 4, OpenDeliveries: 6}
		if got.Sites[i] != want {
			t.Errorf("told %+v, want %+v", got.Sites[i], want)
		}
	}
	for _, text := range []string{"seeding hub: 120 products", "seeding north: company North GmbH", "seeding north: 15 open orders"} {
		if !strings.Contains(said.String(), text) {
			t.Errorf("the progress does not say %q:\n%s", text, said.String())
		}
	}
}

func TestShowCleaning(t *testing.T) {
	var b strings.Builder
	c := odoo.Cleaning{Database: "hub", Removed: []odoo.CleanedRecord{{Model: "sale.order", Count: 33}},
		Archived: []odoo.CleanedRecord{{Model: "product.product", Count: 7, Why: "it moved"}}, Left: []odoo.CleanedRecord{{Model: "account.move", Count: 1, Why: "posted"}}}
	if err := showCleaning(&b, c); err != nil {
		t.Fatal(err)
	}
	if err := showCleaning(&b, odoo.Cleaning{Database: "bare"}); err != nil {
		t.Fatal(err)
	}
	const want = `database hub
  removed   33  sale.order       
  archived  7   product.product  it moved
  left      1   account.move     posted
database bare
  there was nothing of headroom's
`
	if got := b.String(); got != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}
