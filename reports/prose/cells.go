package prose

import (
	"fmt"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
)

// Cores writes a topology's cores for a table: "4 + 2", or "4 shared".
func Cores(t headroom.Topology) string {
	if t.SharedHost {
		return figure.Exact(t.Web.Cores) + " shared"
	}
	return figure.Exact(t.Web.Cores) + " + " + figure.Exact(t.Database.Cores)
}

// Chosen says whether a candidate is the recommended one.
func Chosen(c headroom.Candidate, rec *headroom.Recommendation) bool {
	return rec != nil && c.Topology.Equal(rec.Topology)
}

// Candidates are the recommendation's, or without one whatever was forecast.
func Candidates(r headroom.Report) []headroom.Candidate {
	if r.Recommendation != nil && len(r.Recommendation.Candidates) > 0 {
		return r.Recommendation.Candidates
	}
	var out []headroom.Candidate
	for _, c := range r.Comparisons {
		out = append(out, headroom.Candidate{Topology: c.Forecast.Topology, Forecast: c.Forecast, Measured: true})
	}
	for _, f := range r.Forecasts {
		out = append(out, headroom.Candidate{Topology: f.Topology, Forecast: f})
	}
	return out
}

// Objectives lists every objective of the candidates' forecasts once.
func Objectives(list []headroom.Candidate) []headroom.Objective {
	var out []headroom.Objective
	for _, c := range list {
		for _, p := range c.Forecast.Processes {
			if p.Objective != nil && !slices.Contains(out, *p.Objective) {
				out = append(out, *p.Objective)
			}
		}
	}
	return out
}

// Basis says what a candidate's figures rest on.
func Basis(c headroom.Candidate) string {
	if c.Measured {
		return "measured"
	}
	return "forecast"
}

// Capacity writes the highest scale of the replayed load.
func Capacity(f headroom.Forecast) string {
	if f.Capacity == nil {
		return figure.Unknown
	}
	return figure.Estimate(*f.Capacity, figure.Plain)
}

// Cost writes a candidate's price a month.
func Cost(cost *float64, p *headroom.Prices) string {
	if cost == nil || p == nil {
		return figure.Unknown
	}
	return figure.Money(*cost, p.Currency)
}

// FitWord tells a check on the runs of the fit from a check on an unseen one.
func FitWord(inFit bool) string {
	if inFit {
		return "in fit"
	}
	return "unseen"
}

// Joined says how much of what the client sent was found in the server's log.
func Joined(j *headroom.JoinReport) string {
	if j == nil {
		return "There was no request log to join: where the time went inside of the server is not known."
	}
	s := fmt.Sprintf("%s of %s requests were found again in the server's log", figure.Count(j.Found), figure.Count(j.Requests))
	if j.Requests > 0 {
		s += " (" + figure.Share(float64(j.Found)/float64(j.Requests)) + ")"
	}
	if j.Foreign > 0 {
		s += fmt.Sprintf("; %s of its lines are not ours", figure.Count(j.Foreign))
	}
	return s + "."
}

// MachineCores are a machine's, and whether they were kept from falling asleep: "2 cores,
// kept awake".
func MachineCores(m headroom.Machine) string {
	if m.Awake {
		return figure.Count(m.Cores) + " cores, kept awake"
	}
	return figure.Count(m.Cores) + " cores"
}
