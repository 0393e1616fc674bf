package sizing

import "github.com/headroom-erp/headroom/models/sim"

// use reads how busy a stack's stations were.
func (c *course) use(i int, r *sim.Result, app, database, grain float64) {
	k := &c.stacks[i]
	rest := map[string]float64{"app": app, "database": database, Host: app}
	for n, st := range cores(k.topology) {
		u := usage{stack: i, what: st.Name, cores: st.Servers, width: grain}
		u.background = min(rest[st.Name], (1-leastShare)*st.Servers)
		if n < len(r.Stations) {
			u.total, u.sums = r.Stations[n].BusySeconds, cumulated(r.Stations[n].Bins)
		}
		c.stations = append(c.stations, u)
	}
	p := poolUse{stack: i, workers: workersOf(k.topology)}
	if len(r.Pools) > 0 {
		p.busy = r.Pools[0].BusyMean
	}
	c.pools = append(c.pools, p)
}

// whole is a station's utilization over the window.
func (u usage) whole(seconds float64) float64 {
	busy := 0.0
	if seconds > 0 {
		busy = u.total / seconds
	}
	return min(1, (busy+u.background)/u.cores)
}

// between is its utilization from one time to another, from the bins that it
// was kept in.
func (u usage) between(from, to float64) float64 {
	return min(1, (max(0, u.before(to)-u.before(from))/(to-from)+u.background)/u.cores)
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
