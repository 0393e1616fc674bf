package sim

// event is something that happens at t to what. Events at one instant happen
// in the order in which they were added.
type event struct {
	t    float64
	seq  uint64
	what int32 // customer, source or lane
	mark uint32
	kind kind
}

type kind uint8

const (
	openArrival  kind = iota // what: source
	workerStarts             // what: of engine.starts
	changeDue                // what: of program.changes
	endOfThink               // customer: start its next request
	endOfDelay
	endOfSleep
	connectAgain
	deadlock
	startOfJourney
	nextOfShift  // customer: an operator begins a journey
	endOfJourney // customer leaves: lane and slot become free, or a closed one starts over
)

// ofCustomer says whether what is a customer.
func (k kind) ofCustomer() bool { return k >= endOfThink }

func (a *event) before(b *event) bool {
	return a.t < b.t || (a.t == b.t && a.seq < b.seq)
}

// calendar is a 4-ary heap of events: shallower than a binary one, and its
// children share a cache line or two.
type calendar struct {
	events []event
	seq    uint64
}

func (h *calendar) add(e event) {
	h.seq++
	e.seq = h.seq
	h.insert(e)
}

func (h *calendar) insert(e event) {
	h.events = append(h.events, e)
	i := len(h.events) - 1
	for i > 0 {
		up := (i - 1) / 4
		if !e.before(&h.events[up]) {
			break
		}
		h.events[i] = h.events[up]
		i = up
	}
	h.events[i] = e
}

func (h *calendar) pop() event {
	top := h.events[0]
	n := len(h.events) - 1
	last := h.events[n]
	h.events = h.events[:n]
	if n == 0 {
		return top
	}
	i := 0
	for {
		first := 4*i + 1
		if first >= n {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, n); c++ {
			if h.events[c].before(&h.events[least]) {
				least = c
			}
		}
		if !h.events[least].before(&last) {
			break
		}
		h.events[i] = h.events[least]
		i = least
	}
	h.events[i] = last
	return top
}

// remove takes out the events that are not to happen any more. It looks at all
// of them.
func (h *calendar) remove(drop func(event) bool) {
	old := h.events
	h.events = h.events[:0]
	for _, e := range old {
		if !drop(e) {
			h.insert(e)
		}
	}
}
