package conduct

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/probes"
)

func TestPlansThatObserveWhatNobodyCan(t *testing.T) {
	server := []headroom.Service{{Kind: "prometheus", Name: "prometheus", URL: "http://127.0.0.1:9090"}}
	for _, c := range []struct {
		what     string
		observe  *headroom.Observe
		services []headroom.Service
		want     string // in the error; "" is none
	}{
		{"nothing", nil, nil, ""},
		{"an interval", &headroom.Observe{Every: map[string]float64{"postgres": 5, "queue": 60}}, nil, ""},
		{"queries and a server", &headroom.Observe{Queries: map[string]string{"cpu": "up"}}, server, ""},
		{"queries and no server", &headroom.Observe{Queries: map[string]string{"cpu": "up"}}, nil, "set HEADROOM_PROMETHEUS_URL"},
	} {
		err := CheckObserve(headroom.Plan{Observe: c.observe}, c.services)
		if c.want == "" && err != nil || c.want != "" && (headroom.ExitCode(err) != headroom.ExitBadInput || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
}

func TestIntervalsOfProbesThatThereAreNot(t *testing.T) {
	plan := headroom.Plan{}
	if got := CheckProbes(plan); got != nil {
		t.Errorf("nothing is observed: %v", got)
	}
	plan.Observe = &headroom.Observe{Every: map[string]float64{"postgres": 5, "postgresql": 5, "queue": 60}}
	got := CheckProbes(plan)
	if len(got) != 1 || !strings.HasPrefix(got[0].Error(), `observe.every.postgresql: there is no probe "postgresql"; the probes are cgroup, cron, `) {
		t.Errorf("%v", got)
	}
}

// idle is a stack with nothing in it.
type idle struct{ headroom.Stack }

func (idle) Roles() []headroom.Role { return nil }

func TestEachServiceHasItsProbeAtThePlansInterval(t *testing.T) {
	part := func(name string) standing {
		return standing{Part: Part{Topology: headroom.Topology{Name: name}, Stack: idle{}}, databases: []string{name}, target: headroom.Target{
			DSN: func(db string) headroom.Secret { return headroom.Secret("postgres://u:p@127.0.0.1:1/" + db) },
			Services: []headroom.Service{{Kind: "redis", Name: "redis"}, {Kind: "pgbouncer", Name: "pooler"}, {Kind: "metrics", Name: "ingress"},
				{Kind: "postgres", Name: "replica", URL: headroom.Secret("postgres://u:p@127.0.0.1:2/" + name)}},
		}}
	}
	s := Spec{
		Plan:     headroom.Plan{Observe: &headroom.Observe{Every: map[string]float64{"redis": 0.5, "queue": 30}, Queries: map[string]string{"cpu": "up"}}},
		Services: []headroom.Service{{Kind: "prometheus", Name: "prometheus"}, {Kind: "unheard of", Name: "x"}},
	}
	up := estate{part("hub"), part("depot")}
	var got []string
	for _, p := range slices.Concat(s.databaseProbes(up), s.serviceProbes(up)) {
		switch p := p.(type) {
		case probes.Redis:
			got = append(got, fmt.Sprint("redis ", p.Subject, " ", p.Interval))
		case probes.PgBouncer:
			got = append(got, fmt.Sprint("pgbouncer ", p.Subject, " ", p.Interval))
		case probes.Metrics:
			got = append(got, fmt.Sprint("metrics ", p.Subject))
		case probes.Prometheus:
			got = append(got, fmt.Sprint("prometheus ", p.Subject, " ", p.Queries))
		case probes.Queues:
			got = append(got, fmt.Sprint("queue ", p.Database, " ", p.Interval))
		default:
			got = append(got, p.Name())
		}
	}
	want := []string{
		"postgres", "business", "cron", "queue depot 30s", "postgres", "business", "cron", "queue hub 30s",
		"redis hub/redis 500ms", "pgbouncer hub/pooler 0s", "metrics hub/ingress", "postgres",
		"redis depot/redis 500ms", "pgbouncer depot/pooler 0s", "metrics depot/ingress", "postgres",
		"prometheus prometheus map[cpu:up]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if d := s.every("process"); d != 0 {
		t.Errorf("an interval of %v that nobody gave", d)
	}
}

// staffed is a stack with one role.
type staffed struct {
	headroom.Stack
	role headroom.Role
}

func (s staffed) Roles() []headroom.Role { return []headroom.Role{s.role} }

func TestTheMachinesSpeedIsOfInterestWhereItServes(t *testing.T) {
	pids := func() []int { return nil }
	for _, c := range []struct {
		what string
		role headroom.Role
		want bool
	}{
		{"a stack of this machine", headroom.Role{Name: "web", Station: "app", PIDs: pids}, true},
		{"virtual cores", headroom.Role{Name: "web", Station: "app", PIDs: pids, BusySeconds: func() (float64, error) { return 0, nil }}, false},
		{"another machine's", headroom.Role{Name: "web", Station: "app"}, false},
		{"what is no station", headroom.Role{Name: "pooler", PIDs: pids}, false},
	} {
		up := estate{{Part: Part{Topology: headroom.Topology{Name: "one"}, Stack: staffed{role: c.role}}}}
		probed := slices.ContainsFunc(Spec{}.machinery(up, nil), func(p probes.Probe) bool { return p.Name() == "speed" })
		if probed != c.want {
			t.Errorf("%s: probed %v, want %v", c.what, probed, c.want)
		}
	}
}
