package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom/results"
)

// storeFlag is that of the verbs that make runs.
func storeFlag(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "store", false, "also write the runs into the PostgreSQL that HEADROOM_STORE names (or the file that HEADROOM_STORE_FILE names)")
}

// openStore opens the store that the environment names.
func openStore(ctx context.Context) (*results.Store, error) {
	url, err := results.StoreURL(os.Getenv)
	if err != nil {
		return nil, err
	}
	return results.OpenStore(ctx, url)
}

// useStore makes the runs to come go into the store as well, if that was asked,
// and finds out whether they can before anything starts.
func (w *workshop) useStore(ctx context.Context, asked bool) (err error) {
	if !asked {
		return nil
	}
	if w.store, err = results.StoreURL(os.Getenv); err != nil {
		return err
	}
	_, err = results.OpenStore(ctx, w.store)
	return err
}
