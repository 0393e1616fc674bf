package layered

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// longest is the time that an answer may take on a busy machine.
const longest = 20 * time.Second

// sound fails where an answer has NaN, infinity, negative figures, or none at
// all for what is not said to be overloaded.
func sound(t *testing.T, s headroom.System) {
	t.Helper()
	started := time.Now()
	got, err := Solve(s)
	if err != nil {
		t.Fatal(err)
	}
	if d := time.Since(started); d > longest {
		t.Errorf("took %v", d)
	}
	d, err := json.Marshal(got) // refuses NaN and infinities
	if err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	if strings.Contains(string(d), `":-`) {
		t.Fatalf("negative: %s", d)
	}
	for _, st := range got.Stations {
		if st.Utilization > 1 {
			t.Fatalf("utilization %g", st.Utilization)
		}
	}
	for _, c := range got.Classes {
		if c.ResponseMean == nil && !strings.Contains(strings.Join(got.Warnings, " "), "is offered") {
			t.Fatalf("class %s has no response and no warning says by how much: %q", c.Name, got.Warnings)
		}
	}
}

// No system makes the solver hang, panic or answer NaN, infinity or a negative figure.
func FuzzSolve(f *testing.F) {
	for seed := range uint64(120) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		s := wildSystem(rand.New(rand.NewPCG(seed, 2)))
		if err := s.Check(); err != nil {
			t.Fatal(err) // the generator is to make systems
		}
		sound(t, s)
	})
}
