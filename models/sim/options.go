package sim

import (
	"fmt"
	"math"
	"sort"

	"github.com/headroom-erp/headroom"
)

// Load is a schedule to replay. Without Journeys and Operators, only the rates
// and populations of the system itself arrive; with them, both do.
type Load struct {
	Journeys  []Timed
	Operators []Operator
	Lanes     []int // connections of each lane, at least 1
	// Stock is what lies there at the start, for journeys that take something.
	Stock []Stock
	// Changes of the system while it runs.
	Changes []headroom.Reconfiguration
	// Pace is how fast the machine is, by time; without it, always as fast as the
	// demands are of.
	Pace []Pace
	// Products is the catalogue that documents are of; the zero value is none.
	// Each of Catalogues (0 means 1) has rows of its own.
	Products   headroom.Popularity
	Catalogues int
}

// rows is the number of rows that documents can touch.
func (l Load) rows() float64 { return float64(l.Products.Len()) * float64(max(1, l.Catalogues)) }

// A Pace holds for tries that begin at From or later, until the next one's From: their
// CPU work takes so many Times as long as the demands say. Before the first it is 1.
type Pace struct {
	From  float64 // seconds, rising from one to the next
	Times float64 // above 0
}

// Timed is one journey at its time.
type Timed struct {
	At      float64 // seconds
	Journey int     // index into System.Journeys
	Lane    int     // index into Load.Lanes; -1 for none
	Seed    uint64  // of its demands, together with Options.Seed
	// Document is what the journey is about. It is read only, so that journeys may
	// share its products. Without these, and where the load has none, conflict rules draw them.
	Document  Document
	Catalogue int // that the document is of; from 0
	// Tenant, from 0, is whose rows and registries its requests use, unless their
	// class names one. Site is a part of the tenant: what journeys make is taken
	// by those of the same tenant and site.
	Tenant, Site int
}

// A Document is products by rank, each once, and how many different quantities it
// has of them (headroom.Quantities), 0 where nobody said.
type Document struct {
	Products   []int32
	Quantities int
}

// NewDocument is of the lines that an arrival draws.
func NewDocument(lines []headroom.Line) Document {
	d := Document{make([]int32, len(lines)), headroom.Quantities(lines)}
	for i, l := range lines {
		d.Products[i] = int32(l.Product)
	}
	return d
}

// Stock is documents of a kind that lie at a site, the oldest first. One without
// products is drawn where a rule needs it.
type Stock struct {
	Kind         string
	Tenant, Site int
	Documents    []Document
}

// Operator is one person's shift: a customer who begins a journey at From, and
// after each one pauses and begins the next, none at or after Until. It is
// headroom.Arrival's rule, and the engine's that replays it: the n-th journey
// has the seed of Arrival.Journey, the pause after it is Arrival.Pause.
type Operator struct {
	From, Until float64 // seconds
	Journey     int     // index into System.Journeys
	Think       float64 // seconds, mean of the pause after a journey
	ThinkSCV    float64 // its squared coefficient of variation; 0 is a constant
	Seed        uint64  // of the shift (headroom.Arrival.Seed)
	// Lines of the documents that its journeys make (headroom.Arrival.Document),
	// where the load has products. Law chooses their products, of which there
	// must be as many as Load.Products has; nil: Load.Products.
	Lines     headroom.Lines
	Law       *headroom.Popularity
	Catalogue int // that the documents are of; from 0

	Tenant, Site int // as of Timed
}

