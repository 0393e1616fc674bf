package headroom

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// whole is a system with something in every field.
func whole() System {
	scv := 0.5
	return System{
		Stations: []Station{{Name: "app", Servers: 2}, {Name: "database", Servers: 1, Host: "metal"}},
		Hosts:    []Host{{Name: "metal", Cores: 2}},
		Pools: []Pool{{Name: "web", Servers: 4, Replicas: 2, Balance: LeastConnections, Backlog: 32, RegistryLoad: 1, Registries: 5, RecycleAfter: 100, RecycleTime: 2},
			{Name: "cron", Servers: 1}},
		Classes: []Class{
			{Name: "a", Pool: "web", Demand: map[string]float64{"app": 1}, Quantiles: map[string][]float64{"app": {0, 1, 2}}, Delay: 1, DelaySCV: 2, Tenant: "north", ArrivalRate: 1},
			{Name: "b", Pool: "cron", Demand: map[string]float64{"database": 1}, Every: 60},
		},
		Journeys: []SystemJourney{{Name: "j", Steps: []SystemStep{{Class: "a"}}, Population: 3, ThinkTime: 5, ThinkSCV: &scv, Makes: "x", Takes: "y"}},
	}
}

func TestCheckOfASystem(t *testing.T) {
	if err := whole().Check(); err != nil {
		t.Fatal(err)
	}
	for want, edit := range map[string]func(*System){
		"pools[0].replicas: -1 is not between":                                func(s *System) { s.Pools[0].Replicas = -1 },
		"pools[0].replicas: 200000 workers of all replicas together are more": func(s *System) { s.Pools[0].Servers, s.Pools[0].Replicas = 1000, 200 },
		`pools[0].balance: there is no way "fastest" to choose a replica`:     func(s *System) { s.Pools[0].Balance = "fastest" },
		"pools[0].registry_load: NaN is not between":                          func(s *System) { s.Pools[0].RegistryLoad = math.NaN() },
		"pools[0].registries: -1":                                             func(s *System) { s.Pools[0].Registries = -1 },
		"pools[0].recycle_after: -1":                                          func(s *System) { s.Pools[0].RecycleAfter = -1 },
		"pools[0].recycle_time: -1":                                           func(s *System) { s.Pools[0].RecycleTime = -1 },
		"pools[1].recycle_time: workers that are never recycled take no time": func(s *System) { s.Pools[1].RecycleTime = 1 },
		"classes[0].delay_scv: -1":                                            func(s *System) { s.Classes[0].DelaySCV = -1 },
		`classes[0].quantiles.disk: there is no station "disk"`:               func(s *System) { s.Classes[0].Quantiles["disk"] = []float64{0, 2} },
		"classes[0].quantiles.app: 1 quantiles are not 2 to":                  func(s *System) { s.Classes[0].Quantiles["app"] = []float64{1} },
		"classes[0].quantiles.app[2]: 0.5 after 1: quantiles do not fall":     func(s *System) { s.Classes[0].Quantiles["app"] = []float64{0, 1, 0.5} },
		"classes[0].quantiles.app[0]: -1 is not between":                      func(s *System) { s.Classes[0].Quantiles["app"] = []float64{-1, 1, 3} },
		"classes[0].quantiles.app: their mean is 2, not 1; divide them by it": func(s *System) { s.Classes[0].Quantiles["app"] = []float64{1, 2, 3} },
		"classes[1].every: 1e-05 is not between":                              func(s *System) { s.Classes[1].Every = 1e-5 },
		"classes[1]: every excludes arrival_rate and population; keep one":    func(s *System) { s.Classes[1].ArrivalRate = 1 },
		"journeys[0].think_scv: -1 is not between":                            func(s *System) { *s.Journeys[0].ThinkSCV = -1 },
		`journeys[1].name: the name "j" is used twice; give each its own`:     func(s *System) { s.Journeys = append(s.Journeys, s.Journeys[0]) },
		`classes[0]: class "a" has a population, but neither demand nor think_time: its throughput would be infinite; give it one`: func(s *System) {
			s.Classes[0] = Class{Name: "a", Pool: "web", Population: 3}
		},
		`journeys[0]: journey "j" has a population, but neither demand nor think_time`: func(s *System) {
			s.Classes[0].Demand, s.Classes[0].Quantiles, s.Classes[0].Delay, s.Journeys[0].ThinkTime = nil, nil, 0, 0
		},
		"hosts[0].cores: 0 is not between":                                  func(s *System) { s.Hosts[0].Cores = 0 },
		`stations[1].host: there is no host "moon"`:                         func(s *System) { s.Stations[1].Host = "moon" },
		"stations[0].period: a station with cores of its own has no period": func(s *System) { s.Stations[0].Period = 0.1 },
		"stations[0].slack: a station with cores of its own has no slack":   func(s *System) { s.Stations[0].Slack = 0.1 },
		"stations[1].slack: -1 is not between":                              func(s *System) { s.Stations[1].Slack = -1 },
		"stations[1].period: 5 is not between":                              func(s *System) { s.Stations[1].Period = 5 },
		`classes[0].conflict.also: group "b" is named twice; name each group on`: func(s *System) {
			s.Classes[0].Conflict = &ConflictRule{Group: "a", Rows: 1, Population: 1, Also: []string{"b", "b"}}
		},
		`classes[0].pool: there is no pool "phone"; name one of the system's po`: func(s *System) { s.Classes[0].Pool = "phone" },
	} {
		s := whole()
		edit(&s)
		refused(t, s.Check(), want)
	}
}

