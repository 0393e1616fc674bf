package odoo

import (
	"context"
	"fmt"
	"slices"
)

// ensure returns the ids of records by their names in field, and creates those
// that are not there. Of several of one name it is the oldest.
func (s *seeder) ensure(ctx context.Context, model, field string, names []string, hints map[string]any, values func(i int) map[string]any) ([]int64, error) {
	have, err := s.find(ctx, model, field, names, hints)
	if err != nil {
		return nil, err
	}
	var missing []int
	for i, name := range names {
		if have[name] == 0 {
			missing = append(missing, i)
		}
	}
	for part := range slices.Chunk(missing, chunk) {
		list := make([]any, len(part))
		for k, i := range part {
			list[k] = values(i)
		}
		ids, err := s.create(ctx, model, list, hints)
		if err != nil {
			return nil, err
		}
		for k, i := range part {
			have[names[i]] = ids[k]
		}
	}
	ids := make([]int64, len(names))
	for i, name := range names {
		ids[i] = have[name]
	}
	return ids, nil
}

// find returns the ids of the records that are there, by name.
func (s *seeder) find(ctx context.Context, model, field string, names []string, hints map[string]any) (map[string]int64, error) {
	more := map[string]any{}
	if hints != nil {
		more["context"] = hints
	}
	have := make(map[string]int64, len(names))
	for part := range slices.Chunk(names, chunk) {
		found, err := s.searchRead(ctx, model, []any{[]any{field, "in", part}}, []string{field}, more)
		if err != nil {
			return nil, err
		}
		for _, row := range found {
			name, _ := row[field].(string)
			if id, ok := integer(row["id"]); ok && have[name] == 0 {
				have[name] = id
			}
		}
	}
	return have, nil
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
	reply, err := s.Session.Call(ctx, call)
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
	if _, err := s.Session.Call(ctx, Call{Model: model, Method: "write", IDs: ids, Args: []any{values}}); err != nil {
		return s.explain("write "+model, err)
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
