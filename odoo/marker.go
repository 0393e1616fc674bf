package odoo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
)

// markerKey is the ir.config_parameter that allows load on a database. Its
// value is "<database> <RFC 3339 expiry>": a copy of the database under
// another name does not inherit it.
const markerKey = "headroom.allow"

// Allow marks the session's database for load until the given moment. database
// is its name as the user typed it, and must be the session's. It refuses,
// with an *headroom.InputError, a database that could send mail or order
// transports, unless the database is neutralised.
func Allow(ctx context.Context, s *Session, database string, until time.Time) error {
	if database != s.database {
		return &headroom.InputError{
			What: fmt.Sprintf("the session is in database %q, not in %q", s.database, database),
			Do:   "name the database that is to be allowed",
		}
	}
	neutral, err := neutralised(ctx, s)
	if err != nil {
		return err
	}
	if !neutral {
		if err := refuseLive(ctx, s); err != nil {
			return err
		}
	}
	value := database + " " + until.UTC().Format(time.RFC3339)
	if _, err := s.Call(ctx, Call{Model: "ir.config_parameter", Method: "set_param", Args: []any{markerKey, value}}); err != nil {
		return s.explain("write the marker", err)
	}
	return nil
}

// CheckAllowed returns nil when load on the session's database is allowed at
// now: its marker names it and has not expired. That a database is neutralised
// makes it safe for tests, but nobody has said by it that load may go there.
// Otherwise it is an *headroom.InputError that says what to do.
func CheckAllowed(ctx context.Context, s *Session, database string, now time.Time) error {
	value, err := s.param(ctx, markerKey)
	if err != nil {
		return err
	}
	refuse := func(format string, args ...any) error {
		return &headroom.InputError{
			What:  fmt.Sprintf(format, args...),
			Where: s.client.address(),
			Do:    fmt.Sprintf("run `headroom allow` for database %q if load may go to it", database),
		}
	}
	if value == "" {
		return refuse("database %q does not carry Headroom's marker", database)
	}
	space := strings.LastIndexByte(value, ' ')
	if space < 0 {
		return refuse("the marker of database %q cannot be read", database)
	}
	until, err := time.Parse(time.RFC3339, value[space+1:])
	switch name := value[:space]; {
	case err != nil:
		return refuse("the marker of database %q cannot be read", database)
	case name != database:
		return refuse("the marker in database %q names database %q: this is a copy", database, shorten(name, 80))
	case !now.Before(until):
		return refuse("the marker of database %q expired at %s", database, until.Format(time.RFC3339))
	}
	return nil
}

// neutralised: the database was made safe for tests by Odoo itself (16 and later).
func neutralised(ctx context.Context, s *Session) (bool, error) {
	value, err := s.param(ctx, "database.is_neutralized")
	return strings.EqualFold(value, "true") || value == "1", err
}

// param reads a system parameter; "" when it is not set.
func (s *Session) param(ctx context.Context, key string) (string, error) {
	reply, err := s.Call(ctx, Call{Model: "ir.config_parameter", Method: "get_param", Args: []any{key}})
	if err != nil {
		return "", s.explain("read the system parameter "+key, err)
	}
	value, _ := reply.Value.(string)
	return value, nil
}

// refuseLive looks for what would leave the building.
func refuseLive(ctx context.Context, s *Session) error {
	var live []string
	reply, err := s.Call(ctx, Call{Model: "ir.mail_server", Method: "search_count", Args: []any{[]any{[]any{"active", "=", true}}}})
	if err != nil {
		return s.explain("count mail servers", err)
	}
	if n, ok := integer(reply.Value); !ok || n > 0 {
		live = append(live, "an active mail server")
	}
	carriers, err := productionCarriers(ctx, s)
	if err != nil {
		return err
	}
	for _, name := range carriers {
		live = append(live, fmt.Sprintf("the carrier %q in its production environment", shorten(name, 80)))
	}
	if live == nil {
		return nil
	}
	return &headroom.InputError{
		What:  fmt.Sprintf("database %q has %s: load would reach real people", s.database, strings.Join(live, " and ")),
		Where: s.client.address(),
		Do:    "allow a neutralised copy instead (odoo-bin db duplicate -n), or switch them off",
	}
}

func productionCarriers(ctx context.Context, s *Session) ([]string, error) {
	installed, err := s.installed(ctx, "delivery")
	if err != nil || !installed["delivery"] {
		return nil, err
	}
	rows, err := s.searchRead(ctx, "delivery.carrier",
		[]any{[]any{"active", "=", true}, []any{"prod_environment", "=", true}}, []string{"name", "delivery_type"}, nil)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, row := range rows {
		// Those two compute a price and call nobody.
		if kind, _ := row["delivery_type"].(string); kind != "fixed" && kind != "base_on_rule" {
			name, _ := row["name"].(string)
			names = append(names, name)
		}
	}
	return names, nil
}

// installed says which of the modules are installed.
func (s *Session) installed(ctx context.Context, modules ...string) (map[string]bool, error) {
	rows, err := s.searchRead(ctx, "ir.module.module",
		[]any{[]any{"name", "in", modules}, []any{"state", "=", "installed"}}, []string{"name"}, nil)
	if err != nil {
		return nil, err
	}
	have := make(map[string]bool, len(rows))
	for _, row := range rows {
		if name, ok := row["name"].(string); ok && slices.Contains(modules, name) {
			have[name] = true
		}
	}
	return have, nil
}

// searchRead reads records in the order of their ids.
func (s *Session) searchRead(ctx context.Context, model string, domain []any, fields []string, more map[string]any) ([]map[string]any, error) {
	named := map[string]any{"domain": domain, "fields": fields, "order": "id"}
	for k, v := range more {
		named[k] = v
	}
	reply, err := s.Call(ctx, Call{Model: model, Method: "search_read", Named: named})
	if err != nil {
		return nil, s.explain("read "+model, err)
	}
	return rows(model, reply.Value)
}

func rows(model string, v any) ([]map[string]any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("odoo: read %s: the answer is no list", model)
	}
	out := make([]map[string]any, len(list))
	for i := range list {
		if out[i], ok = list[i].(map[string]any); !ok {
			return nil, fmt.Errorf("odoo: read %s: the answer is no list of records", model)
		}
	}
	return out, nil
}

const rightsAdvice = "give the login of an administrator with rights for settings, inventory, sales, purchase and invoicing"

// explain says what an administrative call was for. A user without the rights
// for it is wrong input.
func (s *Session) explain(what string, err error) error {
	var e *Error
	if errors.As(err, &e) && (strings.HasSuffix(e.Name, "AccessError") || strings.HasSuffix(e.Name, "AccessDenied")) {
		return &headroom.InputError{
			What:  fmt.Sprintf("the user %q may not %s in database %q (%s)", s.login, what, s.database, e.Message),
			Where: s.client.address(),
			Do:    rightsAdvice,
			Err:   err,
		}
	}
	return fmt.Errorf("odoo: %s in database %q: %w", what, s.database, err)
}
