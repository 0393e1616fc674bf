package demand

import (
	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// enoughLines is the number of clean requests from which their documents' sizes
// are held against their work.
const enoughLines = 20

// certain is how many standard errors a share must be above zero to be told
// from none: 5 % of shares that are none get there.
const certain = 1.645

// lineShares finds, where a schedule says what the documents will be, the part
// of each class' demand that goes with their lines, and takes what it explains
// off the variation: with work D·(1-s+s·n/lines)·e for a document of n lines,
//
//	1 + SCV(work) = (1 + s² SCV(n)) (1 + SCV(e)).
//
// Long documents do more work and touch more rows, so that they lose more often
// than either alone makes them.
func (s *survey) lineShares(classes []headroom.ClassModel) {
	if !s.documents() {
		return
	}
	type seen struct {
		rows   [][]float64
		work   []float64
		n, sum float64 // of all lines
		square float64
	}
	all := make([]seen, len(classes))
	s.eachJoined(func(l *line) {
		a := &all[l.class]
		if l.size < 1 {
			return
		}
		a.n++
		a.sum += l.size
		a.square += l.size * l.size
		if l.timed() && !l.waited {
			a.rows = append(a.rows, []float64{1, l.size})
			a.work = append(a.work, l.work[app]+l.work[database])
		}
	})
	for i, a := range all {
		if len(a.rows) < enoughLines || !classes[i].Pooled {
			continue
		}
		mean := a.sum / a.n
		share, ok := lineShare(a.rows, a.work, mean)
		if !ok {
			continue
		}
		explained := share * share * max(0, a.square/a.n/(mean*mean)-1)
		classes[i].LineShare, classes[i].Lines, classes[i].OfQuantities = share, mean, s.takenBy(s.classes[i].process) != ""
		for st, scv := range classes[i].SCV {
			classes[i].SCV[st] = max(0, (1+scv)/(1+explained)-1)
		}
	}
}

// takenBy is the step that tells the different quantities of the transfer that a process'
// journey takes; "" where none does.
func (s *survey) takenBy(process string) string {
	if h := headroom.HandoverOf(s.scenarios[process]); h.Takes != "" {
		return h.EachQuantity
	}
	return ""
}

// sizes are what the work of journeys goes with: the lines of the documents that they
// make. How many lines a transfer has that somebody takes the run does not
// say, but how many different quantities it does: so often he took.
func (s *survey) sizes(r *run, clients map[key]client) map[uint64]float64 {
	out := map[uint64]float64{}
	for _, j := range r.journeys {
		if s.takenBy(j.Process) == "" {
			out[j.Arrival] = float64(j.Lines)
		}
	}
	for k, c := range clients {
		if step := s.takenBy(c.req.Process); step != "" && c.req.Step == step {
			out[k.arrival]++
		}
	}
	return out
}

// lineShare is the part of the work at mean lines that a straight line over
// documents' lines gives them; false when it is not told from none.
func lineShare(rows [][]float64, work []float64, mean float64) (float64, bool) {
	r, err := fit.LeastSquares(rows, work, nil)
	if err != nil { // all documents are of one size
		return 0, false
	}
	at, slope := r.Coefficients[0]+r.Coefficients[1]*mean, r.Coefficients[1]
	if !(at > 0) || !(slope > certain*r.StandardErrors[1]) {
		return 0, false
	}
	return min(1, slope*mean/at), true
}
