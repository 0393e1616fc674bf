package prose

import (
	"fmt"

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

// Basis says what a candidate's figures rest on.
func Basis(c headroom.Candidate) string {
	if c.Measured {
		return "measured too"
	}
	return "forecast"
}

// Capacity writes the highest scale of the plan's load.
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
