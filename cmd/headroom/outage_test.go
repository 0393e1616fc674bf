package main

import (
	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/fixtures/carrier"
)

// outage takes the carrier down while there are deliveries to ship: the ERP
// refuses, and packers put back what they cannot ship. Once the carrier is up
// again, all of it leaves.
func (s *theatre) outage(scale float64) {
	s.t.Helper()
	site := s.seeded.Sites[s.plan.Sites[0].Name]
	waiting := func() int {
		return s.count("SELECT count(*) FROM stock_picking WHERE picking_type_id = $1 AND state = 'assigned'", site.OutType)
	}
	before, done := waiting(), s.transfers(site.OutType)
	s.set(carrier.State{Down: true})
	run := s.play(sheetOf(s.t, s.plan, []part{{"ship", 2, 0, 0.5, 6}}, scale))
	refused, released := 0, 0
	for r, err := range run.Requests() {
		switch {
		case err != nil:
			s.t.Fatal(err)
		case r.Step == "validate" && r.Outcome == headroom.BusinessError:
			refused++
		case r.Step == "release" && r.Outcome == headroom.OK:
			released++
		}
	}
	for j, err := range run.Journeys() {
		if err != nil {
			s.t.Fatal(err)
		}
		if j.Outcome != headroom.BusinessError && j.Outcome != headroom.NothingToDo {
			s.t.Errorf("a journey without a carrier ended %s: %s", j.Outcome, j.Error)
		}
	}
	s.same("deliveries refused and put back", released, refused)
	if n := s.transfers(site.OutType); n != done {
		s.t.Errorf("%d deliveries left without a label", n-done)
	}

	s.set(carrier.State{})
	got := newAccount()
	for range rounds {
		if waiting() == 0 {
			break
		}
		got.add(s.t, s.play(sheetOf(s.t, s.plan, []part{{"ship", 2, 0, 0.5, 8}}, scale)))
	}
	s.same("deliveries after the outage", before, s.transfers(site.OutType)-done)
}

func (s *theatre) set(state carrier.State) {
	s.t.Helper()
	if err := s.carrier.Set(state); err != nil {
		s.t.Fatal(err)
	}
}
