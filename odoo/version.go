package odoo

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/headroom-erp/headroom"
)

// A Version is a server's, as it tells it itself.
type Version struct {
	Major int    // 19; 18 for "saas~18.2"
	Text  string // "19.0"
}

func (v Version) String() string { return v.Text }

// The versions that are supported.
const (
	OldestMajor = 14
	NewestMajor = 19
)

// ParseVersion reads "19.0", "19.0-20261101", "saas~18.2" and the like.
func ParseVersion(text string) (Version, error) {
	s := strings.TrimSpace(text)
	for _, prefix := range []string{"saas~", "saas-"} {
		s = strings.TrimPrefix(s, prefix)
	}
	end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(s)
	}
	major, err := strconv.Atoi(s[:end])
	if err != nil || major <= 0 {
		return Version{}, fmt.Errorf("odoo: %q is not a version", text)
	}
	return Version{Major: major, Text: strings.TrimSpace(text)}, nil
}

// Check returns an *headroom.InputError for a version that is not supported.
func (v Version) Check() error {
	if v.Major >= OldestMajor && v.Major <= NewestMajor {
		return nil
	}
	return &headroom.InputError{
		What: fmt.Sprintf("the server is Odoo %s", v.Text),
		Do:   fmt.Sprintf("use a server of version %d to %d", OldestMajor, NewestMajor),
	}
}

// A Dialect is what differs between the versions of Odoo, as far as we use it.
type Dialect struct {
	Major int
	// Storable is what makes a product keep stock.
	Storable map[string]any
	// DoneField of stock.move takes the quantity that was done; with Picked the
	// move is ticked as well.
	DoneField string
	Picked    bool
	// MovesField of stock.picking lists its moves.
	MovesField string
	// ReservedField of stock.move says what is reserved for it.
	ReservedField string
	// ApplyInventory: an inventory quantity only counts once it is applied. In
	// 14 writing it moves the stock at once.
	ApplyInventory bool
	// ValuationLayers: the model stock.valuation.layer holds what stock is worth;
	// later the report stock_account.stock.valuation.report says it.
	ValuationLayers bool
	// AccountTypeField, on a journal item, is Receivable for what customers owe.
	AccountTypeField, Receivable string
	// GroupsField of res.users holds its groups.
	GroupsField string
	// JSON2: the door /json/2 exists.
	JSON2 bool
	// Webhook: base_automation has the trigger on_webhook.
	Webhook bool
	// LogMethod: request-log lines end their path in #model.method.
	LogMethod bool
	// Tries of one request when it loses conflicts, the first included.
	Tries int
}

// Dialect returns what this version speaks. A version beyond those that are
// supported speaks the nearest one.
//
// Sources: Odoo's own source at 14.0 to 19.0. product.template.type (14),
// detailed_type (15 to 17), is_storable (18); stock.move.quantity_done and
// reserved_availability (to 16), quantity and picked (17);
// stock.picking.move_lines (to 15), move_ids (16);
// stock.quant.action_apply_inventory (15); stock.valuation.layer (to 18);
// account.account.internal_type (to 15), account_type (16); res.users.groups_id
// (to 18), group_ids (19); service/model.py: tries counted from 0 ("retry 1/5",
// to 15), from 1 ("4 tries left", from 16).
func (v Version) Dialect() Dialect {
	major := min(max(v.Major, OldestMajor), NewestMajor)
	d := Dialect{
		Major: major, Storable: map[string]any{"type": "product"},
		DoneField: "quantity_done", MovesField: "move_lines", ReservedField: "reserved_availability", ValuationLayers: true,
		AccountTypeField: "account_id.internal_type", Receivable: "receivable", GroupsField: "groups_id", Tries: 6,
	}
	if major >= 15 {
		d.Storable, d.ApplyInventory = map[string]any{"detailed_type": "product"}, true
	}
	if major >= 16 {
		d.MovesField, d.AccountTypeField, d.Receivable, d.Tries = "move_ids", "account_id.account_type", "asset_receivable", 5
	}
	if major >= 17 {
		d.DoneField, d.ReservedField, d.Picked, d.Webhook = "quantity", "quantity", true, true
	}
	if major >= 18 {
		d.Storable = map[string]any{"type": "consu", "is_storable": true}
	}
	if major >= 19 {
		d.ValuationLayers, d.GroupsField, d.JSON2, d.LogMethod = false, "group_ids", true, true
	}
	return d
}

// validation is the context of a button_validate or action_done that asks
// nothing back: what was not taken becomes a backorder, nothing is taken that
// was not said to be (to 16), no text message goes out.
var validation = map[string]any{"skip_backorder": true, "skip_immediate": true, "skip_sms": true}

// Facts are what a script needs to know of the version, by the names that
// index.d.ts of k6/x/odoo gives them.
func (v Version) Facts() map[string]any {
	d := v.Dialect()
	return map[string]any{
		"major": int64(v.Major), "text": v.Text, "json2": d.JSON2,
		"done_field": d.DoneField, "picked": d.Picked, "moves_field": d.MovesField, "reserved_field": d.ReservedField, "validation": validation,
		"valuation_layers": d.ValuationLayers, "account_type_field": d.AccountTypeField, "receivable": d.Receivable,
	}
}
