// Package ground prepares what runs stand on: a stack with its PostgreSQL,
// seeded with the plan's master data and marked as one that may be loaded.
package ground

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/fixtures/compose"
	"github.com/headroom-erp/headroom/fixtures/external"
	odoostack "github.com/headroom-erp/headroom/fixtures/odoo"
	"github.com/headroom-erp/headroom/fixtures/postgres"
	"github.com/headroom-erp/headroom/odoo"
	"github.com/headroom-erp/headroom/scenarios"
)

// Targets that can be asked for.
const (
	ERP      = "erp"
	Odoo     = "odoo"
	External = "external"
	Compose  = "compose"
)

// Targets are those that can be asked for.
func Targets() []string { return []string{ERP, Odoo, External, Compose} }

// markedFor is how long a target that we made ourselves may be loaded.
const markedFor = 12 * time.Hour

// Options of a Ground.
type Options struct {
	Target    string // one of Targets
	Workspace string // an existing folder for stacks' files and logs
	Binary    string // the headroom executable
	Seed      uint64 // of the stand-in's service demands
	// Topologies are those that will be brought up on it, flat.
	Topologies []headroom.Topology
	// Modules are those that the plan needs beside the usual ones.
	Modules []string
	Getenv  func(string) string
	Out     io.Writer // what is installed is said here
	Say     func(format string, args ...any)
	// Log names the request log of a topology's run.
	Log func(headroom.Topology) string
}

// A Ground is a stack that can be seeded and brought up.
type Ground struct {
	Stack  headroom.Stack
	Seeded headroom.Seeded
	Logins headroom.Logins
	// Lost are things without which no run is worth anything.
	Lost map[string]<-chan struct{}
	// External is set when the user runs the target.
	External *external.Stack

	options  Options
	server   *postgres.Server
	composed *compose.Stack
	seed     func(ctx context.Context, databases []string, fill func(context.Context, headroom.Target) error) error
}

// New prepares the ground for a target. Close releases it.
func New(ctx context.Context, o Options) (*Ground, error) {
	g := &Ground{options: o, Lost: map[string]<-chan struct{}{}, Seeded: headroom.Seeded{Sites: map[string]headroom.SeededSite{}}, Logins: headroom.Logins{}}
	var err error
	switch o.Target {
	case External:
		err = g.external()
	case Odoo:
		err = g.odoo(ctx)
	case ERP:
		err = g.erp(ctx)
	case Compose:
		err = g.compose(ctx)
	default:
		err = &headroom.InputError{What: fmt.Sprintf("there is no target %q", o.Target), Where: "--target", Do: "choose " + strings.Join(Targets(), ", ")}
	}
	if err != nil {
		return nil, errors.Join(err, g.Close(ctx))
	}
	return g, nil
}

// Close stops PostgreSQL and whatever the stack still runs.
func (g *Ground) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	var err error
	if g.Stack != nil {
		err = g.Stack.Down(ctx)
	}
	if g.composed != nil {
		err = errors.Join(err, g.composed.Close(ctx))
	}
	if g.server != nil {
		err = errors.Join(err, g.server.Stop(ctx))
	}
	return err
}

// compose is a stack in containers of this machine's engine.
func (g *Ground) compose(ctx context.Context) error {
	s, err := compose.New(ctx, compose.Options{Workspace: g.options.Workspace, Modules: g.modules(), Progress: func(s string) { g.options.Say("%s", s) }})
	if err != nil {
		return err
	}
	g.Stack, g.composed, g.seed = s, s, s.Seed
	return nil
}

// modules are the usual ones and those that the plan needs besides.
func (g *Ground) modules() []string {
	all := slices.Concat(odoostack.Modules, g.options.Modules)
	slices.Sort(all)
	return slices.Compact(all)
}

func (g *Ground) external() error {
	s, err := external.New(g.options.Getenv)
	if err != nil {
		return err
	}
	g.Stack, g.External = s, s
	g.seed = func(ctx context.Context, databases []string, fill func(context.Context, headroom.Target) error) error {
		target, err := s.Up(ctx, headroom.Topology{}, databases)
		if err != nil {
			return err
		}
		return fill(ctx, target)
	}
	return nil
}

// StartPostgres starts a private PostgreSQL, installing the system's package
// first where the host has no server.
func StartPostgres(ctx context.Context, out io.Writer, o postgres.Options) (*postgres.Server, error) {
	if _, _, err := postgres.Find(); err != nil {
		if err := postgres.Install(ctx, out); err != nil {
			return nil, err
		}
	}
	return postgres.Start(ctx, o)
}

func (g *Ground) postgres(ctx context.Context) (err error) {
	g.options.Say("starting a private PostgreSQL")
	// The disk of a test machine is not what is being measured.
	if g.server, err = StartPostgres(ctx, g.options.Out, postgres.Options{NoSync: true, Observed: true}); err != nil {
		return err
	}
	g.Lost["PostgreSQL"] = g.server.Done()
	return nil
}

