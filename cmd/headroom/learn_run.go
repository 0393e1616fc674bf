package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/fixtures/external"
	"github.com/headroom-erp/headroom/models/learn"
	"github.com/headroom-erp/headroom/probes"
)

func runLearn(ctx context.Context, f learnFlags, std stdio) error {
	o, logZone, err := f.options()
	if err != nil {
		return err
	}
	a := learn.New(o)
	logs, err := openLogs(f.logs, std, logZone)
	if err != nil {
		return err
	}
	defer logs.close()
	if err := logs.feed(ctx, a); err != nil {
		return err
	}
	for _, path := range f.statements {
		s, err := readStatements(path, std)
		if err != nil {
			return err
		}
		a.Statements(s)
	}
	if err := f.series(ctx, a, std); err != nil {
		return err
	}
	l, err := computed(ctx, a.Learn)
	if err != nil {
		return err
	}
	if len(l.Plan.Processes) == 0 && f.out == "" { // classes and their demands are an answer
		return writeJSON(std.out, learnedAnswer{Report: l.Report})
	}
	if len(l.Plan.Processes) == 0 {
		return &headroom.MeasureError{
			What: fmt.Sprintf("of %d requests none is a step of a process that Headroom knows; the most work is done by %s", l.Report.Counts.Requests, busiest(l.Report, 3)),
			Do:   "give the log of a system that takes orders or moves goods; before Odoo 19 what comes by XML-RPC is not named in the log",
		}
	}
	if f.out != "" {
		if err := writeLearned(f.out, l); err != nil {
			return err
		}
	}
	if f.asJSON {
		return writeJSON(std.out, learnedAnswer{l.Report, &l.Model, &l.Plan})
	}
	return printLearned(std.out, l, f.out)
}

func busiest(r learn.Report, n int) string {
	var names []string
	for i := 0; i < len(r.Classes) && i < n; i++ {
		names = append(names, r.Classes[i].Name)
	}
	return strings.Join(names, ", ")
}

// sampling is how far apart the points of a CPU series are asked for.
const sampling = time.Minute

// series reads CPU series: files, or what a server knows of the logs' time.
func (f learnFlags) series(ctx context.Context, a *learn.Accumulator, std stdio) error {
	var address headroom.Secret
	for _, source := range f.prometheus {
		if strings.HasPrefix(source, "http://") || strings.HasPrefix(source, "https://") {
			if u, err := url.Parse(source); err != nil || u.User != nil {
				return &headroom.InputError{What: "the address cannot be read, or holds a password, which everybody on the machine can see", Where: "--prometheus",
					Do: "give http://HOST:9090, or the whole address in " + external.EnvPrometheus}
			}
			address = headroom.Secret(source)
			continue
		}
		station, path, ok := strings.Cut(source, "=")
		if !ok || station != "app" && station != "database" {
			station, path = "", source
		}
		if err := readSeries(a, station, path, std); err != nil {
			return err
		}
	}
	if f.appQuery == "" && f.databaseQuery == "" {
		if address != "" {
			return &headroom.InputError{What: "it is not said what to ask the server", Where: "--prometheus",
				Do: `give --app-cpu and --database-cpu, PromQL of the cores that each uses, such as sum(rate(container_cpu_usage_seconds_total{pod=~"odoo.*"}[2m]))`}
		}
		return nil
	}
	if address == "" {
		services, err := external.Services(os.Getenv)
		if err != nil {
			return err
		}
		for _, s := range services {
			if s.Kind == "prometheus" {
				address = s.URL
			}
		}
	}
	if address == "" {
		return &headroom.InputError{What: "there is no server to ask", Where: "--app-cpu, --database-cpu", Do: "give --prometheus http://HOST:9090, or " + external.EnvPrometheus}
	}
	from, to := a.Span()
	for _, q := range [][2]string{{"app", f.appQuery}, {"database", f.databaseQuery}} {
		if q[1] == "" {
			continue
		}
		found, err := probes.PrometheusRange(ctx, address, q[1], unix(from), unix(to), sampling)
		if err != nil {
			return &headroom.MeasureError{What: fmt.Sprintf("the Prometheus server did not answer the query of %s: %v", q[0], err), Do: "look at --prometheus and the query"}
		}
		if err := a.CPU(q[0], busyCores(found)); err != nil {
			return err
		}
	}
	return nil
}

func unix(t float64) time.Time { return time.UnixMilli(int64(t * 1000)).UTC() }