// Options of a run.
type Options struct {
	Seed uint64
	// Duration is the end of what is measured, in seconds. Load of the system
	// itself stops there; a replay goes on until its last journey is done.
	// 0 is allowed with a replay only: all of it is measured.
	Duration float64
	Warmup   float64 // seconds at the start that are not measured
	// Replications run with seeds of their own and are pooled; 0 means 1.
	Replications int
	// Parallel is how many replications run at once; 0 means 1. It changes no figure.
	Parallel int
	// MaxCalls cuts database_calls (the demand stays the same) to save events:
	// under processor sharing finer slices hardly change a response. 0 cuts nothing.
	MaxCalls int
	// MaxEvents ends a run with an error; 0 means 200 million.
	MaxEvents int
	// MaxCustomers in the system at once end a run with an error; 0 means 2 million.
	MaxCustomers int
	// DrainAfter is the time from which PoolResult.Drained is looked for, in seconds.
	DrainAfter float64
	// Grain is the width in seconds of StationResult.Bins; 0: there are none.
	Grain float64
	// Each is told of every request that ends, in the order of the ends of their
	// work; nil: nobody is. Of several replications they come in no order, and
	// those of one may come while another's does.
	Each func(Request)
}

func (o Options) check(l Load) error {
	for _, f := range []struct {
		name string
		v    float64
	}{{"Duration", o.Duration}, {"Warmup", o.Warmup}, {"DrainAfter", o.DrainAfter}, {"Grain", o.Grain}} {
		if math.IsNaN(f.v) || f.v < 0 || math.IsInf(f.v, 0) {
			return fmt.Errorf("sim: %w", &headroom.InputError{What: fmt.Sprintf("%s %g is not a number of seconds from 0", f.name, f.v), Where: "options"})
		}
	}
	if o.Duration == 0 && len(l.Journeys)+len(l.Operators) == 0 {
		return fmt.Errorf("sim: %w", &headroom.InputError{What: "a run without a schedule needs a duration", Where: "options"})
	}
	if o.Duration > 0 && o.Warmup >= o.Duration {
		return fmt.Errorf("sim: %w", &headroom.InputError{What: fmt.Sprintf("warm-up of %g s leaves nothing of %g s to measure", o.Warmup, o.Duration), Where: "options"})
	}
	return nil
}

func checkPace(list []Pace) error {
	last := math.Inf(-1)
	for i, p := range list {
		if !(p.From > last) || math.IsInf(p.From, 0) || !(p.Times > 0) || math.IsInf(p.Times, 0) {
			return fmt.Errorf("sim: %w", &headroom.InputError{What: fmt.Sprintf("%g times as long from %g s on is no pace, or not later than the one before", p.Times, p.From), Where: fmt.Sprintf("pace[%d]", i)})
		}
		last = p.From
	}
	return nil
}

func (l Load) check(journeys int) error {
	if err := checkPace(l.Pace); err != nil {
		return err
	}
	if l.Catalogues < 0 || l.rows() > math.MaxInt32 {
		return fmt.Errorf("sim: %w", &headroom.InputError{What: fmt.Sprintf("%d catalogues of %d products are less than none or too many", l.Catalogues, l.Products.Len()), Where: "load"})
	}
	for i, n := range l.Lanes {
		if n < 1 {
			return fmt.Errorf("sim: %w", &headroom.InputError{What: "a lane needs a connection", Where: fmt.Sprintf("lanes[%d]", i)})
		}
	}
	for i, j := range l.Journeys {
		bad := ""
		switch {
		case math.IsNaN(j.At) || j.At < 0 || math.IsInf(j.At, 0):
			bad = fmt.Sprintf("time %g is not a number of seconds from 0", j.At)
		case j.Journey < 0 || j.Journey >= journeys:
			bad = fmt.Sprintf("there is no journey %d; the system has %d", j.Journey, journeys)
		case j.Lane < -1 || j.Lane >= len(l.Lanes):
			bad = fmt.Sprintf("there is no lane %d; the load has %d", j.Lane, len(l.Lanes))
		case !inPlace(j.Tenant, j.Site):
			bad = fmt.Sprintf("tenant %d, site %d are not of 0 to %d", j.Tenant, j.Site, mostPlaces-1)
		case j.Catalogue < 0 || j.Catalogue >= max(1, l.Catalogues):
			bad = fmt.Sprintf("there is no catalogue %d; the load has %d", j.Catalogue, max(1, l.Catalogues))
		}
		if unknown := l.unknown(j.Document); unknown != "" {
			bad = unknown
		}
		if bad != "" {
			return fmt.Errorf("sim: %w", &headroom.InputError{What: bad, Where: fmt.Sprintf("load[%d]", i)})
		}
	}
	for i, o := range l.Operators {
		if bad := l.wrong(o, journeys); bad != "" {
			return fmt.Errorf("sim: %w", &headroom.InputError{What: bad, Where: fmt.Sprintf("operators[%d]", i)})
		}
	}
	for i, k := range l.Stock {
		bad := ""
		if !inPlace(k.Tenant, k.Site) {
			bad = fmt.Sprintf("tenant %d, site %d are not of 0 to %d", k.Tenant, k.Site, mostPlaces-1)
		}
		for _, d := range k.Documents {
			if unknown := l.unknown(d); unknown != "" {
				bad = unknown
			}
		}
		if bad != "" {
			return fmt.Errorf("sim: %w", &headroom.InputError{What: bad, Where: fmt.Sprintf("stock[%d]", i)})
		}
	}
	return nil
}

