package conduct

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/awake"
	"github.com/headroom-erp/headroom/fixtures/external"
	"github.com/headroom-erp/headroom/probes"
	"github.com/headroom-erp/headroom/results"
)

// CheckProbes finds intervals of a plan for probes that there are not.
func CheckProbes(plan headroom.Plan) []headroom.Problem {
	if plan.Observe == nil {
		return nil
	}
	var out []headroom.Problem
	known := probes.Names()
	for _, name := range slices.Sorted(maps.Keys(plan.Observe.Every)) {
		if !slices.Contains(known, name) {
			out = append(out, headroom.Problem{Path: "observe.every." + name, What: fmt.Sprintf("there is no probe %q", name), Do: "the probes are " + strings.Join(known, ", ")})
		}
	}
	return out
}

// CheckObserve refuses a plan that has queries, without one of the services to
// ask.
func CheckObserve(plan headroom.Plan, services []headroom.Service) error {
	if plan.Observe == nil {
		return nil
	}
	asked := slices.ContainsFunc(services, func(s headroom.Service) bool { return s.Kind == "prometheus" })
	if len(plan.Observe.Queries) > 0 && !asked {
		return &headroom.InputError{What: "the plan asks a Prometheus server, and none is known", Where: "observe.queries",
			Do: "set " + external.EnvPrometheus + ", or take the queries out of the plan"}
	}
	return nil
}

// watch readies what observes the run, which may take a moment: whoever follows
// the log of a container waits until its engine answers.
func (s Spec) watch(up estate, engines []headroom.Engine) []probes.Probe {
	list := slices.Concat(s.machinery(up, engines), s.databaseProbes(up), s.serviceProbes(up))
	probes.Prepare(list...)
	return list
}

// probe starts what observes the run; the function returned stops it.
func (s Spec) probe(ctx context.Context, list []probes.Probe, start time.Time, part headroom.Recorder) func() error {
	// Probes outlive an interruption by the moment that the last log lines need.
	group := probes.Start(context.WithoutCancel(ctx), probes.Clock{Start: start}, part, list...)
	return group.Stop
}

// every is the interval that the plan gives a probe; 0 is the probe's own.
func (s Spec) every(probe string) time.Duration {
	if s.Plan.Observe == nil {
		return 0
	}
	return time.Duration(s.Plan.Observe.Every[probe] * float64(time.Second))
}

// machinery observes processes, the generator, and what the ERP logs.
func (s Spec) machinery(up estate, engines []headroom.Engine) []probes.Probe {
	generators := func() []int {
		var pids []int
		for _, e := range engines {
			if p, ok := e.(parent); ok && p.PID() > 0 {
				pids = append(pids, p.PID())
			}
		}
		return pids
	}
	list := []probes.Probe{
		probes.Processes{Roles: up.roles(), Interval: s.every("process")},
		probes.Generator{PIDs: generators, Interval: s.every("generator")},
		probes.Cgroups{Roles: up.roles(), Interval: s.every("cgroup")},
	}
	if up.ofThisMachine() {
		list = append(list, probes.Speed{Interval: s.every("speed")})
	}
	for _, one := range up {
		if one.target.RequestLog == "" {
			continue
		}
		log := &probes.OdooLog{Source: one.target.RequestLog, Answered: s.answered(one.Sites)}
		if len(up) > 1 {
			log.Subject = one.Topology.Name + "/log"
		}
		list = append(list, log)
	}
	return list
}

// ofThisMachine says whether the parts' CPU is this machine's: it is not where
// they run elsewhere, nor where their cores are virtual and of one speed.
func (e estate) ofThisMachine() bool {
	return slices.ContainsFunc(e.roles(), func(r headroom.Role) bool {
		return r.Station != "" && r.PIDs != nil && r.BusySeconds == nil
	})
}

// keepAwake keeps the machine's cores from falling asleep, until sleep, where the
// stack runs on them. Where that cannot be the run is less steady, and no worse.
func (s Spec) keepAwake(up estate) (kept bool, sleep func() error) {
	if !up.ofThisMachine() {
		return false, func() error { return nil }
	}
	cores, err := awake.Keep()
	if err != nil {
		s.Say("the machine's cores fall asleep between requests, so that times differ more from run to run: %v", err)
		return false, func() error { return nil }
	}
	return true, cores.Close
}

// answered counts the requests of sites that the ERP answered so far, but no
// more than are asked for.
func (s Spec) answered(sites []string) func(atLeast int) int {
	return func(atLeast int) (n int) {
		run, err := results.Open(s.Dir)
		if err != nil {
			return 0 // the run's end says why
		}
		defer func() { _ = run.Close() }() // only read from
		for r, err := range run.Requests() {
			if err != nil {
				return n
			}
			if r.Status > 0 && slices.Contains(sites, r.Site) {
				n++
			}
			if n >= atLeast {
				break
			}
		}
		return n
	}
}

// databaseProbes look into the ERP's databases where a DSN is known.
func (s Spec) databaseProbes(up estate) []probes.Probe {
	var list []probes.Probe
	dsns := up.dsns()
	for _, db := range slices.Sorted(maps.Keys(dsns)) {
		dsn := dsns[db]
		list = append(list, probes.Postgres{DSN: dsn, Database: db, Interval: s.every("postgres")}, &probes.Business{DSN: dsn, Database: db},
			probes.Crons{DSN: dsn, Database: db, Interval: s.every("cron")}, probes.Queues{DSN: dsn, Database: db, Interval: s.every("queue")})
	}
	return list
}

// serviceProbes observe what stands beside the ERP.
func (s Spec) serviceProbes(up estate) []probes.Probe {
	var list []probes.Probe
	for _, one := range s.services(up) {
		interval := s.every(one.Kind)
		switch one.Kind {
		case "redis":
			list = append(list, probes.Redis{URL: one.URL, Subject: one.Name, Interval: interval})
		case "pgbouncer":
			list = append(list, probes.PgBouncer{DSN: one.URL, Subject: one.Name, Interval: interval})
		case "metrics":
			list = append(list, probes.Metrics{URL: one.URL, Subject: one.Name, Interval: interval})
		case "prometheus":
			if s.Plan.Observe != nil && len(s.Plan.Observe.Queries) > 0 {
				list = append(list, probes.Prometheus{URL: one.URL, Subject: one.Name, Queries: s.Plan.Observe.Queries, Interval: interval})
			}
		case "postgres":
			list = append(list, probes.Under(one.Name, probes.Postgres{DSN: one.URL, Interval: interval}))
		}
	}
	return list
}

// services are those of all parts, and the environment's. Where there are several
// parts a service carries the name of its part: "hub/redis".
func (s Spec) services(up estate) []headroom.Service {
	var out []headroom.Service
	for _, one := range up {
		for _, service := range one.target.Services {
			if len(up) > 1 {
				service.Name = one.Topology.Name + "/" + service.Name
			}
			out = append(out, service)
		}
	}
	return append(out, s.Services...)
}
