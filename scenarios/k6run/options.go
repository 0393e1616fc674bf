// Package k6run is the engine that plays scenarios in k6: it starts k6 as a
// child of its own, tells it when to start and to stop, and hears each second
// how it goes. k6's engine is not a library (it ends its process and reads its
// arguments), and a child of its own can be killed without loss of the rest.
package k6run

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios"
)

// Options say what to run and where everything is.
type Options struct {
	// Binary is the command that becomes k6, `run …` is added to it: this
	// program itself and its verb k6.
	Binary   []string
	Schedule string            // path of a file by headroom.WriteSchedule
	Part     string            // path of the part that the child writes; must not exist
	Targets  map[string]string // URLs of the systems under test, by database
	Seeded   string            // path of headroom.Seeded as JSON
	Logins   string            // path of the logins, mode 0600
	// DSNs are PostgreSQL addresses by database, for scenarios that read it
	// directly. They go through the pipe, never through arguments or files.
	DSNs map[string]headroom.Secret
	// Store takes what the part takes; nil for none. It goes the same way.
	Store *headroom.ChildStore
	VUs   int // virtual users, made before the start; at least 1
	// Script is the script to run; "" is the shipped one, which plays every scenario.
	Script    string
	Workspace string        // an existing folder, for a temporary one; "" is the system's
	Log       string        // path of the child's log, appended to
	Grace     time.Duration // for journeys after the last arrival; 0 is a minute
	// Procs is the number of threads that may run Go code at once in the child;
	// 0 chooses. See procs.
	Procs int
}

const (
	defaultGrace = time.Minute
	executorType = "headroom-arrivals" // of xk6/arrivals
	outputName   = "headroom-record"   // of xk6/record
)

func (o Options) check() error {
	switch {
	case len(o.Binary) == 0:
		return errors.New("k6run: no command was given")
	case o.VUs < 1:
		return fmt.Errorf("k6run: %d virtual users, wanted at least 1", o.VUs)
	case o.Log == "":
		return errors.New("k6run: no log was named")
	}
	return nil
}

func (o Options) grace() time.Duration {
	if o.Grace <= 0 {
		return defaultGrace
	}
	return o.Grace
}

// header reads the schedule's header.
func (o Options) header() (headroom.Header, error) {
	f, err := os.Open(o.Schedule)
	if err != nil {
		return headroom.Header{}, fmt.Errorf("k6run: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	h, _, err := headroom.ReadSchedule(f)
	return h, err
}

// setup is what the child needs to know, secrets included.
func (o Options) setup(h headroom.Header) (headroom.ChildSetup, error) {
	s := headroom.ChildSetup{
		Targets: o.Targets, Part: o.Part, SeededFile: o.Seeded, LoginsFile: o.Logins,
		DSNs: map[string]string{}, Protocols: map[string]string{}, Store: o.Store,
	}
	for database, dsn := range o.DSNs {
		s.DSNs[database] = dsn.Reveal()
	}
	for _, p := range h.Processes {
		if p.Engine != scenarios.K6 {
			continue
		}
		known, err := scenarios.Find(p.Scenario)
		if err != nil {
			return s, err
		}
		s.Protocols[p.Scenario] = known.Protocol
	}
	return s, nil
}

// prepare fills the temporary folder and returns the script's path.
func (o Options) prepare(folder string, h headroom.Header) (script string, err error) {
	script = o.Script
	if script == "" {
		script = filepath.Join(folder, scenarios.Main)
		own := map[string]string{}
		for _, p := range h.Processes {
			if scenarios.Own(p.Scenario) {
				own[p.Scenario] = p.Scenario
			}
		}
		if err := scenarios.WriteScripts(folder, own); err != nil {
			return "", err
		}
	}
	config, err := json.Marshal(map[string]any{
		"scenarios": map[string]any{"headroom": map[string]any{
			"executor": executorType, "schedule": o.Schedule, "vus": o.VUs,
			"duration":     fmt.Sprintf("%.3fs", h.Duration()),
			"gracefulStop": fmt.Sprintf("%.3fs", o.grace().Seconds()),
		}},
	})
	if err != nil {
		return "", fmt.Errorf("k6run: %w", err)
	}
	if err := os.WriteFile(configPath(folder), config, 0o600); err != nil {
		return "", &headroom.MeasureError{What: "k6's options cannot be written", Err: err}
	}
	return script, nil
}

func configPath(folder string) string { return filepath.Join(folder, "k6.json") }

// arguments of k6 after Binary. Its thresholds and its summary are off: with
// either on, it keeps every sample in memory. Its REST server would take a port.
func arguments(folder, script string) []string {
	return []string{
		"run", "--config", configPath(folder), "--out", outputName,
		"--address", "", "--no-thresholds", "--summary-mode", "disabled",
		"--quiet", "--no-color", "--log-output", "stderr", script,
	}
}

// environment of the child: nothing of the user's, whose K6_… variables would
// change the run and whose secrets are none of its business.
func environment(folder string, procs int) []string {
	env := []string{
		"HOME=" + folder, "TMPDIR=" + folder, "PATH=" + os.Getenv("PATH"),
		"K6_AUTO_EXTENSION_RESOLUTION=false", "K6_NO_USAGE_REPORT=true",
		headroom.ChildPipes + "=3,4",
		fmt.Sprintf("GOMAXPROCS=%d", procs),
	}
	for _, passed := range []string{"SSL_CERT_FILE", "SSL_CERT_DIR", "GOCOVERDIR"} {
		if v, ok := os.LookupEnv(passed); ok {
			env = append(env, passed+"="+v)
		}
	}
	return env
}
