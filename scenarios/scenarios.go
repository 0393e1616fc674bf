// Package scenarios knows the business processes that can be played: their
// steps, in which engine, through which door, what they need and write, and
// the k6 scripts that do them. A script says all of that itself, in the
// comment it begins with, so that a script of the user's is as good as one of
// ours. No script holds a rate, stage or pause; when something happens is
// decided by the schedule alone.
package scenarios

import (
	"fmt"
	"os"
	"slices"
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
	Name      string          // of a script of the user's: its path, which ends in .js
	Engine    string          // K6 or Attack
	Protocol  string          // "jsonrpc", "json2", "xmlrpc", "sql" or "http"
	Kinds     []headroom.Kind // how it may arrive; the first is the usual way
	Steps     []string        // in order of first use
	Pooled    bool            // its requests hold a web worker
	Describe  string          // one line
	Documents string          // how large what it works on is
	Products  string          // which products it touches
	Modules   []string        // of Odoo, that must be installed
	Groups    []string        // external ids of the res.groups that its users need
	Writes    []string        // what it creates or changes, in words: "confirmed sale orders"; none: it only reads
	Technical bool            // it acts as the site's technical user, not as one of the people
	Flow      Flow            // how the site's warehouse must work
	Since     int             // the oldest major version of Odoo that can play it; 0: any supported
}

// Flow is a way in which goods go through a warehouse.
type Flow string

// The flows. A site has one of them, so that a plan cannot play scenarios of
// both there.
const (
	AnyFlow Flow = ""
	OneStep Flow = "one step"  // a delivery, and a receipt, is one transfer
	TwoStep Flow = "two steps" // picks and putaways are transfers of their own
)

// Classes are the request classes of a process that plays the scenario:
// "process.step".
func (s Scenario) Classes(process string) []string {
	classes := make([]string, len(s.Steps))
	for i, step := range s.Steps {
		classes[i] = process + "." + step
	}
	return classes
}

// names of the scenarios that are scripts of ours, in the order in which they
// are shown: goods out, goods in, stock, office, machines.
var names = []string{
	"order_entry", "edi_order", "pick", "wave", "ship", "order_to_ship",
	"purchase", "receive", "putaway", "buy_and_receive",
	"scan", "cycle_count", "replenish",
	"invoice", "month_end", "bi_report",
	"edi_despatch", "cron",
}

// visits are the scenarios that need no script: stateless requests, by vegeta.
var visits = []Scenario{
	{Name: "portal", Engine: Attack, Protocol: "http", Kinds: []headroom.Kind{headroom.Open}, Pooled: true,
		Steps: []string{"page"}, Modules: []string{"sale_management", "portal"},
		Documents: "one order's page", Products: "those of the order",
		Describe: "A customer looks at an order's page."},
	{Name: "shop", Engine: Attack, Protocol: "http", Kinds: []headroom.Kind{headroom.Open}, Pooled: true,
		Steps: []string{"list", "product"}, Modules: []string{"website_sale"},
		Documents: "the shop's first page or a product's", Products: "by the process' popularity",
		Describe: "A visitor browses the shop: its list of products, or one of them."},
	{Name: "webhook", Engine: Attack, Protocol: "http", Kinds: []headroom.Kind{headroom.Open}, Pooled: true,
		Steps: []string{"post"}, Modules: []string{"base_automation"}, Since: 17, Writes: []string{"references of partners"},
		Documents: "one message", Products: "by the process' popularity",
		Describe: "Another system calls a webhook."},
}

// all is the registry, in the order in which it is shown.
var all = registry()

func registry() []Scenario {
	var list []Scenario
	for _, name := range names {
		text, err := scripts.ReadFile("scripts/" + name + ".js")
		if err != nil {
			panic(err) // a name without its script
		}
		s, err := parse(name, string(text))
		if err != nil {
			panic(err) // a script of ours that does not say what it is
		}
		list = append(list, s)
	}
	return append(list, visits...)
}

// All is every scenario of ours, in the order in which they are shown.
func All() []Scenario {
	out := make([]Scenario, len(all))
	for i, s := range all {
		out[i] = s.clone()
	}
	return out
}

func (s Scenario) clone() Scenario {
	s.Kinds, s.Steps = slices.Clone(s.Kinds), slices.Clone(s.Steps)
	s.Modules, s.Groups, s.Writes = slices.Clone(s.Modules), slices.Clone(s.Groups), slices.Clone(s.Writes)
	return s
}

// Own reports whether a scenario's name is the path of a script of the user's.
func Own(name string) bool { return strings.HasSuffix(name, ".js") }

// Find is the scenario of that name, or the one that a script of the user's
// holds. The error is a *headroom.InputError: it names the scenarios that
// there are, or says what the script lacks.
func Find(name string) (Scenario, error) {
	if Own(name) {
		text, err := os.ReadFile(name)
		if err != nil {
			return Scenario{}, &headroom.InputError{What: "the script cannot be read", Where: name, Err: err,
				Do: "give its path, relative to the plan"}
		}
		return parse(name, string(text))
	}
	var known []string
	for _, s := range all {
		if s.Name == name {
			return s.clone(), nil
		}
		known = append(known, s.Name)
	}
	return Scenario{}, &headroom.InputError{What: fmt.Sprintf("there is no scenario %q", name),
		Do: "use " + strings.Join(known, ", ") + ", or the path of a script of your own, ending in .js"}
}
