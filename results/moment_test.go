package results

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

func TestTimed(t *testing.T) {
	for v, want := range map[float64]bool{0: true, -30: true, 86400: true, farthest: true, math.Nextafter(farthest, math.Inf(1)): false,
		math.NaN(): false, math.Inf(1): false, math.Inf(-1): false, -1e300: false} {
		if Timed(1, v) != want || Timed(v, 1) != want {
			t.Errorf("%g: %t", v, !want)
		}
	}
}

// TestSummaryOfADamagedPart has cells without a number beside a sound run.
func TestSummaryOfADamagedPart(t *testing.T) {
	rs := day()
	sound, err := Summarize(newBundle(t, map[string][]headroom.Records{"k6": {rs}}), 20, 100)
	must(t, err)
	nan := math.NaN()
	rs.Journeys = append(rs.Journeys, headroom.Journey{Arrival: 5000, Process: "order", Scheduled: 50, Start: 50, End: nan, Outcome: headroom.OK},
		headroom.Journey{Arrival: 5001, Process: "order", Scheduled: nan, Start: 50, End: 51, Outcome: headroom.OK})
	rs.Requests = append(rs.Requests, headroom.Request{Arrival: 60, N: 3, Process: "order", Step: "create", Start: 60, End: nan, Outcome: headroom.OK})
	rs.Server = append(rs.Server, headroom.ServerRequest{End: 60, Arrival: 61, N: 9, SQL: nan, Tries: 1})
	s, err := Summarize(newBundle(t, map[string][]headroom.Records{"k6": {rs}}), 20, 100)
	must(t, err)
	if _, err := json.Marshal(s); err != nil {
		t.Error(err)
	}
	if a, b := s.Process("order"), sound.Process("order"); a.Journeys != b.Journeys || a.Mean != b.Mean || s.Steps[0].Mean != sound.Steps[0].Mean {
		t.Errorf("%+v, of what is sound %+v", a, b)
	}
}
