package sizing

import (
	"github.com/headroom-erp/headroom"
)

// judgeCPU is the utilization of a station; of several stacks' the busiest.
func (c *course) judgeCPU(o headroom.Objective, what string, parts []part) figure {
	var found []figure
	for _, u := range c.stations {
		k := &c.stacks[u.stack]
		if u.what != what && u.what != Host {
			continue
		}
		for _, p := range parts {
			if !meet(k.sites, p.sites) {
				continue
			}
			f := u.in(p, o.Sliding)
			if k.name != "" {
				f.where = c.station(u)
			}
			found = append(found, f)
		}
	}
	if len(found) == 0 {
		return nothing("no such station serves it")
	}
	return worst(found)
}

// in is the utilization in a part of the run, or in the busiest window of that
// length within it.
func (u usage) in(p part, sliding float64) figure {
	if sliding <= 0 {
		return exactly(u.between(p.from, p.to))
	}
	width := min(sliding, p.to-p.from)
	best := figure{value: -1, at: p.from}
	for t := p.from; ; t += u.width { // a bin is as fine as readings of a run are
		t = min(t, p.to-width)
		if v := u.between(t, t+width); v > best.value {
			best = figure{value: v, at: t}
		}
		if t >= p.to-width {
			return best
		}
	}
}
