package html

import (
	"fmt"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// A builder makes the sections of a report. Colours belong to processes and
// runs over the whole page.
type builder struct {
	report headroom.Report
	colors map[string]int
	err    error
}

func (b *builder) candidates() section {
	s := section{ID: "candidates", Title: "Candidates"}
	rec := b.report.Recommendation
	list := prose.Candidates(b.report)
	if len(list) == 0 {
		return s
	}
	objectives := prose.Objectives(list)
	t := table{ID: "t-candidates", Caption: "What each topology would do with the replayed load"}
	names := []string{"Topology", "Workers"}
	t.Stacked = true
	for _, o := range objectives {
		names = append(names, "<"+o.Process+" "+figure.Percentile(o.Percentile)+", within "+figure.Bound(o.Within))
	}
	t.Head = heads(append(names, "<Capacity, × replayed", "<Limited by", "<App / database busy", "Cost a month", "<Basis")...)
	for _, c := range list {
		t.Rows = append(t.Rows, b.candidate(c, objectives, rec))
	}
	t.Note = "Cores are the app's + the database's. Every row is the model's, so that they compare; those marked measured were run as well (see: how good the forecast is). Intervals hold the true figure in 90 of 100 cases. Capacity is the highest multiple of the replayed load within every objective."
	s.Tables = []table{t}
	return s
}

func (b *builder) candidate(c headroom.Candidate, objectives []headroom.Objective, rec *headroom.Recommendation) []cell {
	f := c.Forecast
	name := cell{Text: prose.Topology(c.Topology)}
	if prose.Chosen(c, rec) {
		name.Strong, name.Quiet = true, "recommended"
		if !rec.Met {
			name.Quiet = "nearest"
		}
	}
	row := []cell{name, {Text: figure.Count(c.Topology.Web.Workers), Quiet: prose.Cores(c.Topology) + " cores"}}
	for _, o := range objectives {
		i := slices.IndexFunc(f.Processes, func(p headroom.ProcessForecast) bool { return p.Process == o.Process })
		if i < 0 {
			row = append(row, left(figure.Unknown))
			continue
		}
		at := estimate(prose.At(f.Processes[i].Percentile, &o), figure.Time)
		at.Left = true
		row = append(row, judged(at, f.Processes[i].Met))
	}
	capacity := left(figure.Unknown)
	if f.Capacity != nil {
		capacity = estimate(*f.Capacity, figure.Plain)
		capacity.Left = true
	}
	limited := f.LimitedBy
	if limited == "" {
		limited = figure.Unknown
	}
	return append(row, capacity, cell{Text: limited, Left: true, Class: "prose"}, bothBusy(f), text(prose.Cost(c.CostMonth, b.report.Plan.Prices)), cell{Badge: prose.Basis(c), Left: true})
}

// bothBusy sets the utilization of the two stations side by side.
func bothBusy(f headroom.Forecast) cell {
	app, db := estimate(f.Utilization["app"], figure.Part), estimate(f.Utilization["database"], figure.Part)
	c := cell{Text: app.Text + " / " + db.Text, Left: true}
	if app.Quiet != "" && db.Quiet != "" {
		c.Quiet = app.Quiet + " / " + db.Quiet
	}
	return c
}

func (b *builder) workers() section {
	return section{ID: "workers", Title: "How many workers", Lead: "The recommended hardware with other numbers of workers. Where the line is above the dashed bound, the objective is missed.",
		Charts: b.workerCharts()}
}

func (b *builder) accuracy() section {
	r := b.report
	s := section{ID: "accuracy", Title: "How good the forecast is", Charts: b.comparisonCharts(),
		Lead: "The same schedule was replayed on the system and in the model. Each row is divided by its measured figure: a forecast on the dotted line would be perfect. Bars are 90 % intervals."}
	t := table{ID: "t-errors", Caption: "Forecast against measurement",
		Head: heads("Topology", "<Figure", "Error", "<Forecast", "<Measured", "<Intervals", "<Basis")}
	for _, e := range prose.Errors(r.Comparisons) {
		f, m := estimate(e.Forecast, figure.Time), estimate(e.Measured, figure.Time)
		f.Left, m.Left = true, true
		overlap := "apart"
		if e.Overlap {
			overlap = "overlap"
		}
		t.Rows = append(t.Rows, []cell{text(e.Topology), left(e.Process + " " + e.What), text(figure.Signed(e.Relative)), f, m, left(overlap), left(prose.FitWord(e.InFit))})
	}
	if len(t.Rows) > 0 {
		s.Tables = append(s.Tables, t)
	}
	if v := r.Verified; v != nil {
		s.Tables = append(s.Tables, verified(v))
	}
	return s
}

func verified(v *headroom.CapacityCheck) table {
	t := table{ID: "t-verified", Caption: "Capacity of " + v.Topology + ", searched for on the running system",
		Head: heads("Scale of the replayed load", "<Objectives", "<Nearest to its bound, or farthest beyond", "Of its bound", "<Kept in"),
		Note: fmt.Sprintf("Measured %s, forecast %s, error %s.", figure.Estimate(v.Measured, figure.Times), figure.Estimate(v.Forecast, figure.Times), figure.Signed(v.Error))}
	for _, p := range v.Probes {
		share := figure.Share(p.Ratio)
		if p.Early {
			share = "broken off"
		}
		t.Rows = append(t.Rows, []cell{text(figure.Number(p.Scale) + " ×"), judged(cell{Left: true}, &p.Met), left(p.Worst), text(share), left(p.Folder)})
	}
	return t
}

func (b *builder) load() section {
	s := section{ID: "load", Title: "What was replayed, and how the system took it",
		Lead: "Every run replays the same arrivals: none waits for an answer to another."}
	s.Charts = append(s.Charts, b.arrivals()...)
	s.Charts = append(s.Charts, b.inFlight()...)
	s.Charts = append(s.Charts, b.utilization()...)
	s.Charts = append(s.Charts, b.responses()...)
	s.Charts = append(s.Charts, b.warmups()...)
	if len(b.report.Runs) > 0 {
		s.Tables = []table{b.runs()}
	}
	if t := b.generatorTable(); len(t.Rows) > 0 {
		s.Tables = append(s.Tables, t)
	}
	return s
}

func (b *builder) runs() table {
	t := table{ID: "t-runs", Caption: "Runs, and how punctual the load generator was",
		Head:    heads("Run", "<State", "<Timer late", "<No virtual user free", "<Both", "<By design", "<App / database busy", "<Found in the log", "Gaps"),
		Stacked: true,
		Note:    "Delays are p50 / p99 / max. The first two delays are the load generator's own and must be small; waiting by design is what people and partners do."}
	for _, run := range b.report.Runs {
		state := cell{Badge: "valid", Left: true}
		switch {
		case !run.Complete:
			state.Badge = "incomplete"
		case !run.Valid:
			state.Badge = "invalid"
		}
		d := run.Delays
		t.Rows = append(t.Rows, []cell{{Text: run.ID, Quiet: prose.Topology(run.Topology)}, state, spread(d.TimerLate), spread(d.VUWait), spread(d.Generator), spread(d.DesignWait),
			left(busy(run, "app") + " / " + busy(run, "database")), left(found(run.Joined)), text(figure.Count(len(run.Gaps)))})
	}
	return t
}

func spread(s headroom.Spread) cell {
	return left(figure.Spread(s))
}

func busy(run headroom.RunReport, station string) string {
	if u, ok := run.Utilization[station]; ok {
		return figure.Share(u)
	}
	return figure.Unknown
}

func found(j *headroom.JoinReport) string {
	if j == nil {
		return "no request log"
	}
	return figure.Count(j.Found) + " of " + figure.Count(j.Requests)
}

func (b *builder) time() section {
	s := section{ID: "time", Title: "Where the time goes", Lead: "Means per request. Waiting is for a free worker, with network and generator.", Charts: b.stepCharts()}
	for _, t := range []table{b.responseTable(), b.siteTable(), b.errorTable(), b.causeTable(), b.gapTable()} {
		if len(t.Rows) > 0 {
			s.Tables = append(s.Tables, t)
		}
	}
	return s
}
