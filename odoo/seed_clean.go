package odoo

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// A Cleaning is what became of what was made here, by model. What runs made
// of it counts as well: the orders of our customers, whoever entered them.
type Cleaning struct {
	Database string          `json:"database"`
	Removed  []CleanedRecord `json:"removed"`
	Archived []CleanedRecord `json:"archived"` // Odoo would not delete them, and hides them now
	Left     []CleanedRecord `json:"left"`     // Odoo would do neither
}

// CleanedRecord counts records of a model.
type CleanedRecord struct {
	Model string `json:"model"`
	Count int    `json:"count"`
	Why   string `json:"why,omitempty"` // what stands in the way, of one of them
}

// Clean removes from a site's database what Seed made there, for this site and
// for others of the same database, and what runs made of it. It finds it by
// the names that Seeding tells, and touches nothing else. What Odoo refuses to
// delete (who delivered goods or posted an invoice stays in its books) is
// archived where it can be, and counted. Clean may be called again, also
// after it was stopped.
func Clean(ctx context.Context, in Seeding) (Cleaning, error) {
	s, err := newSeeder(ctx, in)
	if err != nil {
		return Cleaning{}, err
	}
	c := &cleaner{seeder: s, counts: map[countKey]*CleanedRecord{}}
	if c.optional, err = s.installed(ctx, append(slices.Clone(carrierModules), webhookModule, "stock_picking_batch")...); err != nil {
		return Cleaning{}, err
	}
	for _, step := range []func(context.Context) error{
		c.findOurs,
		c.invoices, c.sales, c.purchases, c.transfers, c.batches,
		c.rules, c.emptyBins, c.doneGoods, c.binsAway, c.carrierAway, c.productsAway,
		c.webhookAway, c.usersAway, c.partnersAway, c.steps, c.companies,
	} {
		if err := step(ctx); err != nil {
			return c.result(), err
		}
	}
	return c.result(), nil
}

// A cleaner cleans one database.
type cleaner struct {
	*seeder
	partners, vendors, products, users []int64
	counts                             map[countKey]*CleanedRecord
}

// countKey: what is left is told apart by its reason.
type countKey struct{ fate, model, why string }

// Fates of a record.
const (
	removed  = "removed"
	archived = "archived"
	left     = "left"
)

func (c *cleaner) note(fate, model string, n int, why string) {
	if n == 0 {
		return
	}
	k := countKey{fate: fate, model: model}
	if fate == left {
		k.why = why
	}
	if c.counts[k] == nil {
		c.counts[k] = &CleanedRecord{Model: model}
	}
	c.counts[k].Count += n
	if c.counts[k].Why == "" {
		c.counts[k].Why = why
	}
}

func (c *cleaner) result() Cleaning {
	of := func(fate string) []CleanedRecord {
		list := []CleanedRecord{}
		for k, r := range c.counts {
			if k.fate == fate {
				list = append(list, *r)
			}
		}
		slices.SortFunc(list, func(a, b CleanedRecord) int { return cmp.Or(cmp.Compare(a.Model, b.Model), cmp.Compare(a.Why, b.Why)) })
		return list
	}
	return Cleaning{Database: c.database, Removed: of(removed), Archived: of(archived), Left: of(left)}
}

