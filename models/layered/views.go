package layered

// views gives each chain's requests the wait and the stretch that they meet.
// What arrivals of each see decides how the pool's means are shared out.
func (v *solver) views(p int, stations []resource, from func(i, n int) float64, closed []source, open float64) {
	q := &v.pools[p]
	x := q.net.throughput
	type view struct {
		wait, busy float64
		served     []float64
	}
	views := map[int]*view{}
	if open > 0 {
		w, busy, served := q.flow.seen(x, func(int) float64 { return 1 }, 1)
		views[-1] = &view{w, busy, served}
	}
	for i, s := range closed {
		w, busy, served := q.flow.seen(x, func(n int) float64 { return from(i, n) }, 0)
		views[s.chain] = &view{w, busy, served}
	}
	nobody := &view{served: make([]float64, q.workers+1)}
	nobody.served[1] = 1
	of := func(ch int) *view {
		if v.chains[ch].customers() == 0 {
			ch = -1
		}
		if y := views[ch]; y != nil {
			return y
		}
		return nobody
	}
	stretch := make([]float64, len(q.served)) // of one station, by how many are served
	for s := range stations {
		if stations[s].demand <= 0 {
			continue
		}
		var mean, by, all float64
		for n := 1; n < len(stretch); n++ {
			stretch[n] = q.net.queue[s][n] / (x[n] * stations[s].demand)
			mean += q.flow.served[n] * q.net.queue[s][n]
		}
		mean /= q.flow.through * stations[s].demand
		seen := map[int]float64{}
		for i := range v.chains {
			for _, y := range v.chains[i].visits {
				if y.pool != p {
					continue
				}
				key := i
				if v.chains[i].customers() == 0 {
					key = -1
				}
				if _, ok := seen[key]; !ok {
					var sum float64
					for n, f := range of(i).served {
						sum += f * stretch[n]
					}
					seen[key] = sum
				}
				d := v.chains[i].rate * y.n * v.classes[y.class].demand[s]
				by, all = by+d*seen[key], all+d
			}
		}
		for i := range v.chains {
			for n := range v.chains[i].visits {
				y := &v.chains[i].visits[n]
				if y.pool != p {
					continue
				}
				key := i
				if v.chains[i].customers() == 0 {
					key = -1
				}
				y.stretch[s] = max(1, seen[key]*mean*all/max(by, 1e-300)) * q.strain(s)
			}
		}
	}
	v.waits(p, func(ch int) (float64, float64) { y := of(ch); return y.wait, y.busy })
}
