package headroom

// A Handover is how a scenario passes work on: it takes a transfer that an
// earlier process has made possible, and makes the next one possible. Kinds of
// transfers are "pick", "ship", "receive" and "putaway"; kinds of documents are
// those of DocumentEvent. "" is none.
type Handover struct {
	Takes string // the kind of transfer that a journey needs; without one it ends with NothingToDo
	Makes string // the kind that its end makes possible
	// Released is the kind of document that it releases, Done the kind that it
	// finishes.
	Released, Done string
	// Several says that one journey takes several transfers at once.
	Several bool
	// EachQuantity is the step that a journey asks for once for each different
	// quantity of its document (Quantities).
	EachQuantity string
}

// handovers are those of the shipped scenarios; package scenarios tests them
// against the scripts.
var handovers = map[string]Handover{
	"order_entry":     {Makes: "pick", Released: "delivery"},
	"edi_order":       {Makes: "pick", Released: "delivery"},
	"order_to_ship":   {Released: "delivery", Done: "delivery", EachQuantity: "pick"},
	"pick":            {Takes: "pick", Makes: "ship", EachQuantity: "take"},
	"wave":            {Takes: "pick", Makes: "ship", Several: true},
	"ship":            {Takes: "ship", Done: "delivery", EachQuantity: "take"},
	"purchase":        {Makes: "receive", Released: "receipt"},
	"buy_and_receive": {Released: "receipt", Done: "receipt"},
	"receive":         {Takes: "receive", Makes: "putaway", Done: "receipt", EachQuantity: "take"},
	"putaway":         {Takes: "putaway", EachQuantity: "take"},
}

// HandoverOf is how a shipped scenario passes work on; the zero Handover of one
// that does not, and of one that is not shipped, of which nothing is known.
func HandoverOf(scenario string) Handover { return handovers[scenario] }
