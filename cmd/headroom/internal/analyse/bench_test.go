package analyse

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/headroom-erp/headroom"
)

// BenchmarkRunReport reads a run of a day in memory: 800,000 journeys of eight
// processes, 2 million requests of which one of a hundred failed, and a peak.
func BenchmarkRunReport(b *testing.B) {
	f := complete(600, 86400, headroom.Span{Name: "cutoff", From: 50000, To: 57200})
	f.info.Plan.Objectives = []headroom.Objective{{Process: "order-1", Percentile: 95, Within: 3}, {Process: "order-1", Percentile: 95, Within: 3, Sliding: 60}, {Measure: headroom.MeasureErrorShare, AtMost: 0.01}}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 800_000 {
		j := journey(87000*float64(i)/800_000, r.ExpFloat64())
		j.Arrival, j.Process = uint64(i+1), fmt.Sprint("order-", i%8)
		f.journeys = append(f.journeys, j)
		for n := range 2 + i%2 {
			x := headroom.Request{Arrival: j.Arrival, N: n + 1, Process: j.Process, Step: "step", Protocol: "jsonrpc", Start: j.Start, End: j.End, Outcome: headroom.OK}
			if i%100 == 0 {
				x.Outcome, x.Error = headroom.BusinessError, fmt.Sprintf("Order %d is gone", i)
			}
			f.requests = append(f.requests, x)
		}
	}
	for b.Loop() {
		if _, err := RunReport(f, ""); err != nil {
			b.Fatal(err)
		}
	}
}