func TestCheckOfChangesAndTransients(t *testing.T) {
	base := func() Transient {
		return Transient{System: whole(), Until: 100, Step: 1, Load: []LoadStep{{To: 10, Class: "a", ArrivalRate: 1}},
			Batches: []Burst{{T: 1, Class: "a", Count: 5}}, Changes: []Reconfiguration{{At: 5, Pool: "web", Servers: 4, Lost: true}, {At: 6, Station: "app", Servers: 0}}}
	}
	if err := base().Check(); err != nil {
		t.Fatal(err)
	}
	for want, edit := range map[string]func(*Transient){
		`load[0].class: there is no class "x"`:                                func(x *Transient) { x.Load[0].Class = "x" },
		"load[0].to: the step ends at 10 s, before it begins at 20 s":         func(x *Transient) { x.Load[0].From = 20 },
		"load[0].arrival_rate: -1":                                            func(x *Transient) { x.Load[0].ArrivalRate = -1 },
		"load[0].from: +Inf":                                                  func(x *Transient) { x.Load[0].From = math.Inf(1) },
		"batches[0].count: -1":                                                func(x *Transient) { x.Batches[0].Count = -1 },
		"batches[0].t: -1":                                                    func(x *Transient) { x.Batches[0].T = -1 },
		"batches: 2e+06 requests in all are more than 1000000":                func(x *Transient) { x.Batches = []Burst{{Class: "a", Count: 1e6}, {Class: "a", Count: 1e6}} },
		`batches[0].class: there is no class ""`:                              func(x *Transient) { x.Batches[0].Class = "" },
		"until: NaN":                                                          func(x *Transient) { x.Until = math.NaN() },
		"step: 0.001 s make more than 10000 points till 100 s":                func(x *Transient) { x.Step = 0.001 },
		"changes[0].servers: 1.5 workers are not a whole number":              func(x *Transient) { x.Changes[0].Servers = 1.5 },
		"changes[0].at: -1":                                                   func(x *Transient) { x.Changes[0].At = -1 },
		`changes[0].pool: there is no pool "phone"`:                           func(x *Transient) { x.Changes[0].Pool = "phone" },
		"changes[0]: a change is of a pool or of a station; name one of them": func(x *Transient) { x.Changes[0].Station = "app" },
		`changes[1].station: there is no station "disk"`:                      func(x *Transient) { x.Changes[1].Station = "disk" },
		"changes[1].lost: a station holds no worker that could be lost":       func(x *Transient) { x.Changes[1].Lost = true },
		"pools[0].servers: 0 is not between":                                  func(x *Transient) { x.Pools[0].Servers = 0 },
	} {
		x := base()
		edit(&x)
		refused(t, x.Check(), want)
	}
}

// refused wants an *InputError whose text begins so.
func refused(t *testing.T, err error, want string) {
	t.Helper()
	var input *InputError
	if !errors.As(err, &input) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}
