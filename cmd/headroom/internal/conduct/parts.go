package conduct

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/odoo"
)

// A Part is one stack of a run and the sites that live on it.
type Part struct {
	Topology headroom.Topology // flat, as headroom.Topology.Parts gives it
	Sites    []string
	Stack    headroom.Stack
}

// standing is a part that is up.
type standing struct {
	Part
	target    headroom.Target
	databases []string          // those that it serves, in the order of the sites
	modules   map[string]string // of the first of them; nil when they could not be read
}

// estate is every part of a run that is up.
type estate []standing

// up brings every part up and refuses one that does not carry the marker.
func (s Spec) up(ctx context.Context) (estate, error) {
	var e estate
	for _, part := range s.Parts {
		databases := s.databases(part)
		if len(databases) == 0 {
			continue // the schedule has none of its sites
		}
		target, err := part.Stack.Up(ctx, part.Topology, databases)
		if err != nil {
			return e, err
		}
		e = append(e, standing{Part: part, target: target, databases: databases})
		if err := s.admit(ctx, &e[len(e)-1]); err != nil {
			return e, err
		}
	}
	return e, nil
}

// admit makes sure that a target is one that may be loaded, until the run's
// end, tells it where the carrier is, and asks for its modules.
func (s Spec) admit(ctx context.Context, one *standing) error {
	client := odoo.Client{URL: one.target.URL}
	until := time.Now().Add(time.Duration(s.Schedule.Header().Duration()*float64(time.Second)) + Grace)
	for i, db := range one.databases {
		admin, err := client.Login(ctx, odoo.JSONRPC, db, headroom.Login{Login: one.target.AdminLogin, Password: one.target.AdminPassword})
		if err != nil {
			return err
		}
		if err := odoo.CheckAllowed(ctx, admin, db, until); err != nil {
			return err
		}
		if one.target.DSN != nil && one.target.DSN(db) != "" {
			if err := sameDatabase(ctx, admin, one.target.DSN(db), db); err != nil {
				return err
			}
		}
		if err := s.announceCarrier(ctx, admin, db); err != nil {
			return err
		}
		if i > 0 {
			continue
		}
		if one.modules, err = odoo.Modules(ctx, admin); err != nil {
			s.Say("the modules of database %s are not known: %v", db, err)
		}
	}
	return nil
}

// down takes every part down, whatever becomes of the others.
func (s Spec) down(ctx context.Context) error {
	// Taking down must work after Ctrl-C too.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), downTimeout)
	defer cancel()
	var errs []error
	for _, part := range s.Parts {
		errs = append(errs, part.Stack.Down(ctx))
	}
	if err := errors.Join(errs...); err != nil {
		return &headroom.MeasureError{What: "the stack could not be taken down", Err: err}
	}
	return nil
}

// databases lists the databases of the schedule's sites on a part, each once.
func (s Spec) databases(p Part) []string {
	var out []string
	for _, site := range s.Schedule.Header().Sites {
		if slices.Contains(p.Sites, site.Name) && !slices.Contains(out, site.Database) {
			out = append(out, site.Database)
		}
	}
	return out
}

// urls are the targets' addresses by database.
func (e estate) urls() map[string]string {
	out := map[string]string{}
	for _, one := range e {
		for _, db := range one.databases {
			out[db] = one.target.URL
		}
	}
	return out
}

// dsns are the PostgreSQL addresses that are known, by database.
func (e estate) dsns() map[string]headroom.Secret {
	out := map[string]headroom.Secret{}
	for _, one := range e {
		if one.target.DSN == nil {
			continue
		}
		for _, db := range one.databases {
			if dsn := one.target.DSN(db); dsn != "" {
				out[db] = dsn
			}
		}
	}
	return out
}

// roles are those of all parts. Where there are several, a role and its
// station carry the name of their part: "hub/web", "hub/app".
func (e estate) roles() []headroom.Role {
	var out []headroom.Role
	for _, one := range e {
		for _, r := range one.Stack.Roles() {
			if len(e) > 1 {
				r.Name = one.Topology.Name + "/" + r.Name
				if r.Station != "" {
					r.Station = one.Topology.Name + "/" + r.Station
				}
			}
			out = append(out, r)
		}
	}
	return out
}

// lost adds to what the run cannot do without the stacks that tell of their end.
func (s Spec) lost(e estate) map[string]<-chan struct{} {
	out := maps.Clone(s.Lost)
	if out == nil {
		out = map[string]<-chan struct{}{}
	}
	for _, one := range e {
		if mortal, ok := one.Stack.(interface{ Done() <-chan struct{} }); ok {
			name := "the ERP"
			if len(e) > 1 {
				name += " of " + one.Topology.Name
			}
			out[name] = mortal.Done()
		}
	}
	return out
}
