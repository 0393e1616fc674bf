package sizing

import (
	"fmt"
	"strings"

	"github.com/headroom-erp/headroom"
)

// reasons are the sentences of a recommendation, most important first.
func (c *chooser) reasons(best option, sweep []option) []string {
	out := []string{c.verdict(best)}
	add := func(s string) {
		if s != "" {
			out = append(out, s)
		}
	}
	if o, p, ok := tightest(best.Forecast, c.plan.Objectives); ok && best.Forecast.Meets {
		add(fmt.Sprintf("The tightest objective is %s: %s.", name(o), span(p, "s")))
	}
	add(use(best))
	add(fewer(best, sweep, c.plan.Objectives))
	add(more(best, sweep))
	if e := best.Forecast.Capacity; e != nil {
		add(fmt.Sprintf("It holds %.2f times the replayed load (%.2f to %.2f); beyond that it first misses %s.", e.Value, e.Low, e.High, best.Forecast.LimitedBy))
	}
	add(c.cheaper(best))
	return out
}

func (c *chooser) verdict(best option) string {
	cost := ""
	if best.CostMonth != nil {
		cost = fmt.Sprintf(" (%.0f %s a month)", *best.CostMonth, c.plan.Prices.Currency)
	}
	if best.Forecast.Meets {
		return fmt.Sprintf("%s%s is on the cheapest hardware that holds every objective; %s hold them all.", describe(best.Topology), cost,
			share(best.Forecast.Confidence, "replications"))
	}
	s := fmt.Sprintf("No topology holds every objective; %s%s comes nearest", describe(best.Topology), cost)
	if o, p, ok := tightest(best.Forecast, c.plan.Objectives); ok {
		s += fmt.Sprintf(", and misses %s with %s", name(o), span(p, "s"))
	}
	return s + "."
}

func describe(t headroom.Topology) string {
	if t.SharedHost {
		return fmt.Sprintf("%q: %s on a shared host of %s", t.Name, workers(t.Web.Workers), coresOf(t.Web.Cores))
	}
	return fmt.Sprintf("%q: %s on %s, database on %s", t.Name, workers(t.Web.Workers), coresOf(t.Web.Cores), coresOf(t.Database.Cores))
}

func workers(n int) string {
	if n == 1 {
		return "1 worker"
	}
	return fmt.Sprintf("%d workers", n)
}

func coresOf(n float64) string {
	if n == 1 {
		return "1 core"
	}
	return fmt.Sprintf("%g cores", n)
}

func share(x float64, of string) string { return fmt.Sprintf("%.0f %% of %s", 100*x, of) }

func span(e headroom.Estimate, unit string) string {
	return strings.TrimSpace(fmt.Sprintf("%.2f %s (%.2f to %.2f)", e.Value, unit, e.Low, e.High))
}

// tightest is the objective that takes most of its bound, with its percentile.
// Objectives of a peak are judged within it, and shown by the whole window.
func tightest(f headroom.Forecast, objectives []headroom.Objective) (headroom.Objective, headroom.Estimate, bool) {
	var found headroom.Objective
	var at headroom.Estimate
	most := -1.0
	for _, o := range objectives {
		for _, p := range f.Processes {
			e, ok := p.Percentile[label(o.Percentile)]
			if p.Process == o.Process && ok && o.Within > 0 && e.Value/o.Within > most {
				found, at, most = o, e, e.Value/o.Within
			}
		}
	}
	return found, at, most >= 0
}

func use(x option) string {
	var parts []string
	for _, st := range cores(x.Topology) {
		e := x.Forecast.Utilization[st.Name]
		parts = append(parts, fmt.Sprintf("%s %.0f %%", st.Name, 100*e.Value))
	}
	return fmt.Sprintf("Over the window it is busy to: %s; %.1f of %s on the mean.", strings.Join(parts, ", "), x.Forecast.PoolBusy.Value, workers(x.Topology.Web.Workers))
}

// fewer says what the next smaller worker count would miss.
func fewer(best option, sweep []option, objectives []headroom.Objective) string {
	var below *option
	for i := range sweep {
		if sweep[i].Topology.Web.Workers < best.Topology.Web.Workers {
			below = &sweep[i]
		}
	}
	if below == nil || !best.Forecast.Meets {
		return ""
	}
	o, p, ok := tightest(below.Forecast, objectives)
	if !ok {
		return ""
	}
	if below.Forecast.Meets {
		return fmt.Sprintf("With %s it still holds, but only in %s.", workers(below.Topology.Web.Workers), share(below.Forecast.Confidence, "replications"))
	}
	return fmt.Sprintf("With %s it misses %s: %s; these are the fewest that hold.", workers(below.Topology.Web.Workers), name(o), span(p, "s"))
}

// more says what more workers bring: seldom much, and with conflicts harm.
func more(best option, sweep []option) string {
	if len(sweep) == 0 {
		return ""
	}
	last := sweep[len(sweep)-1]
	if last.Topology.Web.Workers <= best.Topology.Web.Workers {
		return ""
	}
	s := fmt.Sprintf("With %s the objectives hold in %s", workers(last.Topology.Web.Workers), share(last.Forecast.Confidence, "replications"))
	if process, from, to := conflicts(best.Forecast, last.Forecast); process != "" {
		s += fmt.Sprintf(", and the share of %s requests that retry after a conflict goes from %.1f %% to %.1f %%", process, 100*from, 100*to)
	}
	// A difference within the replications' spread is none.
	switch a, b := best.tightest, last.tightest; {
	case b.Value > a.High || last.Forecast.Confidence < best.Forecast.Confidence:
		return s + ": more workers make it worse."
	case b.Value > a.Low:
		return s + ": more workers do not help."
	}
	return s + ": more workers help, but are not needed."
}

// conflicts is the process that retries most, and how its share changes.
func conflicts(from, to headroom.Forecast) (string, float64, float64) {
	process, a, b := "", 0.0, 0.0
	for i, p := range from.Processes {
		if i < len(to.Processes) && to.Processes[i].RetryShare.Value > b {
			process, a, b = p.Process, p.RetryShare.Value, to.Processes[i].RetryShare.Value
		}
	}
	return process, a, b
}

// cheaper names what the plan has for less, and why it was not taken.
func (c *chooser) cheaper(best option) string {
	var found *option
	for i := range c.options {
		x := &c.options[i]
		if hardwareCost(x.Topology, c.plan.Prices) < hardwareCost(best.Topology, c.plan.Prices) && (found == nil || x.tightest.Value < found.tightest.Value) {
			found = x
		}
	}
	if found == nil {
		return ""
	}
	o, p, ok := tightest(found.Forecast, c.plan.Objectives)
	if !ok || found.Forecast.Meets {
		return ""
	}
	return fmt.Sprintf("%q is cheaper, but no worker count holds there: with %s, %s comes out at %s.", found.Topology.Name, workers(found.Topology.Web.Workers), name(o), span(p, "s"))
}
