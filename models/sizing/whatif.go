package sizing

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// WhatIf is what is changed of a plan and a topology before it is forecast. The
// zero value changes nothing. Scale is the provider's to apply.
type WhatIf struct {
	Workers       int     // of each replica; 0: as they are
	AppCores      float64 // 0: as they are
	DatabaseCores float64 // 0: as they are
	Scale         float64 // of the load; 0 and 1: as it is
	// AddSites are sites like others: "north=hub" is a site north that does what
	// hub does, in a database, or as a company, of its own.
	AddSites []string
}

// Changes says whether anything is.
func (w WhatIf) Changes() bool {
	return w.Workers != 0 || w.AppCores != 0 || w.DatabaseCores != 0 || w.Scale != 0 && w.Scale != 1 || len(w.AddSites) > 0
}

// Apply is the plan and the topology with the changes, which may need to be
// checked whole again. Neither argument is changed. The error is a
// *headroom.InputError.
func (w WhatIf) Apply(plan headroom.Plan, t headroom.Topology) (headroom.Plan, headroom.Topology, error) {
	if err := w.check(t); err != nil {
		return plan, t, err
	}
	for _, text := range w.AddSites {
		name, like, ok := strings.Cut(text, "=")
		if !ok || name == "" || like == "" {
			return plan, t, wrong(fmt.Sprintf("%q says no site", text), "add-site", "write it as NAME=LIKE, where LIKE is a site of the plan")
		}
		var err error
		if plan, t, err = addSite(plan, t, name, like); err != nil {
			return plan, t, err
		}
	}
	if w.Workers != 0 {
		t.Web.Workers = w.Workers
	}
	if w.AppCores != 0 {
		t.Web.Cores = w.AppCores
	}
	if w.DatabaseCores != 0 {
		t.Database.Cores = w.DatabaseCores
	}
	return plan, t, nil
}

func wrong(what, where, do string) error {
	return fmt.Errorf("sizing: %w", &headroom.InputError{What: what, Where: where, Do: do})
}

func (w WhatIf) check(t headroom.Topology) error {
	for _, x := range []struct {
		where string
		v     float64
	}{{"workers", float64(w.Workers)}, {"app-cores", w.AppCores}, {"database-cores", w.DatabaseCores}, {"scale", w.Scale}} {
		if !(x.v >= 0) || math.IsInf(x.v, 0) {
			return wrong(fmt.Sprintf("%g is not above 0", x.v), x.where, "")
		}
	}
	machines := w.Workers != 0 || w.AppCores != 0 || w.DatabaseCores != 0
	switch {
	case machines && len(t.Stacks) > 0:
		return wrong(fmt.Sprintf("topology %q has %d stacks, and nobody said which", t.Name, len(t.Stacks)), "workers, app-cores, database-cores", "change it in the plan")
	case w.DatabaseCores != 0 && t.SharedHost:
		return wrong(fmt.Sprintf("the database of topology %q shares the app's cores", t.Name), "database-cores", "give the host's with app-cores")
	}
	if q := t.Quota; q != nil {
		for _, v := range []float64{w.AppCores, w.DatabaseCores} {
			if v > q.Cores {
				return wrong(fmt.Sprintf("topology %q would have a limit of %g cores on a machine of %g", t.Name, v, q.Cores), "app-cores, database-cores", "give no more than the machine has, or change its quota.cores in the plan")
			}
		}
	}
	return nil
}

// addSite adds a site that does what another does, wherever that one is named.
func addSite(plan headroom.Plan, t headroom.Topology, name, like string) (headroom.Plan, headroom.Topology, error) {
	i := slices.IndexFunc(plan.Sites, func(s headroom.Site) bool { return s.Name == like })
	if i < 0 {
		var names []string
		for _, s := range plan.Sites {
			names = append(names, s.Name)
		}
		return plan, t, wrong(fmt.Sprintf("plan %s has no site %q", plan.Name, like), "add-site", "it has "+strings.Join(names, ", "))
	}
	if slices.ContainsFunc(plan.Sites, func(s headroom.Site) bool { return s.Name == name }) {
		return plan, t, wrong(fmt.Sprintf("plan %s has a site %q already", plan.Name, name), "add-site", "")
	}
	site := plan.Sites[i]
	site.Name = name
	if site.Company != "" {
		site.Company = name
	} else {
		site.Database = name
	}
	plan.Sites = append(slices.Clone(plan.Sites), site)
	with := func(sites []string) []string {
		if slices.Contains(sites, like) {
			return append(slices.Clone(sites), name)
		}
		return sites
	}
	plan.Processes = slices.Clone(plan.Processes)
	for i := range plan.Processes {
		p := &plan.Processes[i]
		p.Sites, p.Shifts = with(p.Sites), slices.Clone(p.Shifts)
		for k := range p.Shifts {
			p.Shifts[k].Sites = with(p.Shifts[k].Sites)
		}
	}
	plan.Peaks = slices.Clone(plan.Peaks)
	for i := range plan.Peaks {
		plan.Peaks[i].Sites = with(plan.Peaks[i].Sites)
	}
	plan.Seasons = slices.Clone(plan.Seasons)
	for i := range plan.Seasons {
		plan.Seasons[i].Sites = with(plan.Seasons[i].Sites)
	}
	plan.Topologies = slices.Clone(plan.Topologies)
	for i := range plan.Topologies {
		plan.Topologies[i] = stacksWith(plan.Topologies[i], with)
	}
	return plan, stacksWith(t, with), nil
}

func stacksWith(t headroom.Topology, with func([]string) []string) headroom.Topology {
	t.Stacks = slices.Clone(t.Stacks)
	for i := range t.Stacks {
		t.Stacks[i].Sites = with(t.Stacks[i].Sites)
	}
	return t
}
