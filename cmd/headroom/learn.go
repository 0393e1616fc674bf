package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/learn"
	"github.com/headroom-erp/headroom/profiles"
)

// learnFlags are what `headroom learn` is told.
type learnFlags struct {
	logs, statements, prometheus []string
	appQuery, databaseQuery      string
	zone, logZone, out           string
	cores, databaseCores         float64
	sharedHost, asJSON           bool
	seed                         uint64
}

func newLearn(std stdio) *cobra.Command {
	var f learnFlags
	cmd := &cobra.Command{
		Use:   "learn --odoo-log FILE…",
		Short: "Learn a model and a plan from production logs",
		Long: `Learn from production, without a load test. From Odoo's request logs (14 to 19):
a model (demands, spread, conflicts, background: model.json) for forecasts, and
the calendar that the logs show (arrivals by process, hour, weekday and site,
peaks, batches, month-end) as a plan to edit (plan.yaml).

Logs may be plain, compressed (.gz), rotated, in any order, of several servers,
and of several databases; - is standard input. Names behind the flags are further
logs: --odoo-log a b c, or --odoo-log odoo.log*. With the numbers of cores that
served, times that were stretched by a busy CPU are corrected; without, demands
come from quiet moments. CPU series of Prometheus and snapshots of
pg_stat_statements set the level of the demands.

No login, address, query string or name out of the logs reaches the outputs.`,
		Example: "  headroom learn --odoo-log odoo.log --time-zone Europe/Berlin --out learned\n" +
			"  headroom learn --odoo-log odoo.log.1.gz odoo.log --cores 8 --database-cores 4 --out learned",
		Args: furtherLogs,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.logs = append(f.logs, args...)
			return runLearn(cmd.Context(), f, std)
		},
	}
	l := cmd.Flags()
	l.StringArrayVar(&f.logs, "odoo-log", nil, "request log of Odoo: a file, .gz too, or - for standard input; names behind the flags are further ones")
	l.StringArrayVar(&f.statements, "pg-stat-statements", nil, "snapshots of pg_stat_statements, CSV or JSON lines, with the column at; may be repeated")
	l.StringArrayVar(&f.prometheus, "prometheus", nil, "Prometheus server (with credentials: HEADROOM_PROMETHEUS_URL instead), or app=FILE, database=FILE: answers of range queries; may be repeated")
	l.StringVar(&f.appQuery, "app-cpu", "", "PromQL of the CPU that the app uses, in cores")
	l.StringVar(&f.databaseQuery, "database-cpu", "", "PromQL of the CPU that the database uses, in cores")
	l.StringVar(&f.zone, "time-zone", "UTC", "IANA time zone of the sites, by whose clock peaks are found")
	l.StringVar(&f.logZone, "log-time-zone", "UTC", "IANA time zone of the logs; Odoo writes UTC")
	l.Float64Var(&f.cores, "cores", 0, "CPU cores that served the web workers; 0: unknown")
	l.Float64Var(&f.databaseCores, "database-cores", 0, "CPU cores that served the database; 0: unknown")
	l.BoolVar(&f.sharedHost, "shared-host", false, "web workers and database shared --cores")
	l.StringVar(&f.out, "out", "", "folder for model.json and plan.yaml")
	l.Uint64Var(&f.seed, "seed", 1, "seed of the bootstrap")
	l.BoolVar(&f.asJSON, "json", false, "one JSON document on standard output, nothing else")
	return cmd
}

// furtherLogs takes names without a flag as logs behind those of --odoo-log.
func furtherLogs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 && !cmd.Flags().Changed("odoo-log") {
		return &headroom.InputError{What: fmt.Sprintf("%q stands without it", args[0]), Where: "--odoo-log",
			Do: "write it before the request logs of Odoo: --odoo-log FILE…"}
	}
	return nil
}

func (f learnFlags) options() (o learn.Options, logZone *time.Location, err error) {
	bad := func(where, what, do string) error {
		return &headroom.InputError{What: what, Where: where, Do: do}
	}
	if len(f.logs) == 0 {
		return o, nil, bad("--odoo-log", "no log is given", "name at least one request log of Odoo")
	}
	if f.out == "" && !f.asJSON {
		return o, nil, bad("--out", "there is nowhere to write to", "name a folder, or ask for --json")
	}
	for _, name := range []string{modelFile, learnedPlan} {
		if path := filepath.Join(f.out, name); f.out != "" && exists(path) {
			return o, nil, bad(path, "exists already, and nothing is overwritten", "name another folder with --out")
		}
	}
	o = learn.Options{ZoneName: f.zone, AppCores: f.cores, DatabaseCores: f.databaseCores, SharedHost: f.sharedHost, Seed: f.seed}
	switch {
	case !(f.cores >= 0 && f.cores <= 10_000):
		return o, nil, bad("--cores", fmt.Sprintf("%g is no number of cores", f.cores), "")
	case !(f.databaseCores >= 0 && f.databaseCores <= 10_000):
		return o, nil, bad("--database-cores", fmt.Sprintf("%g is no number of cores", f.databaseCores), "")
	case f.sharedHost && f.databaseCores > 0:
		return o, nil, bad("--database-cores", "on a shared host the database has no cores of its own", "leave one of the two out")
	case f.sharedHost && f.cores == 0:
		return o, nil, bad("--shared-host", "the host's cores are not known", "give --cores")
	case !f.sharedHost && (f.cores > 0) != (f.databaseCores > 0):
		return o, nil, bad("--cores", "one of the two numbers of cores is missing", "give both --cores and --database-cores, or --shared-host")
	}
	if o.Zone, err = zoneOf("--time-zone", f.zone); err != nil {
		return o, nil, err
	}
	logZone, err = zoneOf("--log-time-zone", f.logZone)
	return o, logZone, err
}

func zoneOf(flag, name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, &headroom.InputError{What: fmt.Sprintf("there is no time zone %q", name), Where: flag, Do: "give an IANA name such as Europe/Berlin"}
	}
	return zone, nil
}

// learnedAnswer is the --json answer.
type learnedAnswer struct {
	learn.Report
	Model *headroom.Model `json:"model"`
	Plan  *headroom.Plan  `json:"plan"`
}

// learnedPlan is the plan's file in the folder of --out; the model's is modelFile.
const learnedPlan = "plan.yaml"

// writeLearned puts model and plan into the folder. The plan must be one that
// `headroom plan` takes.
func writeLearned(folder string, l learn.Learned) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return &headroom.InputError{What: "cannot be made", Where: folder, Err: err}
	}
	var model bytes.Buffer
	if err := indented(l.Model)(&model); err != nil {
		return fmt.Errorf("learn: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, modelFile), model.Bytes(), 0o644); err != nil {
		return fmt.Errorf("learn: %w", err)
	}
	plan := filepath.Join(folder, learnedPlan)
	text := append([]byte(planComments(l)), profiles.Marshal(l.Plan)...)
	if err := os.WriteFile(plan, text, 0o644); err != nil {
		return fmt.Errorf("learn: %w", err)
	}
	if _, err := loadPlan(plan); err != nil {
		return fmt.Errorf("learn: the plan that was drawn is refused: %w", err)
	}
	return nil
}
