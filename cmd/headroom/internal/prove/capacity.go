package prove

import (
	"math"

	"github.com/headroom-erp/headroom"
)

// leastBeyond is how many journeys lie beyond the percentile that a capacity is
// held against, in a run whose verdict counts. With 15 of them, 300 journeys for a
// p95, the 90 % interval of the p95 of independent journeys reaches from the 93rd
// to the 97th percentile of what was measured (300 x 0.95 ± 1.645 sqrt(300 x 0.95
// x 0.05) of them); with fewer, a few slow journeys decide which end a run is.
const leastBeyond = 15

// LeastAtEnds is how many journeys of its process an objective of a response
// wants in each of the two runs that a capacity lies between: 300 for a p95.
func LeastAtEnds(o headroom.Objective) int {
	return int(math.Round(100 * leastBeyond / (100 - o.Percentile)))
}

// JourneysOf is how many journeys of a process the window of a run has. Of one
// that was broken off, because its verdict was clear, they are those that the
// whole window would have had if they had gone on as until then.
func JourneysOf(run headroom.Run, process string) (int, error) {
	info := run.Info()
	from, to := info.Schedule.LeadIn, info.Schedule.Duration()
	if !info.Complete {
		from = 0
	}
	n, last := 0, 0.0
	for j, err := range run.Journeys() {
		if err != nil {
			return 0, err
		}
		last = max(last, j.End)
		if j.Process == process && j.Outcome != headroom.NothingToDo && j.Scheduled >= from && j.Scheduled < to {
			n++
		}
	}
	if info.Complete || last <= 0 {
		return n, nil
	}
	return int(math.Round(float64(n) / min(last, to) * info.Schedule.Window)), nil
}
