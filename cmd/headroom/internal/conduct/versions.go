package conduct

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/odoo"
	"github.com/headroom-erp/headroom/probes"

	lib "modernc.org/sqlite/lib"
)

// describe fills in what a run is measured on: the tool and its engines, the
// ERP, its database, and the machine that offers the load. What cannot be found
// out is said and left out: it is no reason not to run.
func (s Spec) describe(ctx context.Context, e estate, info *headroom.RunInfo) {
	machine := probes.ThisMachine(ctx)
	info.Machine, info.Modules = &machine, e[0].modules
	v := map[string]string{"headroom": s.Tool, "server": s.Seeded.Version, "kernel": machine.Kernel, "sqlite": lib.SQLITE_VERSION}
	for name, version := range s.Engines {
		v[name] = version
	}
	for _, one := range e {
		for name, version := range s.targetVersions(ctx, one) {
			if had, known := v[name]; known && had != version {
				name = one.Topology.Name + "/" + name
			}
			v[name] = version
		}
	}
	for name, version := range v {
		if version == "" {
			delete(v, name)
		}
	}
	info.Versions = v
}

// targetVersions are what a target tells of itself, and what its ERP and its
// PostgreSQL say when they are asked.
func (s Spec) targetVersions(ctx context.Context, one standing) map[string]string {
	v := map[string]string{}
	for name, version := range one.target.Versions {
		v[name] = version
	}
	if v["odoo"] == "" && v["erp"] == "" {
		client := odoo.Client{URL: one.target.URL}
		if version, err := client.Version(ctx); err != nil {
			s.Say("the version of %s is not known: %v", one.target.URL, err)
		} else {
			v["odoo"] = version.Text
		}
	}
	if one.target.DSN == nil || one.target.DSN(one.databases[0]) == "" {
		return v
	}
	version, err := serverVersion(ctx, one.target.DSN(one.databases[0]))
	if err != nil {
		s.Say("the version of PostgreSQL is not known: %v", err)
	} else {
		v["postgresql"] = version
	}
	return v
}

// serverVersion asks PostgreSQL.
func serverVersion(ctx context.Context, dsn headroom.Secret) (version string, err error) {
	cfg, err := pgx.ParseConfig(dsn.Reveal())
	if err != nil { // err is left out: it quotes the DSN
		return "", errors.New("conduct: the DSN is no PostgreSQL address")
	}
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return "", fmt.Errorf("conduct: no connection to %s:%d", cfg.Host, cfg.Port)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // only read from
	err = conn.QueryRow(ctx, "SHOW server_version").Scan(&version)
	return version, err
}
