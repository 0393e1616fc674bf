package odoo

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/headroom-erp/headroom"
	rpc "github.com/headroom-erp/headroom/odoo"
	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// idleConnections is how many connections over TLS are kept for virtual users.
const idleConnections = 512

// loginsAtOnce bounds the logins under way. A password login costs the server
// about 0.4 s of CPU; more at once would only wait for each other.
const loginsAtOnce = 4

// prepared is what journeys need; it does not change once the run begins.
type prepared struct {
	header    *headroom.Header
	seeded    headroom.Seeded
	version   rpc.Version
	popular   []headroom.Popularity // by process
	protocols map[string]string     // by scenario
	sessions  map[user]*rpc.Session
	places    map[string]*place // by site
	databases map[string]string // what sql.open takes, by database; no secret in it
}

// A user is one who logs in, with the protocol of the scenarios that act for
// them.
type user struct {
	site     string
	database string
	index    uint32
	protocol rpc.Protocol
}

// Prepare logs in each user that the arrivals need, once, and checks that what
// was seeded is enough for the schedule. A refused login is an
// *headroom.InputError.
func (r *Root) Prepare(ctx context.Context, h *headroom.Header, arrivals iter.Seq2[headroom.Arrival, error]) (int, error) {
	setup, err := r.child.Setup()
	if err != nil {
		return 0, err
	}
	p := &prepared{header: h, protocols: setup.Protocols}
	if err := p.load(setup.SeededFile); err != nil {
		return 0, err
	}
	if p.databases, err = register(setup.DSNs); err != nil {
		return 0, err
	}
	logins, err := rpc.ReadLogins(setup.LoginsFile)
	if err != nil {
		return 0, err
	}
	users, err := p.needed(arrivals)
	if err != nil {
		return 0, err
	}
	door := newDoor()
	clients := map[string]*rpc.Client{}
	for database, url := range setup.Targets {
		clients[database] = &rpc.Client{URL: url, Transport: door}
	}
	if p.sessions, err = logIn(ctx, clients, users, logins); err != nil {
		return 0, err
	}
	r.ready.Store(p)
	return len(users), nil
}

// load reads what seeding created and checks it against the schedule.
func (p *prepared) load(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("odoo: %w", err)
	}
	if err := json.Unmarshal(raw, &p.seeded); err != nil {
		return fmt.Errorf("odoo: %s: %w", path, err)
	}
	if p.version, err = rpc.ParseVersion(p.seeded.Version); err != nil {
		return fmt.Errorf("odoo: %s: %w", path, err)
	}
	want := p.header.Catalogue.Products
	p.popular = p.header.Laws(want)
	for _, s := range p.header.Sites {
		got := p.seeded.Sites[s.Name]
		if len(got.Products) < want || len(got.Codes) < want || len(got.Partners) == 0 {
			return &headroom.InputError{
				What:  fmt.Sprintf("database %s holds %d products and %d partners, the plan wants %d products", s.Database, len(got.Products), len(got.Partners), want),
				Where: "site " + s.Name, Do: "seed it again with this plan",
			}
		}
	}
	p.places, err = places(p.header, p.seeded)
	return err
}

// session is that of the user who acts, by the scenario's protocol; nil when
// nobody logged in.
func (p *prepared) session(i *child.Instance) *rpc.Session {
	protocol := rpc.Protocol(p.protocols[i.Process().Scenario])
	return p.sessions[user{i.Site().Name, i.Site().Database, i.Arrival.User, protocol}]
}

// needed lists the users that the arrivals act as, in order of first use.
func (p *prepared) needed(arrivals iter.Seq2[headroom.Arrival, error]) ([]user, error) {
	var users []user
	seen := map[user]bool{}
	for a, err := range arrivals {
		if err != nil {
			return nil, err
		}
		protocol := rpc.Protocol(p.protocols[p.header.Processes[a.Process].Scenario])
		switch protocol {
		case rpc.JSONRPC, rpc.JSON2, rpc.XMLRPC:
		default:
			continue // reads the database directly
		}
		u := user{p.header.Sites[a.Site].Name, p.header.Sites[a.Site].Database, a.User, protocol}
		if !seen[u] {
			seen[u] = true
			users = append(users, u)
		}
	}
	return users, nil
}

// logIn logs the users in, a few at a time. After a refusal no further login
// begins and those under way come to their end, so that of several refusals it
// is always the first in the order of users that is returned.
func logIn(ctx context.Context, clients map[string]*rpc.Client, users []user, logins headroom.Logins) (map[user]*rpc.Session, error) {
	sessions, errs := make([]*rpc.Session, len(users)), make([]error, len(users))
	var refused atomic.Bool
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(loginsAtOnce, len(users)) {
		wg.Go(func() {
			for i := range next {
				if sessions[i], errs[i] = logInOne(ctx, clients[users[i].database], users[i], logins); errs[i] != nil {
					refused.Store(true)
				}
			}
		})
	}
	for i := range users {
		if refused.Load() {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	all := make(map[user]*rpc.Session, len(users))
	for i, u := range users {
		if errs[i] != nil {
			return nil, errs[i]
		}
		all[u] = sessions[i]
	}
	return all, nil
}

func logInOne(ctx context.Context, c *rpc.Client, u user, logins headroom.Logins) (*rpc.Session, error) {
	if c == nil {
		return nil, &headroom.InputError{What: "no stack serves database " + u.database, Where: "site " + u.site, Do: "name a topology that has the site"}
	}
	known := logins[u.site]
	if int(u.index) >= len(known) {
		return nil, &headroom.InputError{
			What:  fmt.Sprintf("site %s has credentials for %d users, the schedule has a user number %d", u.site, len(known), u.index+1),
			Where: "logins", Do: "seed the database again with this plan",
		}
	}
	protocol := u.protocol
	if protocol == rpc.JSON2 && known[u.index].Key == "" {
		// A server before 19, or one where nobody could make keys: the same
		// call goes through the web client's door, and is recorded as such.
		protocol = rpc.JSONRPC
	}
	s, err := c.Login(ctx, protocol, u.database, known[u.index])
	if err != nil {
		return nil, fmt.Errorf("odoo: user %d of %s: %w", u.index+1, u.site, err)
	}
	return s, nil
}

// register keeps the DSNs with the driver and gives names for them, which
// scripts pass to sql.open: a script never sees a password.
func register(dsns map[string]string) (map[string]string, error) {
	names := make(map[string]string, len(dsns))
	for database, dsn := range dsns {
		config, err := pgx.ParseConfig(dsn)
		if err != nil { // err is left out: it quotes the DSN
			return nil, &headroom.InputError{What: "the PostgreSQL address of database " + database + " cannot be read", Do: "give it as postgres://user:password@host:port/database"}
		}
		if config.RuntimeParams["application_name"] == "" {
			config.RuntimeParams["application_name"] = "headroom bi"
		}
		names[database] = stdlib.RegisterConnConfig(config)
	}
	return names, nil
}

// newDoor carries the logins, which come before there are virtual users, and
// what their own connections cannot do.
func newDoor() http.RoundTripper {
	return &http.Transport{TLSHandshakeTimeout: 10 * time.Second, MaxIdleConnsPerHost: idleConnections, IdleConnTimeout: 30 * time.Second}
}
