package results

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/headroom-erp/headroom"
)

// The room that run.json may need at the end is taken from the begin on.
func TestRoomForTheReasonIsReserved(t *testing.T) {
	dir := t.TempDir()
	b, err := Create(dir, someInfo())
	if err != nil {
		t.Fatal(err)
	}
	reserve := filepath.Join(dir, reserveName)
	size := func(name string) int64 {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	if size(reserveName) <= size(infoName) {
		t.Errorf("%d bytes are reserved for a run.json of %d", size(reserveName), size(infoName))
	}
	if err := b.Update(func(i *headroom.RunInfo) { i.TargetKind = "erp" }); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(reserve); err != nil {
		t.Errorf("the room was given up before the end: %v", err)
	}
	for range 2 {
		if err := b.Finish(false, "the disk is full"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(reserve); err == nil {
		t.Error("a run that is finished still takes the room")
	}
}
