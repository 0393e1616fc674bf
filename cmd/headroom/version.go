package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// toolVersion is the commit that the binary was built from, or "devel".
func toolVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	version, dirty := info.Main.Version, ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			version = s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+changes"
		}
	}
	if version == "" || version == "(devel)" {
		return "devel"
	}
	return version + dirty
}

// engineVersions are the versions of the modules that offer load or compute.
func engineVersions() map[string]string {
	versions := map[string]string{"headroom": toolVersion(), "go": runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return versions
	}
	want := map[string]string{
		"go.k6.io/k6": "k6", "github.com/grafana/xk6-sql": "xk6-sql", "github.com/tsenart/vegeta/v12": "vegeta",
		"github.com/jackc/pgx/v5": "pgx", "gonum.org/v1/gonum": "gonum", "github.com/go-echarts/go-echarts/v2": "go-echarts",
	}
	for _, d := range info.Deps {
		if name, ok := want[d.Path]; ok {
			versions[name] = d.Version
		}
	}
	return versions
}

func newVersion(std stdio) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of headroom and of its engines",
		Example: "  headroom version\n  headroom version --json",
		Args:    exactArgs(0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			v := engineVersions()
			if asJSON {
				return writeJSON(std.out, v)
			}
			fmt.Fprintln(std.out, "headroom", v["headroom"])
			for _, name := range []string{"go", "k6", "xk6-sql", "vegeta", "pgx", "gonum", "go-echarts"} {
				fmt.Fprintf(std.out, "  %-10s %s\n", name, v[name])
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON document on standard output, nothing else")
	return cmd
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
