package main

import (
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/fixtures/carrier"
)

// TestNothingIsLostInAnOutage: while the carrier is down the ERP refuses to
// ship. Packers put back what they cannot ship, and once the carrier is up
// again, all of it leaves.
func TestNothingIsLostInAnOutage(t *testing.T) {
	plan := warehouse([]part{{"pick", 0, 0, 0, 0}, {"ship", 0, 0, 0, 0}})
	s := raise(t, ground.ERP, plan)
	site := s.seeded.Sites["hub"]
	work := func(scenario string, kind int64) account {
		got := newAccount()
		for range rounds {
			got.add(t, s.play(sheetOf(t, plan, []part{{scenario, 3, 0, 0, 2}}, 1)))
			if s.count("SELECT count(*) FROM stock_picking WHERE picking_type_id = $1 AND state = 'assigned'", kind) == 0 {
				break
			}
		}
		return got
	}
	work("pick", site.PickType)
	waiting := s.count("SELECT count(*) FROM stock_picking WHERE picking_type_id = $1 AND state = 'assigned'", site.OutType)

	if err := s.carrier.Set(carrier.State{Down: true}); err != nil {
		t.Fatal(err)
	}
	run := s.play(sheetOf(t, plan, []part{{"ship", 2, 0, 0, 1}}, 1))
	refused, released := 0, 0
	for r, err := range run.Requests() {
		switch {
		case err != nil:
			t.Fatal(err)
		case r.Step == "validate" && r.Outcome == headroom.BusinessError:
			refused++
		case r.Step == "release" && r.Outcome == headroom.OK:
			released++
		}
	}
	for j, err := range run.Journeys() {
		if err != nil {
			t.Fatal(err)
		}
		if j.Outcome != headroom.BusinessError && j.Outcome != headroom.NothingToDo {
			t.Errorf("a journey without a carrier ended %s: %s", j.Outcome, j.Error)
		}
	}
	if refused == 0 || released != refused {
		t.Errorf("%d deliveries were refused, %d put back", refused, released)
	}
	if n := s.transfers(site.OutType); n != 0 {
		t.Errorf("%d deliveries left without a label", n)
	}

	if err := s.carrier.Set(carrier.State{}); err != nil {
		t.Fatal(err)
	}
	work("ship", site.OutType)
	s.same("deliveries after the outage", waiting, s.transfers(site.OutType))
}
