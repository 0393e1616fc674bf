package learn

// A Pattern is how a shipped scenario looks in a request log: each of its steps
// is one of some classes. The Anchor is the step that happens once in each
// journey, so that journeys are counted by it. The other steps are only taken
// for the process' own where they come about as often as in the script, between
// a fifth and five times as often as Usual; what comes more often is also
// somebody else's, and stays unmapped.
type Pattern struct {
	Scenario  string
	Steps     []PatternStep
	Batches   bool // it may come in batches
	Scheduled bool // it comes at set times
	Transfer  bool // it takes part in the work on transfers, see splitTransfers
}

// PatternStep is a step of a scenario as a log shows it.
type PatternStep struct {
	Name    string
	Classes []string
	Anchor  bool
	Usual   float64 // visits of a journey; 0 means 1
}

// leastVisits and mostVisits bound the visits of a step, as multiples of the usual.
const (
	leastVisits = 0.2
	mostVisits  = 5.0
)

// Patterns are those of the scenarios that a request log can show. A report
// that reads the database past Odoo is in no request log; the close of a month
// is made of the same requests as invoices, and shows in their numbers.
func Patterns() []Pattern {
	return []Pattern{
		{Scenario: "order_entry", Batches: true, Steps: []PatternStep{
			{Name: "create", Classes: []string{"sale.order.create", "sale.order.web_save"}},
			{Name: "confirm", Classes: []string{"sale.order.action_confirm"}, Anchor: true},
		}},
		{Scenario: "edi_order", Batches: true, Steps: []PatternStep{
			{Name: "seek", Classes: []string{"xmlrpc:sale.order.search_read"}},
			{Name: "create", Classes: []string{"xmlrpc:sale.order.create"}},
			{Name: "confirm", Classes: []string{"xmlrpc:sale.order.action_confirm"}, Anchor: true},
		}},
		{Scenario: "pick", Transfer: true, Steps: []PatternStep{
			{Name: "find", Classes: []string{"stock.picking.search_read", "stock.picking.web_search_read"}},
			{Name: "claim", Classes: []string{"stock.picking.write", "stock.picking.web_save"}},
			{Name: "moves", Classes: []string{"stock.move.search_read", "stock.move.web_search_read"}},
			{Name: "take", Classes: []string{"stock.move.write", "stock.move.web_save"}, Usual: 2},
			{Name: "validate", Classes: []string{"stock.picking.button_validate"}, Anchor: true},
		}},
		{Scenario: "wave", Steps: []PatternStep{
			{Name: "batch", Classes: []string{"stock.picking.batch.create", "stock.picking.batch.web_save"}},
			{Name: "confirm", Classes: []string{"stock.picking.batch.action_confirm"}},
			{Name: "done", Classes: []string{"stock.picking.batch.action_done"}, Anchor: true},
		}},
		{Scenario: "purchase", Steps: []PatternStep{
			{Name: "create", Classes: []string{"purchase.order.create", "purchase.order.web_save"}},
			{Name: "confirm", Classes: []string{"purchase.order.button_confirm"}, Anchor: true},
		}},
		{Scenario: "scan", Steps: []PatternStep{
			{Name: "lookup", Classes: []string{"product.product.search_read", "product.product.web_search_read"}, Anchor: true},
		}},
		{Scenario: "cycle_count", Steps: []PatternStep{
			{Name: "read", Classes: []string{"stock.quant.search_read", "stock.quant.web_search_read"}},
			{Name: "count", Classes: []string{"stock.quant.write", "stock.quant.web_save"}},
			{Name: "apply", Classes: []string{"stock.quant.action_apply_inventory"}, Anchor: true},
		}},
		{Scenario: "replenish", Steps: []PatternStep{
			{Name: "find", Classes: []string{"stock.warehouse.orderpoint.search_read", "stock.warehouse.orderpoint.web_search_read"}},
			{Name: "replenish", Classes: []string{"stock.warehouse.orderpoint.action_replenish"}, Anchor: true},
		}},
		{Scenario: "invoice", Steps: []PatternStep{
			{Name: "find", Classes: []string{"sale.order.search_read"}},
			{Name: "wizard", Classes: []string{"sale.advance.payment.inv.create", "sale.advance.payment.inv.web_save"}},
			{Name: "create", Classes: []string{"sale.advance.payment.inv.create_invoices"}},
			{Name: "read", Classes: []string{"sale.order.read"}},
			{Name: "post", Classes: []string{"account.move.action_post"}, Anchor: true},
		}},
		{Scenario: "edi_despatch", Steps: []PatternStep{
			{Name: "find", Classes: []string{"xmlrpc:stock.picking.search"}, Anchor: true},
			{Name: "pickings", Classes: []string{"xmlrpc:stock.picking.read"}},
			{Name: "moves", Classes: []string{"xmlrpc:stock.move.search_read"}},
			{Name: "partners", Classes: []string{"xmlrpc:res.partner.read"}},
			{Name: "sent", Classes: []string{"xmlrpc:stock.picking.write"}},
		}},
		{Scenario: "portal", Steps: []PatternStep{{Name: "page", Classes: []string{"/my/orders/*"}, Anchor: true}}},
		{Scenario: "shop", Steps: []PatternStep{
			{Name: "list", Classes: []string{"/shop"}, Anchor: true},
			{Name: "product", Classes: []string{"/shop/*"}, Anchor: true},
		}},
		{Scenario: "webhook", Steps: []PatternStep{{Name: "post", Classes: []string{"/web/hook"}, Anchor: true}}},
		{Scenario: "cron", Scheduled: true, Steps: []PatternStep{
			{Name: "find", Classes: []string{"ir.model.data.search_read"}},
			{Name: "trigger", Classes: []string{"ir.cron.method_direct_trigger"}, Anchor: true},
		}},
	}
}

