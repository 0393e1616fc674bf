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

// Resolve returns the plan with every default written out: a site's database
// is its name; a process' document has one line; a peak is flat and on
// weekdays; a demo has scale 1; the catalogue is as the constants above say,
// with products equally wanted. Empty lists of sites stay empty: they mean all.
// The plan that is given stays as it is.
func Resolve(p headroom.Plan) headroom.Plan {
	p.Sites = slices.Clone(p.Sites)
	for i := range p.Sites {
		fill(&p.Sites[i].Database, p.Sites[i].Name)
	}
	fill(&p.Catalogue.Products, DefaultProducts)
	fill(&p.Catalogue.OpeningStock, DefaultOpeningStock)
	fill(&p.Catalogue.Partners, DefaultPartners)
	p.Processes = slices.Clone(p.Processes)
	for i := range p.Processes {
		fill(&p.Processes[i].Lines, headroom.Lines{Mean: 1, Max: 1})
	}
	p.Peaks = slices.Clone(p.Peaks)
	for i := range p.Peaks {
		fill(&p.Peaks[i].Shape, "flat")
		if len(p.Peaks[i].Days) == 0 {
			p.Peaks[i].Days = slices.Clone(days[:5])
		}
	}
	p.Demo = maps.Clone(p.Demo)
	for target, d := range p.Demo {
		fill(&d.Scale, 1)
		p.Demo[target] = d
	}
	return p
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
