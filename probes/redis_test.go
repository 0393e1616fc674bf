package probes

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/headroom-erp/headroom"
)

const redisPassword = "redis-s3cr3t"

func startRedis(t *testing.T, args ...string) *server {
	t.Helper()
	port := freePort(t)
	return serve(t, port, "redis-server", append([]string{"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--requirepass", redisPassword,
		"--save", "", "--appendonly", "no", "--dir", serverFolder(t)}, args...)...)
}

func (s *server) redisURL(password string) headroom.Secret {
	return headroom.Secret("redis://:" + password + "@" + s.address() + "/0")
}

func redisClient(t *testing.T, s *server) *redis.Client {
	t.Helper()
	opt, err := redis.ParseURL(s.redisURL(redisPassword).Reveal())
	must(t, err)
	client := redis.NewClient(opt)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestRedisIsObserved(t *testing.T) {
	server := startRedis(t, "--maxmemory", "3mb", "--maxmemory-policy", "allkeys-lru", "--repl-diskless-sync-delay", "0")
	client, ctx := redisClient(t, server), context.Background()
	rec, stop := observe(t, Redis{URL: server.redisURL(redisPassword), Subject: "sessions", Interval: 20 * time.Millisecond})
	series := func(metric string) []float64 { return rec.series("redis", "sessions", metric) }
	see := func(metric string) float64 { return last(series(metric)) }
	for i := range 3 {
		must(t, client.Set(ctx, fmt.Sprint("key", i), "v", 0).Err())
	}
	must(t, client.Set(ctx, "brief", "v", time.Hour).Err())
	must(t, client.Get(ctx, "key0").Err())
	must(t, client.Get(ctx, "key1").Err())
	_ = client.Get(ctx, "no such key").Err() // redis.Nil
	eventually(t, "keys, hits and misses", func() bool {
		return see("keys") == 4 && see("keys_expiring") == 1 && see("keyspace_hits") == 2 && see("keyspace_misses") == 1
	})

	blocked := make(chan error, 1)
	go func() { blocked <- client.BLPop(ctx, 0, "list").Err() }()
	eventually(t, "a blocked client", func() bool { return see("blocked_clients") == 1 })
	must(t, client.LPush(ctx, "list", "v").Err())
	must(t, <-blocked)
	eventually(t, "no blocked client", func() bool { return see("blocked_clients") == 0 })

	value := strings.Repeat("x", 100<<10)
	for i := range 40 { // 4 MB, of which 3 fit
		must(t, client.Set(ctx, fmt.Sprint("large", i), value, 0).Err())
	}
	eventually(t, "evictions", func() bool { return see("evicted_keys") > 5 })

	replica := startRedis(t, "--replicaof", "127.0.0.1 "+strconv.Itoa(server.port), "--masterauth", redisPassword)
	follower, _ := observe(t, Redis{URL: replica.redisURL(redisPassword), Interval: 20 * time.Millisecond})
	eventually(t, "a replica that follows", func() bool {
		return see("replicas") == 1 && last(follower.series("redis", "redis", "master_link_up")) == 1
	})
	eventually(t, "its lag", func() bool { return len(series("replica_lag_bytes")) > 0 && see("replica_lag_bytes") < 1<<20 })
	stop()

	for metric, between := range map[string][2]float64{
		"maxmemory_bytes": {3 << 20, 3 << 20}, "used_memory_bytes": {1 << 20, 8 << 20}, "used_memory_rss_bytes": {1 << 20, 64 << 20}, "fragmentation_ratio": {0.1, 50},
		"clients": {2, 20}, "commands": {60, 1e6}, "ping_seconds": {1e-6, 1}, "max_clients": {100, 1e6}, "cpu_user_seconds": {0, 60}, "uptime_seconds": {0, 60},
		"rejected_connections": {0, 0}, "net_input_bytes": {4e6, 16e6}, "setting.maxmemory_policy=allkeys-lru": {1, 1}, "setting.role=master": {1, 1},
	} {
		if s := series(metric); len(s) == 0 || last(s) < between[0] || last(s) > between[1] {
			t.Errorf("%s: %v, want the last within %v", metric, s, between)
		}
	}
	if n := len(series("setting.redis_mode=standalone")); n != 1 {
		t.Errorf("the mode was told %d times", n)
	}
	if gaps := rec.records().Gaps; len(gaps) != 0 {
		t.Errorf("gaps %+v", gaps)
	}
}

func TestRedisThatGoesAwayIsAGapAndComesBack(t *testing.T) {
	server := startRedis(t)
	rec, _ := observe(t, Redis{URL: server.redisURL(redisPassword), Interval: 20 * time.Millisecond})
	samples := func() int { return len(rec.series("redis", "redis", "commands")) }
	eventually(t, "samples", func() bool { return samples() > 2 })
	for range 2 {
		server.outage(rec, "redis", samples, redisPassword)
	}
}

func TestNoPasswordOfRedisInAGap(t *testing.T) {
	server := startRedis(t)
	rec, _ := observe(t, Redis{URL: server.redisURL("wrong-s3cr3t"), Subject: "cache", Interval: 20 * time.Millisecond})
	eventually(t, "a gap", func() bool { return len(rec.records().Gaps) > 0 })
	if reason := rec.records().Gaps[0].Reason; !strings.HasPrefix(reason, "cache: WRONGPASS") || strings.Contains(reason, "s3cr3t") {
		t.Errorf("reason %q", reason)
	}
}

// Of other versions a part of INFO: 3.2 knows less, Valkey names itself besides.
func TestInfoOfOtherVersions(t *testing.T) {
	old := parseInfo("# Server\r\nredis_version:3.2.12\r\nredis_mode:standalone\r\n\r\n# Memory\r\nused_memory:1024\r\n# Keyspace\r\ndb0:keys=2,expires=1,avg_ttl=0\r\ndb11:keys=3,expires=0,avg_ttl=0\r\n")
	got := map[string]float64{}
	for _, v := range old.values("r") {
		got[v.metric] = v.value
	}
	want := map[string]float64{"used_memory_bytes": 1024, "keys": 5, "keys_expiring": 1}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v: what is not told is not recorded", got, want)
	}
	lagging := parseInfo("role:master\r\nmaster_repl_offset:1000\r\nslave0:ip=10.0.0.1,port=6379,state=online,offset=900,lag=1\r\nslave1:ip=10.0.0.2,port=6379,state=online,offset=400,lag=1\r\nslave_read_only:1\r\n")
	if lag, ok := lagging.lag(); !ok || lag != 600 {
		t.Errorf("lag %g, %v: want the hindmost replica's 600", lag, ok)
	}
	if _, ok := old.lag(); ok {
		t.Error("a lag without replicas")
	}
}