// anchor says what is kept of a class' arrivals.
type anchor struct {
	process bool // they are a process' journeys
	batches bool // and may come in batches
}

var anchorsByName = func() map[string]anchor {
	out := map[string]anchor{}
	for _, p := range Patterns() {
		for _, s := range p.Steps {
			if !s.Anchor {
				continue
			}
			for _, c := range s.Classes {
				out[c] = anchor{true, p.Batches || p.Scheduled}
			}
		}
	}
	return out
}()

func anchorOf(name string) anchor { return anchorsByName[name] }

// A process of what was learned: a pattern that the log has, or a part of one.
type process struct {
	name     string
	pattern  Pattern
	share    float64 // of the anchor's requests
	steps    []step
	journeys float64
	why      string // how it was told from others; "" where it is plain
}

// step is a step of a process with the requests that are taken for it.
type step struct {
	name    string // process.step
	classes []int32
	visits  float64
	share   float64 // of the classes' requests
}

// requests of the classes in all tenants.
func (a *Accumulator) requests(classes []int32) (n float64) {
	for _, c := range classes {
		if int(c) < len(a.tallies) && a.tallies[c] != nil {
			n += float64(a.tallies[c].requests)
		}
	}
	return n
}

func (a *Accumulator) classesOf(names []string) (out []int32) {
	for _, n := range names {
		if c, ok := a.namer.byName[n]; ok {
			out = append(out, c)
		}
	}
	return out
}

// processes finds the patterns in the log.
func (a *Accumulator) processes() (out []process) {
	for _, p := range Patterns() {
		var anchors []int32
		for _, s := range p.Steps {
			if s.Anchor {
				anchors = append(anchors, a.classesOf(s.Classes)...)
			}
		}
		n := a.requests(anchors)
		if n == 0 {
			continue
		}
		q := process{name: p.Scenario, pattern: p, share: 1, journeys: n}
		for _, s := range p.Steps {
			classes := a.classesOf(s.Classes)
			visits := a.requests(classes) / n
			usual := s.Usual
			if usual == 0 {
				usual = 1
			}
			if !s.Anchor && (visits < leastVisits*usual || visits > mostVisits*usual) {
				continue
			}
			if visits > 0 {
				q.steps = append(q.steps, step{name: s.Name, classes: classes, visits: visits, share: 1})
			}
		}
		out = append(out, q)
	}
	return a.splitTransfers(out)
}

// twoSteps is the number of validated transfers for each confirmed order from
// which a warehouse is taken to work in two steps.
const twoSteps = 1.5

// splitTransfers shares what is done with transfers among goods out and in. A
// line does not tell one transfer from another: their demands are one, and
// their numbers are shared in proportion to confirmed sale and purchase
// orders; where there are more than 1.5 to each order, by two steps each.
func (a *Accumulator) splitTransfers(list []process) []process {
	var out []process
	var sales, purchases float64
	for _, p := range list {
		switch p.name {
		case "order_entry", "edi_order":
			sales += p.journeys
		case "purchase":
			purchases += p.journeys
		}
	}
	for _, p := range list {
		if !p.pattern.Transfer || purchases == 0 && !(p.journeys > twoSteps*sales && sales > 0) {
			if p.pattern.Transfer {
				p.why = "a line does not tell one kind of transfer from another: all are taken for picks, as the log has no confirmed purchase"
			}
			out = append(out, p)
			continue
		}
		parts := []struct {
			name  string
			share float64
		}{{"pick", sales / (sales + purchases)}, {"receive", purchases / (sales + purchases)}}
		if p.journeys > twoSteps*(sales+purchases) {
			parts = append(parts, parts...)
			parts[2].name, parts[3].name = "ship", "putaway"
			for i := range parts {
				parts[i].share /= 2
			}
		}
		for _, part := range parts {
			if part.share == 0 {
				continue
			}
			q := p
			q.name, q.share, q.journeys = part.name, part.share, p.journeys*part.share
			q.pattern.Scenario = part.name
			q.why = "a line does not tell one kind of transfer from another: they are shared in proportion to confirmed sale and purchase orders, with the same demands"
			q.steps = nil
			for _, s := range p.steps {
				s.share = part.share
				q.steps = append(q.steps, s)
			}
			out = append(out, q)
		}
	}
	return out
}
