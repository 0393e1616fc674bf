package profiles

import (
	"bytes"
	"maps"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/headroom-erp/headroom"
)

// The defaults of a catalogue: enough products for popularity to show, and
// stock that a run does not use up.
const (
	DefaultProducts     = 200
	DefaultOpeningStock = 100_000 // units of each product
	DefaultPartners     = 100
)

// The defaults of what may be left out elsewhere.
const (
	DefaultThinkSCV       = 1  // of an operator's pause: as varied as an exponential one
	DefaultRetryFactor    = 2  // each wait of a gateway twice the one before
	DefaultCarrierTimeout = 10 // seconds
	DefaultPoolerMode     = "session"
)

// Resolve returns the plan with every default written out: a site's database
// is its name; a calendar works Monday to Friday; a process' document has one
// line; a peak is flat; a demo has scale 1; the rest is as the constants above
// say, with products equally wanted. Empty lists of sites stay empty: they
// mean all. Empty days stay empty: they mean the site's working days. The plan
// that is given stays as it is.
func Resolve(p headroom.Plan) headroom.Plan {
	p.Sites = slices.Clone(p.Sites)
	for i := range p.Sites {
		fill(&p.Sites[i].Database, p.Sites[i].Name)
	}
	p.Calendars = slices.Clone(p.Calendars)
	for i := range p.Calendars {
		if len(p.Calendars[i].WorkingDays) == 0 {
			p.Calendars[i].WorkingDays = slices.Clone(days[:5])
		}
	}
	fill(&p.Catalogue.Products, DefaultProducts)
	fill(&p.Catalogue.OpeningStock, DefaultOpeningStock)
	fill(&p.Catalogue.Partners, DefaultPartners)
	p.Processes = slices.Clone(p.Processes)
	for i := range p.Processes {
		q := &p.Processes[i]
		fill(&q.Lines, headroom.Lines{Mean: 1, Max: 1})
		if q.ThinkTime > 0 && q.ThinkSCV == nil {
			scv := float64(DefaultThinkSCV)
			q.ThinkSCV = &scv
		}
	}
	p.Peaks = slices.Clone(p.Peaks)
	for i := range p.Peaks {
		fill(&p.Peaks[i].Shape, "flat")
		p.Peaks[i].Batches = batches(p.Peaks[i].Batches)
	}
	if p.Carrier != nil {
		carrier := *p.Carrier
		fill(&carrier.Timeout, DefaultCarrierTimeout)
		p.Carrier = &carrier
	}
	p.Topologies = topologies(p.Topologies)
	p.Demo = maps.Clone(p.Demo)
	for target, d := range p.Demo {
		fill(&d.Scale, 1)
		p.Demo[target] = d
	}
	return p
}

func batches(given []headroom.Batch) []headroom.Batch {
	all := slices.Clone(given)
	for i := range all {
		if all[i].Retry != nil {
			retry := *all[i].Retry
			fill(&retry.Factor, DefaultRetryFactor)
			all[i].Retry = &retry
		}
	}
	return all
}

func topologies(given []headroom.Topology) []headroom.Topology {
	all := slices.Clone(given)
	for i := range all {
		t := &all[i]
		t.Stacks = topologies(t.Stacks)
		if t.Pooler != nil {
			pooler := *t.Pooler
			fill(&pooler.Mode, DefaultPoolerMode)
			t.Pooler = &pooler
		}
	}
	return all
}

func fill[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

// Marshal writes a plan as YAML that Load reads.
func Marshal(p headroom.Plan) []byte {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(p); err != nil {
		panic("profiles: a plan that YAML cannot hold: " + err.Error()) // its types never change at run time
	}
	if err := e.Close(); err != nil {
		panic("profiles: " + err.Error())
	}
	return b.Bytes()
}
