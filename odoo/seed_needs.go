package odoo

import (
	"slices"

	"github.com/headroom-erp/headroom"
)

// needs is what the processes of a site stand on beyond a catalogue and users.
// A plan without such processes gets none of it.
type needs struct {
	twoStep   bool // input and output areas
	bins      bool // shelves below the stock location
	putaways  bool // rules that send goods to their shelf
	replenish bool // vendors' prices and reordering rules
	shop      bool // published products
	orders    document
	receipts  document
}

// A document is how the plan's process of that kind draws its lines.
type document struct {
	lines      headroom.Lines
	popularity float64
}

// Scenarios by what they need, as package scenarios names them.
var (
	twoStepScenarios = []string{"pick", "wave", "ship", "receive", "putaway"}
	binScenarios     = []string{"putaway", "cycle_count"}
	orderScenarios   = []string{"order_entry", "order_to_ship", "edi_order"}
	receiptScenarios = []string{"purchase", "buy_and_receive"}
)

func needsOf(plan headroom.Plan, site headroom.Site) needs {
	played := map[string]headroom.Process{} // the first process of each scenario at the site
	for _, p := range plan.Processes {
		here := len(p.Sites) == 0 || slices.Contains(p.Sites, site.Name)
		if _, known := played[p.Scenario]; here && !known {
			played[p.Scenario] = p
		}
	}
	plays := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { _, ok := played[name]; return ok })
	}
	draw := func(names []string) document {
		d := document{popularity: plan.Catalogue.Popularity}
		for _, name := range names {
			if p, ok := played[name]; ok {
				d.lines = p.Lines
				if p.Popularity != nil {
					d.popularity = *p.Popularity
				}
				break
			}
		}
		return d
	}
	return needs{
		twoStep: plays(twoStepScenarios...), bins: plays(binScenarios...), putaways: plays("putaway"),
		replenish: plays("replenish"), shop: plays("shop"),
		orders: draw(orderScenarios), receipts: draw(receiptScenarios),
	}
}

// bins is how many shelves a catalogue gets: one for 20 products, so that
// counts and putaways of different products meet at a shelf as they do in a
// warehouse, and not all at one.
func binsFor(products int) int { return min(max(products/20, 4), 200) }

// reordered is how many products, the most wanted ones, have a reordering
// rule: a tenth, which are most of the demand.
func reorderedOf(products int) int { return min(products, max(products/10, 10), 1000) }

// vendorsFor is how many vendors share the reordered products.
func vendorsFor(products int) int { return min(max(reorderedOf(products)/20, 1), 50) }
