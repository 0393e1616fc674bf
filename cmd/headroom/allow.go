package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/fixtures/external"
	"github.com/headroom-erp/headroom/odoo"
)

// longestAllowance bounds how long a database can be marked: a marker that is
// forgotten must lose its force.
const longestAllowance = 7 * 24 * time.Hour

func newAllow(std stdio) *cobra.Command {
	var span time.Duration
	cmd := &cobra.Command{
		Use:   "allow",
		Short: "Mark a database of yours as one that may be loaded, for a limited time",
		Long: `Write Headroom's marker, a system parameter that names the database and expires,
into each database given by HEADROOM_ODOO_URL, HEADROOM_ODOO_DATABASE (several with
commas), HEADROOM_ODOO_LOGIN and HEADROOM_ODOO_PASSWORD (or HEADROOM_ODOO_PASSWORD_FILE).
No load goes where there is no marker. A database with live mail servers or
carriers is refused unless it is neutralised.`,
		Example: "  headroom allow\n  headroom allow --for 4h",
		Args:    exactArgs(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if span <= 0 || span > longestAllowance {
				return &headroom.InputError{What: fmt.Sprintf("%s is not within 0 and %s", span, longestAllowance), Where: "--for"}
			}
			stack, err := external.New(os.Getenv)
			if err != nil {
				return err
			}
			return allow(cmd.Context(), stack, time.Now().Add(span), std.out)
		},
	}
	cmd.Flags().DurationVar(&span, "for", 2*time.Hour, "how long, at most 168h")
	return cmd
}

// allow marks each of the target's databases, and tells each that is marked.
func allow(ctx context.Context, stack *external.Stack, until time.Time, out io.Writer) error {
	target, err := stack.Up(ctx, headroom.Topology{}, stack.Databases())
	if err != nil {
		return err
	}
	client := &odoo.Client{URL: target.URL}
	for _, database := range stack.Databases() {
		session, err := client.Login(ctx, odoo.JSONRPC, database, headroom.Login{Login: target.AdminLogin, Password: target.AdminPassword})
		if err != nil {
			return err
		}
		if err := odoo.Allow(ctx, session, database, until); err != nil {
			return err
		}
		fmt.Fprintf(out, "database %s at %s may be loaded until %s\n", database, target.URL, until.UTC().Format(time.RFC3339))
	}
	return nil
}
