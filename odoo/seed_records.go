package odoo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/headroom-erp/headroom"
)

// A kind is records of a model that are told apart by a field.
type kind struct {
	model, field string
	what         string         // in the plural, for the progress
	domain       []any          // of those that count, besides the name
	hints        map[string]any // more context
	// archived ones are found as well, and brought back: Clean leaves what Odoo
	// would not delete.
	archivable bool
	wake       func(ctx context.Context, ids []int64) error // what else bringing back takes; nil: nothing
	cancel     string                                       // the method without which it cannot be deleted
	stride     stride
	// ours, where names could be somebody else's, reads more fields and says
	// whether the record was made here.
	fields []string
	ours   func(row map[string]any, name string) bool
}

// ensure returns the ids of records by their names, and creates those that are
// not there. Of several of one name it is the oldest.
func (s *seeder) ensure(ctx context.Context, k kind, names []string, values func(i int) map[string]any) ([]int64, error) {
	have, asleep, twice, err := s.find(ctx, k, names)
	if err != nil {
		return nil, err
	}
	if err := s.thin(ctx, k, twice); err != nil {
		return nil, err
	}
	if len(asleep) > 0 {
		s.tell("bringing %d archived %s back", len(asleep), k.what)
		if k.wake != nil {
			if err := k.wake(ctx, asleep); err != nil {
				return nil, err
			}
		}
		if err := s.writeAll(ctx, k.model, asleep, map[string]any{"active": true}); err != nil {
			return nil, err
		}
	}
	var missing []int
	for i, name := range names {
		if have[name] == 0 {
			missing = append(missing, i)
		}
	}
	var mu sync.Mutex
	err = s.chunks(ctx, k.what, len(missing), k.stride, func(ctx context.Context, from, to int) error {
		made, err := s.make(ctx, k, names, missing[from:to], values)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		maps.Copy(have, made)
		return nil
	})
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(names))
	for i, name := range names {
		ids[i] = have[name]
	}
	return ids, nil
}

// make creates records of some of the names. When Odoo refuses them, they may
// be there by now: the last call of a seeding that was killed can end after the
// next seeding has looked.
func (s *seeder) make(ctx context.Context, k kind, names []string, which []int, values func(i int) map[string]any) (map[string]int64, error) {
	made := map[string]int64{}
	for again := false; ; again = true {
		var list []any
		var missing []int
		for _, i := range which {
			if made[names[i]] == 0 {
				list, missing = append(list, values(i)), append(missing, i)
			}
		}
		ids, err := s.create(ctx, k.model, list, k.hints)
		if err == nil {
			for n, i := range missing {
				made[names[i]] = ids[n]
			}
			return made, nil
		}
		if again || !isRefusal(err) {
			return nil, err
		}
		wanted := make([]string, len(which))
		for n, i := range which {
			wanted[n] = names[i]
		}
		have, _, _, findErr := s.find(ctx, k, wanted)
		if findErr != nil || len(have) == 0 {
			return nil, err
		}
		maps.Copy(made, have)
	}
}

// isRefusal: the server understood the call and would not do it.
func isRefusal(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Outcome == headroom.BusinessError || e.Outcome == headroom.Fault)
}

// thin removes records whose name another one has as well, and that calls of a
// killed seeding left; what cannot be removed stays, unused.
func (s *seeder) thin(ctx context.Context, k kind, twice []int64) error {
	if len(twice) == 0 {
		return nil
	}
	s.tell("removing %d %s that are there twice", len(twice), k.what)
	calls := []Call{{Model: k.model, Method: "unlink", IDs: twice}}
	if k.cancel != "" {
		calls = append([]Call{{Model: k.model, Method: k.cancel, IDs: twice}}, calls...)
	}
	for _, call := range calls {
		if _, err := s.Call(ctx, call); err != nil && !isRefusal(err) {
			return s.explain(call.Method+" "+k.model, err)
		}
	}
	return nil
}

// lookup is how many names one search asks for.
const lookup = 1000

// find returns the ids of the records that are there, by name, which of them
// are archived, and the younger ones of those that are there twice.
func (s *seeder) find(ctx context.Context, k kind, names []string) (have map[string]int64, asleep, twice []int64, err error) {
	fields := append([]string{k.field}, k.fields...)
	more := map[string]any{}
	if k.archivable {
		fields = append(fields, "active")
		more["context"] = map[string]any{"active_test": false}
	}
	have = make(map[string]int64, len(names))
	for from := 0; from < len(names); from += lookup {
		part := names[from:min(from+lookup, len(names))]
		domain := append([]any{[]any{k.field, "in", part}}, k.domain...)
		found, err := s.searchRead(ctx, k.model, domain, fields, more)
		if err != nil {
			return nil, nil, nil, err
		}
		for _, row := range found {
			name, _ := row[k.field].(string)
			id, ok := integer(row["id"])
			if !ok {
				continue
			}
			if k.ours != nil && !k.ours(row, name) {
				return nil, nil, nil, s.taken(k, name, id)
			}
			if have[name] != 0 {
				twice = append(twice, id)
				continue
			}
			have[name] = id
			if k.archivable && row["active"] == false {
				asleep = append(asleep, id)
			}
		}
	}
	return have, asleep, twice, nil
}

func (s *seeder) taken(k kind, name string, id int64) error {
	return &headroom.InputError{
		What:  fmt.Sprintf("database %q has a %s with %s %q that headroom did not make (id %d)", s.database, k.model, k.field, name, id),
		Where: s.client.address(), Do: "give it another one, or choose another database",
	}
}

// searchRead reads records in the order of their ids, in the site's context.
func (s *seeder) searchRead(ctx context.Context, model string, domain []any, fields []string, more map[string]any) ([]map[string]any, error) {
	named := map[string]any{"domain": domain, "fields": fields, "order": "id"}
	maps.Copy(named, more)
	reply, err := s.Call(ctx, Call{Model: model, Method: "search_read", Named: named})
	if err != nil {
		return nil, s.explain("read "+model, err)
	}
	return rows(model, reply.Value)
}

// create makes records in one call and returns their ids in the same order.
func (s *seeder) create(ctx context.Context, model string, values []any, hints map[string]any) ([]int64, error) {
	if len(values) == 0 {
		return nil, nil
	}
	call := Call{Model: model, Method: "create", Args: []any{values}}
	if hints != nil {
		call.Named = map[string]any{"context": hints}
	}
	reply, err := s.Call(ctx, call)
	if err != nil {
		return nil, s.explain("create "+model, err)
	}
	ids, ok := integers(reply.Value)
	if !ok || len(ids) != len(values) {
		return nil, fmt.Errorf("odoo: create %s in database %q: %d records gave no list of as many ids", model, s.database, len(values))
	}
	return ids, nil
}

func (s *seeder) write(ctx context.Context, model string, ids []int64, values map[string]any) error {
	if _, err := s.Call(ctx, Call{Model: model, Method: "write", IDs: ids, Args: []any{values}}); err != nil {
		return s.explain("write "+model, err)
	}
	return nil
}

// writeAll writes the same values on any number of records.
func (s *seeder) writeAll(ctx context.Context, model string, ids []int64, values map[string]any) error {
	for from := 0; from < len(ids); from += lookup {
		if err := s.write(ctx, model, ids[from:min(from+lookup, len(ids))], values); err != nil {
			return err
		}
	}
	return nil
}

func number(v any) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return 0
}
