package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/odoo"
	"github.com/headroom-erp/headroom/scenarios"
)

// seedOptions are the flags of seed.
type seedOptions struct {
	plan, target, site string
	clean, json        bool
}

func newSeed(std stdio) *cobra.Command {
	var o seedOptions
	cmd := &cobra.Command{
		Use:   "seed PLAN",
		Short: "Create a plan's master data, users and starting backlog, or remove them",
		Long: `Create what a plan's sites need in an external target, described by the same
environment variables as for 'headroom run': products, customers, vendors, opening
stock, users with the groups of the plan's processes, open orders, deliveries and
receipts; bins, reordering rules, a carrier and a company where the plan plays what
needs them. The database must carry the mark of 'headroom allow'.

Everything has a name of its own (HR00001, headroom-…), so that seeding may be
stopped at any moment and called again: it goes on where it was. 'headroom run'
seeds before it loads and finds then what is there; so seed is for doing the long
part beforehand. Passwords are new each time and kept nowhere.

With --clean everything that was made, and what runs made of it, is removed again,
in the whole database of the site. What Odoo does not let go (goods that moved,
posted invoices) is archived where it can be, and counted. Nothing else is touched.

Targets erp and odoo are made for the occasion and gone afterwards: a rehearsal.`,
		Example: "  HEADROOM_ODOO_URL=http://127.0.0.1:8069 HEADROOM_ODOO_DATABASE=test HEADROOM_ODOO_LOGIN=admin \\\n" +
			"  HEADROOM_ODOO_PASSWORD_FILE=password headroom seed my-plan.yaml\n" +
			"  headroom seed pilot --target erp\n  headroom seed my-plan.yaml --site north --clean",
		Args: exactArgs(1, "one plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			return seed(cmd.Context(), o, std)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.target, "target", ground.External, "what to seed: external, odoo or erp")
	f.StringVar(&o.site, "site", "", "only this site of the plan (default all)")
	f.BoolVar(&o.clean, "clean", false, "remove what was made instead")
	f.BoolVar(&o.json, "json", false, "one JSON document on standard output, nothing else")
	return cmd
}

func seed(ctx context.Context, o seedOptions, std stdio) (err error) {
	plan, err := loadPlan(o.plan)
	if err != nil {
		return err
	}
	sites, err := sitesNamed(plan, o.site)
	if err != nil {
		return err
	}
	if o.clean && o.target != ground.External {
		return &headroom.InputError{What: fmt.Sprintf("target %s keeps nothing that could be cleaned", o.target), Where: "--clean", Do: "clean an external target"}
	}
	folder, err := os.MkdirTemp("", "headroom-seed-")
	if err != nil {
		return &headroom.MeasureError{What: "no temporary folder", Err: err}
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	std.rites.add(func() { _ = os.RemoveAll(folder) })
	binary, err := os.Executable()
	if err != nil {
		return &headroom.MeasureError{What: "the program cannot find itself", Err: err}
	}
	started := time.Now()
	g, err := ground.New(ctx, ground.Options{
		Target: o.target, Workspace: folder, Binary: binary, Seed: 1, Modules: scenarios.Modules(plan), Getenv: os.Getenv, Out: std.err,
		Say: func(format string, args ...any) {
			since := time.Since(started).Round(time.Second)
			fmt.Fprintf(std.err, "%02d:%02d  %s\n", int(since.Minutes()), int(since.Seconds())%60, fmt.Sprintf(format, args...))
		},
		Log: func(headroom.Topology) string { return filepath.Join(folder, "requests.log") },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close(ctx)) }()
	if o.clean {
		return clean(ctx, g, plan, sites, o, std)
	}
	if err := g.Fill(ctx, plan, sites); err != nil {
		return err
	}
	return showSeeded(g, plan, sites, time.Since(started), o.json, std.out)
}

// sitesNamed are all sites of a plan, or the one of a name.
func sitesNamed(plan headroom.Plan, name string) ([]headroom.Site, error) {
	if name == "" {
		return plan.Sites, nil
	}
	i := slices.IndexFunc(plan.Sites, func(s headroom.Site) bool { return s.Name == name })
	if i < 0 {
		var names []string
		for _, s := range plan.Sites {
			names = append(names, s.Name)
		}
		return nil, &headroom.InputError{What: fmt.Sprintf("plan %s has no site %q", plan.Name, name), Where: "--site", Do: "it has " + strings.Join(names, ", ")}
	}
	return plan.Sites[i : i+1], nil
}

// seededSite is what is told about a site; nothing of it is secret.
type seededSite struct {
	Site         string `json:"site"`
	Database     string `json:"database"`
	Company      int64  `json:"company"`
	Warehouse    int64  `json:"warehouse"`
	TwoStep      bool   `json:"two_step"`
	Products     int    `json:"products"`
	Partners     int    `json:"partners"`
	Bins         int    `json:"bins"`
	Users        int    `json:"users"`
	OpenOrders   int    `json:"open_orders"`
	OpenReceipts int    `json:"open_receipts"`
	// OpenDeliveries are 0 where goods leave in one step.
	OpenDeliveries int `json:"open_deliveries"`
}

func showSeeded(g *ground.Ground, plan headroom.Plan, sites []headroom.Site, took time.Duration, asJSON bool, w io.Writer) error {
	list := make([]seededSite, len(sites))
	for i, site := range sites {
		s := g.Seeded.Sites[site.Name]
		list[i] = seededSite{Site: site.Name, Database: s.Database, Company: s.Company, Warehouse: s.Warehouse, TwoStep: s.TwoStep,
			Products: len(s.Products), Partners: len(s.Partners), Bins: len(s.Bins), Users: len(s.Logins),
			OpenOrders: plan.Catalogue.OpenOrders, OpenReceipts: plan.Catalogue.OpenReceipts}
		if s.TwoStep {
			list[i].OpenDeliveries = plan.Catalogue.OpenDeliveries
		}
	}
	if asJSON {
		return writeJSON(w, map[string]any{"version": g.Seeded.Version, "seconds": took.Seconds(), "sites": list})
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "site\tdatabase\tproducts\tpartners\tbins\tusers\topen orders\topen deliveries\topen receipts\t")
	for _, s := range list {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", s.Site, s.Database, s.Products, s.Partners, s.Bins, s.Users, s.OpenOrders, s.OpenDeliveries, s.OpenReceipts)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "Odoo %s, seeded in %v\n", g.Seeded.Version, took.Round(time.Second))
	return err
}

// clean tells what became of everything, also when it was stopped half-way.
func clean(ctx context.Context, g *ground.Ground, plan headroom.Plan, sites []headroom.Site, o seedOptions, std stdio) error {
	cleanings, err := g.Clean(ctx, plan, sites)
	if o.json {
		return errors.Join(err, writeJSON(std.out, map[string]any{"databases": cleanings}))
	}
	for _, c := range cleanings {
		err = errors.Join(err, showCleaning(std.out, c))
	}
	return err
}

func showCleaning(w io.Writer, c odoo.Cleaning) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "database %s\n", c.Database)
	rows := 0
	for _, part := range []struct {
		fate string
		list []odoo.CleanedRecord
	}{{"removed", c.Removed}, {"archived", c.Archived}, {"left", c.Left}} {
		for _, r := range part.list {
			rows++
			fmt.Fprintf(t, "  %s\t%d\t%s\t%s\n", part.fate, r.Count, r.Model, r.Why)
		}
	}
	if rows == 0 {
		fmt.Fprintln(t, "  there was nothing of headroom's")
	}
	return t.Flush()
}
