package demand

import (
	"slices"

	"github.com/headroom-erp/headroom"
)

// The groups of rows that business processes fight over.
const (
	quants    = "stock_quant"
	numbering = "account_move" // a journal's gapless numbers
	partners  = "res_partner"
	orders    = "sale_order"
)

// A Habit is where in its work a step of a process touches a group's rows.
type Habit struct {
	Group string
	// At is the fraction of a try's work before the touch, 0 to 1: what is
	// assumed where a run shows too few lost tries to tell.
	At float64
	// Writes says that the step changes the rows even if it never lost.
	Writes bool
}

// Habits names what Odoo's steps touch, by class ("process.step") or by step
// name; the class wins. A step that is not named touches nothing, unless it
// lost a conflict.
//
// Source: measured on real Odoo 19; a confirmation reserves its products'
// quants late in its transaction, a validation changes them early.
type Habits map[string]Habit

// OdooHabits are the habits of the shipped scenarios.
func OdooHabits() Habits {
	return Habits{
		"confirm":         {quants, 0.8, true},
		"ship":            {quants, 0.2, true},
		"validate":        {quants, 0.2, true},
		"receive.confirm": {}, // a purchase order reserves nothing
		"post":            {numbering, 0.5, true},
		"invoice.create":  {orders, 0.5, false}, // a draft has no number yet
		"webhook.post":    {partners, 0.5, false},
	}
}

type ruleBook struct{ habits Habits }

func (b ruleBook) habit(c class) Habit {
	if h, ok := b.habits[c.name]; ok {
		return h
	}
	return b.habits[c.step]
}

// at is the assumed share of a try's work before it touches rows.
func (b ruleBook) at(c class) float64 {
	if h := b.habit(c); h.Group != "" {
		return min(1, max(0, h.At))
	}
	return 0.5
}

// group is the group that a class touches, "" for none; retried says that
// the class lost a conflict in a run.
func (b ruleBook) group(c class, retried bool) string {
	switch h := b.habit(c); {
	case c.direct:
		return ""
	case h.Group == "" && retried:
		return quants
	case h.Writes || retried:
		return h.Group
	}
	return ""
}

// conflictRules gives each class of a group in which anything was lost its
// rule, without the population or intensity, which conflict.go fits.
func (s *survey) conflictRules(tallies []tally, book ruleBook) []*headroom.ConflictRule {
	out := make([]*headroom.ConflictRule, len(s.classes))
	lost := map[string]bool{}
	for i, c := range s.classes {
		if tallies[i].retried > 0 {
			lost[book.group(c, true)] = true
		}
	}
	lines, documents := s.meanLines(), s.documents()
	for i, c := range s.classes {
		g := book.group(c, tallies[i].retried > 0)
		if g == "" || !lost[g] || tallies[i].lines == 0 {
			continue
		}
		r := &headroom.ConflictRule{Group: g, Rows: 1, At: tallies[i].lost}
		if !slices.Contains([]string{numbering, partners, orders}, g) {
			r.Rows = lines[c.process]
		}
		if g == quants && documents {
			catalogue := s.runs[0].info.Schedule.Catalogue
			r.Documents, r.Population, r.Popularity = true, float64(catalogue.Products), max(0, catalogue.Popularity)
		}
		out[i] = r
	}
	return out
}

// meanLines is the mean number of document lines by process, at least 1.
func (s *survey) meanLines() map[string]float64 {
	n, sum := map[string]float64{}, map[string]float64{}
	for _, r := range s.runs {
		for _, j := range r.journeys {
			if j.Lines > 0 {
				n[j.Process]++
				sum[j.Process] += float64(j.Lines)
			}
		}
	}
	out := map[string]float64{}
	for _, p := range s.order {
		out[p] = 1
		if n[p] > 0 {
			out[p] = max(1, sum[p]/n[p])
		}
	}
	return out
}
