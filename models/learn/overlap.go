package learn

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// A habit is where in its work a request touches a group of rows that others
// fight over.
//
// Source: measured on real Odoo 19 and the same as demand.OdooHabits has where both
// name a step: a confirmation reserves its products' stock late in its transaction, a
// validation changes it early; posting takes a journal's next number.
type habit struct {
	group string
	at    float64
}

var habits = map[string]habit{
	"sale.order.action_confirm":              {"stock_quant", 0.7},
	xmlrpcDoor + "sale.order.action_confirm": {"stock_quant", 0.7},
	"stock.picking.button_validate":          {"stock_quant", 0.2},
	"stock.picking.batch.action_done":        {"stock_quant", 0.2},
	"stock.quant.action_apply_inventory":     {"stock_quant", 0.2},
	"account.move.action_post":               {"account_move", 0.5},
	"/web/hook":                              {"res_partner", 0.5},
}

// mostMet bounds the number of transactions that one may have met.
const mostMet = 24

// group is the transactions of a group of rows in a tenant. For each the log
// tells how many others it met in the sense that matters: they ended after it
// began, and had touched their rows by the moment when it touched its own, so
// that it either waited for them or found their change. The share that lost,
// by how many it met, says how hot the rows are.
type group struct {
	name   string
	tenant int32
	recent []transaction
	met    [mostMet + 1][groups]struct{ n, lost float64 }
	byKind map[int32]*[mostMet + 1]struct{ n, lost float64 } // by class
}

type transaction struct {
	class             int32
	start, touch, end float64
	first             float64 // when its first try touched its rows
	lost, counted     bool
}

// overlap takes the requests of the groups that have ended by a moment.
func (a *Accumulator) overlap(done []request, until float64) {
	for i := range done {
		r := &done[i]
		h, ok := habits[a.namer.names[r.class]]
		if !ok || r.hold() <= 0 {
			continue
		}
		x := transaction{class: r.class, start: r.start, end: r.end, lost: r.tries > 1}
		try := r.hold()
		if x.lost {
			if t := a.tallyOf(r.class); t.clean > 0 {
				try = min(try, (t.sum[app]+t.sum[database])/float64(t.clean))
			}
		}
		x.first, x.touch = r.start+h.at*try, r.end-(1-h.at)*try
		g := a.groupOf(h.group, r.tenant)
		g.recent = append(g.recent, x)
	}
	for _, g := range a.groups {
		g.settle(until)
	}
}

func (a *Accumulator) groupOf(name string, tenant int32) *group {
	for _, g := range a.groups {
		if g.name == name && g.tenant == tenant {
			return g
		}
	}
	a.groups = append(a.groups, &group{name: name, tenant: tenant, byKind: map[int32]*[mostMet + 1]struct{ n, lost float64 }{}})
	return a.groups[len(a.groups)-1]
}

// holding is how long a transaction that was met may last, in seconds.
const holding = 60

// settle counts what is complete by a moment and forgets what is over.
func (g *group) settle(until float64) {
	slices.SortFunc(g.recent, func(a, b transaction) int {
		if a.end != b.end {
			if a.end < b.end {
				return -1
			}
			return 1
		}
		if a.start < b.start {
			return -1
		}
		return 1
	})
	for i := range g.recent {
		x := &g.recent[i]
		if x.counted || x.end > until-holding {
			continue
		}
		x.counted = true
		from, _ := slices.BinarySearchFunc(g.recent, x.start, func(t transaction, s float64) int {
			if t.end > s {
				return 1
			}
			return -1
		})
		met := 0
		for j := from; j < len(g.recent) && g.recent[j].end <= x.first+holding; j++ {
			if j != i && g.recent[j].touch <= x.first {
				met++
			}
		}
		c := &g.met[min(met, mostMet)][minuteGroup(x.start)]
		k := g.byKind[x.class]
		if k == nil {
			k = new([mostMet + 1]struct{ n, lost float64 })
			g.byKind[x.class] = k
		}
		c.n++
		k[min(met, mostMet)].n++
		if x.lost {
			c.lost++
			k[min(met, mostMet)].lost++
		}
	}
	g.recent = slices.DeleteFunc(g.recent, func(t transaction) bool { return t.counted && t.end < until-10*holding })
}

