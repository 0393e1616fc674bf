package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// onSmallDisk mounts a disk of 1,400 KB in a mount namespace of its own, runs
// with the workspace on it, and then shows what was kept.
const onSmallDisk = `
mount -t tmpfs -o size=1400k tmpfs "$DISK" || exit 97
"$HEADROOM" run pilot --target erp --topology standard-6 --date 2026-11-20 --peak dispatch_cutoff --for 20s --workspace "$DISK/w"
echo "exit code $?"
"$HEADROOM" show "$DISK/w/runs/standard-6"
echo "show: exit code $?"
"$HEADROOM" watch "$DISK/w/runs/standard-6" --json 2>/dev/null
`

func TestFullDisk(t *testing.T) {
	disk := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	namespace := []string{"--mount"}
	if os.Geteuid() != 0 {
		namespace = []string{"--user", "--map-root-user", "--mount"}
	}
	cmd := exec.Command("unshare", append(namespace, "sh", "-c", onSmallDisk)...)
	cmd.Env = append(os.Environ(), "DISK="+disk, "HEADROOM="+binary)
	raw, err := cmd.CombinedOutput()
	out := string(raw)
	if err != nil && !strings.Contains(out, "exit code") {
		t.Fatalf("%v\n%s", err, out)
	}
	run, show, _ := strings.Cut(out, "\nexit code ")
	show, rest, _ := strings.Cut(show, "show: exit code ")
	if !strings.HasPrefix(show, "3\n") {
		t.Errorf("the run did not end with 3:\n%s", out)
	}
	last := run[strings.LastIndex(run, "headroom: "):]
	if !strings.Contains(last, "disk is full") || strings.Count(last, "\n") > 2 {
		t.Errorf("the message is not one sentence that says that the disk is full:\n%s", last)
	}
	if !strings.Contains(show, "the run is incomplete: the disk is full") {
		t.Errorf("the bundle does not say that the disk was full:\n%s", show)
	}
	code, rest, _ := strings.Cut(rest, "\n")
	if !strings.Contains(show, "order.create") || code == "" || code == "2" {
		t.Errorf("what was measured before cannot be read: exit code %s\n%s", code, show)
	}
	// The child's part has journeys, the parent's samples of its probes.
	var state headroom.Status
	if err := json.Unmarshal([]byte(rest), &state); err != nil || state.Total.Ended == 0 || len(state.Roles) == 0 {
		t.Errorf("the parts of parent and child are not both there: %v\n%s", err, rest)
	}
}
