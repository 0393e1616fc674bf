package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/fixtures/postgres"
)

// startPostgres starts a private PostgreSQL, installing the system's package
// first where the host has no server.
func startPostgres(ctx context.Context, out io.Writer, o postgres.Options) (*postgres.Server, error) {
	if _, _, err := postgres.Find(); err != nil {
		if err := postgres.Install(ctx, out); err != nil {
			return nil, err
		}
	}
	return postgres.Start(ctx, o)
}

func newPostgres(std stdio) *cobra.Command {
	return &cobra.Command{
		Use:   "postgres -- COMMAND [ARGUMENT…]",
		Short: "Run a command beside a private PostgreSQL, whose DSN is in HEADROOM_TEST_DSN",
		Long: "Start a private PostgreSQL on a free loopback port, run a command with its DSN in\n" +
			"HEADROOM_TEST_DSN, stop it again, and end with the command's exit code.",
		Example: "  headroom postgres -- go test ./...\n  headroom postgres -- sh -c 'psql \"$HEADROOM_TEST_DSN\" -c \"select version()\"'",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &headroom.InputError{What: "no command was given", Do: "see 'headroom postgres --help'"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			server, err := startPostgres(cmd.Context(), std.err, postgres.Options{})
			if err != nil {
				return err
			}
			err = beside(cmd.Context(), server, args, std)
			return errors.Join(err, server.Stop(context.WithoutCancel(cmd.Context())))
		},
	}
}

func beside(ctx context.Context, server *postgres.Server, args []string, std stdio) error {
	child := exec.CommandContext(ctx, args[0], args[1:]...)
	child.Env = append(os.Environ(), "HEADROOM_TEST_DSN="+server.DSN("postgres").Reveal())
	child.Stdin, child.Stdout, child.Stderr = std.in, std.out, std.err
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	err := child.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &exitError{code: exit.ExitCode(), what: fmt.Sprintf("%s ended with exit code %d", args[0], exit.ExitCode())}
	}
	if err != nil {
		return &headroom.InputError{What: err.Error(), Where: args[0]}
	}
	return nil
}

// exitError ends headroom with the exit code of a command that it ran.
type exitError struct {
	code int
	what string
}

func (e *exitError) Error() string { return e.what }
