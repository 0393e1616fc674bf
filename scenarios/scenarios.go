// Package scenarios knows the business processes that can be played: their
// steps, in which engine, through which door, and the k6 scripts that do them.
// A script holds no rate, stage or pause; when something happens is decided by
// the schedule alone.
package scenarios

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/headroom-erp/headroom"
)

// Engines.
const (
	K6     = "k6"
	Attack = "attack"
)

// A Scenario is a process as it can be played.
type Scenario struct {
	Name     string
	Engine   string        // K6 or Attack
	Protocol string        // "jsonrpc", "json2", "xmlrpc", "sql" or "http"
	Kind     headroom.Kind // how it usually arrives
	Steps    []string      // in order of first use
	Pooled   bool          // its requests hold a web worker
	Describe string        // one line
}

// Classes are the request classes of a process that plays the scenario:
// "process.step".
func (s Scenario) Classes(process string) []string {
	classes := make([]string, len(s.Steps))
	for i, step := range s.Steps {
		classes[i] = process + "." + step
	}
	return classes
}

// all is the registry, in the order in which it is shown.
var all = []Scenario{
	{Name: "order", Engine: K6, Protocol: "jsonrpc", Pooled: true,
		Steps:    []string{"create", "confirm", "read_order", "read_moves", "pick", "ship"},
		Describe: "a clerk takes an order; it is confirmed, picked and shipped"},
	{Name: "receive", Engine: K6, Protocol: "jsonrpc", Pooled: true,
		Steps:    []string{"create", "confirm", "read", "validate"},
		Describe: "goods are purchased and received"},
	{Name: "scan", Engine: K6, Protocol: "json2", Pooled: true,
		Steps:    []string{"lookup"},
		Describe: "a barcode is scanned: product and stock"},
	{Name: "edi_order", Engine: K6, Protocol: "xmlrpc", Kind: headroom.Batched, Pooled: true,
		Steps:    []string{"create", "confirm"},
		Describe: "a partner's order out of an EDI batch"},
	{Name: "invoice", Engine: K6, Protocol: "jsonrpc", Pooled: true,
		Steps:    []string{"find", "wizard", "create", "read", "post"},
		Describe: "a delivered order is invoiced and the invoice posted"},
	{Name: "bi_report", Engine: K6, Protocol: "sql",
		Steps:    []string{"stock_by_product", "orders_by_day"},
		Describe: "a reporting tool reads the database directly"},
	{Name: "portal", Engine: Attack, Protocol: "http", Pooled: true,
		Steps:    []string{"page"},
		Describe: "a customer looks at an order's page"},
	{Name: "webhook", Engine: Attack, Protocol: "http", Pooled: true,
		Steps:    []string{"post"},
		Describe: "another system calls a webhook"},
}

// All is every scenario, in the order in which they are shown.
func All() []Scenario {
	out := make([]Scenario, len(all))
	for i, s := range all {
		s.Steps = append([]string(nil), s.Steps...)
		out[i] = s
	}
	return out
}

// Find is the scenario of that name. The error names those that there are.
func Find(name string) (Scenario, error) {
	var names []string
	for _, s := range All() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Scenario{}, fmt.Errorf("scenarios: there is no scenario %q; there are %s", name, strings.Join(names, ", "))
}

//go:embed scripts/*.js
var scripts embed.FS

// Main is the name of the script that k6 runs.
const Main = "main.js"

// Scripts are the embedded k6 scripts, by file name.
func Scripts() fs.FS {
	sub, err := fs.Sub(scripts, "scripts")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// WriteScripts puts the scripts into an existing folder.
func WriteScripts(folder string) error {
	files, err := fs.Glob(Scripts(), "*.js")
	if err != nil {
		return fmt.Errorf("scenarios: %w", err)
	}
	for _, name := range files {
		text, err := fs.ReadFile(Scripts(), name)
		if err != nil {
			return fmt.Errorf("scenarios: %w", err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return &headroom.MeasureError{What: "the scripts cannot be written", Err: err}
		}
	}
	return nil
}
