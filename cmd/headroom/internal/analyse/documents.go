package analyse

import (
	"cmp"
	"math"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/results"
)

// A paper is one document of the ERP that was released in the run.
type paper struct {
	site, kind string
	arrival    uint64 // the journey that released it
	released   float64
	due        float64 // 0: it has none
	done       float64 // +Inf: not in the run
}

// inTime says whether it was done by its due time.
func (p paper) inTime() bool { return p.done <= p.due }

// readPapers follows work from who released it to who did it: documents in the
// order of their release, and how many were done that had been released before.
func readPapers(run headroom.Run) ([]paper, map[[2]string]int, error) {
	type key struct {
		site, kind string
		id         int64
	}
	var papers []paper
	at := map[key]int{}
	done := map[key]float64{}
	for e, err := range run.Documents() {
		if err != nil {
			return nil, nil, err
		}
		if !results.Timed(e.T, e.Due) {
			continue
		}
		k := key{e.Site, e.Kind, e.Document}
		if e.Done {
			if _, again := done[k]; !again { // it was done when it was first
				done[k] = e.T
			}
		} else if _, again := at[k]; !again { // a second attempt releases nothing new
			at[k] = len(papers)
			papers = append(papers, paper{site: e.Site, kind: e.Kind, arrival: e.Arrival, released: e.T, due: e.Due, done: math.Inf(1)})
		}
	}
	older := map[[2]string]int{}
	for k, t := range done {
		if i, ours := at[k]; ours {
			papers[i].done = t
		} else {
			older[[2]string{k.site, k.kind}]++
		}
	}
	return papers, older, nil
}

// documents are counted by site and kind over the whole run.
func (e *evidence) documents() []headroom.DocumentReport {
	rows := map[[2]string]*headroom.DocumentReport{}
	row := func(key [2]string) *headroom.DocumentReport {
		if rows[key] == nil {
			rows[key] = &headroom.DocumentReport{Site: key[0], Kind: key[1]}
		}
		return rows[key]
	}
	for _, p := range e.papers {
		add(row([2]string{p.site, p.kind}), p, e.end)
	}
	for key, n := range e.older {
		row(key).Older = n
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
	return out
}

// add counts one released document; Wait is a sum until all are added.
func add(r *headroom.DocumentReport, p paper, end float64) {
	r.Released++
	if !math.IsInf(p.done, 1) {
		r.Done++
		wait := max(0, p.done-p.released)
		if r.Wait == nil {
			r.Wait, r.Longest = new(float64), new(float64)
		}
		*r.Wait += wait
		*r.Longest = max(*r.Longest, wait)
	}
	if p.due > 0 && p.due <= end {
		r.Due++
		if p.inTime() {
			r.InTime++
		}
	}
}
