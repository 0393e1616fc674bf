package main

import (
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/fixtures/erp"
	"github.com/headroom-erp/headroom/results"
)

// TestStandInDemands learns from one run of a few minutes on the stand-in, and
// holds the demands against the table that made them. An estimator that knew
// each request's work would still be off by what chance gives the mean of so
// many of them: that is beside the error in the log.
func TestStandInDemands(t *testing.T) {
	const enough = 200 // requests of a class, for its mean to say something
	m, lines := learnedDemands(t)
	var seen []recovery
	for _, r := range recovered(m, lines) {
		if r.n < enough {
			continue
		}
		seen = append(seen, r)
		t.Logf("%-17s %-8s of %4d: made with %6.2f ms, %+5.1f %% (%+5.1f to %+5.1f), covered %t, by chance alone %.1f %%", r.class, r.station, r.n,
			1000*r.made, 100*r.off(), 100*(r.got.Low/r.made-1), 100*(r.got.High/r.made-1), r.covered(), 100*r.chance)
	}
	if len(seen) < 2*15 {
		t.Fatalf("%d demands of classes with %d requests or more", len(seen), enough)
	}
	for _, c := range []struct {
		station string
		most    float64
	}{{"app", 10}, {"database", 5}} {
		errors := offAt(seen, c.station)
		t.Logf("%s: mean absolute error %.1f %%, mean error %+.1f %%", c.station, percent(errors), 100*sum(errors)/float64(len(errors)))
		if e := percent(errors); !(e <= c.most) {
			t.Errorf("demands at the %s are off by %.1f %% on average, more than %g %%", c.station, e, c.most)
		}
	}
	if n := coveredOf(seen); float64(n) < 0.8*float64(len(seen)) {
		t.Errorf("%d of %d intervals of 90 %% cover what the stand-in works by", n, len(seen))
	}
}

// learnedDemands runs the plan, and gives the model of the run and the mean
// lines of its processes' documents.
func learnedDemands(t *testing.T) (m headroom.Model, lines map[string]float64) {
	t.Helper()
	workspace := filepath.Join(t.TempDir(), "w")
	program(t, ".", "run", "testdata/demands.yaml", "--target", "erp", "--topology", "twelve", "--date", "2026-11-20", "--from", "12:00", "--for", "150s", "--workspace", workspace)
	out, _ := program(t, ".", "model", "fit", workspace, "--json")
	if err := json.Unmarshal([]byte(out), &m); err != nil {
		t.Fatalf("standard output is not one JSON document: %v", err)
	}
	run, err := results.Open(filepath.Join(workspace, "runs", "twelve"))
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	total, n := map[string]float64{}, map[string]float64{}
	for j, err := range run.Journeys() {
		if err != nil {
			t.Fatal(err)
		}
		total[j.Process] += float64(j.Lines)
		n[j.Process]++
	}
	for name := range total {
		total[name] /= n[name]
	}
	return m, total
}

// A recovery is what was learned of a demand beside what it was made with.
type recovery struct {
	class, station string
	n              int
	made           float64 // mean seconds, by the stand-in's table
	got            headroom.Estimate
	chance         float64 // relative error that the mean of n requests has by itself, on average
}

// off is the error, relative, with its sign.
func (r recovery) off() float64 { return r.got.Value/r.made - 1 }

func (r recovery) covered() bool { return r.got.Low <= r.made && r.made <= r.got.High }

// recovered holds a model's demands against the stand-in's table; lines are the
// mean lines of each process' documents.
func recovered(m headroom.Model, lines map[string]float64) []recovery {
	visits := map[string]float64{}
	for _, j := range m.Journeys {
		for i, step := range j.Steps {
			visits[step] = j.Visits[i]
		}
	}
	known := erp.Demands()
	var out []recovery
	for _, c := range m.Classes {
		name, ok := knownClass[c.Name]
		if !ok {
			continue
		}
		d := known.Of(name)
		app, database := d.Mean(linesOf(c.Name, lines, visits))
		out = append(out, recovery{c.Name, "app", c.Count, app, c.Demand["app"], chance(d.AppSCV, c.Count)},
			recovery{c.Name, "database", c.Count, database, c.Demand["database"], chance(d.DatabaseSCV, c.Count)})
	}
	return out
}

// chance is the mean absolute error of the mean of n values, relative: a normal's
// is √(2/π) of its standard deviation.
func chance(scv float64, n int) float64 {
	return math.Sqrt(2 / math.Pi * scv / max(1, float64(n)))
}

// offAt are the errors at a station.
func offAt(list []recovery, station string) []float64 {
	var out []float64
	for _, r := range list {
		if r.station == station {
			out = append(out, r.off())
		}
	}
	return out
}

// coveredOf counts the intervals that cover.
func coveredOf(list []recovery) int {
	n := 0
	for _, r := range list {
		if r.covered() {
			n++
		}
	}
	return n
}

// knownClass is what the stand-in calls the work of a request class.
var knownClass = map[string]string{
	"order.create": "sale.order.create", "order.confirm": "sale.order.action_confirm", "order.read_order": "sale.order.read",
	"order.read_moves": "stock.picking.read", "order.pick": "stock.move.write", "order.ship": "stock.picking.button_validate",
	"receive.create": "purchase.order.create", "receive.confirm": "purchase.order.button_confirm", "receive.read": "purchase.order.read",
	"receive.validate": "stock.picking.button_validate", "scan.lookup": "product.product.search_read",
	"edi_order.create": "sale.order.create", "edi_order.confirm": "sale.order.action_confirm",
	"invoice.find": "sale.order.search_read", "invoice.wizard": "sale.advance.payment.inv.create",
	"invoice.create": "sale.advance.payment.inv.create_invoices", "invoice.read": "sale.order.read", "invoice.post": "account.move.action_post",
	"portal.page": "/my/orders", "webhook.post": "/web/hook",
}

// linesOf are the mean lines that a class' demand depends on: those of its
// documents. A pick writes the moves of one quantity at once, and a portal
// page or invoice shows an order's lines.
func linesOf(class string, lines map[string]float64, visits map[string]float64) float64 {
	process, _, _ := strings.Cut(class, ".")
	switch class {
	case "order.pick":
		return lines["order"] / visits["order.pick"]
	case "portal.page":
		return 1 // seeding gives each portal order one line
	case "invoice.find", "invoice.wizard", "invoice.read":
		return 0
	case "invoice.create", "invoice.post":
		return lines["order"] // what is invoiced is an order that left
	}
	return lines[process]
}
