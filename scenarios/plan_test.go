package scenarios

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/odoo"
)

func planOf(names ...string) headroom.Plan {
	p := headroom.Plan{Name: "mine", Sites: []headroom.Site{{Name: "hub"}, {Name: "depot"}}}
	for _, n := range names {
		p.Processes = append(p.Processes, headroom.Process{Name: "my_" + n, Scenario: n})
	}
	return p
}

func TestWhatAPlanNeeds(t *testing.T) {
	p := planOf("order_entry", "pick", "cron", "scan", "order_entry")
	p.Carrier = &headroom.Carrier{}
	if got := Modules(p); !slices.Equal(got, []string{"headroom_carrier", "sale_stock", "stock"}) {
		t.Errorf("modules %v", got)
	}
	if got := Groups(p); !slices.Equal(got, []string{"base.group_user", "sales_team.group_sale_salesman_all_leads", "stock.group_stock_user"}) {
		t.Errorf("groups %v: the technical user's settings are nothing for people", got)
	}
	if !NeedsTechnical(p) || NeedsTechnical(planOf("replenish")) {
		t.Error("only a plan with a cron needs a technical user")
	}
}

func TestFlowOf(t *testing.T) {
	p := planOf("order_entry", "pick")
	p.Processes[1].Sites = []string{"hub"}
	if FlowOf(p, "hub") != TwoStep || FlowOf(p, "depot") != OneStep {
		t.Errorf("hub %s, depot %s", FlowOf(p, "hub"), FlowOf(p, "depot"))
	}
}

func TestRequirements(t *testing.T) {
	at := func(major int) odoo.Version { return odoo.Version{Major: major, Text: "x"} }
	p := planOf("scan", "webhook", "order_entry")
	if err := Requirements(p, at(19), []string{"stock", "base_automation", "sale_stock", "sale"}); err != nil {
		t.Errorf("everything is there: %v", err)
	}
	if err := Requirements(p, at(19), nil); err != nil {
		t.Errorf("nobody knows the modules: %v", err)
	}
	err := Requirements(p, at(16), []string{"stock"})
	want := "the server is not fit for plan mine: it is Odoo x, which cannot play my_webhook (scenario webhook, from Odoo 17 on); " +
		"it lacks the modules base_automation (for my_webhook), sale_stock (for my_order_entry); " +
		"use Odoo 17 or take these processes out of the plan, and install the modules"
	if err == nil || err.Error() != want || headroom.ExitCode(err) != headroom.ExitBadInput {
		t.Errorf("got %v", err)
	}
	if err := Requirements(p, at(13), nil); err == nil || !strings.Contains(err.Error(), "14 to 19") {
		t.Errorf("a version that nobody supports: %v", err)
	}
}

func TestCheck(t *testing.T) {
	p := planOf("order_entry", "pick", "edi_order", "invoice", "scan")
	p.Processes[0].PerHour = 10
	p.Processes[1].Shifts = []headroom.Shift{{Operators: 1}}
	p.Peaks = []headroom.Peak{{Work: map[string]headroom.Work{"my_order_entry": {Lines: 10}}, PerHour: map[string]float64{"my_scan": 5},
		Batches: []headroom.Batch{{Process: "my_edi_order"}}}}
	if got := Check(p); len(got) > 0 {
		t.Errorf("a sound plan: %v", got)
	}

	p.Processes[1].Runs = []headroom.Occasion{{At: "02:00"}}
	p.Processes[3].Scenario = "invioce"
	p.Peaks[0].Batches[0].Process = "my_scan"
	p.Processes = append(p.Processes, headroom.Process{Name: "old", Scenario: "order_to_ship", Sites: []string{"depot"}})
	var got []string
	for _, problem := range Check(p) {
		got = append(got, problem.Error())
	}
	want := []string{
		"processes[1]: the scenario pick cannot arrive as set times (runs): it is closed or open; give it shifts",
		`processes[3].scenario: there is no scenario "invioce"; use order_entry,`,
		"peaks[0].batches[0]: the scenario scan cannot arrive as batches: it is open or closed; give it per_hour, or a peak's per_hour or work",
		`processes[5].scenario: order_to_ship works at site "depot" in one step, and process "my_pick" there in two steps; play either`,
	}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got %s\nwant %s", got[i], want[i])
		}
	}
	p.Processes[1].Sites = []string{"hub"} // the two flows are at different sites
	for _, problem := range Check(p) {
		if strings.Contains(problem.Error(), "order_to_ship works") {
			t.Error(problem)
		}
	}
}

func TestCheckOpenDeliveries(t *testing.T) {
	p := planOf("order_to_ship", "scan")
	p.Processes[0].PerHour, p.Processes[1].PerHour = 10, 10
	p.Catalogue.OpenDeliveries = 3
	if got := Check(p); len(got) != 1 || got[0].Path != "catalogue.open_deliveries" || !strings.Contains(got[0].Error(), "play pick and ship") {
		t.Errorf("got %v", got)
	}
	p = planOf("order_entry", "ship")
	p.Processes[0].PerHour, p.Processes[1].Shifts = 10, []headroom.Shift{{Operators: 1}}
	p.Catalogue.OpenDeliveries = 3
	if got := Check(p); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestCheckReadsScriptsOfTheUsers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.js")
	if err := os.WriteFile(path, []byte("// What it is.\n// kind: opne\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := Check(planOf(path))
	if len(got) != 1 || got[0].Path != "processes[0].scenario" || !strings.Contains(got[0].What, path+":2: there is no kind") {
		t.Errorf("%v", got)
	}
}

func TestResolved(t *testing.T) {
	p := planOf("scan", "./mine.js", "../x/mine.js", "/y/mine.js")
	got := Resolved(p, "/plans")
	for i, want := range []string{"scan", "/plans/mine.js", "/x/mine.js", "/y/mine.js"} {
		if got.Processes[i].Scenario != want {
			t.Errorf("%s became %s, want %s", p.Processes[i].Scenario, got.Processes[i].Scenario, want)
		}
	}
	if p.Processes[1].Scenario != "./mine.js" {
		t.Error("the plan itself was changed")
	}
}
