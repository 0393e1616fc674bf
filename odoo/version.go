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
	// ApplyInventory: an inventory quantity only counts once it is applied. In
	// 14 writing it moves the stock at once.
	ApplyInventory bool
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

// dialects is the whole table, oldest first.
//
// Sources: Odoo's own source at 14.0 to 19.0. product.template.type (14),
// detailed_type (15 to 17), is_storable (18); stock.move.quantity_done (to
// 16), quantity and picked (17); stock.quant.action_apply_inventory (15);
// res.users.groups_id (to 18), group_ids (19); service/model.py: tries counted
// from 0 ("retry 1/5", to 15), from 1 ("4 tries left", from 16).
var dialects = []Dialect{
	{Major: 14, Storable: map[string]any{"type": "product"}, DoneField: "quantity_done", GroupsField: "groups_id", Tries: 6},
	{Major: 15, Storable: map[string]any{"detailed_type": "product"}, DoneField: "quantity_done", ApplyInventory: true, GroupsField: "groups_id", Tries: 6},
	{Major: 16, Storable: map[string]any{"detailed_type": "product"}, DoneField: "quantity_done", ApplyInventory: true, GroupsField: "groups_id", Tries: 5},
	{Major: 17, Storable: map[string]any{"detailed_type": "product"}, DoneField: "quantity", Picked: true, ApplyInventory: true, GroupsField: "groups_id", Webhook: true, Tries: 5},
	{Major: 18, Storable: map[string]any{"type": "consu", "is_storable": true}, DoneField: "quantity", Picked: true, ApplyInventory: true, GroupsField: "groups_id", Webhook: true, Tries: 5},
	{Major: 19, Storable: map[string]any{"type": "consu", "is_storable": true}, DoneField: "quantity", Picked: true, ApplyInventory: true, GroupsField: "group_ids", JSON2: true, Webhook: true, LogMethod: true, Tries: 5},
}

// Dialect returns what this version speaks. A version beyond the table speaks
// the nearest one in it.
func (v Version) Dialect() Dialect {
	i := min(max(v.Major, OldestMajor), NewestMajor) - OldestMajor
	return dialects[i]
}
