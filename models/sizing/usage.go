package sizing

import (
	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// use reads how busy a stack's stations were in a simulation of the model m.
func (c *course) use(i int, r *sim.Result, m headroom.Model, grain float64) {
	k := &c.stacks[i]
	for n, st := range cores(k.topology) {
		u := usage{stack: i, what: st.Name, cores: k.supplied(st.Name, st.Servers), background: background(m, k.topology, st.Name), width: grain}
		if n < len(r.Stations) {
			u.total, u.sums = r.Stations[n].BusySeconds, cumulated(r.Stations[n].Bins)
		}
		c.stations = append(c.stations, u)
	}
	p := poolUse{stack: i, workers: k.supplied(web, float64(workersOf(k.topology))).mean(c.window.from, c.window.to, itself)}
	if len(r.Pools) > 0 {
		p.busy = r.Pools[0].BusyMean
	}
	c.pools = append(c.pools, p)
}

// whole is a station's utilization over the window.
func (u usage) whole(window part) float64 {
	busy := 0.0
	if window.to > window.from {
		busy = u.total / (window.to - window.from)
	}
	return u.share(busy, window.from, window.to)
}

// between is its utilization from one time to another, from the bins that it
// was kept in.
func (u usage) between(from, to float64) float64 {
	return u.share(max(0, u.before(to)-u.before(from))/(to-from), from, to)
}

// share is what busy cores and the background are of those that there were; of
// none at all everything.
func (u usage) share(busy, from, to float64) float64 {
	there := u.cores.mean(from, to, itself)
	if there == 0 {
		return 1
	}
	background := u.cores.mean(from, to, func(c float64) float64 { return min(u.background, (1-leastShare)*c) })
	return min(1, (busy+background)/there)
}

// before is the busy seconds up to a time.
func (u usage) before(t float64) float64 {
	last := len(u.sums) - 1
	if last < 1 || t <= 0 {
		return 0
	}
	i := int(min(t/u.width, float64(last)))
	if i == last {
		return u.sums[last]
	}
	return u.sums[i] + (u.sums[i+1]-u.sums[i])*(t/u.width-float64(i))
}

// cumulated are the sums of bins before each and after the last.
func cumulated(bins []float64) []float64 {
	out := make([]float64, len(bins)+1)
	for i, b := range bins {
		out[i+1] = out[i] + b
	}
	return out
}

// station names a station as runs do: "app", behind the stack's name where
// there are several.
func (c *course) station(u usage) string { return c.stacks[u.stack].name + u.what }
