package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom/profiles"
)

// TestEveryShippedPlanIsSound: the loader, the calendar and the scenarios,
// which no test of a single package has together, find nothing wrong with it;
// nor with the plans that docs/plan.md builds up.
func TestEveryShippedPlanIsSound(t *testing.T) {
	plans := profiles.Names()
	documented, err := filepath.Glob("../../profiles/testdata/docs-*.resolved.golden")
	if err != nil || len(documented) == 0 {
		t.Fatalf("no documented plans: %v", err)
	}
	for _, plan := range append(plans, documented...) {
		t.Run(filepath.Base(plan), func(t *testing.T) {
			resolved := printed(t, plan)
			if !bytes.HasPrefix(resolved, []byte("headroom: 1\n")) {
				t.Fatalf("headroom plan prints\n%s", resolved)
			}
			// What is printed is a plan, and resolving it again changes nothing.
			copied := filepath.Join(t.TempDir(), "copy.yaml")
			if err := os.WriteFile(copied, resolved, 0o644); err != nil {
				t.Fatal(err)
			}
			if again := printed(t, copied); !bytes.Equal(again, resolved) {
				t.Errorf("got\n%s\nwant\n%s", again, resolved)
			}
		})
	}
}

func printed(t *testing.T, plan string) []byte {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.Command(binary, "plan", plan)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("headroom plan %s: %v\n%s", plan, err, stderr.String())
	}
	return out
}
