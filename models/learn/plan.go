package learn

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// planName is the plan's that is drawn.
const planName = "learned"

var weekdays = [7]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// siteName makes a plan's name of a database's.
func siteName(database string, taken map[string]bool) string {
	var b strings.Builder
	for _, c := range strings.ToLower(database) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_':
			b.WriteRune(c)
		default:
			b.WriteByte('-')
		}
		if b.Len() == 40 {
			break
		}
	}
	name := strings.Trim(b.String(), "-_")
	if name == "" {
		name = "site"
	}
	base := name
	for n := 2; taken[name]; n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	taken[name] = true
	return name
}

// drawer draws the plan.
type drawer struct {
	*student
	p     headroom.Plan
	names map[string]bool // of peaks
}

// plan draws what was seen as a plan to edit.
func (s *student) plan() {
	d := &drawer{student: s, names: map[string]bool{}}
	d.p = headroom.Plan{
		Headroom: 1, Name: planName,
		Description: "Drawn by `headroom learn` from a production log: what the log cannot tell is assumed, and said in the comments.",
		Catalogue:   headroom.Catalogue{Products: 1000, Popularity: 0.8, OpeningStock: 100_000, Partners: 200},
	}
	d.sites()
	d.arrivals()
	d.documents()
	d.peaks()
	d.topology()
	s.out.Plan = d.p
}

func days(working [7]bool) (out []string) {
	for w, is := range working {
		if is {
			out = append(out, weekdays[w])
		}
	}
	return out
}

var office = [7]bool{true, true, true, true, true, false, false}

// sites are the tenants, each with the calendar of its week.
func (d *drawer) sites() {
	var vary []float64
	for i := range d.student.sites {
		v := &d.student.sites[i]
		x := headroom.Site{Name: v.name, TimeZone: d.options.ZoneName, Users: d.users(v)}
		if v.working != office && v.working != ([7]bool{}) {
			list := days(v.working)
			name := "week-" + strings.Join(list, "-")
			if len(list) == 7 {
				name = "every-day"
			}
			x.Calendar = name
			if !slices.ContainsFunc(d.p.Calendars, func(c headroom.Calendar) bool { return c.Name == name }) {
				d.p.Calendars = append(d.p.Calendars, headroom.Calendar{Name: name, WorkingDays: list})
			}
		}
		d.p.Sites = append(d.p.Sites, x)
		if v.vary != nil {
			vary = append(vary, *v.vary)
		}
	}
	if len(vary) > 0 {
		sum := 0.0
		for _, x := range vary {
			sum += x
		}
		if mean := sum / float64(len(vary)); mean >= 0.02 {
			d.p.DayVariation = min(2, math.Round(100*mean)/100)
		}
	}
}

// users is an assumption: people each do twenty journeys in the busiest hour.
func (d *drawer) users(v *site) int {
	var most float64
	for k := range v.work {
		w := &v.work[k]
		rate := w.base
		for _, f := range w.peaks {
			rate = max(rate, w.base+f.extra)
		}
		most += 3600 * rate
	}
	return int(min(500, max(10, math.Ceil(most/20))))
}

// at lists the sites that a process is drawn at; where there are several, each
// site's rate is given by a window of its own.
func (d *drawer) at(p int) (out []int) {
	for i := range d.student.sites {
		if slices.ContainsFunc(d.student.sites[i].work, func(w work) bool { return w.process == p && w.drawn() }) {
			out = append(out, i)
		}
	}
	return out
}

// drawn: it arrives somehow.
func (w *work) drawn() bool { return perHour(w.base) > 0 || len(w.batches) > 0 || w.every > 0 }

// perHour is a rate as a plan has it, to three digits.
func perHour(rate float64) float64 { return round(3600*rate, 3) }

func (d *drawer) arrivals() {
	for i := range d.processes {
		q := &d.processes[i]
		at := d.at(i)
		if len(at) == 0 {
			continue
		}
		p := headroom.Process{Name: q.name, Scenario: q.pattern.Scenario}
		if len(at) < len(d.student.sites) {
			for _, k := range at {
				p.Sites = append(p.Sites, d.student.sites[k].name)
			}
		}
		for _, k := range at {
			v := &d.student.sites[k]
			w := v.find(i)
			switch {
			case q.pattern.Scheduled:
				if len(p.Runs) == 0 && w.every > 0 {
					p.Runs = []headroom.Occasion{{When: headroom.When{Days: weekdays[:], Closed: "keep"}, From: "00:00", To: "24:00", Every: w.every}}
				}
			case perHour(w.base) == 0:
			case len(at) == 1:
				p.PerHour, p.Open = perHour(w.base), d.open(v, w)
			default:
				d.ordinaryAt(v, w, q.name)
			}
		}
		switch q.pattern.Scenario {
		case "order_entry", "edi_order", "purchase":
			p.Lines = headroom.Lines{Mean: 3, Max: 15}
		}
		d.p.Processes = append(d.p.Processes, p)
	}
}

