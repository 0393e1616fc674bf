package sizing

import (
	"hash/fnv"
	"io"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/sim"
)

// documents tells what a schedule's arrivals are about, and what lay there
// before them.
type documents struct {
	header     headroom.Header
	law        headroom.Popularity   // the catalogue's; of no product where the header has no catalogue to make documents of
	laws       []headroom.Popularity // by process
	catalogues int
	number     []int // of the catalogue of each site: sites of one database share theirs
}

// newDocuments is of the databases of some sites, which are numbered from 0.
func newDocuments(h headroom.Header, here func(site string) bool) documents {
	d := documents{header: h}
	index := map[string]int{}
	for _, s := range h.Sites {
		if !here(s.Name) {
			d.number = append(d.number, 0)
			continue
		}
		if _, ok := index[s.Database]; !ok {
			index[s.Database] = len(index)
		}
		d.number = append(d.number, index[s.Database])
	}
	d.catalogues = max(1, len(index))
	if n := h.Catalogue.Products; n >= 1 && n <= math.MaxInt32/d.catalogues && h.Catalogue.Popularity >= 0 {
		d.law, d.laws = headroom.NewPopularity(n, h.Catalogue.Popularity), h.Laws(n)
	}
	return d
}

// of is the arrival's document, as its seed makes it. The arrival's process
// must be one of the header's.
func (d *documents) of(a headroom.Arrival) sim.Document {
	if d.law.Len() == 0 {
		return sim.Document{}
	}
	return sim.NewDocument(a.Document(d.header.Processes[a.Process].Lines, d.laws[a.Process]))
}

// catalogue is that of a site.
func (d *documents) catalogue(site uint16) int {
	if int(site) < len(d.number) {
		return d.number[site]
	}
	return 0
}

// Scenarios whose lines and products open documents have, as seeding draws
// them: the first of them that the plan plays.
var (
	orderScenarios   = []string{"order_entry", "order_to_ship", "edi_order"}
	receiptScenarios = []string{"purchase", "buy_and_receive"}
)

// A lying is work that a site's catalogue says is there when the day begins.
type lying struct {
	kind   string // of transfer
	prefix string // that seeding names it by, and draws it with
	like   []string
	count  func(headroom.Catalogue) int
}

var lyings = []lying{
	{"pick", "headroom-order-", orderScenarios, func(c headroom.Catalogue) int { return c.OpenOrders }},
	{"ship", "headroom-delivery-", orderScenarios, func(c headroom.Catalogue) int { return c.OpenDeliveries }},
	{"receive", "headroom-receipt-", receiptScenarios, func(c headroom.Catalogue) int { return c.OpenReceipts }},
}

// stock is the work of the kinds that lies at some sites when the run begins:
// the very documents that seeding made with the schedule's seed.
func (d *documents) stock(kinds []string, here func(site string) bool) []sim.Stock {
	var out []sim.Stock
	for _, w := range lyings {
		n := w.count(d.header.Catalogue)
		if n <= 0 || !slices.Contains(kinds, w.kind) {
			continue
		}
		lines, law := d.drawn(w.like)
		for site, at := range d.header.Sites {
			if !here(at.Name) {
				continue
			}
			h := fnv.New64a()
			_, _ = io.WriteString(h, w.prefix+at.Name) // a hash does not fail
			made := headroom.Arrival{Seed: d.header.Seed ^ h.Sum64()}
			lie := sim.Stock{Kind: w.kind, Tenant: d.catalogue(uint16(site)), Site: site, Documents: make([]sim.Document, n)}
			for i := range lie.Documents {
				if law.Len() > 0 {
					lie.Documents[i] = sim.NewDocument(made.Journey(uint32(i+1), 0).Document(lines, law))
				}
			}
			out = append(out, lie)
		}
	}
	return out
}

// drawn is how the first process that plays one of the scenarios draws its
// lines, and the catalogue's way when none does.
func (d *documents) drawn(scenarios []string) (headroom.Lines, headroom.Popularity) {
	for _, name := range scenarios {
		for i, p := range d.header.Processes {
			if p.Scenario == name && i < len(d.laws) {
				return p.Lines, d.laws[i]
			}
		}
	}
	return headroom.Lines{}, d.law
}
