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
	views := make([]view, len(v.chains)+1) // by chain; the last is of all open load
	at := func(chain int) int {
		if v.chains[chain].customers() == 0 {
			return len(v.chains)
		}
		return chain
	}
	if open > 0 {
		w, busy, served := q.flow.seen(x, func(int) float64 { return 1 }, 1, v.scratch)
		views[len(v.chains)] = view{w, busy, served}
	}
	for i, s := range closed {
		w, busy, served := q.flow.seen(x, func(n int) float64 { return from(i, n) }, 0, v.scratch)
		views[s.chain] = view{w, busy, served}
	}
	nobody := view{served: v.scratch.floats(q.workers + 1)}
	nobody.served[1] = 1
	of := func(chain int) view {
		if y := views[at(chain)]; y.served != nil {
			return y
		}
		return nobody
	}
	seen := v.scratch.floats(len(views))
	stretch := v.scratch.floats(len(q.served)) // of one station, by how many are served
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
		for i := range v.chains {
			known := false
			for _, y := range v.chains[i].visits {
				if y.pool != p {
					continue
				}
				if !known {
					known, seen[at(i)] = true, 0
					for n, f := range of(i).served {
						seen[at(i)] += f * stretch[n]
					}
				}
				d := v.chains[i].rate * y.n * v.classes[y.class].demand[s]
				by, all = by+d*seen[at(i)], all+d
			}
		}
		for i := range v.chains {
			for n := range v.chains[i].visits {
				y := &v.chains[i].visits[n]
				if y.pool != p {
					continue
				}
				y.stretch[s] = max(v.least(s), seen[at(i)]*mean*all/max(by, 1e-300)) * q.strain(s)
			}
		}
	}
	v.waits(p, func(ch int) (float64, float64) { y := of(ch); return y.wait, y.busy })
}
