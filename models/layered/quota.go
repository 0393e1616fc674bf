package layered

import "github.com/headroom-erp/headroom"

// quotas takes a CPU quota on a host for that many cores of its own. Where the
// quotas of a host add up to more than it has, its stations get of it in
// proportion. Both are said.
func (v *solver) quotas(s headroom.System) {
	for _, h := range s.Hosts {
		var sum float64
		for _, st := range s.Stations {
			if st.Host == h.Name {
				sum += min(st.Servers, h.Cores)
			}
		}
		for i, st := range s.Stations {
			if st.Host != h.Name {
				continue
			}
			servers := min(st.Servers, h.Cores)
			if sum > h.Cores {
				servers *= h.Cores / sum
				v.warn("station %q shares host %q, whose %g cores are less than its quotas of %g: solved as %.3g cores of its own", st.Name, h.Name, h.Cores, sum, servers)
			} else if st.Servers < h.Cores {
				v.warn("station %q has a quota of %g cores: solved as if they were its own, so short work is stretched too much", st.Name, st.Servers)
			}
			v.stations[i].Servers = servers
		}
	}
}
