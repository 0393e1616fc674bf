package odoo

import (
	"fmt"
	"sync"

	"github.com/grafana/sobek"
)

// document records that work on a document became possible now (released), or
// is finished.
func (m *module) document(done bool) func(kind string, id int64) error {
	return func(kind string, id int64) error {
		i, _, err := m.serving()
		if err != nil {
			return err
		}
		if kind == "" || id <= 0 {
			return fmt.Errorf("odoo: a document is told by its kind and id, such as \"delivery\" and 41; got %q and %d", kind, id)
		}
		i.Document(m.now(), kind, id, done)
		return nil
	}
}

// user is who acts: the id in res.users (0 when the scenario does not log in,
// or the server does not tell it) and the login.
func (m *module) user() (*sobek.Object, error) {
	i, p, err := m.serving()
	if err != nil {
		return nil, err
	}
	site := i.Site()
	known := map[string]any{"id": int64(0), "login": ""}
	if logins := p.seeded.Sites[site.Name].Logins; int(i.Arrival.User) < len(logins) {
		known["login"] = logins[i.Arrival.User]
	}
	if s := p.session(i); s != nil {
		known["id"], known["login"] = s.UID(), s.User()
	}
	return object(m.vu.Runtime(), known), nil
}

// marks are how far each site's messages have come, by kind. All virtual users
// share them.
type marks struct {
	mu   sync.Mutex
	last map[mark]int64
}

type mark struct{ site, kind string }

// since gives the last id that was kept for the arrival's site, 0 at first. With
// an id it keeps that, unless a later one is kept already.
func (m *module) since(kind string, to sobek.Value) (int64, error) {
	i, _, err := m.serving()
	if err != nil {
		return 0, err
	}
	var id int64
	if to != nil && !sobek.IsUndefined(to) {
		var ok bool
		if id, ok = to.Export().(int64); !ok || id < 0 {
			return 0, fmt.Errorf("odoo: since(%q, %v): wanted an id", kind, to)
		}
	}
	k := &m.root.marks
	k.mu.Lock()
	defer k.mu.Unlock()
	at := mark{i.Site().Name, kind}
	if id > k.last[at] {
		if k.last == nil {
			k.last = map[mark]int64{}
		}
		k.last[at] = id
	}
	return k.last[at], nil
}

// holds are what journeys have in hand, and whose: what two people see at one
// place is taken by one of them, and the server has no call that would decide it.
type holds struct {
	mu   sync.Mutex
	held map[held]uint64 // the journey
}

type held struct {
	site, kind string
	id         int64
}

// hold is false when another journey at the site has it in hand; else it is
// this one's until it ends.
func (m *module) hold(kind string, id int64) (bool, error) {
	i, _, err := m.serving()
	if err != nil {
		return false, err
	}
	h, it := &m.root.holds, held{i.Site().Name, kind, id}
	h.mu.Lock()
	defer h.mu.Unlock()
	if owner, taken := h.held[it]; taken {
		return owner == i.Journey.Arrival, nil
	}
	if h.held == nil {
		h.held = map[held]uint64{}
	}
	h.held[it] = i.Journey.Arrival
	i.AtEnd(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.held, it)
	})
	return true, nil
}
