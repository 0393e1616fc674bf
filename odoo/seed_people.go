package odoo

import (
	"context"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// userLogin is the login of a site's user of index i.
func userLogin(site headroom.Site, i int) string {
	return fmt.Sprintf("headroom-u%02d@%s.example", i+1, hostLabel(site.Name))
}

// hostLabel makes a name fit for a host. Where that changes it, a hash keeps
// two sites apart that would come out the same.
func hostLabel(name string) string {
	label := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, name)
	if label == name {
		return label
	}
	h := fnv.New32a()
	_, _ = io.WriteString(h, name) // a hash does not fail
	return fmt.Sprintf("%s-%08x", label, h.Sum32())
}

// users creates the planned users and gives all of them one new password: each
// is hashed on its own, which is what costs.
func (s *seeder) users(ctx context.Context) error {
	groups, err := s.groups(ctx)
	if err != nil {
		return err
	}
	s.site.Logins = make([]string, s.Site.Users)
	for i := range s.site.Logins {
		s.site.Logins[i] = userLogin(s.Site, i)
	}
	membership := []any{[]any{6, 0, groups}}
	// Archived users are found as well; no mail goes out to new ones.
	hints := map[string]any{"active_test": false, "no_reset_password": true}
	ids, err := s.ensure(ctx, "res.users", "login", s.site.Logins, hints, func(i int) map[string]any {
		return map[string]any{
			"name": fmt.Sprintf("Headroom %s %02d", s.Site.Name, i+1), "login": s.site.Logins[i], s.dialect.GroupsField: membership,
		}
	})
	if err != nil {
		return err
	}
	password, err := s.random(18)
	if err != nil {
		return err
	}
	values := map[string]any{"password": headroom.Secret(password), "active": true, s.dialect.GroupsField: membership}
	for part := range slices.Chunk(ids, passwordChunk) {
		if err := s.write(ctx, "res.users", part, values); err != nil {
			return err
		}
	}
	s.logins = make([]headroom.Login, len(ids))
	for i := range s.logins {
		s.logins[i] = headroom.Login{Login: s.site.Logins[i], Password: headroom.Secret(password)}
	}
	return nil
}

// groups finds the ids of userGroups.
func (s *seeder) groups(ctx context.Context) ([]int64, error) {
	var modules, names []string
	for _, id := range userGroups {
		module, name, _ := strings.Cut(id, ".")
		modules, names = append(modules, module), append(names, name)
	}
	found, err := s.searchRead(ctx, "ir.model.data", []any{
		[]any{"model", "=", "res.groups"}, []any{"module", "in", modules}, []any{"name", "in", names},
	}, []string{"module", "name", "res_id"}, nil)
	if err != nil {
		return nil, err
	}
	byName := map[string]int64{}
	for _, row := range found {
		module, _ := row["module"].(string)
		name, _ := row["name"].(string)
		if id, ok := integer(row["res_id"]); ok {
			byName[module+"."+name] = id
		}
	}
	ids := make([]int64, len(userGroups))
	for i, name := range userGroups {
		if ids[i] = byName[name]; ids[i] == 0 {
			return nil, &headroom.InputError{
				What: fmt.Sprintf("database %q has no group %s", s.database, name), Where: s.client.address(),
				Do: "update its module, which brings the group back",
			}
		}
	}
	return ids, nil
}

// keys makes JSON-2 keys where server and target can.
func (s *seeder) keys(ctx context.Context) error {
	if s.Keys == nil || !s.dialect.JSON2 || len(s.logins) == 0 {
		return nil
	}
	keys, err := s.Keys(ctx, s.database, slices.Clone(s.site.Logins))
	if err != nil {
		return fmt.Errorf("odoo: make API keys in database %q: %w", s.database, err)
	}
	for i := range s.logins {
		key := keys[s.logins[i].Login]
		if key == "" {
			return fmt.Errorf("odoo: make API keys in database %q: none came for %s", s.database, s.logins[i].Login)
		}
		s.logins[i].Key = key
	}
	return nil
}

// random is a text of n random bytes that needs no escaping anywhere.
func (s *seeder) random(n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.Rand, b); err != nil {
		return "", fmt.Errorf("odoo: no randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}
