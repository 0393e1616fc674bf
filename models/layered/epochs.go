package layered

import (
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
)

const (
	mostRounds   = 200
	fewestRounds = 24
	mostWork     = 1e8
	mostClimbed  = 1e7  // numbers of requests in pools that are looked at, in all rounds
	settled      = 1e-6 // a round that moves the fixed point by less than that is the last one
	closely      = 1e-3 // the same for an answer of which a share is taken
	briefly      = 6    // rounds for one that is compared only
	epochs       = 4    // times that what costs more is done again
	stale        = 8    // rounds for which some of what moves little is kept
)

// goals of the epochs but the last, in place of settled.
var goals = [epochs - 1]float64{1e-2, 1e-3, 1e-4}

// solved is the solver with its figures.
func solved(s headroom.System, bound bound) *solver {
	v := newSolver(s, bound)
	v.rival = v.rivals()
	for i := range v.pools {
		v.pools[i].scaled, v.pools[i].freely, v.pools[i].meets = 1, 1, 1
	}
	v.solve(0, settled)
	v.doubts()
	return v
}

// again is the solver of another bound, which is to start from what this one found.
func (v *solver) again(bound bound) *solver {
	w := *v
	w.bound, w.warnings = bound, []string{}
	w.stations, w.quotas, w.disturbances = slices.Clone(v.stations), slices.Clone(v.quotas), slices.Clone(v.disturbances)
	w.full, w.clipped, w.pools = slices.Clone(v.full), slices.Clone(v.clipped), slices.Clone(v.pools)
	w.classes, w.chains = slices.Clone(v.classes), slices.Clone(v.chains)
	for i := range w.classes {
		k := &w.classes[i]
		k.demand, k.scv, k.stretch = slices.Clone(k.demand), slices.Clone(k.scv), slices.Clone(k.stretch)
	}
	for i := range w.chains {
		c := &w.chains[i]
		c.visits = slices.Clone(c.visits)
		for n := range c.visits {
			c.visits[n].stretch = slices.Clone(c.visits[n].stretch)
		}
	}
	return &w
}

// solve goes round the fixed point until a round moves it by less than the goal.
// What costs more, the phases of service, is done at the start of every epoch
// but the first.
func (v *solver) solve(epoch int, goal float64) {
	most := v.rounds()
	for rounds := 0; ; epoch++ {
		last := epoch >= epochs-1
		moved := math.Inf(1)
		for n := 0; rounds < most && v.climbed < mostClimbed; n++ {
			phased := n == 0 && epoch > 0
			target := goal
			if !last {
				target = max(goal, goals[epoch])
			}
			if moved <= target && (v.fresh || target > settled) {
				break
			}
			v.fresh = n%stale == 0 || moved <= target
			moved = v.round(phased)
			rounds++
			last = last || phased && moved < goals[len(goals)-1]
		}
		if last || rounds >= most || v.climbed >= mostClimbed {
			if moved > 1e-4 && goal < 1e-4 {
				v.warn("the fixed point still moves by %.2g of itself; simulate this system instead", moved)
			}
			return
		}
	}
}

// rounds that are worth it: fewer for many workers, each of whose rounds is long.
func (v *solver) rounds() int {
	all := 0
	for p := range v.pools {
		all += v.pools[p].workers * v.pools[p].replicas
	}
	work := 1.0
	for p := range v.pools {
		own := v.pools[p].workers*v.pools[p].replicas + 1
		states := float64(own * min(all-own+2, max(2, mostTogether/(v.pools[p].workers+1))))
		work += states * states * float64(2*len(v.stations)+2)
	}
	return int(min(mostRounds, max(fewestRounds, mostWork/work)))
}
