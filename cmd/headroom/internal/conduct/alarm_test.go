package conduct

import (
	"errors"
	"testing"

	"github.com/headroom-erp/headroom"
)

// full takes a few records, and then no more.
type full struct{ room int }

var errFull = errors.New("the disk is full")

func (f *full) Record(headroom.Records) error {
	if f.room--; f.room < 0 {
		return errFull
	}
	return nil
}

func TestADiskThatIsFullRingsOnce(t *testing.T) {
	a := newAlarm(&full{2})
	for i := range 5 {
		if err := a.Record(headroom.Records{}); (err != nil) != (i >= 2) {
			t.Errorf("record %d: %v", i, err)
		}
		if i == 1 && len(a.rung) != 0 {
			t.Error("it rings though there is room")
		}
	}
	if err := <-a.rung; !errors.Is(err, errFull) || len(a.rung) != 0 {
		t.Errorf("it rang with %v, and again %d times", err, len(a.rung))
	}
}