// findOurs finds by name what everything else hangs on, archived ones too.
func (c *cleaner) findOurs(ctx context.Context) (err error) {
	all := func(model, field, pattern string, more []string, ours func(row map[string]any) bool) ([]int64, error) {
		rows, err := c.searchRead(ctx, model, []any{[]any{field, "=like", pattern}}, append([]string{field}, more...),
			map[string]any{"context": map[string]any{"active_test": false}})
		if err != nil {
			return nil, err
		}
		var ids []int64
		for _, row := range rows {
			if id, ok := integer(row["id"]); ok && ours(row) {
				ids = append(ids, id)
			}
		}
		return ids, nil
	}
	named := func(field string, prefixes ...string) func(map[string]any) bool {
		return func(row map[string]any) bool {
			name, _ := row[field].(string)
			return slices.ContainsFunc(prefixes, func(prefix string) bool { return isNumbered(name, prefix) })
		}
	}
	if c.vendors, err = all("res.partner", "name", vendorName(0)+"%", nil, func(row map[string]any) bool {
		return row["name"] == vendorName(0) || named("name", vendorName(0)+"-")(row)
	}); err != nil {
		return err
	}
	customers, err := all("res.partner", "name", "headroom-customer-%", nil, named("name", "headroom-customer-"))
	if err != nil {
		return err
	}
	c.partners = append(customers, c.vendors...)
	if c.products, err = all("product.product", "default_code", "HR%", []string{"name"}, func(row map[string]any) bool {
		code, _ := row["default_code"].(string)
		return isNumbered(code, "HR") && row["name"] == productName(code)
	}); err != nil {
		return err
	}
	c.users, err = all("res.users", "login", "headroom-%@%.example", nil, func(row map[string]any) bool { return isOurLogin(row["login"]) })
	return err
}

// isNumbered reports whether a name is a prefix and at least five digits.
func isNumbered(name, prefix string) bool {
	digits, ok := strings.CutPrefix(name, prefix)
	return ok && len(digits) >= 5 && onlyDigits(digits)
}

// remove deletes records, and archives those that Odoo keeps.
func (c *cleaner) remove(ctx context.Context, model string, ids []int64, archive func(ctx context.Context, ids []int64) (done []int64, why string, err error)) error {
	if len(ids) == 0 {
		return nil
	}
	c.tell("removing %d of %s", len(ids), model)
	gone, kept, why, err := c.each(ctx, model, "unlink", ids)
	c.note(removed, model, len(gone), "")
	if err != nil || len(kept) == 0 {
		return err
	}
	if archive == nil {
		c.note(left, model, len(kept), why)
		return nil
	}
	c.tell("archiving %d of %s", len(kept), model)
	hidden, whyNot, err := archive(ctx, kept)
	c.note(archived, model, len(hidden), why)
	c.note(left, model, len(kept)-len(hidden), whyNot)
	return err
}

// asleep archives records by their field active.
func (c *cleaner) asleep(model string) func(context.Context, []int64) ([]int64, string, error) {
	return func(ctx context.Context, ids []int64) ([]int64, string, error) {
		done, _, why, err := c.each(ctx, model, "write", ids, map[string]any{"active": false})
		return done, why, err
	}
}

// refusals is after how many refused calls the rest of a model's records is
// taken for refused as well.
const refusals = 24

// cleanChunk is how many records one call removes.
const cleanChunk = 200

// each calls a method on records. Where Odoo refuses, it tries the halves, so
// that one record does not keep the others.
func (c *cleaner) each(ctx context.Context, model, method string, ids []int64, args ...any) (done, refused []int64, why string, err error) {
	count := 0
	var try func(ids []int64) error
	try = func(ids []int64) error {
		if count >= refusals {
			refused = append(refused, ids...)
			return nil
		}
		_, err := c.Call(ctx, Call{Model: model, Method: method, IDs: ids, Args: args})
		var e *Error
		switch {
		case err == nil:
			done = append(done, ids...)
			return nil
		case !errors.As(err, &e) || (e.Outcome != headroom.BusinessError && e.Outcome != headroom.Fault) || e.denied():
			return c.explain(method+" "+model, err)
		}
		count++
		if why == "" {
			why = e.Message
		}
		if len(ids) == 1 {
			refused = append(refused, ids...)
			return nil
		}
		half := len(ids) / 2
		if err := try(ids[:half]); err != nil {
			return err
		}
		return try(ids[half:])
	}
	for part := range slices.Chunk(ids, cleanChunk) {
		if err := try(part); err != nil {
			return done, refused, why, err
		}
	}
	return done, refused, why, nil
}

// ids finds records.
func (c *cleaner) ids(ctx context.Context, model string, domain ...any) ([]int64, error) {
	rows, err := c.searchRead(ctx, model, domain, []string{"id"}, nil)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, 0, len(rows))
	for _, row := range rows {
		if id, ok := integer(row["id"]); ok {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
