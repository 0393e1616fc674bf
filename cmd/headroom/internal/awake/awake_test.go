package awake

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wakeUp is how many µs the kernel lets a core of this machine need now.
func wakeUp(t *testing.T) int32 {
	t.Helper()
	b, err := os.ReadFile(latencyFile)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		t.Skipf("nobody lets us: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return int32(binary.NativeEndian.Uint32(b)) // #nosec G115 -- the kernel's own 32 bits
}

// While it is kept the kernel lets no core take any time to wake up, and afterwards it
// does as before.
func TestKeepHoldsUntilItIsClosed(t *testing.T) {
	before := wakeUp(t)
	k, err := Keep()
	if err != nil {
		t.Fatal(err)
	}
	if got := wakeUp(t); got != 0 {
		t.Errorf("a core may take %d µs to wake up, want 0", got)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if got := wakeUp(t); got != before {
		t.Errorf("a core may take %d µs to wake up, and %d before", got, before)
	}
}

func TestKeepSaysWhyItCannot(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "none")
	if k, err := keep(gone); k != nil || err == nil || !strings.Contains(err.Error(), "has no "+gone) {
		t.Errorf("without the file: %v, %v", k, err)
	}
	if k, err := keep(t.TempDir()); k != nil || err == nil {
		t.Errorf("of a folder: %v, %v", k, err)
	}
}
