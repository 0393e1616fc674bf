package probes

// Names are those of the probes that have an interval, sorted: what a plan's
// observe.every may name.
func Names() []string {
	return []string{"cgroup", "cron", "generator", "metrics", "pgbouncer", "postgres", "process", "prometheus", "queue", "redis", "speed"}
}
