package sizing

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// reconfigure gives each stack those of Options.Changes that happen to it.
func (s *scene) reconfigure(list []headroom.Reconfiguration) error {
	for _, r := range list {
		k, own, err := s.meant(r)
		if err != nil {
			return err
		}
		k.changes = append(k.changes, own)
	}
	for _, k := range s.stacks {
		slices.SortStableFunc(k.changes, func(a, b headroom.Reconfiguration) int { return cmp.Compare(a.At, b.At) })
		if err := k.system.CheckChanges("change", k.changes); err != nil {
			return fmt.Errorf("sizing: %w", err)
		}
	}
	return nil
}

// meant is the stack whose pool or station a change is of, and the change in the
// words of that stack's system.
func (s *scene) meant(r headroom.Reconfiguration) (*stack, headroom.Reconfiguration, error) {
	var there []string
	for i := range s.stacks {
		k := &s.stacks[i]
		if r.Station == "" && r.Pool == k.name+web {
			r.Pool = web
			return k, r, nil
		}
		there = append(there, k.name+web)
		for _, st := range cores(k.topology) {
			if r.Pool == "" && r.Station == k.name+st.Name {
				r.Station = st.Name
				return k, r, k.within(r.Servers)
			}
			there = append(there, k.name+st.Name)
		}
	}
	return nil, r, wrong(fmt.Sprintf("topology %q has no %q", s.topology.Name, r.Pool+r.Station), "change", "it has "+strings.Join(there, ", "))
}

// within refuses a limit that is more than the machine has.
func (k *stack) within(limit float64) error {
	if q := k.topology.Quota; q != nil && limit > q.Cores {
		return wrong(fmt.Sprintf("topology %q would have a limit of %g cores on a machine of %g", k.topology.Name, limit, q.Cores), "change", "give no more than the machine has")
	}
	return nil
}

// happening are the stack's changes as the simulator takes them: background load
// takes its share of a station's cores.
func (k *stack) happening(m headroom.Model) []headroom.Reconfiguration {
	out := slices.Clone(k.changes)
	for i, r := range out {
		if r.Station != "" {
			out[i].Servers = left(r.Servers, background(m, k.topology, r.Station))
		}
	}
	return out
}

// A supply is how much there is of something from a time on.
type supply struct{ from, amount float64 }

// supplies are in order of time, the first from ever on.
type supplies []supply

// supplied is what the stack has of a pool's workers, or of a station's cores,
// when it begins with first.
func (k *stack) supplied(name string, first float64) supplies {
	out := supplies{{math.Inf(-1), first}}
	for _, r := range k.changes {
		if r.Pool+r.Station == name {
			out = append(out, supply{r.At, r.Servers})
		}
	}
	return out
}

// mostWorkers is the most web workers that the stack has at any time.
func (k *stack) mostWorkers() int {
	most := 0.0
	for _, x := range k.supplied(web, float64(workersOf(k.topology))) {
		most = max(most, x.amount)
	}
	return int(most)
}

// mean is that of a function of the amount from one time to another; where both
// are one, what it is then.
func (s supplies) mean(from, to float64, of func(amount float64) float64) float64 {
	to = max(to, math.Nextafter(from, math.Inf(1)))
	sum := 0.0
	for i, x := range s {
		end := math.Inf(1)
		if i+1 < len(s) {
			end = s[i+1].from
		}
		if share := (min(to, end) - max(from, x.from)) / (to - from); share > 0 {
			sum += share * of(x.amount)
		}
	}
	return sum
}

func itself(amount float64) float64 { return amount }
