package sizing

import (
	"fmt"
	"maps"
	"math"
	"slices"
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
	if r, ok := tightest(best.Forecast); ok && best.Forecast.Meets {
		add(fmt.Sprintf("The tightest objective is %s: %s.", r.Name, told(r)))
	}
	add(use(best))
	add(fewer(best, sweep))
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
	if r, ok := tightest(best.Forecast); ok {
		s += fmt.Sprintf(", and misses %s with %s", r.Name, told(r))
	}
	return s + "."
}

func describe(t headroom.Topology) string {
	if len(t.Stacks) > 0 {
		return fmt.Sprintf("%q with %d stacks", t.Name, len(t.Stacks))
	}
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

// tightest is the objective that takes most of its bound, as it was judged.
func tightest(f headroom.Forecast) (headroom.ObjectiveReport, bool) {
	var found headroom.ObjectiveReport
	most := -1.0
	for _, r := range f.Objectives {
		if r.Met == nil {
			continue
		}
		x := math.Inf(1)
		if r.Value != nil {
			x = ratio(r.Objective, r.Value.Value)
		}
		if x > most {
			found, most = r, x
		}
	}
	return found, most >= 0
}

// told is a judged objective's figure in words.
func told(r headroom.ObjectiveReport) string {
	if r.Value == nil {
		return "no figure at all (" + r.Reason + ")"
	}
	return amount(r.Objective, *r.Value)
}

func use(x option) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(x.Forecast.Utilization)) {
		parts = append(parts, fmt.Sprintf("%s %.0f %%", name, 100*x.Forecast.Utilization[name].Value))
	}
	s := fmt.Sprintf("Over the window it is busy to: %s; %.1f", strings.Join(parts, ", "), x.Forecast.PoolBusy.Value)
	if len(x.Topology.Stacks) > 0 || x.Topology.Dedicated {
		return s + " workers of all its stacks on the mean."
	}
	return fmt.Sprintf("%s of %s on the mean.", s, workers(workersOf(x.Topology)))
}

// fewer says what the next smaller worker count would miss.
func fewer(best option, sweep []option) string {
	var below *option
	for i := range sweep {
		if sweep[i].Topology.Web.Workers < best.Topology.Web.Workers {
			below = &sweep[i]
		}
	}
	if below == nil || !best.Forecast.Meets {
		return ""
	}
	r, ok := tightest(below.Forecast)
	if !ok {
		return ""
	}
	if below.Forecast.Meets {
		return fmt.Sprintf("With %s it still holds, but only in %s.", workers(below.Topology.Web.Workers), share(below.Forecast.Confidence, "replications"))
	}
	return fmt.Sprintf("With %s it misses %s: %s; these are the fewest that hold.", workers(below.Topology.Web.Workers), r.Name, told(r))
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
		if c.hardwareCost(x.Topology) < c.hardwareCost(best.Topology) && (found == nil || x.tightest.Value < found.tightest.Value) {
			found = x
		}
	}
	if found == nil {
		return ""
	}
	r, ok := tightest(found.Forecast)
	if !ok || found.Forecast.Meets {
		return ""
	}
	return fmt.Sprintf("%q is cheaper, but no worker count holds there: with %s, %s comes out at %s.", found.Topology.Name, workers(found.Topology.Web.Workers), r.Name, told(r))
}
