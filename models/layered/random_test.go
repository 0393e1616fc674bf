package layered

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/headroom-erp/headroom"
)

// What a random system may have beside its classes and its load.
type features struct {
	conflicts, pools, replicas, quotas, interference, memory, stock bool
}

// randomSystem draws an Odoo-like system (ranges are in each of its parts),
// loaded to 20 to 95 % of what it can carry, and the class of its load.
func randomSystem(r *rand.Rand, f features) headroom.System {
	s := randomStack(r)
	if f.quotas {
		randomQuotas(r, &s)
	}
	n := 2 + r.IntN(7)
	for i := range n {
		s.Classes = append(s.Classes, randomClass(r, fmt.Sprint("c", i), s.Stations))
	}
	s.Classes[0].Pool = "web"
	for i := range s.Classes {
		if f.quotas { // what is short beside a period, too
			s.Classes[i].DatabaseCalls = math.Round(math.Pow(60, r.Float64()))
		}
	}
	if f.conflicts {
		randomConflicts(r, &s)
	}
	if f.replicas {
		p := &s.Pools[0]
		p.Replicas, p.Servers = 2+r.IntN(3), 1+r.IntN(6)
		p.Balance = []string{"round_robin", "random", "least_connections"}[r.IntN(3)]
	}
	if f.stock {
		randomStock(r, &s)
	} else {
		randomLoad(r, &s)
	}
	if f.pools {
		randomJobs(r, &s)
	}
	if f.memory {
		randomMemory(r, &s)
	}
	if f.interference {
		s.Hosts[0].Interference, s.Hosts[0].Reference = 0.1+0.5*r.Float64(), r.Float64()
	}
	scaleTo(&s, 0.20+0.75*r.Float64())
	return s
}

// randomStack: app and database, one in five on one host; 0.5 to 8 cores each,
// 1 to 16 workers, Odoo's backlog of 8 for each in half of them.
func randomStack(r *rand.Rand) headroom.System {
	cores := func() float64 {
		c := 0.5 * math.Pow(16, r.Float64())
		if r.IntN(2) == 0 {
			c = max(1, math.Round(c))
		}
		return c
	}
	s := headroom.System{Stations: []headroom.Station{{Name: "app", Servers: cores()}, {Name: "database", Servers: cores()}}}
	if r.IntN(5) == 0 {
		s.Stations = []headroom.Station{{Name: "host", Servers: cores()}}
	}
	workers := 1 + r.IntN(16)
	p := headroom.Pool{Name: "web", Servers: workers}
	if r.IntN(2) == 0 {
		p.Backlog = 8 * workers
	}
	s.Pools = []headroom.Pool{p}
	return s
}

// randomQuotas: 0.25 to 2 cores each of a host that has as many or up to twice
// that, in one of four up to a third less, by periods of 10 or 100 ms.
func randomQuotas(r *rand.Rand, s *headroom.System) {
	sum, most, period := 0.0, 0.0, []float64{0.01, 0.1}[r.IntN(2)]
	for i := range s.Stations {
		st := &s.Stations[i]
		st.Servers, st.Host, st.Period = 0.25*math.Pow(8, r.Float64()), "machine", period
		sum, most = sum+st.Servers, max(most, st.Servers)
	}
	cores := sum * (1 + r.Float64())
	if r.IntN(4) == 0 {
		cores = max(most, sum*(0.66+0.33*r.Float64()))
	}
	s.Hosts = []headroom.Host{{Name: "machine", Cores: cores}}
}

// randomClass: 5 ms to 1 s of demand, 40 to 90 % of it at the app; SCV 0 to 2, in
// one class of eight up to 4, or exactly 0 or 1; 1 to 4 database calls; one in eight
// waits outside, one in ten needs no worker.
func randomClass(r *rand.Rand, name string, stations []headroom.Station) headroom.Class {
	c := headroom.Class{Name: name, Pool: "web", Demand: map[string]float64{}, SCV: map[string]float64{},
		DatabaseCalls: float64(1 + r.IntN(4)), Overhead: 0.01 * r.Float64(), OverheadSCV: r.Float64()}
	total, share := 0.005*math.Pow(200, r.Float64()), 0.4+0.5*r.Float64()
	for i, st := range stations {
		d := total
		if len(stations) > 1 {
			d *= []float64{share, 1 - share}[i]
		}
		c.Demand[st.Name] = d
		scv := 2 * r.Float64()
		switch r.IntN(8) {
		case 0:
			scv = 4 * r.Float64()
		case 1:
			scv = 0
		case 2:
			scv = 1
		}
		c.SCV[st.Name] = scv
	}
	switch r.IntN(20) {
	case 0, 1, 2:
		c.Delay, c.DelaySCV = total*r.Float64(), r.Float64()
	case 3, 4:
		c.Pool = "none"
	}
	return c
}

// randomConflicts: half of the classes touch 1 to 5 of 50 to 5000 rows, every
// other one of popularity 0.3 to 1.
func randomConflicts(r *rand.Rand, s *headroom.System) {
	space, popularity, documents := 50*math.Pow(100, r.Float64()), 0.0, r.IntN(2) == 0
	if r.IntN(2) == 0 {
		popularity = 0.3 + 0.7*r.Float64()
	}
	for i := range s.Classes {
		if r.IntN(2) == 0 {
			continue
		}
		s.Classes[i].Conflict = &headroom.ConflictRule{Group: "quant", Rows: 1 + 4*r.Float64(), Population: math.Round(space), Popularity: popularity, At: 0.1 + 0.8*r.Float64(), Documents: documents}
	}
}

// randomMemory: 2 to 6 tenants, whose registries take 20 ms to 1 s to load; workers
// keep fewer of them, or are started anew, in 50 ms to 1 s, after so few requests that a
// short simulation sees it often; or both.
func randomMemory(r *rand.Rand, s *headroom.System) {
	p := &s.Pools[0]
	tenants := 2 + r.IntN(5)
	for i := range s.Classes {
		s.Classes[i].Tenant = fmt.Sprint("t", r.IntN(tenants))
	}
	p.RegistryLoad = 0.02 * math.Pow(50, r.Float64())
	kind := r.IntN(3)
	if kind != 0 {
		p.Registries = 1 + r.IntN(tenants-1)
	}
	if kind != 1 {
		p.RecycleAfter = max(4, int(math.Pow(10, 1+r.Float64())*10/float64(p.Servers)))
		p.RecycleTime = 0.05 * math.Pow(20, r.Float64())
	}
}
