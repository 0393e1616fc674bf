package conduct

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/fixtures/external"
	"github.com/headroom-erp/headroom/odoo"
	"github.com/headroom-erp/headroom/scenarios"
	"github.com/headroom-erp/headroom/scenarios/attack"
	"github.com/headroom-erp/headroom/scenarios/k6run"
)

// engines makes the engines that the schedule's processes need. Clean up
// removes the files with secrets.
func (s Spec) engines(up estate, bundle *book, part headroom.Recorder) ([]headroom.Engine, func(), error) {
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

func (s Spec) k6(up estate, bundle *book) (headroom.Engine, []string, error) {
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
		Targets: up.urls(), Seeded: seeded, Logins: logins, DSNs: up.dsns(), Store: bundle.child("k6"),
		VUs: s.VUs, Workspace: s.Private, Log: bundle.Log("k6"), Grace: Grace,
	}), files, nil
}

// A parent is an engine that runs a process of its own.
type parent interface{ PID() int }
