package analyse

import (
	"cmp"
	"slices"

	"github.com/headroom-erp/headroom"
)

// A paper is one document of the ERP.
type paper struct {
	site, kind string
	id         int64
}

// documents follows work from who released it to who did it.
func documents(run headroom.Run) ([]headroom.DocumentReport, error) {
	released := map[paper]headroom.DocumentEvent{}
	var order []paper // of released
	done := map[paper]float64{}
	for e, err := range run.Documents() {
		if err != nil {
			return nil, err
		}
		p := paper{e.Site, e.Kind, e.Document}
		if e.Done {
			done[p] = e.T
		} else if _, again := released[p]; !again { // a second attempt releases nothing new
			released[p] = e
			order = append(order, p)
		}
	}
	end := run.Info().Schedule.Duration()
	rows := map[[2]string]*headroom.DocumentReport{}
	row := func(p paper) *headroom.DocumentReport {
		key := [2]string{p.site, p.kind}
		if rows[key] == nil {
			rows[key] = &headroom.DocumentReport{Site: p.site, Kind: p.kind}
		}
		return rows[key]
	}
	for _, p := range order { // not of the map: sums of fractions depend on their order
		add(row(p), released[p], done, p, end)
	}
	for p := range done {
		if _, ours := released[p]; !ours {
			row(p).Older++
		}
	}
	var out []headroom.DocumentReport
	for _, r := range rows {
		if r.Done > 0 {
			*r.Wait /= float64(r.Done)
		}
		if r.Due > 0 {
			share := float64(r.InTime) / float64(r.Due)
			r.Attainment = &share
		}
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b headroom.DocumentReport) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Kind, b.Kind))
	})
	return out, nil
}

// add counts one released document; Wait is a sum until all are added.
func add(r *headroom.DocumentReport, e headroom.DocumentEvent, done map[paper]float64, p paper, end float64) {
	r.Released++
	at, isDone := done[p]
	if isDone {
		r.Done++
		wait := max(0, at-e.T)
		if r.Wait == nil {
			r.Wait, r.Longest = new(float64), new(float64)
		}
		*r.Wait += wait
		*r.Longest = max(*r.Longest, wait)
	}
	if e.Due > 0 && e.Due <= end {
		r.Due++
		if isDone && at <= e.Due {
			r.InTime++
		}
	}
}
