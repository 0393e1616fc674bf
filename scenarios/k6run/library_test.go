package k6run_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
	"github.com/headroom-erp/headroom/scenarios"
	"github.com/headroom-erp/headroom/scenarios/k6run"
)

const ownScript = `// Two people count the same shelf.
//
// kind: closed
// protocol: jsonrpc
// steps: look
import erp from "k6/x/odoo";
import { model } from "./words.js";

export default function () {
  const { kind, id } = erp.arrival();
  erp.jsonrpc.call("look", model, "read", [[1]]);
  if (kind !== "closed" || erp.user().id !== 7 || erp.user().login !== "ann") {
    throw new Error("who am I: " + kind + JSON.stringify(erp.user()));
  }
  erp.since("count", erp.since("count") + 1);
  erp.released("count", erp.since("count"));
  erp.done("count", erp.since("count"));
}
`

// A process of the user's own, done by an operator.
func TestAScriptOfTheUsersOwn(t *testing.T) {
	erp := newImitation(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "count.js")
	must(t, os.WriteFile(path, []byte(ownScript), 0o600))
	must(t, os.WriteFile(filepath.Join(folder, "words.js"), []byte(`export const model = "stock.quant";`), 0o600))
	s, err := scenarios.Find(path)
	must(t, err)
	p := newPlan()
	p.header.Processes = []headroom.ScheduledProcess{{Name: "count", Scenario: path, Engine: s.Engine, ThinkTime: 0.1}}
	p.arrivals = []headroom.Arrival{{ID: 1, Kind: headroom.Closed, Until: time.Second, Seed: 3}}
	g := give(t, t.TempDir(), erp.URL, p, password)
	e := start(t, g.Options)
	must(t, e.Wait())
	js, rs := g.read(t)
	if len(js) < 5 || len(js) > 11 || len(rs) != len(js) || len(erp.calls) != len(rs) || e.Done().Done != len(js) {
		t.Errorf("%d journeys, %d requests, %d calls, %+v", len(js), len(rs), len(erp.calls), e.Done())
	}
	for n, j := range js {
		if j.Arrival != uint64(n+1)<<32+1 || j.Kind != headroom.Closed || j.Outcome != headroom.OK || j.Process != "count" {
			t.Errorf("journey %d is %+v", n+1, j)
		}
	}
	run, err := results.Open(g.dir)
	must(t, err)
	defer func() { must(t, run.Close()) }()
	n := int64(0)
	for d, err := range run.Documents() {
		must(t, err)
		if d.Document != n/2+1 || d.Done != (n%2 == 1) || d.Kind != "count" || d.Site != "hub" || d.Arrival != uint64(d.Document)<<32+1 {
			t.Errorf("event %d is %+v", n, d)
		}
		n++
	}
	if int(n) != 2*len(js) {
		t.Errorf("%d events of %d journeys", n, len(js))
	}
}

// Two stacks in one run: each site's load goes to the one that has its database.
func TestEachSiteHasItsStack(t *testing.T) {
	north, south := newImitation(t), newImitation(t)
	p := newPlan()
	p.header.Sites = append(p.header.Sites, headroom.ScheduledSite{Name: "south", Database: "db-south", Users: 2})
	p.add("scan", 30, 0, 5*ms)
	for i := range p.arrivals {
		if i%3 == 0 {
			p.arrivals[i].Site = 1
		}
	}
	g := give(t, t.TempDir(), north.URL, p, password)
	g.Targets["db-south"] = south.URL
	e := start(t, g.Options)
	must(t, e.Wait())
	js, _ := g.read(t)
	bySite := map[string]int{}
	for _, j := range js {
		if j.Outcome == headroom.OK {
			bySite[j.Site]++
		}
	}
	if len(north.calls) != 20 || len(south.calls) != 10 || bySite["hub"] != 20 || bySite["south"] != 10 {
		t.Errorf("%d and %d calls, journeys %v", len(north.calls), len(south.calls), bySite)
	}
}

func TestASiteThatNoStackServes(t *testing.T) {
	p := newPlan()
	p.add("scan", 1, 0, 0)
	g := give(t, t.TempDir(), newImitation(t).URL, p, password)
	g.Targets = map[string]string{"other": "http://127.0.0.1:1"}
	e := k6run.New(g.Options)
	if err := e.Ready(t.Context()); headroom.ExitCode(err) != headroom.ExitBadInput {
		t.Errorf("got %v", err)
	}
}

// A partner's gateway meets a proxy without workers, then an ERP that is too
// slow for it, and sends again until it has an answer.
func TestAGatewaySendsAgain(t *testing.T) {
	erp := newImitation(t)
	erp.broken, erp.hang = 1, 1
	p := newPlan()
	p.header.Lanes[0].Retry = &headroom.Retry{Attempts: 4, Backoff: 0.1, Timeout: 0.3}
	p.add("edi_order", 1, 0, 0)
	g := give(t, t.TempDir(), erp.URL, p, password)
	e := start(t, g.Options)
	must(t, e.Wait())
	js, rs := g.read(t)
	if len(js) != 1 || js[0].Outcome != headroom.OK || js[0].Attempts != 3 || js[0].End < 0.1+0.3+0.2 || js[0].End > 3 {
		t.Fatalf("journeys %+v", js)
	}
	want := []headroom.Request{
		{Step: "create", Outcome: headroom.Fault}, {Step: "seek", Outcome: headroom.Timeout},
		{Step: "seek", Outcome: headroom.OK}, {Step: "create", Outcome: headroom.OK}, {Step: "confirm", Outcome: headroom.OK},
	}
	for i, w := range want {
		if len(rs) != len(want) || rs[i].Step != w.Step || rs[i].Outcome != w.Outcome || rs[i].N != i+1 {
			t.Fatalf("requests %+v", rs)
		}
	}
}
