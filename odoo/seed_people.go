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

// userGroups are the external ids of the groups that users get when Seeding
// names none: they sell (each other's orders, too), pick, buy and invoice.
var userGroups = []string{
	"base.group_user",
	"sales_team.group_sale_salesman_all_leads",
	"stock.group_stock_user",
	"purchase.group_purchase_user",
	"account.group_account_invoice",
}

const (
	everybody = "base.group_user"   // who is no portal user
	settings  = "base.group_system" // who may trigger scheduled jobs
)

// passwordChunk bounds how many passwords are set by one call: each is hashed
// on its own and costs 0.37 s of CPU.
const passwordChunk = 50

// technicalLogin is the login of the site's technical user.
func technicalLogin(site headroom.Site) string {
	return fmt.Sprintf("headroom-tech@%s.example", hostLabel(site.Name))
}

// users creates the planned users and gives all of them one new password: each
// is hashed on its own, which is what costs.
func (s *seeder) users(ctx context.Context) error {
	logins := make([]string, s.Site.Users, s.Site.Users+1)
	for i := range logins {
		logins[i] = userLogin(s.Site, i)
	}
	if s.Technical {
		logins = append(logins, technicalLogin(s.Site))
	}
	groups, err := s.groups(ctx)
	if err != nil {
		return err
	}
	values := func(i int) map[string]any {
		member := groups[:len(groups)-1]
		if s.Technical && i == len(logins)-1 {
			member = groups
		}
		v := map[string]any{s.dialect.GroupsField: []any{[]any{6, 0, member}}}
		if s.Site.Company != "" {
			v["company_id"], v["company_ids"] = s.site.Company, []any{[]any{6, 0, []any{s.site.Company}}}
		}
		return v
	}
	// No mail goes out to new users.
	k := kind{model: "res.users", field: "login", what: "users", archivable: true, hints: map[string]any{"no_reset_password": true},
		stride: stride{first: 10, most: 50, single: true}}
	ids, err := s.ensure(ctx, k, logins, func(i int) map[string]any {
		v := values(i)
		v["name"], v["login"] = fmt.Sprintf("Headroom %s %02d", s.Site.Name, i+1), logins[i]
		return v
	})
	if err != nil {
		return err
	}
	s.site.Logins = logins
	return s.passwords(ctx, ids, values)
}

// passwords gives the users a new password, and what else they are to have.
func (s *seeder) passwords(ctx context.Context, ids []int64, values func(i int) map[string]any) error {
	password, err := s.random(18)
	if err != nil {
		return err
	}
	write := func(ids []int64, i int) error {
		v := values(i)
		v["password"] = headroom.Secret(password)
		return s.write(ctx, "res.users", ids, v)
	}
	ordinary := ids[:s.Site.Users]
	for from := 0; from < len(ordinary); from += passwordChunk {
		if err := write(ordinary[from:min(from+passwordChunk, len(ordinary))], 0); err != nil {
			return err
		}
	}
	if len(ids) > len(ordinary) {
		if err := write(ids[len(ordinary):], len(ordinary)); err != nil {
			return err
		}
	}
	s.logins = make([]headroom.Login, len(ids))
	for i := range s.logins {
		s.logins[i] = headroom.Login{Login: s.site.Logins[i], Password: headroom.Secret(password)}
	}
	return nil
}

// groups finds the ids of the users' groups; the last is the settings group,
// which only a technical user gets.
func (s *seeder) groups(ctx context.Context) ([]int64, error) {
	wanted := slices.Clone(s.Groups)
	if !slices.Contains(wanted, everybody) {
		wanted = append(wanted, everybody)
	}
	wanted = append(slices.DeleteFunc(wanted, func(g string) bool { return g == settings }), settings)
	var modules, names []string
	for _, id := range wanted {
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
	ids := make([]int64, len(wanted))
	for i, name := range wanted {
		ids[i] = byName[name]
		if ids[i] == 0 && (name != settings || s.Technical) {
			return nil, &headroom.InputError{
				What: fmt.Sprintf("database %q has no group %s", s.database, name), Where: s.client.address(),
				Do: "install or update its module, which brings the group back",
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