func inPlace(tenant, site int) bool {
	return tenant >= 0 && tenant < mostPlaces && site >= 0 && site < mostPlaces
}

// unknown says what is wrong with a document, such as a product that there is not; ""
// for nothing.
func (l Load) unknown(document Document) string {
	if n := document.Quantities; n < 0 || n > mostQuantities {
		return fmt.Sprintf("%d different quantities are not 0 to %d", n, mostQuantities)
	}
	for _, p := range document.Products {
		if p < 0 || int(p) >= l.Products.Len() {
			return fmt.Sprintf("there is no product of rank %d; the load has %d", p, l.Products.Len())
		}
	}
	return ""
}

// places is the number of tenants and of sites that the load names.
func (l Load) places() (tenants, sites int) {
	see := func(tenant, site int) { tenants, sites = max(tenants, tenant+1), max(sites, site+1) }
	see(0, 0)
	for _, j := range l.Journeys {
		see(j.Tenant, j.Site)
	}
	for _, o := range l.Operators {
		see(o.Tenant, o.Site)
	}
	for _, k := range l.Stock {
		see(k.Tenant, k.Site)
	}
	return tenants, sites
}

// wrong says what is wrong with an operator; "" for nothing.
func (l Load) wrong(o Operator, journeys int) string {
	switch {
	case !(o.From >= 0 && o.From < mostSeconds):
		return fmt.Sprintf("time %g is not a number of seconds from 0", o.From)
	case !(o.Until >= o.From && o.Until < mostSeconds):
		return fmt.Sprintf("the end %g is not a number of seconds from the start at %g", o.Until, o.From)
	case !(o.Think >= 0 && o.Think < mostSeconds) || !(o.ThinkSCV >= 0 && o.ThinkSCV <= mostThinkSCV):
		return fmt.Sprintf("a pause of %g s with a squared coefficient of variation of %g is not one", o.Think, o.ThinkSCV)
	case !inPlace(o.Tenant, o.Site):
		return fmt.Sprintf("tenant %d, site %d are not of 0 to %d", o.Tenant, o.Site, mostPlaces-1)
	case o.Journey < 0 || o.Journey >= journeys:
		return fmt.Sprintf("there is no journey %d; the system has %d", o.Journey, journeys)
	case o.Catalogue < 0 || o.Catalogue >= max(1, l.Catalogues):
		return fmt.Sprintf("there is no catalogue %d; the load has %d", o.Catalogue, max(1, l.Catalogues))
	case o.Law != nil && o.Law.Len() != l.Products.Len():
		return fmt.Sprintf("a law over %d products; the load has %d", o.Law.Len(), l.Products.Len())
	}
	return ""
}

// Bounds that keep times far from overflow.
const (
	mostSeconds    = 1e9
	mostThinkSCV   = 1e4
	mostPlaces     = 10_000
	mostQuantities = 10_000 // of a document
)

// inOrder is the order of the schedule by time, ties as given.
func (l Load) inOrder() []int {
	order := make([]int, len(l.Journeys))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return l.Journeys[order[a]].At < l.Journeys[order[b]].At })
	return order
}