// heat is the chance that two transactions of a group that meet want the same
// rows, q of
//
//	lost = Σ_m n_m (1 - (1-q)^m),
//
// with m the number that each met. ok is false where too few lost.
func heat(gs []*group, weights []int) (q float64, lost, n float64, ok bool) {
	var by [mostMet + 1]float64
	for _, g := range gs {
		for m := range g.met {
			for k, c := range g.met[m] {
				w := float64(weights[k])
				by[m] += w * c.n
				lost += w * c.lost
				n += w * c.n
			}
		}
	}
	expected := func(q float64) (e float64) {
		for m, c := range by {
			e += c * -math.Expm1(float64(m)*math.Log1p(-q))
		}
		return e
	}
	low, high := 1e-9, 1-1e-9
	if lost <= 0 || expected(high) <= lost {
		return high, lost, n, false
	}
	for range 60 {
		if mid := math.Sqrt(low * high); expected(mid) < lost {
			low = mid
		} else {
			high = mid
		}
	}
	return math.Sqrt(low * high), lost, n, true
}

// fewLost is the number of lost first tries below which nothing is said of how
// hot rows are.
const fewLost = 5

// hotRows is how many equally hot rows, of which each transaction touches
// some, would lose as many tries.
func hotRows(gs []*group, rows float64, o Options) (headroom.Estimate, bool) {
	ones := make([]int, groups)
	for i := range ones {
		ones[i] = 1
	}
	q, lost, n, ok := heat(gs, ones)
	if !ok || lost < fewLost {
		return headroom.Estimate{}, false
	}
	population := func(q float64) float64 { return max(rows, rows*rows/q) }
	var again []float64
	boot := fit.Bootstrap{Blocks: groups, Replications: o.Replications, Seed: o.Seed ^ 0x686f74}
	boot.Each(func(_ int, times []int, _ *rand.Rand) {
		if q, _, _, ok := heat(gs, times); ok {
			again = append(again, population(q))
		}
	})
	e := headroom.Estimate{Value: population(q), Level: headroom.Level, N: int(n), Method: "shares lost by transactions met", Identified: true}
	e.Low, e.High = interval(e.Value, again)
	return e, true
}

// Of a class that loses so many times as often, or as seldom, as its group's
// rows would have it, and by more than chance, it is said that they are not its rows.
const (
	unlike       = 2
	unlikeChance = 1e-3
	fewExpected  = 10
)

// kin warns of classes that do not lose as their group does, of which each
// transaction that another met has lost with chance q.
func (s *student) kin(gs []*group, q float64) {
	lost, fitted, n := map[int32]float64{}, map[int32]float64{}, map[int32]float64{}
	for _, g := range gs {
		for class, by := range g.byKind {
			for m, c := range by {
				n[class] += c.n
				lost[class] += c.lost
				fitted[class] += c.n * -math.Expm1(float64(m)*math.Log1p(-q))
			}
		}
	}
	for _, class := range slices.Sorted(maps.Keys(n)) {
		l, e := lost[class], fitted[class]
		switch {
		case e >= fewExpected && l*unlike <= e && 1-atLeast(l+1, e) < unlikeChance:
			s.warn("%s lost a conflict %.0f times of %.0f, where %.0f would go with the others that touch %s: forecasts have too many conflicts of it", s.namer.names[class], l, n[class], e, gs[0].name)
		case l >= fewExpected && l >= unlike*e && atLeast(l, e) < unlikeChance:
			s.warn("%s lost a conflict %.0f times of %.0f, where %.0f would go with the others that touch %s: forecasts have too few conflicts of it", s.namer.names[class], l, n[class], e, gs[0].name)
		}
	}
}
