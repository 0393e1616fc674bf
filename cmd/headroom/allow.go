package main

import (
	"fmt"
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
into the database given by HEADROOM_ODOO_URL, HEADROOM_ODOO_DATABASE,
HEADROOM_ODOO_LOGIN and HEADROOM_ODOO_PASSWORD (or HEADROOM_ODOO_PASSWORD_FILE).
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
			ctx, database := cmd.Context(), stack.Database()
			target, err := stack.Up(ctx, headroom.Topology{}, []string{database})
			if err != nil {
				return err
			}
			client := &odoo.Client{URL: target.URL}
			session, err := client.Login(ctx, odoo.JSONRPC, database, headroom.Login{Login: target.AdminLogin, Password: target.AdminPassword})
			if err != nil {
				return err
			}
			until := time.Now().Add(span)
			if err := odoo.Allow(ctx, session, database, until); err != nil {
				return err
			}
			fmt.Fprintf(std.out, "database %s at %s may be loaded until %s\n", database, target.URL, until.UTC().Format(time.RFC3339))
			return nil
		},
	}
	cmd.Flags().DurationVar(&span, "for", 2*time.Hour, "how long, at most 168h")
	return cmd
}
