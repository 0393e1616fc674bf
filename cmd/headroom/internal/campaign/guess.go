package campaign

import "github.com/headroom-erp/headroom"

// guesses are CPU seconds of one journey at app and database, of the order that
// an idle Odoo 19 showed on a server core of 2023. Only the choice of phases
// rests on them, until the first has been measured.
var guesses = map[string][2]float64{
	"order_entry": {0.17, 0.08}, "edi_order": {0.25, 0.12}, "order_to_ship": {0.45, 0.2}, "buy_and_receive": {0.4, 0.18},
	"pick": {0.18, 0.08}, "wave": {0.35, 0.15}, "ship": {0.2, 0.09}, "purchase": {0.15, 0.07}, "receive": {0.16, 0.07}, "putaway": {0.14, 0.06},
	"scan": {0.02, 0.008}, "invoice": {0.25, 0.1}, "portal": {0.06, 0.02}, "webhook": {0.01, 0.004}, "bi_report": {0, 0.2},
	"cycle_count": {0.1, 0.05}, "transfer": {0.15, 0.07},
}

// otherwise is the guess of a scenario that is not among them.
var otherwise = [2]float64{0.15, 0.06}

func guess(p headroom.Process) []float64 {
	d, ok := guesses[p.Scenario]
	if !ok {
		d = otherwise
	}
	return []float64{d[0], d[1]}
}

// conflictGuess is the share that loses a try at an overlap of 1; scenarios that
// write no stock lose none.
func conflictGuess(p headroom.Process) float64 {
	switch p.Scenario {
	case "order_entry", "edi_order", "order_to_ship", "buy_and_receive", "pick", "wave", "ship", "receive", "putaway", "transfer", "cycle_count":
		return 1
	}
	return 0
}
