package probes

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/headroom-erp/headroom"
)

// Redis observes a Redis (or Valkey, or KeyDB) server by INFO and PING, over one
// connection of its own.
//
// Samples: probe "redis", subject Subject. Gauges: used_memory_bytes,
// used_memory_rss_bytes, used_memory_peak_bytes, used_memory_dataset_bytes,
// maxmemory_bytes (0: no limit), fragmentation_ratio (resident over used),
// clients, blocked_clients (in BLPOP and the like), max_clients,
// commands_per_second (the server's own, of the last 1.6 s), keys and
// keys_expiring (of all databases), replicas, replica_lag_bytes (of the
// hindmost; where there are replicas), master_link_up (on a replica: 0 or 1),
// unsaved_changes, bgsave_in_progress and aof_rewrite_in_progress (0 or 1),
// latest_fork_seconds (during which it answered nobody), uptime_seconds, and
// ping_seconds (a PING's way there and back: what a client waits at least).
// Counters: commands, connections_received, rejected_connections, keyspace_hits,
// keyspace_misses, evicted_keys, expired_keys, error_replies, net_input_bytes,
// net_output_bytes, cpu_user_seconds, cpu_system_seconds. Once: "setting.NAME=TEXT"
// with value 1 for redis_version, redis_mode, role and maxmemory_policy. What a
// version does not tell is not recorded. After a restart counters start from 0.
type Redis struct {
	URL      headroom.Secret // redis://[USER:PASSWORD@]HOST:PORT/0, rediss:// or unix://
	Subject  string          // "" means "redis"
	Interval time.Duration   // 0 means 5 s
}

// infoMetrics are INFO's fields, what they are called here, and the unit that
// they are in.
var infoMetrics = []struct {
	field, metric string
	unit          float64
}{
	{"used_memory", "used_memory_bytes", 1}, {"used_memory_rss", "used_memory_rss_bytes", 1}, {"used_memory_peak", "used_memory_peak_bytes", 1},
	{"used_memory_dataset", "used_memory_dataset_bytes", 1}, {"maxmemory", "maxmemory_bytes", 1}, {"mem_fragmentation_ratio", "fragmentation_ratio", 1},
	{"connected_clients", "clients", 1}, {"blocked_clients", "blocked_clients", 1}, {"maxclients", "max_clients", 1},
	{"instantaneous_ops_per_sec", "commands_per_second", 1}, {"total_commands_processed", "commands", 1},
	{"total_connections_received", "connections_received", 1}, {"rejected_connections", "rejected_connections", 1},
	{"keyspace_hits", "keyspace_hits", 1}, {"keyspace_misses", "keyspace_misses", 1},
	{"evicted_keys", "evicted_keys", 1}, {"expired_keys", "expired_keys", 1}, {"total_error_replies", "error_replies", 1},
	{"total_net_input_bytes", "net_input_bytes", 1}, {"total_net_output_bytes", "net_output_bytes", 1},
	{"used_cpu_user", "cpu_user_seconds", 1}, {"used_cpu_sys", "cpu_system_seconds", 1},
	{"connected_slaves", "replicas", 1}, {"rdb_changes_since_last_save", "unsaved_changes", 1},
	{"rdb_bgsave_in_progress", "bgsave_in_progress", 1}, {"aof_rewrite_in_progress", "aof_rewrite_in_progress", 1},
	{"latest_fork_usec", "latest_fork_seconds", 1e-6}, {"uptime_in_seconds", "uptime_seconds", 1},
}

// Name is "redis".
func (r Redis) Name() string { return "redis" }

