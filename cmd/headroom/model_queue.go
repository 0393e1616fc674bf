package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/queueing"
)

func newModelQueue(std stdio) *cobra.Command {
	var servers, rate, service, scv float64
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "queue --servers N --arrival-rate RATE --service-time SECONDS",
		Short: "Solve one queue with several servers",
		Long: `Solve one line before several equal servers, first come first served, with Poisson
arrivals: M/M/c, or with --scv M/G/c for service times of another spread. Exact
where an exact method exists; the answer names the method, and how far it is
known to be off where it is not. When more arrives than can be served there are
no response times: it says by how much, and ends with 0, for that is the answer.`,
		Example: "  headroom model queue --servers 8 --arrival-rate 6.4 --service-time 1\n  headroom model queue --servers 4 --arrival-rate 9 --service-time 0.35 --scv 0.5 --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, name := range []string{"servers", "arrival-rate", "service-time"} {
				if !cmd.Flags().Changed(name) {
					return &headroom.InputError{What: "is missing", Where: "--" + name, Do: "see '" + cmd.CommandPath() + " --help'"}
				}
			}
			if servers != math.Trunc(servers) || !(servers >= 1) || servers > queueing.MostServers {
				return &headroom.InputError{What: fmt.Sprintf("%g is not a whole number of servers from 1 to %g", servers, queueing.MostServers), Where: "--servers"}
			}
			a, err := queueing.MGc(int(servers), rate, service, scv)
			if err != nil {
				return modelError(err, "")
			}
			if asJSON {
				return writeJSON(std.out, a)
			}
			return printQueue(std.out, a)
		},
	}
	f := cmd.Flags()
	f.Float64Var(&servers, "servers", 0, "servers, 1 or more")
	f.Float64Var(&rate, "arrival-rate", 0, "arrivals per second, 0 or more")
	f.Float64Var(&service, "service-time", 0, "mean service time in seconds, above 0")
	f.Float64Var(&scv, "scv", 1, "squared coefficient of variation of the service time; 0 is constant, 1 exponential")
	f.BoolVar(&asJSON, "json", false, "one JSON document on standard output, nothing else")
	return cmd
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &headroom.InputError{What: fmt.Sprintf("%s takes flags only, got %q", cmd.CommandPath(), args[0]), Do: "see '" + cmd.CommandPath() + " --help'"}
}

func printQueue(out io.Writer, a queueing.Answer) error {
	fmt.Fprintln(out, a.Method)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "  utilization\t%.6g\n", a.Utilization)
	for _, line := range []struct {
		name string
		v    *float64
		unit string
	}{
		{"wait probability", a.WaitProbability, ""}, {"wait mean", a.WaitMean, " s"}, {"wait p95", a.WaitP95, " s"},
		{"response mean", a.ResponseMean, " s"}, {"response p50", a.ResponseP50, " s"}, {"response p95", a.ResponseP95, " s"},
		{"response p99", a.ResponseP99, " s"}, {"number mean", a.NumberMean, ""},
	} {
		if line.v == nil {
			fmt.Fprintf(w, "  %s\t-\n", line.name)
			continue
		}
		fmt.Fprintf(w, "  %s\t%.6g%s\n", line.name, *line.v, line.unit)
	}
	if r := a.ResponseMeanRange; r != nil {
		fmt.Fprintf(w, "  response mean, other laws\t%.6g to %.6g s\n", r[0], r[1])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if a.Error != "" {
		printWrapped(out, "known error: "+a.Error, "  ", "  ")
	}
	for _, s := range a.Warnings {
		printWrapped(out, s, "! ", "  ")
	}
	return nil
}
