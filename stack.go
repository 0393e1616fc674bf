package headroom

import (
	"context"
	"fmt"
	"log/slog"
)

// A Secret is a password, key or DSN that no log, report, bundle or error may
// show: every way of printing or encoding it gives dots.
type Secret string

const hidden = "•••"

// Reveal returns the secret itself, for the one who must send it.
func (s Secret) Reveal() string { return string(s) }

// String gives dots.
func (s Secret) String() string { return hidden }

// GoString gives dots.
func (s Secret) GoString() string { return hidden }

// Format gives dots for every verb.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, hidden) }

// MarshalJSON gives dots.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalYAML gives dots.
func (s Secret) MarshalYAML() (any, error) { return hidden, nil }

// LogValue gives dots.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// Target is a system under test that is up.
type Target struct {
	Kind          string // "erp", "odoo", "external"
	URL           string // http://127.0.0.1:8069, no path
	AdminLogin    string
	AdminPassword Secret
	// RequestLog is the Odoo-format request log: a path, docker:CONTAINER or
	// kubernetes:NAMESPACE/POD[/CONTAINER], as odoo.ParseLogSource reads it; "" when there is none to read.
	RequestLog string
	// DSN gives PostgreSQL access to a database of the target; "" when there is none.
	DSN func(database string) Secret
	// APIKeys makes JSON-2 keys for logins of a database; nil when the target cannot.
	APIKeys  func(ctx context.Context, database string, logins []string) (map[string]Secret, error)
	Versions map[string]string
	// Services are what else can be observed.
	Services []Service
}

// A Service stands beside the ERP and can be observed.
type Service struct {
	Kind string // "redis", "pgbouncer", "metrics" (a Prometheus page), "prometheus" (a Prometheus server), "postgres" (a database of another server, such as a replica)
	Name string // the subject of its samples: "redis", "pooler", "ingress", …; of "postgres" what stands before the database: "replica/hub"
	// URL is redis://…, postgres://…/pgbouncer, http://…/metrics#REGEXP (of families),
	// http://…, postgres://…/DATABASE, with credentials where they are needed: of
	// http USER:PASSWORD@, or TOKEN@ for a bearer token.
	URL Secret
}

// Role is a part of a stack that can be observed.
type Role struct {
	Name    string // "web", "cron", "database", …: what probes call it
	Station string // "app" or "database": whose CPU it uses; "" for neither
	// PIDs lists its processes now; children of a listed process are counted in.
	PIDs func() []int
	// BusySeconds, where a stack has virtual CPUs, is the station's counter of busy seconds; nil otherwise.
	BusySeconds func() (float64, error)
	// Throttling, where a CPU quota holds the role, counts periods and throttled ones and the seconds throttled; nil otherwise.
	Throttling func() (Throttling, error)
	// Cgroup is the path of its control group below the mount, where it is known; "": that of its processes.
	Cgroup string
}

// Throttling is what a CPU quota did so far.
type Throttling struct {
	Periods, Throttled uint64
	Seconds            float64
}

// A Stack brings a topology up, tells its parts, and takes it down without
// leaving anything behind. Down may be called twice, and after a failed Up.
type Stack interface {
	// Up serves the databases, each a fresh clone of the seeded one of that name.
	Up(ctx context.Context, t Topology, databases []string) (Target, error)
	Roles() []Role
	Down(ctx context.Context) error
}
