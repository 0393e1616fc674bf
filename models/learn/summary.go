package learn

import (
	"cmp"
	"slices"

	"github.com/headroom-erp/headroom"
)

// reportAll fills the report in.
func (s *student) reportAll() {
	r := &s.out.Report
	*r = Report{From: s.from, To: s.to, TimeZone: s.options.ZoneName, Counts: s.Accumulator.report, Workers: s.crew.workers(), Database: s.database,
		Tenants: []TenantReport{}, Classes: []ClassReport{}, Processes: []ProcessReport{}, Peaks: []PeakReport{}, Outside: []OutsideReport{}, Batches: []BatchReport{}, MonthEnd: []MonthEndReport{}}
	for _, d := range s.exposure.missing() {
		r.Missing = append(r.Missing, date(d).Format("2006-01-02"))
	}
	for t, name := range s.tenants {
		x := TenantReport{Database: name, Requests: s.volume[t]}
		for i := range s.sites {
			if v := &s.sites[i]; v.tenant == int32(t) {
				x.Site, x.WorkingDays, x.DayVariation = v.name, days(v.working), v.vary
			}
		}
		r.Tenants = append(r.Tenants, x)
	}
	slices.SortFunc(r.Tenants, func(a, b TenantReport) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Database, b.Database))
	})
	s.reportClasses(r)
	s.reportProcesses(r)
	s.reportConflicts(r)
	s.out.Model.Warnings = s.warnings
	r.Warnings = s.warnings
}

// fewNamed is the number of requests below which a page is not named: what
// few have asked for may be somebody's. Names of methods are code.
const fewNamed = 20

// listed are the classes of the report: each by itself, but for pages that few
// have asked for, which are one.
func (s *student) listed() (names []string, classes [][]int32) {
	var rare []int32
	for c, t := range s.tallies {
		if t == nil || t.requests == 0 {
			continue
		}
		name := s.namer.names[c]
		if name[0] == '/' && t.requests < fewNamed && !anchorOf(name).process {
			rare = append(rare, int32(c))
			continue
		}
		names, classes = append(names, name), append(classes, []int32{int32(c)})
	}
	if rare != nil {
		names, classes = append(names, "/…"), append(classes, rare)
	}
	return names, classes
}

func (s *student) reportClasses(r *Report) {
	mapped := s.mapped()
	var all, unmapped float64
	var busy []float64
	names, classes := s.listed()
	for i, name := range names {
		t := s.merged(classes[i])
		x := s.reportClass(name, classes[i], t)
		x.Steps = mapped[classes[i][0]]
		work := t.busy[app] + t.busy[database]
		all += work
		busy = append(busy, work)
		if x.Steps == nil {
			unmapped += work
			r.Unmapped.Requests += t.requests
		}
		r.Classes = append(r.Classes, x)
	}
	for i := range r.Classes {
		r.Classes[i].Share = ratio(busy[i], all)
	}
	slices.SortStableFunc(r.Classes, func(a, b ClassReport) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Name, b.Name))
	})
	r.Unmapped.Share, r.Unmapped.Busy = ratio(unmapped, all), s.out.Model.Background
	if r.Unmapped.Share > 0.2 {
		s.warn("%.0f %% of the work fits no process: it is in the model as background, which grows with no scale and holds no worker", 100*r.Unmapped.Share)
	}
}

func (s *student) reportClass(name string, classes []int32, t *tally) ClassReport {
	e := t.estimate(s.options, s.sweep.known())
	x := ClassReport{Name: name, Count: t.requests, Clean: t.clean, Tenants: map[string]int{},
		Demand: map[string]headroom.Estimate{}, SCV: map[string]float64{}, DatabaseCalls: e.calls}
	for st, station := range stationNames {
		d := e.demand[st]
		d.Level = headroom.Level
		if e.n > 0 {
			d.Method = s.method(e.before)
			d, _ = s.levelled(st, d, 0)
		}
		x.Demand[station], x.SCV[station] = d, e.scv[st]
	}
	var n, watched [hoursOfWeek]float64
	for k, day := range s.exposure.days {
		for q, seconds := range day {
			watched[24*weekday(s.exposure.first+k)+q/4] += seconds
		}
	}
	for _, w := range s.counted() {
		if !slices.Contains(classes, w.class) {
			continue
		}
		for day, row := range s.counts[w].days {
			for q, v := range row {
				n[24*weekday(day)+q*24/len(row)] += float64(v)
				if tenant := s.tenants[w.tenant]; tenant != "" {
					x.Tenants[tenant] += int(v)
				}
			}
		}
	}
	x.ArrivalRate, x.ArrivalRateOfWeek = rates(n, watched)
	if t.retried > 0 {
		share := t.retryShare(s.options)
		x.RetryShare, x.RetryCrowded = &share, t.crowding()
	}
	return x
}

