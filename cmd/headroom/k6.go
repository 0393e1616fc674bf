package main

import (
	"os"

	"github.com/spf13/cobra"
	k6 "go.k6.io/k6/cmd"

	"github.com/headroom-erp/headroom"
	_ "github.com/headroom-erp/headroom/xk6" // our extensions and xk6-sql
)

// runK6 is k6's own command line with our extensions in it. k6 reads os.Args
// and ends the process itself.
func runK6(args []string, _ stdio) int {
	os.Args = append([]string{"k6"}, args...)
	// Without these k6 would ask a build service for extensions that it does not
	// know, and report its use.
	for name, value := range map[string]string{"K6_AUTO_EXTENSION_RESOLUTION": "false", "K6_NO_USAGE_REPORT": "true"} {
		if err := os.Setenv(name, value); err != nil {
			return headroom.ExitNotMeasured
		}
	}
	k6.Execute()
	return 0
}

// k6Help is what `headroom --help` shows; run takes the verb before cobra does.
func k6Help() *cobra.Command {
	return &cobra.Command{
		Use:                "k6",
		Short:              "k6 with k6/x/odoo, k6/x/sql and the schedule-replaying executor",
		Example:            "  headroom k6 version\n  headroom k6 run script.js",
		DisableFlagParsing: true,
		RunE:               func(*cobra.Command, []string) error { return nil },
	}
}
