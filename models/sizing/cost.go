package sizing

import (
	"math"

	"github.com/headroom-erp/headroom"
)

const (
	megabyte = 1 << 20
	gigabyte = 1 << 30
	// workerMemory is Odoo's planning figure of one worker: a fifth of heavy
	// requests at 1 GB, the rest at 150 MB.
	workerMemory = (0.8*150 + 0.2*1024) * megabyte
)

// ruleSource names where the rule of thumb comes from.
const ruleSource = "Odoo documentation, System configuration: workers = 2 x CPU + 1; memory = workers x (0.8 x 150 MB + 0.2 x 1024 MB)"

// RuleOfThumb is Odoo's own for the CPUs of a topology's web host, without a forecast.
func RuleOfThumb(t headroom.Topology) headroom.RuleOfThumb {
	w := max(1, int(math.Round(2*t.Web.Cores+1)))
	return headroom.RuleOfThumb{Workers: w, MemoryBytes: Memory(w), Source: ruleSource}
}

// Memory that a number of workers is to be given, in bytes.
func Memory(workers int) float64 { return float64(workers) * workerMemory }

// Cost of a topology for the sites, by the month: cores of the app hosts, cores
// of the databases, memory of the workers, of all its stacks. A shared host's
// cores are priced as app cores, and so are a cron host's. nil without prices.
func Cost(t headroom.Topology, sites []headroom.Site, p *headroom.Prices) *float64 {
	if p == nil {
		return nil
	}
	sum := 0.0
	for _, part := range t.Parts(sites) {
		sum += hardwareCost(part.Topology, p) + Memory(workersOf(part.Topology))/gigabyte*p.GigabyteMonth
	}
	return &sum
}

// hardwareCost of one stack leaves the workers' memory out. Without prices a
// core costs 1, which orders by size.
func hardwareCost(t headroom.Topology, p *headroom.Prices) float64 {
	if p == nil {
		p = &headroom.Prices{AppCoreMonth: 1, DatabaseCoreMonth: 1}
	}
	c := t.Web.Cores * p.AppCoreMonth
	if t.Cron != nil {
		c += t.Cron.Cores * p.AppCoreMonth
	}
	if !t.SharedHost {
		c += t.Database.Cores * p.DatabaseCoreMonth
	}
	return c
}
