package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// A simulation that is given up is no fault of its file.
func TestUnsolved(t *testing.T) {
	var measure *headroom.MeasureError
	if err := unsolved(fmt.Errorf("sim: %w", sim.ErrOverload), "system.json"); !errors.As(err, &measure) || !errors.Is(err, sim.ErrOverload) {
		t.Errorf("%v is no failed measurement", err)
	}
	var input *headroom.InputError
	if err := unsolved(errors.New("layered: wrong"), "system.json"); !errors.As(err, &input) || input.Where != "system.json" {
		t.Errorf("%v is not about the file", err)
	}
}