func (g *Ground) odoo(ctx context.Context) error {
	if err := odoostack.Built(""); err != nil {
		return err
	}
	if err := g.postgres(ctx); err != nil {
		return err
	}
	secret := make([]byte, 16)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	role, password := "odoo", headroom.Secret(hex.EncodeToString(secret))
	if err := g.server.CreateRole(ctx, role, password, true); err != nil {
		return err
	}
	if err := g.server.Monitor(ctx, role); err != nil { // the probes come as Odoo's role
		return err
	}
	bin, _, err := postgres.Find()
	if err != nil {
		return err
	}
	server := g.server
	stack, err := odoostack.New(odoostack.Options{
		Workspace: g.options.Workspace, Log: g.options.Log, Quotas: true, Modules: g.modules(),
		Configure: server.Configure, Replicate: func(ctx context.Context) (odoostack.Replica, error) { return replicate(ctx, server) },
		Postgres:     odoostack.Postgres{Host: "127.0.0.1", Port: server.Port(), User: role, Password: password, Bin: bin},
		DatabasePIDs: func() []int { return []int{server.PID()} },
		Progress:     func(s string) { g.options.Say("%s", s) },
	})
	if err != nil {
		return err
	}
	g.Stack, g.seed = stack, stack.Seed
	return nil
}

// replicate makes a read-only copy of a server, in the stack's terms.
func replicate(ctx context.Context, server *postgres.Server) (odoostack.Replica, error) {
	r, err := server.Replica(ctx)
	if err != nil {
		return odoostack.Replica{}, err
	}
	return odoostack.Replica{Port: r.Port(), PIDs: func() []int { return []int{r.PID()} }, Stop: r.Stop}, nil
}

// fit refuses an external target that cannot play the plan.
func (g *Ground) fit(ctx context.Context, plan headroom.Plan, databases []string) error {
	if g.External == nil {
		return nil
	}
	facts, err := g.External.Check(ctx, databases, scenarios.Modules(plan))
	if err != nil {
		return err
	}
	if facts.Workers > 0 {
		g.options.Say("the target is Odoo %s with %d web workers (%s)", facts.Version, facts.Workers, facts.From)
	} else {
		g.options.Say("the target is Odoo %s; how many workers it has is not known", facts.Version)
	}
	return scenarios.Requirements(plan, facts.Version, nil)
}

// Fill seeds sites of the plan and marks their databases. An external target
// is marked by its owner alone, with headroom allow.
func (g *Ground) Fill(ctx context.Context, plan headroom.Plan, sites []headroom.Site) error {
	var databases []string
	for _, site := range sites {
		if !slices.Contains(databases, site.Tenant()) {
			databases = append(databases, site.Tenant())
		}
	}
	if err := g.fit(ctx, plan, databases); err != nil {
		return err
	}
	return g.seed(ctx, databases, func(ctx context.Context, target headroom.Target) error {
		if err := g.observe(ctx, target, databases); err != nil {
			return err
		}
		for _, site := range sites {
			if err := g.fill(ctx, target, plan, site); err != nil {
				return err
			}
		}
		return nil
	})
}

// observe makes databases of our own server show their statements: those that
// are seeded, of which runs get clones.
func (g *Ground) observe(ctx context.Context, target headroom.Target, databases []string) error {
	if g.server == nil || target.DSN == nil {
		return nil
	}
	for _, database := range databases {
		c, err := pgx.ParseConfig(target.DSN(database).Reveal())
		if err != nil {
			return fmt.Errorf("ground: the DSN of database %s cannot be read", database) // err may quote it
		}
		if err := g.server.CountStatements(ctx, c.Database); err != nil {
			return err
		}
	}
	return nil
}

func (g *Ground) fill(ctx context.Context, target headroom.Target, plan headroom.Plan, site headroom.Site) error {
	client := &odoo.Client{URL: target.URL}
	admin := headroom.Login{Login: target.AdminLogin, Password: target.AdminPassword}
	database := site.Tenant()
	session, err := client.Login(ctx, odoo.JSONRPC, database, admin)
	if err != nil {
		return err
	}
	if g.External != nil {
		// Seeding writes: it needs the owner's mark as well.
		err = odoo.CheckAllowed(ctx, session, database, time.Now())
	} else {
		err = odoo.Allow(ctx, session, database, time.Now().Add(markedFor))
	}
	if err != nil {
		return err
	}
	version, err := client.Version(ctx)
	if err != nil {
		return err
	}
	seeded, logins, err := odoo.Seed(ctx, g.seeding(client, target, plan, site))
	if err != nil {
		return err
	}
	g.Seeded.Version = version.Text
	g.Seeded.Sites[site.Name] = seeded
	g.Logins[site.Name] = logins
	return nil
}
