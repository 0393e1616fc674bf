package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// binary is the headroom that the tests run: HEADROOM_BIN, or one that is
// built for them. Tests go through the real program because it starts itself
// again as k6 and as the stand-in.
var binary string

func TestMain(m *testing.M) {
	os.Exit(withBinary(m.Run))
}

func withBinary(run func() int) int {
	if binary = os.Getenv("HEADROOM_BIN"); binary != "" {
		return run()
	}
	folder, err := os.MkdirTemp("", "headroom-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	defer func() { _ = os.RemoveAll(folder) }()
	binary = filepath.Join(folder, "headroom")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building headroom:", err)
		return 3
	}
	return run()
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(binary)+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("HOME", env.WorkDir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a command that must end with the given code: exits 2 headroom …
// Its output is checked with stdout and stderr as usual.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGUMENT…]")
	}
	err := ts.Exec("sh", append([]string{"-c", `"$@"; code=$?; echo "exit code $code" >exit-code; exit 0`, "sh"}, args[1:]...)...)
	ts.Check(err)
	got := ts.ReadFile("exit-code")
	if want := "exit code " + args[0] + "\n"; got != want {
		ts.Fatalf("%q ended with %swant %s%s", args[1:], got, want, ts.ReadFile("stderr"))
	}
}
