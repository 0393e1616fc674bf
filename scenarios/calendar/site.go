package calendar

import (
	"math"

	"github.com/headroom-erp/headroom"
)

// site lays out what happens at one site.
func (x *expansion) site(s *headroom.Site) (*site, error) {
	c, err := x.clock(s.TimeZone)
	if err != nil {
		return nil, err
	}
	w, err := x.workdays(s.Calendar)
	if err != nil {
		return nil, err
	}
	out := &site{Site: s, clock: c}
	for i := range x.plan.Peaks {
		if p := &x.plan.Peaks[i]; at(p.Sites, s.Name) {
			q, err := x.peak(p, w)
			if err != nil {
				return nil, err
			}
			out.peaks = append(out.peaks, q)
		}
	}
	for i := range x.plan.Processes {
		var q *process
		if p := &x.plan.Processes[i]; at(p.Sites, s.Name) {
			if q, err = x.process(p, out, w); err != nil {
				return nil, err
			}
		}
		out.processes = append(out.processes, q)
	}
	return out, nil
}

func (x *expansion) peak(p *headroom.Peak, w *workdays) (*peak, error) {
	i, err := parseInterval(p.From, p.To)
	if err != nil {
		return nil, err
	}
	q := &peak{Peak: p, from: i.from, to: i.to, due: -1}
	if p.Due != "" {
		if q.due, err = parseClock(p.Due); err != nil {
			return nil, err
		}
	}
	if q.shape, err = newShape(*p); err != nil {
		return nil, err
	}
	q.days, err = x.when(&p.When, w)
	return q, err
}

func (x *expansion) process(p *headroom.Process, s *site, w *workdays) (*process, error) {
	q := &process{Process: p, base: p.PerHour / 3600}
	for _, t := range x.seasons {
		if t.holds(s.Name, p.Name) {
			q.seasons = append(q.seasons, t)
		}
	}
	if err := x.openings(q, w); err != nil {
		return nil, err
	}
	if err := x.occasions(q, w); err != nil {
		return nil, err
	}
	if err := x.shifts(q, s, w); err != nil {
		return nil, err
	}
	for _, k := range s.peaks {
		named := false
		if a := (add{peak: k, rate: k.PerHour[p.Name] / 3600, documents: documents(k.Work[p.Name], p.Lines)}); a.rate > 0 || a.documents > 0 {
			q.adds = append(q.adds, a)
			named = true
		}
		for i := range k.Batches {
			b := &k.Batches[i]
			if b.Process != p.Name {
				continue
			}
			t, err := parseClock(b.At)
			if err != nil {
				return nil, err
			}
			q.batches = append(q.batches, batch{b, k, t})
			named = true
		}
		if named && k.due >= 0 {
			q.dues = append(q.dues, k)
		}
	}
	return q, nil
}

// documents is the number that an amount of work makes.
func documents(w headroom.Work, l headroom.Lines) float64 {
	return w.Documents + w.Lines/l.MeanLines()
}

func (x *expansion) openings(q *process, w *workdays) error {
	if q.Open == nil {
		return nil
	}
	i, err := parseInterval(q.Open.From, q.Open.To)
	if err != nil {
		return err
	}
	set, err := x.when(&q.Open.When, w)
	q.open = &opening{i, set}
	return err
}

func (x *expansion) occasions(q *process, w *workdays) error {
	for i := range q.Runs {
		o := occasion{Occasion: &q.Runs[i]}
		var err error
		if o.At != "" {
			o.from, err = parseClock(o.At)
		} else {
			o.every = int64(math.Round(o.Every * 1e9))
			o.interval, err = parseInterval(o.From, o.To)
		}
		if err != nil {
			return err
		}
		if o.days, err = x.when(&o.When, w); err != nil {
			return err
		}
		for _, r := range q.runs {
			if r.interval == o.interval && r.every == o.every {
				o.number++
			}
		}
		q.runs = append(q.runs, o)
	}
	return nil
}

func (x *expansion) shifts(q *process, s *site, w *workdays) error {
	for i := range q.Shifts {
		t := shift{Shift: &q.Shifts[i]}
		if !at(t.Sites, s.Name) {
			continue
		}
		var err error
		if t.interval, err = parseInterval(t.From, t.To); err != nil {
			return err
		}
		if t.days, err = x.when(&t.When, w); err != nil {
			return err
		}
		for _, o := range q.shifts {
			if o.interval == t.interval {
				t.number++
			}
		}
		q.shifts = append(q.shifts, t)
	}
	return nil
}
