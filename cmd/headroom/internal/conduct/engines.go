package conduct

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/fixtures/external"
	"github.com/headroom-erp/headroom/odoo"
	"github.com/headroom-erp/headroom/probes"
	"github.com/headroom-erp/headroom/results"
	"github.com/headroom-erp/headroom/scenarios"
	"github.com/headroom-erp/headroom/scenarios/attack"
	"github.com/headroom-erp/headroom/scenarios/k6run"
)

// engines makes the engines that the schedule's processes need. Clean up
// removes the files with secrets.
func (s Spec) engines(up estate, bundle *results.Bundle, part *results.Part) ([]headroom.Engine, func(), error) {
	var engines []headroom.Engine
	var secret []string
	cleanup := func() {
		for _, path := range secret {
			_ = os.Remove(path)
		}
	}
	dsns := up.dsns()
	if err := CheckReads(s.Schedule, func(db string) bool { return dsns[db] != "" }); err != nil {
		return nil, nil, err
	}
	if s.needs(scenarios.K6) {
		e, files, err := s.k6(up, bundle)
		secret = files
		if err != nil {
			cleanup()
			return nil, nil, err
		}
		engines = append(engines, e)
	}
	if s.needs(scenarios.Attack) {
		engines = append(engines, attack.New(attack.Options{
			Schedule: s.Schedule, Seeded: s.Seeded, URLs: up.urls(), Recorder: part, Grace: Grace,
		}))
	}
	if len(engines) == 0 {
		return nil, nil, &headroom.InputError{What: "the schedule's window holds no arrival", Do: "choose a window in which the plan has work, or a larger --scale"}
	}
	return engines, cleanup, nil
}

// needs says whether an arrival of the schedule is for the engine.
func (s Spec) needs(engine string) bool {
	processes := s.Schedule.Header().Processes
	for a, err := range s.Schedule.Arrivals() {
		if err == nil && processes[a.Process].Engine == engine {
			return true
		}
	}
	return false
}

// CheckReads refuses a schedule that reads a database whose DSN is not known.
func CheckReads(schedule headroom.Schedule, known func(database string) bool) error {
	h := schedule.Header()
	for a, err := range schedule.Arrivals() {
		if err != nil {
			return err
		}
		process, site := h.Processes[a.Process], h.Sites[a.Site]
		scenario, err := scenarios.Find(process.Scenario)
		if err != nil {
			return err
		}
		if scenario.Protocol == "sql" && !known(site.Database) {
			return &headroom.InputError{
				What:  fmt.Sprintf("process %s reads database %s directly, and no DSN of it is known", process.Name, site.Database),
				Where: external.EnvDSN, Do: "set it, or take the process out of the plan",
			}
		}
	}
	return nil
}

func (s Spec) k6(up estate, bundle *results.Bundle) (headroom.Engine, []string, error) {
	var files []string
	seeded, err := s.private("seeded.json", func(path string) error {
		b, err := json.Marshal(s.Seeded)
		if err != nil {
			return err
		}
		return os.WriteFile(path, b, 0o600)
	})
	if err != nil {
		return nil, files, err
	}
	files = append(files, seeded)
	logins, err := s.private("logins.json", func(path string) error { return odoo.WriteLogins(path, s.Logins) })
	if err != nil {
		return nil, files, err
	}
	files = append(files, logins)
	return k6run.New(k6run.Options{
		Binary: []string{s.Binary, "k6"}, Schedule: bundle.Schedule(), Part: bundle.PartPath("k6"),
		Targets: up.urls(), Seeded: seeded, Logins: logins, DSNs: up.dsns(),
		VUs: s.VUs, Workspace: s.Private, Log: bundle.Log("k6"), Grace: Grace,
	}), files, nil
}

// A parent is an engine that runs a process of its own.
type parent interface{ PID() int }

// probe starts what observes the run; the function returned stops it.
func (s Spec) probe(ctx context.Context, up estate, engines []headroom.Engine, start time.Time, part *results.Part) func() error {
	list := []probes.Probe{
		probes.Processes{Roles: up.roles()},
		probes.Generator{PIDs: func() []int {
			var pids []int
			for _, e := range engines {
				if p, ok := e.(parent); ok && p.PID() > 0 {
					pids = append(pids, p.PID())
				}
			}
			return pids
		}},
	}
	for db, dsn := range up.dsns() {
		list = append(list, probes.Postgres{DSN: dsn, Database: db}, &probes.Business{DSN: dsn, Database: db}, probes.Crons{DSN: dsn, Database: db})
	}
	for _, one := range up {
		if one.target.RequestLog != "" {
			list = append(list, &probes.OdooLog{Path: one.target.RequestLog})
		}
	}
	// Probes outlive an interruption by the moment that the last log lines need.
	group := probes.Start(context.WithoutCancel(ctx), probes.Clock{Start: start}, part, list...)
	return group.Stop
}

// follow says each five seconds how the run goes, until it is called.
func (s Spec) follow(engines []headroom.Engine) func() {
	quit := make(chan struct{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	last := make([]headroom.Tick, len(engines))
	for i, e := range engines {
		wg.Go(func() {
			for {
				select {
				case t, ok := <-e.Ticks():
					if !ok {
						return
					}
					mu.Lock()
					last[i] = t
					mu.Unlock()
				case <-quit:
					return
				}
			}
		})
	}
	wg.Go(func() {
		ticker := time.NewTicker(5 * time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				mu.Lock()
				s.Say("%s", progress(last, s.Schedule.Header().Duration()))
				mu.Unlock()
			case <-quit:
				return
			}
		}
	})
	var once sync.Once
	return func() { once.Do(func() { close(quit); wg.Wait() }) }
}

// progress is one line about all engines.
func progress(ticks []headroom.Tick, duration float64) string {
	var sum headroom.Tick
	for _, t := range ticks {
		sum.T = max(sum.T, t.T)
		sum.Started += t.Started
		sum.Done += t.Done
		sum.Failed += t.Failed
		sum.Active += t.Active
		sum.LateP99 = max(sum.LateP99, t.LateP99)
	}
	line := fmt.Sprintf("%3.0f of %.0f s: %d journeys started, %d done, %d failed, %d under way; generator late p99 %.1f ms",
		sum.T, duration, sum.Started, sum.Done, sum.Failed, sum.Active, 1000*sum.LateP99)
	if sum.T > duration {
		line += "; waiting for the last to finish"
	}
	return line
}
