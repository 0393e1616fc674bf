package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom/results"
	"github.com/headroom-erp/headroom/scenarios"
)

// TestDocumentedProcess runs the example of docs/process.md as it stands there:
// a script beside a plan that names it by its relative path.
func TestDocumentedProcess(t *testing.T) {
	text, err := os.ReadFile("../../docs/process.md")
	if err != nil {
		t.Fatal(err)
	}
	script, processes := block(t, string(text), "js"), block(t, string(text), "yaml")
	folder := t.TempDir()
	plan := filepath.Join(folder, "plan.yaml")
	for path, content := range map[string]string{
		filepath.Join(folder, "customer_call.js"): script,
		plan: "headroom: 1\nname: documented\n" +
			"sites: [{name: hub, time_zone: Europe/Berlin, users: 4}]\n" +
			"catalogue: {products: 20, popularity: 0.8, opening_stock: 1000, partners: 3}\n" + processes +
			"topologies: [{name: small, web: {workers: 6, cores: 16}, database: {cores: 16}}]\n",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	workspace := filepath.Join(t.TempDir(), "w")
	cmd := exec.Command(binary, "run", plan, "--target", "erp", "--topology", "small",
		"--from", "2026-11-20 10:00", "--for", "6s", "--lead-in", "2s", "--workspace", workspace)
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("headroom run: %v\n%s", err, said)
	}
	if !strings.Contains(string(said), "notes on sale orders") {
		t.Errorf("what the script writes was not said before the run:\n%s", said)
	}
	run, err := results.Open(filepath.Join(workspace, "runs", "small"))
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	got := newAccount()
	got.add(t, run)
	if want := []string{"find", "deliveries", "note"}; !slices.Equal(got.steps["customer_call"], want) || got.done["customer_call"] == 0 {
		t.Errorf("%d calls with the steps %v, want %v", got.done["customer_call"], got.steps["customer_call"], want)
	}
}

// block is the first fenced block of a language.
func block(t *testing.T, text, language string) string {
	t.Helper()
	found := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("docs/process.md has no %s block", language)
	}
	return found[1]
}

// TestDocumentedNamesAreTrue: the tables of docs/process.md name every scenario,
// key of a script's first lines and member of erp.
func TestDocumentedNamesAreTrue(t *testing.T) {
	text, err := os.ReadFile("../../docs/process.md")
	if err != nil {
		t.Fatal(err)
	}
	types, err := os.ReadFile("../../xk6/odoo/index.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	_, erp, _ := strings.Cut(string(types), "export interface ERP {")
	members := regexp.MustCompile(`(?m)^  (?:readonly )?(\w+)[(:<]`).FindAllStringSubmatch(erp, -1)
	if len(members) < 8 {
		t.Fatalf("index.d.ts declares %d members", len(members))
	}
	for _, m := range members {
		if !strings.Contains(string(text), "erp."+m[1]) {
			t.Errorf("docs/process.md does not tell of erp.%s", m[1])
		}
	}
	for _, s := range scenarios.All() {
		if !strings.Contains(string(text), "`"+s.Name+"`") {
			t.Errorf("docs/process.md does not tell of the scenario %s", s.Name)
		}
	}
}
