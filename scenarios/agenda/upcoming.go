package agenda

import (
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// horizon is how far the coming peaks are looked for.
const horizon = 366 * 24 * time.Hour

// A moment is a peak at one time; several sites may have it.
type moment struct {
	peak     string
	from, to int64
}

// upcoming are the occurrences of the next moments, by time.
func (b *builder) upcoming() ([]calendar.Occurrence, error) {
	var out []calendar.Occurrence
	if b.o.Next == 0 {
		return out, nil
	}
	moments := map[moment]bool{}
	for o, err := range calendar.Occurrences(b.plan, b.o.From, b.o.From.Add(horizon)) {
		if err != nil {
			return nil, err
		}
		if !b.shown(o.Site) || !o.To.After(b.o.From) {
			continue
		}
		if n := len(out); len(moments) >= b.o.Next && o.From.After(out[n-1].From) {
			break
		}
		m := moment{o.Peak, o.From.UnixNano(), o.To.UnixNano()}
		if !moments[m] && len(moments) == b.o.Next {
			continue
		}
		moments[m] = true
		out = append(out, o)
	}
	return out, nil
}

func occurrence(o calendar.Occurrence) headroom.Occurrence {
	out := headroom.Occurrence{Peak: o.Peak, Site: o.Site, TimeZone: o.From.Location().String(), Date: o.Date, From: o.From, To: o.To,
		Processes: []headroom.Expected{}}
	if !o.Due.IsZero() {
		out.Due = &o.Due
	}
	length := o.To.Sub(o.From).Seconds()
	for _, p := range o.Processes {
		out.Documents += p.Documents
		if p.Documents == 0 && p.Operators == 0 {
			continue
		}
		e := headroom.Expected{Process: p.Process, Documents: p.Documents, Added: &p.Added, Operators: p.Operators, Highest: &p.Highest}
		if length > 0 {
			e.Mean = p.Documents / length
		}
		if !p.HighestAt.IsZero() {
			e.HighestAt = &p.HighestAt
		}
		out.Processes = append(out.Processes, e)
	}
	return out
}
