package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/fixtures/erp"
	"github.com/headroom-erp/headroom/fixtures/postgres"
)

// configFromStdin is the flag with which headroom starts a stand-in of its own.
const configFromStdin = "config-from-stdin"

// erpOptions are the flags of erp.
type erpOptions struct {
	listen, demands, log string
	databases            []string
	topology             headroom.Topology
	seed                 uint64
}

func newERP(std stdio) *cobra.Command {
	o := erpOptions{listen: "127.0.0.1:8069", databases: []string{"pilot"}, seed: 1}
	o.topology = headroom.Topology{Name: "erp", Web: headroom.Web{Workers: 6, Cores: 3}, Database: headroom.Database{Cores: 2}}
	var fromStdin bool
	cmd := &cobra.Command{
		Use:   "erp",
		Short: "Serve the stand-in ERP: Odoo-shaped, on a private PostgreSQL, with known service demands",
		Long: `Serve the stand-in ERP on a private PostgreSQL until Ctrl-C. It answers the doors
that headroom's scenarios use (JSON-RPC, JSON-2, XML-RPC, portal, webhooks), has a
pool of workers as Odoo's prefork server, conflicts that are PostgreSQL's own, and
virtual CPUs with known demands. It prints one line of JSON with its address when
it serves. The administrator's password is taken from HEADROOM_ERP_PASSWORD.`,
		Example: "  HEADROOM_ERP_PASSWORD=secret headroom erp\n  HEADROOM_ERP_PASSWORD=secret headroom erp --listen 127.0.0.1:0 --workers 4 --app-cores 2 --log requests.log",
		Args:    exactArgs(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if fromStdin {
				c, err := erp.ReadConfig(std.in)
				if err != nil {
					return err
				}
				return erp.Main(cmd.Context(), c, std.out)
			}
			return serveERP(cmd.Context(), o, std)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", o.listen, "address of the workers; port 0 is a free one")
	f.StringSliceVar(&o.databases, "database", o.databases, "databases to serve, each a tenant")
	f.IntVar(&o.topology.Web.Workers, "workers", o.topology.Web.Workers, "web workers")
	f.Float64Var(&o.topology.Web.Cores, "app-cores", o.topology.Web.Cores, "virtual cores of the web host")
	f.Float64Var(&o.topology.Database.Cores, "database-cores", o.topology.Database.Cores, "virtual cores of the database host")
	f.BoolVar(&o.topology.SharedHost, "shared-host", false, "web workers and database share --app-cores")
	f.StringVar(&o.demands, "demands", "", "JSON file of service demands in seconds (default the shipped table)")
	f.StringVar(&o.log, "log", "", "request log to append to, in Odoo 19's format")
	f.Uint64Var(&o.seed, "seed", o.seed, "seed of demands and of retries' sleeps")
	f.BoolVar(&fromStdin, configFromStdin, false, "read the configuration from standard input")
	_ = f.MarkHidden(configFromStdin) // the flag exists: it is two lines above
	return cmd
}

// envERPPassword names the administrator's password of a stand-in.
const envERPPassword = "HEADROOM_ERP_PASSWORD"

// serveERP serves on a private PostgreSQL of its own until it is interrupted.
func serveERP(ctx context.Context, o erpOptions, std stdio) (err error) {
	password := headroom.Secret(os.Getenv(envERPPassword))
	if password == "" {
		return &headroom.InputError{What: "is not set", Where: envERPPassword, Do: "set it to the password that the stand-in's administrator is to have"}
	}
	binary, err := os.Executable()
	if err != nil {
		return &headroom.MeasureError{What: "the program cannot find itself", Err: err}
	}
	server, err := ground.StartPostgres(ctx, std.err, postgres.Options{})
	if err != nil {
		return err
	}
	stack := &erp.Stack{
		Server: server, Binary: binary, Args: []string{"erp", "--" + configFromStdin}, Stderr: std.err, Listen: o.listen,
		Password: password, Seed: o.seed, DemandsFile: o.demands, Log: func(headroom.Topology) string { return o.log },
	}
	defer func() {
		quiet := context.WithoutCancel(ctx)
		err = errors.Join(err, stack.Down(quiet), server.Stop(quiet))
	}()
	target, err := stack.Up(ctx, o.topology, o.databases)
	if err != nil {
		return err
	}
	ready := map[string]any{"url": target.URL, "databases": o.databases, "login": target.AdminLogin}
	if err := json.NewEncoder(std.out).Encode(ready); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case <-stack.Done():
		return &headroom.MeasureError{What: "the stand-in ended by itself"}
	case <-server.Done():
		return &headroom.MeasureError{What: "PostgreSQL ended by itself"}
	}
}
