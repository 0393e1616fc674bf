package learn

import "slices"

// gateway is the scenario that may come in batches.
const gateway = "edi_order"

// addGateway gives the batches of orders that came by another door than
// XML-RPC a process of the scenario that comes in batches, with the demands of
// the orders that they were.
func (s *student) addGateway() {
	from := slices.IndexFunc(s.processes, func(p process) bool { return p.name == "order_entry" })
	if from < 0 {
		return
	}
	var documents float64
	for _, v := range s.sites {
		for _, w := range v.work {
			if w.process == from {
				for _, b := range w.batches {
					documents += b.documents * float64(b.seen)
				}
			}
		}
	}
	if documents == 0 {
		return
	}
	to := slices.IndexFunc(s.processes, func(p process) bool { return p.name == gateway })
	if to < 0 {
		to = len(s.processes)
		q := s.processes[from]
		q.name, q.pattern.Scenario, q.journeys = gateway, gateway, documents
		q.why = "orders that came in batches through the web client's door; their demands are those of the orders"
		q.steps = slices.Clone(q.steps)
		part := documents / max(documents, s.processes[from].journeys)
		s.processes[from].journeys -= documents
		s.processes[from].steps = slices.Clone(s.processes[from].steps)
		for i := range q.steps {
			q.steps[i].share = part
			s.processes[from].steps[i].share = 1 - part
		}
		s.processes = append(s.processes, q)
	}
	for i := range s.sites {
		v := &s.sites[i]
		for k := range v.work {
			w := &v.work[k]
			if w.process != from || len(w.batches) == 0 {
				continue
			}
			moved, once := w.batches, w.once
			w.batches, w.once = nil, nil
			at := slices.IndexFunc(v.work, func(x work) bool { return x.process == to })
			if at < 0 {
				v.work = append(v.work, work{process: to, working: v.work[k].working})
				at = len(v.work) - 1
			}
			v.work[at].batches = append(v.work[at].batches, moved...)
			v.work[at].once = append(v.work[at].once, once...)
		}
	}
}