// crowding is the share that lost a conflict by how many others were at work.
func (t *tally) crowding() (out []ConcurrencyReport) {
	for i, k := range t.crowded {
		if k.requests == 0 {
			continue
		}
		v := ConcurrencyReport{Requests: k.requests, Share: float64(k.retried) / float64(k.requests)}
		if i < len(crowds)-1 {
			v.UpTo = &crowds[i]
		}
		out = append(out, v)
	}
	return out
}

const hoursOfWeek = 7 * 24

// rates are arrival rates by hour of the local day and of the week; nil for
// hours that nobody watched.
func rates(n, watched [hoursOfWeek]float64) (day, week []*float64) {
	rate := func(n, t float64) *float64 {
		if t == 0 {
			return nil
		}
		v := n / t
		return &v
	}
	for h := range 24 {
		var a, b float64
		for w := range 7 {
			a, b = a+n[24*w+h], b+watched[24*w+h]
		}
		day = append(day, rate(a, b))
	}
	for k := range n {
		week = append(week, rate(n[k], watched[k]))
	}
	return day, week
}

func (s *student) reportProcesses(r *Report) {
	for i, p := range s.processes {
		x := ProcessReport{Name: p.name, Scenario: p.pattern.Scenario, Journeys: p.journeys, Visits: map[string]float64{}, Note: p.why, Sites: []SiteReport{}}
		for _, st := range p.steps {
			x.Visits[st.name] = round(st.visits, 4)
		}
		for k := range s.sites {
			v := &s.sites[k]
			w := v.find(i)
			if w == nil {
				continue
			}
			x.Sites = append(x.Sites, SiteReport{Site: v.name, Journeys: w.series.total(), PerHour: 3600 * w.base,
				From: clockOf(w.hours.from), To: clockOf(w.hours.to), Outside: w.outside})
			s.reportPeaks(r, v, w, p.name)
		}
		r.Processes = append(r.Processes, x)
	}
}

func (s *student) reportPeaks(r *Report, v *site, w *work, process string) {
	for _, f := range w.peaks {
		if f.outside {
			r.Outside = append(r.Outside, OutsideReport{Site: v.name, Process: process, From: clockOf(f.from), To: clockOf(f.to), PerHour: 3600 * f.extra, Arrivals: f.n})
			continue
		}
		x := PeakReport{Site: v.name, Process: process, From: clockOf(f.from), To: clockOf(f.to), PerHour: 3600 * f.extra,
			Ordinary: 3600 * f.ordinary, Arrivals: f.n, Expected: f.mean, Days: f.days, P: f.p, Test: peakTest}
		if f.weekday >= 0 {
			x.Weekday = weekdays[f.weekday]
		}
		x.Name = (&drawnPeak{site: v, weekday: f.weekday, from: f.from, to: f.to}).title()
		r.Peaks = append(r.Peaks, x)
	}
	for _, b := range w.batches {
		x := BatchReport{Site: v.name, Process: process, At: secondClock(b.second), Documents: b.documents, Connections: b.connections, Days: b.seen, Of: b.of, InPlan: true}
		if !b.every {
			x.Weekdays = days(b.weekdays)
		}
		r.Batches = append(r.Batches, x)
	}
	for _, b := range w.once {
		r.Batches = append(r.Batches, BatchReport{Site: v.name, Process: process, At: date(b.day).Format("2006-01-02 ") + secondClock(b.second), Documents: b.excess,
			Connections: max(1, int(b.busy+0.5)), Days: 1, Of: 1})
	}
	if m := w.monthEnd; m != nil {
		r.MonthEnd = append(r.MonthEnd, MonthEndReport{Site: v.name, Process: process, LastDays: m.last, Factor: m.factor, Arrivals: m.n, Expected: m.mean, Days: m.days, P: m.p})
	}
}

func (s *student) reportConflicts(r *Report) {
	r.Conflicts = ConflictsReport{Lost: s.conflicts, Groups: []GroupReport{}}
	for _, gs := range s.hotGroups() {
		g := GroupReport{Group: gs[0].name}
		q := 0.0
		if population, ok := hotRows(gs, 1, s.options); ok {
			g.Population = &population
			q = 1 / population.Value
		}
		g.ByMet = metOf(gs, q)
		for _, m := range g.ByMet {
			g.Requests += m.Requests
			g.Lost += int(m.Share*float64(m.Requests) + 0.5)
		}
		if g.Requests > 0 {
			r.Conflicts.Groups = append(r.Conflicts.Groups, g)
		}
	}
}
