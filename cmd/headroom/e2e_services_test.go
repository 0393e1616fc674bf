//go:build e2e

package main

import (
	"strings"
	"testing"

	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
)

// TestE2EServices observes everything that stands beside a real Odoo: HAProxy
// before two replicas, PgBouncer, Redis with the sessions, a read-only replica
// of the database, and the backlog in Odoo's own tables.
func TestE2EServices(t *testing.T) {
	run, _ := observedRun(t, ground.Odoo, "everything", nil)
	seen := run.samples(t)
	var asked float64
	for r, err := range run.Requests() {
		if err != nil {
			t.Fatal(err)
		}
		if r.Protocol != "sql" {
			asked++
		}
	}
	passed := seen.grown(`metrics/ingress/haproxy_backend_http_requests_total{proxy="web"}`)
	t.Logf("%g requests, %g through the ingress", asked, passed)
	if asked < 20 || passed < asked || passed > 1.05*asked+5 {
		t.Errorf("the client sent %g requests, the ingress passed on %g", asked, passed)
	}
	for name, least := range map[string]float64{
		"redis/redis/commands": asked, "redis/redis/net_output_bytes": asked, "pgbouncer/pooler/hub/queries": 5 * asked,
		"pgbouncer/pooler/hub/transactions": asked / 4, // what only reads goes to the replica, past the pooler
	} {
		if got := seen.grown(name); got < least {
			t.Errorf("%s grew by %g, want %g at least", name, got, least)
		}
	}
	for name, want := range map[string][2]float64{
		"redis/redis/keys": {1, 1000}, "redis/redis/maxmemory_bytes": {32e6, 32e6}, "redis/redis/clients": {1, 100}, "redis/redis/ping_seconds": {0, 1},
		"redis/redis/setting.maxmemory_policy=allkeys-lru": {1, 1}, "pgbouncer/pooler/setting.pool_mode=session": {1, 1}, "pgbouncer/pooler/setting.default_pool_size": {12, 12},
		"pgbouncer/pooler/hub/clients_active": {1, 12}, "pgbouncer/pooler/hub/maxwait_seconds": {0, 1}, `metrics/ingress/haproxy_backend_active_servers{proxy="web"}`: {2, 2},
		`backlog/hub/pickings{operation="outgoing",state="assigned",type="OUT"}`: {5, 200}, "backlog/hub/pickings_waiting": {0, 200}, "backlog/hub/orders_to_invoice": {0, 200},
		"backlog/hub/invoices_draft": {0, 10}, "backlog/hub/bills_draft": {0, 0}, "backlog/hub/batches_open": {0, 10},
	} {
		got, ok := seen.last[name]
		t.Logf("%s: %g", name, got)
		if !ok || got < want[0] || got > want[1] {
			t.Errorf("%s is %g (recorded: %t), want within %v", name, got, ok, want)
		}
	}
	// Every order that was confirmed waits to be shipped.
	if orders, open := seen.grown("business/hub/orders_confirmed"), seen.grown("backlog/hub/pickings_assigned")+seen.grown("backlog/hub/pickings_waiting"); orders == 0 || open != orders {
		t.Errorf("%g orders were confirmed, and the backlog grew by %g", orders, open)
	}
	replica := 0
	for name := range seen.last {
		if strings.HasPrefix(name, "postgres/replica/hub/") {
			replica++
		}
		if strings.HasPrefix(name, "queue/") {
			t.Errorf("%s of a database that has no queue_job", name)
		}
	}
	if replica < 5 {
		t.Errorf("%d metrics of the replica", replica)
	}
	noGapsOf(t, run, "redis", "pgbouncer", "metrics", "queue", "backlog")
}
