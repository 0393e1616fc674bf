package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/fixtures/carrier"
	"github.com/headroom-erp/headroom/odoo"
	"github.com/headroom-erp/headroom/results"
	"github.com/headroom-erp/headroom/scenarios"
	"github.com/headroom-erp/headroom/scenarios/attack"
	"github.com/headroom-erp/headroom/scenarios/k6run"
)

// A theatre is a target that is up and seeded for a plan.
type theatre struct {
	t       *testing.T
	plan    headroom.Plan
	folder  string
	seeded  headroom.Seeded
	logins  headroom.Logins
	target  headroom.Target
	url     string // where the load goes: the target, unless something stands before it
	carrier *carrier.Stub
	runs    int
}

// raise seeds a target for the plan and brings it up; it goes down with the test.
func raise(t *testing.T, target string, plan headroom.Plan) *theatre {
	t.Helper()
	topology := headroom.Topology{Name: "stage", Web: headroom.Web{Workers: 2, Cores: 2}, SharedHost: true}
	if target == ground.ERP {
		// Many workers on many virtual cores: what is tested is what is done.
		topology = headroom.Topology{Name: "stage", Web: headroom.Web{Workers: 8, Cores: 64}, Database: headroom.Database{Cores: 64}}
	}
	folder := t.TempDir()
	// The test's context ends before its cleanups.
	ctx := context.WithoutCancel(t.Context())
	estate, err := ground.OpenEstate(ctx, ground.Options{
		Target: target, Workspace: folder, Binary: binary, Seed: 1, Topologies: []headroom.Topology{topology}, Modules: scenarios.Modules(plan),
		Getenv: os.Getenv, Out: os.Stderr,
		Say: func(format string, args ...any) { t.Logf(format, args...) },
		Log: func(headroom.Topology) string { return filepath.Join(folder, "requests.log") },
	}, plan, topology)
	t.Cleanup(func() {
		if err := estate.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := estate.Fill(ctx); err != nil {
		t.Fatal(err)
	}
	up, err := estate.Grounds[0].Stack.Up(ctx, topology, []string{plan.Sites[0].Tenant()})
	if err != nil {
		t.Fatal(err)
	}
	s := &theatre{t: t, plan: plan, folder: folder, seeded: estate.Seeded(), logins: estate.Logins(), target: up, url: up.URL, carrier: estate.Carrier}
	if s.carrier != nil {
		s.admin("ir.config_parameter", "set_param", "headroom_carrier.url", s.carrier.URL())
	}
	return s
}

// admin calls a method as the target's administrator.
func (s *theatre) admin(model, method string, args ...any) any {
	s.t.Helper()
	client := odoo.Client{URL: s.target.URL}
	session, err := client.Login(s.t.Context(), odoo.JSONRPC, s.plan.Sites[0].Tenant(), headroom.Login{Login: s.target.AdminLogin, Password: s.target.AdminPassword})
	if err != nil {
		s.t.Fatal(err)
	}
	reply, err := session.Call(s.t.Context(), odoo.Call{Model: model, Method: method, Args: args})
	if err != nil {
		s.t.Fatalf("%s.%s: %v", model, method, err)
	}
	return reply.Value
}

// play replays a schedule through the real engines and gives what they recorded.
func (s *theatre) play(m headroom.Schedule) *results.Reader {
	s.t.Helper()
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	s.runs++
	bundle, err := results.Create(filepath.Join(s.folder, fmt.Sprintf("run-%d", s.runs)), headroom.RunInfo{ID: "run", Plan: s.plan, Schedule: m.Header()})
	must(err)
	file, err := os.Create(bundle.Schedule())
	must(err)
	must(headroom.WriteSchedule(file, m))
	must(file.Close())
	seeded, err := json.Marshal(s.seeded)
	must(err)
	o := k6run.Options{
		Binary: []string{binary, "k6"}, Schedule: bundle.Schedule(), Part: bundle.PartPath("k6"), Targets: map[string]string{},
		Seeded: filepath.Join(s.folder, "seeded.json"), Logins: filepath.Join(s.folder, "logins.json"), DSNs: map[string]headroom.Secret{},
		VUs: 24, Workspace: s.folder, Log: bundle.Log("k6"), Grace: time.Minute,
	}
	for _, site := range m.Header().Sites {
		o.Targets[site.Database], o.DSNs[site.Database] = s.url, s.target.DSN(site.Database)
	}
	must(os.WriteFile(o.Seeded, seeded, 0o600))
	must(odoo.WriteLogins(o.Logins, s.logins))
	engines := []headroom.Engine{k6run.New(o)}
	part, err := results.OpenPart(bundle.PartPath("attack"), "attack")
	must(err)
	if slices.ContainsFunc(m.Header().Processes, func(p headroom.ScheduledProcess) bool { return p.Engine == scenarios.Attack }) {
		engines = append(engines, attack.New(attack.Options{Schedule: m, Seeded: s.seeded, URLs: o.Targets, Recorder: part}))
	}
	defer func() {
		for _, e := range engines {
			e.Stop(0)
			_ = e.Wait()
		}
	}()
	for _, e := range engines {
		must(e.Ready(s.t.Context()))
	}
	start := time.Now().Add(200 * time.Millisecond)
	for _, e := range engines {
		must(e.Start(start))
	}
	for _, e := range engines {
		if err := e.Wait(); err != nil {
			text, _ := os.ReadFile(o.Log)
			s.t.Fatalf("%v\n%s", err, text)
		}
	}
	must(part.Close())
	must(bundle.Finish(true, ""))
	run, err := results.Open(bundle.Dir())
	must(err)
	s.t.Cleanup(func() { _ = run.Close() })
	return run
}

// count asks the target's database.
func (s *theatre) count(query string, args ...any) (n int) {
	s.t.Helper()
	conn, err := pgx.Connect(s.t.Context(), s.target.DSN(s.plan.Sites[0].Tenant()).Reveal())
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = conn.Close(s.t.Context()) }()
	if err := conn.QueryRow(s.t.Context(), query, args...).Scan(&n); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	return n
}
