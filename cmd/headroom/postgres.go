package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/fixtures/postgres"
)

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
			server, err := ground.StartPostgres(cmd.Context(), std.err, postgres.Options{})
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
	child.WaitDelay = 10 * time.Second
	err := child.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code := exit.ExitCode()
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			code = 128 + int(status.Signal()) // as a shell says it
		}
		return &exitError{code: code, what: fmt.Sprintf("%s ended with exit code %d", args[0], code)}
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
