package ground

import (
	"context"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/odoo"
	"github.com/headroom-erp/headroom/scenarios"
)

// seeding is what a site is to get: users with the groups of the plan's
// processes and no more.
func (g *Ground) seeding(client *odoo.Client, target headroom.Target, plan headroom.Plan, site headroom.Site) odoo.Seeding {
	return odoo.Seeding{
		Client: client, AdminLogin: headroom.Login{Login: target.AdminLogin, Password: target.AdminPassword},
		Plan: plan, Site: site, Groups: scenarios.Groups(plan), Technical: scenarios.NeedsTechnical(plan),
		TwoStep: scenarios.FlowOf(plan, site.Name) == scenarios.TwoStep, Keys: target.APIKeys,
		Progress: func(s string) { g.options.Say("%s", s) },
	}
}

// Clean removes from each database of the sites what seeding and runs made
// there. The databases need their owner's mark, as for load.
func (g *Ground) Clean(ctx context.Context, plan headroom.Plan, sites []headroom.Site) ([]odoo.Cleaning, error) {
	var out []odoo.Cleaning
	seen := map[string]bool{}
	for _, site := range sites {
		database := site.Tenant()
		if seen[database] {
			continue
		}
		seen[database] = true
		target, err := g.Stack.Up(ctx, headroom.Topology{}, []string{database})
		if err != nil {
			return out, err
		}
		in := g.seeding(&odoo.Client{URL: target.URL}, target, plan, site)
		session, err := in.Client.Login(ctx, odoo.JSONRPC, database, in.AdminLogin)
		if err != nil {
			return out, err
		}
		if err := odoo.CheckAllowed(ctx, session, database, time.Now()); err != nil {
			return out, err
		}
		cleaning, err := odoo.Clean(ctx, in)
		out = append(out, cleaning)
		if err != nil {
			return out, err
		}
	}
	return out, nil
}
