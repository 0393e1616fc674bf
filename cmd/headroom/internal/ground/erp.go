package ground

import (
	"context"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/fixtures/erp"
)

// EnvDemands names a JSON file of service demands for the stand-in, in seconds,
// instead of the shipped table: to see what a slower system would do.
const EnvDemands = "HEADROOM_ERP_DEMANDS"

func (g *Ground) erp(ctx context.Context) error {
	if err := g.postgres(ctx); err != nil {
		return err
	}
	stack := &erp.Stack{
		Server: g.server, Binary: g.options.Binary, Args: []string{"erp", "--config-from-stdin"},
		Log: g.options.Log, Seed: g.options.Seed, Stderr: g.options.Out,
		DemandsFile: g.options.Getenv(EnvDemands),
	}
	g.Stack = stack
	g.seed = func(ctx context.Context, databases []string, fill func(context.Context, headroom.Target) error) error {
		stack.Free = true // what seeding takes is no result
		defer func() { stack.Free = false }()
		target, err := stack.Up(ctx, seeding, databases)
		if err != nil {
			return err
		}
		if err := fill(ctx, target); err != nil {
			return err
		}
		if err := stack.Down(ctx); err != nil {
			return err
		}
		for _, db := range databases {
			if err := stack.Seal(ctx, db); err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}

// seeding is what serves while master data is created, without any demand.
var seeding = headroom.Topology{
	Name: "seeding", Web: headroom.Web{Workers: 4, Cores: 16}, Database: headroom.Database{Cores: 16},
}