func (v *site) find(process int) *work {
	for k := range v.work {
		if v.work[k].process == process {
			return &v.work[k]
		}
	}
	return nil
}

// when is on which days a process runs: the site's, where it can be.
func when(v *site, w *work) headroom.When {
	if w.working == v.working {
		return headroom.When{}
	}
	return headroom.When{Days: days(w.working), Closed: "keep"}
}

// open is nil for what goes on day and night.
func (d *drawer) open(v *site, w *work) *headroom.Hours {
	if w.hours.all && w.working == ([7]bool{true, true, true, true, true, true, true}) {
		return nil
	}
	return &headroom.Hours{When: when(v, w), From: clockOf(w.hours.from), To: clockOf(w.hours.to)}
}

// ordinaryAt gives a site's ordinary rate as a window, shared by the processes
// of the same hours.
func (d *drawer) ordinaryAt(v *site, w *work, process string) {
	from, to, on := clockOf(w.hours.from), clockOf(w.hours.to), when(v, w)
	for i := range d.p.Peaks {
		p := &d.p.Peaks[i]
		if strings.HasPrefix(p.Name, "ordinary-") && p.Sites[0] == v.name && p.From == from && p.To == to && slices.Equal(p.Days, on.Days) {
			p.PerHour[process] = perHour(w.base)
			return
		}
	}
	d.p.Peaks = append(d.p.Peaks, headroom.Peak{
		Name: d.name("ordinary-" + v.name + "-" + compact(from)), Sites: []string{v.name}, When: on, From: from, To: to,
		PerHour: map[string]float64{process: perHour(w.base)},
	})
}

func compact(clock string) string { return strings.ReplaceAll(clock, ":", "") }

// name makes a peak's name that is not taken.
func (d *drawer) name(base string) string {
	if len(base) > 58 {
		base = base[:58]
	}
	name := base
	for n := 2; d.names[name]; n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	d.names[name] = true
	return name
}

// documents that lie ready when the day begins, for whoever takes them up: an
// hour's worth of the busiest site, as an assumption.
func (d *drawer) documents() {
	hour := func(name string) int {
		most := 0.0
		for _, v := range d.student.sites {
			for _, w := range v.work {
				if d.processes[w.process].name == name {
					most = max(most, 3600*w.base)
					for _, f := range w.peaks {
						most = max(most, 3600*(w.base+f.extra))
					}
				}
			}
		}
		return int(min(100_000, math.Ceil(most)))
	}
	d.p.Catalogue.OpenOrders = hour("pick")
	d.p.Catalogue.OpenReceipts = hour("receive")
	d.p.Catalogue.OpenDeliveries = hour("ship")
}

// topology is what the log was written by, as far as it tells.
func (d *drawer) topology() {
	workers := d.crew.workers()
	t := headroom.Topology{Name: "as-logged", Web: headroom.Web{Workers: workers, Cores: d.options.AppCores}}
	t.Database.Cores = d.options.DatabaseCores
	t.SharedHost = d.options.SharedHost
	// Odoo's rule of thumb, workers = 2 x CPU + 1, turned round.
	assumed := max(1, float64(workers-1)/2)
	if !(t.Web.Cores > 0) {
		t.Web.Cores = assumed
	}
	switch {
	case t.SharedHost:
		t.Database.Cores = 0
	case !(t.Database.Cores > 0):
		t.Database.Cores = max(1, math.Ceil(assumed/2))
	}
	d.p.Topologies = []headroom.Topology{t}
	for _, q := range d.p.Processes {
		within := 0.0
		switch q.Scenario {
		case "order_entry", "pick", "ship", "receive", "putaway", "purchase", "invoice":
			within = 5
		case "scan", "portal", "shop":
			within = 1
		}
		if within > 0 {
			d.p.Objectives = append(d.p.Objectives, headroom.Objective{Process: q.Name, Percentile: 95, Within: within})
		}
	}
	d.p.Objectives = append(d.p.Objectives, headroom.Objective{Measure: headroom.MeasureErrorShare, AtMost: 0.01})
}

// workers is how many answered in the same five minutes: the highest number but
// for the tenth of the times in which workers were replaced.
func (c *crew) workers() int {
	if len(c.counts) == 0 {
		return 1
	}
	v := slices.Clone(c.counts)
	slices.Sort(v)
	return max(1, v[(len(v)-1)*9/10])
}