// Run observes until ctx ends, and once more then.
func (r Redis) Run(ctx context.Context, clock Clock, rec headroom.Recorder) error {
	l := &lookout{reporter: &reporter{probe: r.Name(), clock: clock, rec: rec}, subject: orElse(r.Subject, r.Name())}
	opt, err := redis.ParseURL(r.URL.Reveal())
	if err != nil {
		// The parser's message may quote the URL: it stays here.
		return l.unusable(ctx, errors.New("the URL cannot be read; it is redis://[USER:PASSWORD@]HOST:PORT/0"))
	}
	l.secrets = []string{opt.Password}
	silence.Do(func() { redis.SetLogger(silent{}) })
	opt.PoolSize, opt.MaxRetries, opt.DialerRetries = 1, -1, 1
	opt.DialTimeout, opt.ReadTimeout, opt.WriteTimeout = queryTimeout, queryTimeout, queryTimeout
	opt.ClientName, opt.DisableIdentity = "headroom-probe", true
	opt.Protocol = 2 // servers before 6 know no other
	opt.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	client := redis.NewClient(opt)
	defer func() { _ = client.Close() }() // only read from
	told := false
	return l.watch(ctx, orElse(r.Interval, 5*time.Second), func(ctx context.Context) ([]value, error) {
		// INFO by itself has all sections that matter in every version; several
		// names are an error before Redis 7.
		text, err := client.Info(ctx).Result()
		if err != nil {
			return nil, err
		}
		sent := time.Now()
		if err := client.Ping(ctx).Err(); err != nil {
			return nil, err
		}
		ping := time.Since(sent).Seconds()
		info := parseInfo(text)
		values := append(info.values(l.subject), value{l.subject, "ping_seconds", ping})
		if !told {
			told = true
			values = append(values, info.settings(l.subject)...)
		}
		return values, nil
	})
}

// silent is told by the client's package what the probe records as a gap.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// silence is done once: the package has one logger, on standard error.
var silence sync.Once

// info is what INFO says, by field.
type info map[string]string

func parseInfo(text string) info {
	fields := info{}
	for line := range strings.Lines(text) {
		if name, v, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && !strings.HasPrefix(name, "#") {
			fields[name] = v
		}
	}
	return fields
}

func (i info) values(subject string) []value {
	var out []value
	for _, m := range infoMetrics {
		if n, err := strconv.ParseFloat(i[m.field], 64); err == nil {
			out = append(out, value{subject, m.metric, n * m.unit})
		}
	}
	var keys, expiring float64
	for name, v := range i {
		if number, ok := strings.CutPrefix(name, "db"); ok && isNumber(number) {
			keys += part(v, "keys")
			expiring += part(v, "expires")
		}
	}
	out = append(out, value{subject, "keys", keys}, value{subject, "keys_expiring", expiring})
	if up, ok := i["master_link_status"]; ok {
		out = append(out, value{subject, "master_link_up", truth(up == "up")})
	}
	if lag, ok := i.lag(); ok {
		out = append(out, value{subject, "replica_lag_bytes", lag})
	}
	return out
}

// lag is how much of the stream of commands the hindmost replica has not got.
func (i info) lag() (bytes float64, ok bool) {
	offset, err := strconv.ParseFloat(i["master_repl_offset"], 64)
	if err != nil {
		return 0, false
	}
	for name, v := range i {
		if number, is := strings.CutPrefix(name, "slave"); is && isNumber(number) {
			bytes, ok = max(bytes, offset-part(v, "offset")), true
		}
	}
	return bytes, ok
}

func (i info) settings(subject string) []value {
	var out []value
	for _, name := range []string{"redis_version", "redis_mode", "role", "maxmemory_policy"} {
		if v := i[name]; v != "" {
			out = append(out, value{subject, "setting." + name + "=" + v, 1})
		}
	}
	return out
}

// part is a number of a value such as "keys=2,expires=1"; 0 where it is not.
func part(text, name string) float64 {
	for field := range strings.SplitSeq(text, ",") {
		if v, ok := strings.CutPrefix(field, name+"="); ok {
			n, _ := strconv.ParseFloat(v, 64) // not a number: 0
			return n
		}
	}
	return 0
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
