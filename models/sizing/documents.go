package sizing

import (
	"math"

	"github.com/headroom-erp/headroom"
)

// documents tells what a schedule's arrivals are about.
type documents struct {
	header     headroom.Header
	law        headroom.Popularity   // the catalogue's; of no product where the header has no catalogue to make documents of
	laws       []headroom.Popularity // by process
	catalogues int
	number     []int // of the catalogue of each site: sites of one database share theirs
}

func newDocuments(h headroom.Header) documents {
	d := documents{header: h}
	index := map[string]int{}
	for _, s := range h.Sites {
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

// of is the arrival's document, as its seed makes it, and its catalogue. The
// arrival's process must be one of the header's.
func (d *documents) of(a headroom.Arrival) (products []int32, catalogue int) {
	if d.law.Len() == 0 {
		return nil, 0
	}
	lines := a.Document(d.header.Processes[a.Process].Lines, d.laws[a.Process])
	products = make([]int32, len(lines))
	for i, l := range lines {
		products[i] = int32(l.Product)
	}
	if int(a.Site) < len(d.number) {
		catalogue = d.number[a.Site]
	}
	return products, catalogue
}
