package demand

import (
	"slices"

	"github.com/headroom-erp/headroom"
)

// The groups of rows that business processes fight over. A family's groups
// begin with its name: the quants of a product in several places.
const (
	quants    = "stock_quant"          // on the shelves
	arriving  = "stock_quant.input"    // what was received and is not put away
	leaving   = "stock_quant.output"   // what was picked and is not shipped
	customers = "stock_quant.customer" // what was shipped: Odoo counts it there
	vendors   = "stock_quant.vendor"
	numbering = "account_move" // a journal's gapless numbers
	partners  = "res_partner"
	orders    = "sale_order"
)

// A Habit is where in its work a step of a process touches a group's rows.
type Habit struct {
	Group string
	// Also names further groups in which the same products' rows are touched.
	Also []string
	// At is the fraction of a try's work before the touch, 0 to 1: what is
	// assumed where a run shows too few lost tries to tell.
	At float64
	// Again is the fraction before the rows of Also are touched once more, 0 for
	// never (headroom.ConflictRule.Again).
	Again float64
	// Writes says that the step changes the rows even if it never lost.
	Writes bool
	// SkipLocked says that rows which others hold are not waited for, Queues that
	// they are waited for and nobody loses (headroom.ConflictRule).
	SkipLocked, Queues bool
}

// Habits names what Odoo's steps touch, by "scenario.step" or by step name; the
// scenario's wins. A process counts by its name where it is not known what it
// plays. A step that is not named touches nothing, unless it lost a conflict.
type Habits map[string]Habit

// OdooHabits are the habits of the shipped scenarios.
//
// Source: Odoo 19's stock.quant._update_available_quantity, through which
// reservations and moves go product by product: it takes the first quant of the
// product and place that nobody holds (SELECT … FOR NO KEY UPDATE SKIP LOCKED) or makes one.
// A confirmation reserves on the shelves, late in its transaction. A validation
// takes from one place and gives to the next, early, and where a push rule makes
// a transfer of what arrived, reserves for that one what it just brought, late. When
// each does was measured on Odoo 19. Its numbers without gaps are kept apart by a
// unique index: who comes second waits and takes the next one.
func OdooHabits() Habits {
	at := func(at float64, group string, also ...string) Habit {
		return Habit{Group: group, Also: also, At: at, Writes: true, SkipLocked: true}
	}
	pushed := func(group, next string) Habit {
		h := at(0.2, group, next)
		h.Again = 0.7
		return h
	}
	return Habits{
		"confirm":                  at(0.7, quants),
		"order_to_ship.ship":       at(0.2, quants, customers),
		"validate":                 at(0.2, quants, leaving),
		"pick.validate":            pushed(quants, leaving),
		"wave.done":                pushed(quants, leaving),
		"ship.validate":            at(0.2, leaving, customers),
		"receive.validate":         pushed(vendors, arriving),
		"putaway.validate":         at(0.2, quants, arriving),
		"buy_and_receive.validate": at(0.2, quants, vendors),
		"ship":                     at(0.2, quants, customers),
		"purchase.confirm":         {}, // a purchase order reserves nothing
		"buy_and_receive.confirm":  {},
		"receive.confirm":          {},
		"wave.confirm":             {},
		"post":                     {Group: numbering, At: 0.5, Writes: true, Queues: true},
		"invoice.create":           {Group: orders, At: 0.5}, // a draft has no number yet
		"webhook.post":             {Group: partners, At: 0.5},
	}
}

// A ruleBook is habits, and what the runs' processes play.
type ruleBook struct {
	habits   Habits
	scenario map[string]string // by process
	waits    bool              // rows that are held are waited for, whatever the habits say
}

// standIn is the kind of a target that is not Odoo but stands in for it; it
// locks rows as Odoo did before it skipped those that are held.
const standIn = "erp"

func (s *survey) book(h Habits) ruleBook {
	b := ruleBook{habits: h, scenario: s.scenarios}
	for _, r := range s.runs {
		b.waits = b.waits || r.info.TargetKind == standIn
	}
	return b
}

func (b ruleBook) habit(c class) Habit {
	plays := b.scenario[c.process]
	if plays == "" {
		plays = c.process
	}
	if h, ok := b.habits[plays+"."+c.step]; ok {
		return h
	}
	return b.habits[c.step]
}

// passOn says what the journeys take and make, as far as their scenarios are known.
func (b ruleBook) passOn(journeys []headroom.JourneyModel) {
	for i := range journeys {
		h := headroom.HandoverOf(b.scenario[journeys[i].Process])
		journeys[i].Makes, journeys[i].Takes = h.Makes, h.Takes
	}
}

// skips says whether a class passes over rows that others hold.
func (b ruleBook) skips(c class) bool {
	h := b.habit(c)
	return !b.waits && (h.SkipLocked || h.Group == "")
}

// queues says whether a class waits for rows and loses nothing: what it is
// said to do, unless it was seen to lose.
func (b ruleBook) queues(c class, t tally) bool {
	return !b.waits && b.habit(c).Queues && t.retried == 0
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

// conflictRules gives each class that touches rows its rule, without the
// population or intensity, which conflict.go fits.
func (s *survey) conflictRules(tallies []tally, book ruleBook) []*headroom.ConflictRule {
	out := make([]*headroom.ConflictRule, len(s.classes))
	lines, documents, touches := s.meanLines(), s.documents(), s.touches(tallies, book)
	for i, c := range s.classes {
		g := book.group(c, tallies[i].retried > 0)
		if g == "" || tallies[i].lines == 0 {
			continue
		}
		r := &headroom.ConflictRule{Group: g, Rows: 1, At: touches[i]}
		if !slices.Contains([]string{numbering, partners, orders}, g) {
			r.Rows = lines[c.process]
			r.SkipLocked = book.skips(c)
		}
		if book.queues(c, tallies[i]) {
			r.Queues, r.Population = true, 1
		}
		if r.Family() == quants && documents {
			catalogue := s.runs[0].info.Schedule.Catalogue
			r.Documents, r.Population, r.Popularity = true, float64(catalogue.Products), max(0, catalogue.Popularity)
			r.Also, r.Again = book.habit(c).Also, book.habit(c).Again
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
