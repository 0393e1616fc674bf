package results

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/headroom-erp/headroom"
)

// TestServerLogIsAMap: lines come back as a plain map would give them back,
// whatever numbers they have and however often a request has one.
func TestServerLogIsAMap(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	odd := []int{0, -1, math.MaxInt16, math.MaxUint16, math.MaxInt32 + 1, math.MinInt}
	pick := func() int {
		if r.IntN(30) == 0 {
			return odd[r.IntN(len(odd))]
		}
		return r.IntN(600)
	}
	log, want := newServerLog(), map[requestKey]headroom.ServerRequest{}
	again := 0
	for range 60000 {
		s := headroom.ServerRequest{
			End: r.Float64(), PID: pick(), Database: "d", Arrival: uint64(r.IntN(9000)) << (32 * r.IntN(2)), N: 1 + pick()%4,
			Path: "/p", Status: pick(), Queries: pick(), SQL: r.Float64(), Other: r.Float64(), Tries: pick(), Sleep: r.Float64(),
		}
		key := requestKey{s.Arrival, s.N}
		if _, known := want[key]; known != log.add(&s) {
			t.Fatalf("%+v: known before: %v", s, known)
		} else if known {
			again++
		}
		want[key] = s
	}
	if again < 1000 || len(log.odd) < 1000 || len(want) < 10000 {
		t.Fatalf("%d requests, %d odd, %d lines again: the test tests little", len(want), len(log.odd), again)
	}
	if log.unused != len(want) {
		t.Errorf("%d lines are unused, want %d", log.unused, len(want))
	}
	for key, line := range want {
		var got headroom.ServerRequest
		for _, wantUsed := range []bool{false, true} {
			found, used := log.take(key, &got)
			if !found || used != wantUsed || got != line {
				t.Fatalf("%v: found %v, used %v, %+v, want %+v", key, found, used, got, line)
			}
		}
	}
	if found, _ := log.take(requestKey{77777777, 1}, new(headroom.ServerRequest)); found || log.unused != 0 {
		t.Errorf("a request that is not there: found %v; %d unused", found, log.unused)
	}
}
