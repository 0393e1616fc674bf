package ground

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/fixtures/carrier"
	odoostack "github.com/headroom-erp/headroom/fixtures/odoo"
)

// An Estate is what runs stand on: the ground of every stack of a topology,
// and the carrier beside them.
type Estate struct {
	Parts   []headroom.Part
	Grounds []*Ground // of Parts
	Carrier *carrier.Stub
	plan    headroom.Plan
}

// OpenEstate prepares the ground for the stacks of each of the topologies,
// which are brought up one after the other; they must put the same sites
// together. Close releases it, also after an error.
func OpenEstate(ctx context.Context, o Options, plan headroom.Plan, topologies ...headroom.Topology) (*Estate, error) {
	e := &Estate{plan: plan, Parts: topologies[0].Parts(plan.Sites)}
	flat := make([][]headroom.Topology, len(e.Parts))
	for _, t := range topologies {
		parts := t.Parts(plan.Sites)
		if !slices.EqualFunc(parts, e.Parts, func(a, b headroom.Part) bool { return slices.Equal(a.Sites, b.Sites) }) {
			return e, &headroom.InputError{What: fmt.Sprintf("topologies %s and %s put the sites on stacks in different ways", topologies[0].Name, t.Name),
				Do: "run them one by one"}
		}
		for i, p := range parts {
			flat[i] = append(flat[i], p.Topology)
		}
	}
	if err := e.check(o.Target, flat, o.Say); err != nil {
		return e, err
	}
	if plan.Carrier != nil {
		stub, err := carrier.Start(carrier.Options{Latency: plan.Carrier.Latency, SCV: plan.Carrier.SCV, ErrorRate: plan.Carrier.ErrorRate, Seed: o.Seed})
		if err != nil {
			return e, err
		}
		e.Carrier = stub
	}
	workspace := o.Workspace
	for i := range e.Parts {
		o.Topologies = flat[i]
		if len(e.Parts) > 1 {
			o.Workspace = filepath.Join(workspace, fmt.Sprintf("stack-%d", i+1))
			if err := os.Mkdir(o.Workspace, 0o700); err != nil {
				return e, &headroom.MeasureError{What: "the workspace cannot be written", Err: err}
			}
		}
		g, err := New(ctx, o)
		if err != nil {
			return e, err
		}
		e.Grounds = append(e.Grounds, g)
	}
	return e, nil
}

// check refuses what the target cannot be.
func (e *Estate) check(target string, flat [][]headroom.Topology, say func(string, ...any)) error {
	if target == External && len(e.Parts) > 1 {
		return &headroom.InputError{What: "an external target is one stack", Where: "topology " + e.Parts[0].Topology.Name,
			Do: "run its stacks one by one, each as a topology of its own"}
	}
	if target == Odoo {
		return fits(flat, say)
	}
	if target != ERP {
		return nil
	}
	for _, part := range flat {
		for _, t := range part {
			lacks := map[string]bool{"pooler": t.Pooler != nil, "redis": t.Redis != nil, "ingress": t.Ingress != nil, "database.replicas": t.Database.Replicas > 0}
			for _, name := range slices.Sorted(maps.Keys(lacks)) {
				if lacks[name] {
					return &headroom.InputError{What: fmt.Sprintf("topology %s has %s, which the stand-in has not", t.Name, name),
						Do: "use --target odoo, or a topology without it"}
				}
			}
		}
	}
	return nil
}

// fits refuses stacks that do not fit side by side on this machine, and says
// what little room for the load generator does to the figures.
func fits(flat [][]headroom.Topology, say func(string, ...any)) error {
	for run := range flat[0] {
		var side []headroom.Topology
		for _, part := range flat {
			side = append(side, part[run])
		}
		warning, err := odoostack.Fit(float64(runtime.NumCPU()), side...)
		if err != nil {
			return err
		}
		if warning != "" {
			say("%s", warning)
		}
	}
	return nil
}

// Fill seeds every site of the plan on its stack.
func (e *Estate) Fill(ctx context.Context) error {
	for i, part := range e.Parts {
		var sites []headroom.Site
		for _, s := range e.plan.Sites {
			if slices.Contains(part.Sites, s.Name) {
				sites = append(sites, s)
			}
		}
		if err := e.Grounds[i].Fill(ctx, e.plan, sites); err != nil {
			return err
		}
	}
	return nil
}

// Seeded is what seeding made on all stacks.
func (e *Estate) Seeded() headroom.Seeded {
	all := headroom.Seeded{Sites: map[string]headroom.SeededSite{}}
	for _, g := range e.Grounds {
		all.Version = g.Seeded.Version
		maps.Copy(all.Sites, g.Seeded.Sites)
	}
	return all
}

// Logins are those of all stacks.
func (e *Estate) Logins() headroom.Logins {
	all := headroom.Logins{}
	for _, g := range e.Grounds {
		maps.Copy(all, g.Logins)
	}
	return all
}

// Lost are things without which no run is worth anything, by name.
func (e *Estate) Lost() map[string]<-chan struct{} {
	all := map[string]<-chan struct{}{}
	for i, g := range e.Grounds {
		for name, lost := range g.Lost {
			if len(e.Grounds) > 1 {
				name += " of " + e.Parts[i].Topology.Name
			}
			all[name] = lost
		}
	}
	return all
}

// Close releases everything.
func (e *Estate) Close(ctx context.Context) error {
	var errs []error
	for _, g := range e.Grounds {
		errs = append(errs, g.Close(ctx))
	}
	if e.Carrier != nil {
		errs = append(errs, e.Carrier.Close())
	}
	return errors.Join(errs...)
}

// Given is a topology as a target serves it on this machine: one of ours gives
// its parts quotas of the machine's cores, the stand-in cores that are virtual.
func Given(target string, t headroom.Topology) headroom.Topology {
	switch target {
	case Odoo, Compose:
		return odoostack.Given(t, float64(runtime.NumCPU()))
	case ERP:
		t.Quota, t.Stacks = nil, slices.Clone(t.Stacks)
		for i := range t.Stacks {
			t.Stacks[i].Quota = nil
		}
	}
	return t
}
