package layered

import "math"

// refusal is what a full backlog does to a request.
type refusal struct{ wait, lost float64 }

const (
	leastRefused = 1e-6
	synTries     = 7 // gaps of 1, 2, 4 ... 64 s; sim names the rule
)

// refuse solves the pool with a backlog of finite length: who finds it full
// comes again after 1, 2, 4 ... s, as if it were a new request each time.
func (v *solver) refuse(p int, births func(int) float64) {
	q := &v.pools[p]
	q.refused = refusal{}
	// The number waiting falls off as that of exponential work does over a backlog
	// that is shorter by what the spread makes of the wait.
	most := q.workers + max(1, int(math.Round(float64(q.backlog)/max(0.5, q.freely+q.around))))
	if q.backlog == 0 || q.flow.overload > 0 || q.flow.atLeast(most) < leastRefused {
		return
	}
	x := q.net.throughput
	again := 0.0 // connections more than requests
	var full, still float64
	for range 12 {
		f := birthDeath(0, func(n int) float64 {
			if n >= most {
				return 0
			}
			return births(n) * (1 + again)
		}, most, x)
		var asked float64
		for i, w := range f.p {
			n := f.base + i
			b := births(n) * (1 + again)
			asked += w * b
			if n >= most {
				full = w * b
			}
		}
		full /= max(asked, 1e-300)
		// How long a full backlog stays so: a walk between its ends.
		last := float64(most*most) * (q.freely + q.around) / (math.Pi * math.Pi * x[q.workers])
		still = full + (1-full)*math.Exp(-1/last)*0.5
		next := full / max(1e-3, 1-still)
		q.flow = f
		if math.Abs(next-again) < 1e-6 {
			break
		}
		again += 0.5 * (next - again)
	}
	gap, reach := 1.0, full
	for range synTries {
		q.refused.wait += reach * gap
		gap, reach = 2*gap, reach*still
	}
	q.refused.lost = reach
}

// atLeast is the probability of n requests or more.
func (f *flow) atLeast(n int) float64 {
	var below float64
	if n < f.base {
		return 1
	}
	n -= f.base
	if n >= len(f.p) {
		if f.tail <= 0 {
			return 0
		}
		b, _ := f.beyond()
		return b * math.Pow(f.tail, float64(n-len(f.p)))
	}
	for _, p := range f.p[:n] {
		below += p
	}
	return max(0, 1-below)
}
