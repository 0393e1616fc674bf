package main

import (
	"fmt"
	"math"

	"github.com/headroom-erp/headroom/cmd/headroom/internal/campaign"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/prove"
)

// bringUp is about what a run takes besides its window and lead-in, in seconds:
// a clone of the database, the start of the stack, its end.
const bringUp = 20

// A plannedValidation is what validate --dry-run --json prints.
type plannedValidation struct {
	Headroom    int                `json:"headroom"` // version of this format, 1
	Plan        string             `json:"plan"`
	Minutes     float64            `json:"minutes"`               // about, without the seeding
	Calibration *calibrationResult `json:"calibration,omitempty"` // a designed one
	Runs        []plannedRun       `json:"runs"`
}

// A plannedRun is a combination that would be run.
type plannedRun struct {
	Role        string               `json:"role"` // calibrate or prove
	Combination campaign.Combination `json:"combination"`
	// Journeys of its window by process: of operators the most that they could
	// make.
	Journeys map[string]int `json:"journeys"`
}

// announce says what is run, for how long, and what will be too little to be
// scored.
func (v *validation) announce() error {
	p, err := v.planned()
	if err != nil {
		return err
	}
	searches := 0
	for _, k := range v.book.Proofs {
		if k.CapacitySeconds > 0 {
			searches++
		}
	}
	fmt.Fprintf(v.std.err, "%d runs to learn from, %d to forecast and measure, %d searches of a capacity: about %.0f minutes, and the seeding\n",
		len(v.book.Calibration), len(v.book.Proofs), searches, p.Minutes)
	if v.designed != nil {
		d, err := v.designed.planned()
		if err != nil {
			return err
		}
		v.designed.announce(v.std.err, d)
	}
	for _, r := range p.Runs {
		if r.Role != campaign.Prove {
			continue
		}
		v.sayTooFew(r)
		if err := v.sayFewAtEnds(r.Combination); err != nil {
			return err
		}
	}
	if v.o.dry && v.o.json {
		return writeJSON(v.std.out, p)
	}
	return nil
}

// sayTooFew says which processes of a run will not be scored.
func (v *validation) sayTooFew(r plannedRun) {
	k := r.Combination
	for _, l := range k.Load(v.plan) {
		n := r.Journeys[l.Process]
		if n >= v.o.least {
			continue
		}
		most := ""
		if l.Operators > 0 {
			most = "at most "
		}
		takes := ""
		if n > 0 {
			takes = fmt.Sprintf(", which takes about %.0f s", math.Ceil(float64(v.o.least)/float64(n)*k.Seconds))
		}
		fmt.Fprintf(v.std.err, "%s: %s will have %s%d journeys and not be scored; %d are wanted%s\n", k.Name, l.Process, most, n, v.o.least, takes)
	}
}

// sayFewAtEnds says of which processes the runs of a search for a capacity have
// too few journeys, should those limit it.
func (v *validation) sayFewAtEnds(k campaign.Combination) error {
	if k.CapacitySeconds == 0 {
		return nil
	}
	k = longer(k)
	variant, err := k.Variant(v.plan)
	if err != nil {
		return err
	}
	n, err := k.Planned(variant, v.campaign.Players)
	if err != nil {
		return err
	}
	for _, o := range variant.Objectives {
		if least := prove.LeastAtEnds(o); n[o.Process] < least {
			fmt.Fprintf(v.std.err, "%s: its capacity will not be scored if %s limits it: %d journeys in %.0f s at this load, and %d are wanted\n",
				k.Name, o.Process, n[o.Process], k.Seconds, least)
		}
	}
	return nil
}

// planned is what would be run.
func (v *validation) planned() (plannedValidation, error) {
	p := plannedValidation{Headroom: 1, Plan: v.plan.Name}
	for i, k := range v.book.All() {
		role := campaign.Prove
		if i < len(v.book.Calibration) {
			role = campaign.Calibrate
		}
		variant, err := k.Variant(v.plan)
		if err != nil {
			return p, err
		}
		n, err := k.Planned(variant, v.campaign.Players)
		if err != nil {
			return p, err
		}
		p.Runs = append(p.Runs, plannedRun{role, k, n})
		p.Minutes += (k.Seconds + k.LeadIn + bringUp) / 60
		if k.CapacitySeconds > 0 && role == campaign.Prove {
			p.Minutes += usualProbes * (k.CapacitySeconds + k.LeadIn + bringUp) / 60
		}
	}
	if d := v.book.Design; d != nil {
		p.Minutes += d.Minutes
	}
	if v.designed != nil {
		r := v.designed.result(nil)
		p.Calibration = &r
	}
	return p, nil
}
