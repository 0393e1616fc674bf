package probes

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// backendSeconds is the CPU that a process of this machine has used.
func backendSeconds(b *testing.B, pid uint32) float64 {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid))
	if err != nil {
		b.Fatalf("the server's processes cannot be seen: this benchmark needs a server on this Linux machine: %v", err)
	}
	ns, err := strconv.ParseFloat(strings.Fields(string(content))[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return ns / 1e9
}

// BenchmarkPostgresCost measures what a look at each group costs the server, in
// a database of 700 tables with 60 idle sessions beside it, which is about an Odoo's.
func BenchmarkPostgresCost(b *testing.B) {
	ctx := b.Context()
	admin, err := pgx.Connect(ctx, os.Getenv(dsnEnv))
	if err != nil {
		b.Fatal(err)
	}
	defer admin.Close(ctx)
	cfg := admin.Config().Copy()
	cfg.Database = "headroom_cost"
	for _, sql := range []string{"DROP DATABASE IF EXISTS headroom_cost WITH (FORCE)", "CREATE DATABASE headroom_cost"} {
		if _, err := admin.Exec(ctx, sql); err != nil {
			b.Fatal(err)
		}
	}
	defer admin.Exec(ctx, "DROP DATABASE headroom_cost WITH (FORCE)")
	for i := range 60 {
		c, err := pgx.ConnectConfig(ctx, cfg)
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close(ctx)
		if i == 0 {
			if _, err := c.Exec(ctx, `DO $$ BEGIN FOR i IN 1..700 LOOP EXECUTE 'CREATE TABLE t' || i || ' (id int PRIMARY KEY, n int)'; END LOOP; END $$`); err != nil {
				b.Fatal(err)
			}
		}
	}
	// The list of statements and the log are there or not: they are not measured here.
	for g, name := range map[group]string{base: "base", detail: "detail", size: "size"} {
		b.Run(name, func(b *testing.B) {
			var backend *pgx.Conn
			o := observerOf(&memory{}, func(ctx context.Context) (asker, error) {
				cfg := cfg.Copy()
				cfg.RuntimeParams["application_name"] = probeName
				var err error
				backend, err = pgx.ConnectConfig(ctx, cfg)
				return pgAsker{backend}, err
			})
			o.database = cfg.Database
			defer o.disconnect()
			if _, err := o.look(ctx, g); err != nil { // the first prepares
				b.Fatal(err)
			}
			before := backendSeconds(b, backend.PgConn().PID())
			for b.Loop() {
				if _, err := o.look(ctx, g); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((backendSeconds(b, backend.PgConn().PID())-before)/float64(b.N)*1e3, "server-ms/op")
		})
	}
}
