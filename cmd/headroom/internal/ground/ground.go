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
	"runtime"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/fixtures/external"
	odoostack "github.com/headroom-erp/headroom/fixtures/odoo"
	"github.com/headroom-erp/headroom/fixtures/postgres"
	"github.com/headroom-erp/headroom/odoo"
)

// Targets that can be asked for.
const (
	ERP      = "erp"
	Odoo     = "odoo"
	External = "external"
)

// markedFor is how long a target that we made ourselves may be loaded.
const markedFor = 12 * time.Hour

// Options of a Ground.
type Options struct {
	Target    string // ERP, Odoo or External
	Workspace string // an existing folder for stacks' files and logs
	Binary    string // the headroom executable
	Seed      uint64 // of the stand-in's service demands
	// Cores are those of the topologies that will be brought up.
	Cores  []float64
	Getenv func(string) string
	Out    io.Writer // what is installed is said here
	Say    func(format string, args ...any)
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

	options Options
	server  *postgres.Server
	seed    func(ctx context.Context, databases []string, fill func(context.Context, headroom.Target) error) error
}

// New prepares the ground for a target. Close releases it.
func New(ctx context.Context, o Options) (*Ground, error) {
	g := &Ground{options: o, Lost: map[string]<-chan struct{}{}, Seeded: headroom.Seeded{Databases: map[string]headroom.SeededSite{}}, Logins: headroom.Logins{}}
	var err error
	switch o.Target {
	case External:
		err = g.external()
	case Odoo:
		err = g.odoo(ctx)
	case ERP:
		err = g.erp(ctx)
	default:
		err = &headroom.InputError{What: fmt.Sprintf("there is no target %q", o.Target), Where: "--target", Do: "choose erp, odoo or external"}
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
	if g.server != nil {
		err = errors.Join(err, g.server.Stop(ctx))
	}
	return err
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
	if g.server, err = StartPostgres(ctx, g.options.Out, postgres.Options{NoSync: true}); err != nil {
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
	bin, _, err := postgres.Find()
	if err != nil {
		return err
	}
	server := g.server
	quotas, err := needQuotas(g.options.Cores)
	if err != nil {
		return err
	}
	stack, err := odoostack.New(odoostack.Options{
		Workspace: g.options.Workspace, Log: g.options.Log, Quotas: quotas,
		Postgres:     odoostack.Postgres{Host: "127.0.0.1", Port: server.Port(), User: role, Password: password, Bin: bin},
		DatabasePIDs: func() []int { return []int{server.PID()} },
		Progress:     func(s string) { g.options.Say("%s", s) },
	})
	if err != nil {
		return err
	}
	g.Stack, g.seed = withDatabaseRole{stack, server}, stack.Seed
	return nil
}

// needQuotas says whether control groups must hold Odoo to the topologies'
// cores: not where every topology has what the machine has. A topology with
// more cannot be had.
func needQuotas(cores []float64) (bool, error) {
	have, need := float64(runtime.NumCPU()), false
	for _, c := range cores {
		if c > have {
			return false, &headroom.InputError{What: fmt.Sprintf("a topology wants %g cores, this machine has %g", c, have),
				Do: "run topologies with fewer cores, or forecast it instead"}
		}
		need = need || c < have
	}
	return need, nil
}

// withDatabaseRole adds the private PostgreSQL to a stack's roles.
type withDatabaseRole struct {
	*odoostack.Stack
	server *postgres.Server
}

func (s withDatabaseRole) Roles() []headroom.Role {
	return append(s.Stack.Roles(), headroom.Role{
		Name: "database", Station: "database", PIDs: func() []int { return []int{s.server.PID()} },
	})
}

// Fill seeds the plan's sites and marks their databases. An external target is
// marked by its owner alone, with headroom allow.
func (g *Ground) Fill(ctx context.Context, plan headroom.Plan) error {
	var databases []string
	for _, site := range plan.Sites {
		databases = append(databases, odoo.Database(site))
	}
	return g.seed(ctx, databases, func(ctx context.Context, target headroom.Target) error {
		for _, site := range plan.Sites {
			if err := g.fill(ctx, target, plan, site); err != nil {
				return err
			}
		}
		return nil
	})
}

func (g *Ground) fill(ctx context.Context, target headroom.Target, plan headroom.Plan, site headroom.Site) error {
	client := &odoo.Client{URL: target.URL}
	admin := headroom.Login{Login: target.AdminLogin, Password: target.AdminPassword}
	database := odoo.Database(site)
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
	seeded, logins, err := odoo.Seed(ctx, odoo.Seeding{
		Client: client, AdminLogin: admin, Plan: plan, Site: site, Keys: target.APIKeys,
		Progress: func(s string) { g.options.Say("%s", s) },
	})
	if err != nil {
		return err
	}
	g.Seeded.Version = version.Text
	g.Seeded.Databases[database] = seeded
	g.Logins[database] = logins
	return nil
}
