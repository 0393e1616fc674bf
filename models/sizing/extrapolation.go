package sizing

import (
	"fmt"
	"slices"

	"github.com/headroom-erp/headroom"
)

// extrapolation warns where a forecast is beyond anything measured.
func (s *scene) extrapolation(f headroom.Forecast) []string {
	var out []string
	warn := func(format string, args ...any) {
		out = append(out, fmt.Sprintf(format, args...)+": it extrapolates")
	}
	known := s.model.MeasuredUtilization
	most, tenants := 0, 0
	for _, k := range s.stacks {
		most, tenants = max(most, k.mostWorkers()), max(tenants, k.replay.tenants)
		for _, st := range cores(k.topology) {
			u := f.Utilization[k.name+st.Name].Value
			seen, ok := known[st.Name]
			if st.Name == Host {
				seen, ok = max(seen, known["app"], known["database"]), len(known) > 0
			}
			if ok && u > seen+0.05 {
				warn("%s is %.0f %% busy in this forecast, and was %.0f %% at most in the runs", k.name+st.Name, 100*u, 100*seen)
			}
		}
	}
	r := s.model.Measured
	if r == nil {
		return out
	}
	if most > r.Workers[1] && r.Workers[1] > 0 {
		warn("a stack has %s in this forecast, and the runs had %d at most", workers(most), r.Workers[1])
	}
	if b := f.PoolBusy.Value / float64(len(s.stacks)); r.Busy > 0 && b > 1.1*r.Busy {
		warn("%.1f workers are busy on the mean in this forecast, and %.1f were at most in the runs", b, r.Busy)
	}
	if s.conflicts() {
		for i, p := range s.header.Processes {
			x := s.header.Catalogue.Popularity
			if p.Popularity != nil {
				x = *p.Popularity
			}
			if s.operators[p.Name]+s.due(i) > 0 && (x > r.Popularity[1]+0.05 || x < r.Popularity[0]-0.05) {
				warn("products of %s are wanted by Zipf's law with the exponent %g, and the runs had %g to %g", p.Name, x, r.Popularity[0], r.Popularity[1])
			}
		}
	}
	return out
}

// conflicts says whether any class can lose one.
func (s *scene) conflicts() bool {
	return slices.ContainsFunc(s.model.Classes, func(k headroom.ClassModel) bool { return k.Rule != nil })
}

// due is how many journeys of a process come, operators' left out.
func (s *scene) due(process int) int {
	n := 0
	for _, k := range s.stacks {
		for _, x := range k.replay.sources {
			if int(x.process) == process {
				n++
			}
		}
	}
	return n
}
