package prose

import (
	"fmt"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
)

// Looked says in plain words what part of the calendar a forecast is of; ""
// when it is of none.
func Looked(h headroom.Header) string {
	return strings.NewReplacer("of the calendar were replayed", "of the calendar are looked at", "every rate and batch was multiplied", "every rate, batch and number of operators is multiplied").Replace(Window(h))
}

// Capable is a capacity in a sentence or two.
func Capable(r headroom.CapacityReport) string {
	who := fmt.Sprintf("%s (%s)", Topology(r.Topology), Stacks(r.Topology))
	var s string
	switch {
	case r.Check != nil:
		v := r.Check.Measured
		s = fmt.Sprintf("%s carried %s%s the load on the running system", who, bound(*r.Check), figure.Estimate(v, figure.Times))
		if r.Model != nil {
			s += fmt.Sprintf("; the model said %s", figure.Estimate(*r.Model, figure.Times))
		}
	case r.Model != nil:
		s = fmt.Sprintf("%s holds %s the load, says the model", who, figure.Estimate(*r.Model, figure.Times))
	default:
		if r.Objective == "" {
			return who + ": the model found no load that it holds."
		}
		return who + ": by the model not even a sixteenth of the load is held, and less was not tried. What is missed is " + r.Objective + "."
	}
	if r.Objective != "" {
		s += fmt.Sprintf(". Beyond it the first objective that is missed is %s", r.Objective)
		if r.Station != "" {
			s += ", with " + r.Station + " busiest" + use(r)
		}
	}
	if r.Headroom != nil {
		s += fmt.Sprintf(". Headroom over this load: %s", figure.Share(*r.Headroom))
	}
	return s + "."
}

// use is how much of the busiest station and of the workers is used at the
// capacity, so that nobody buys cores for a station that has some left.
func use(r headroom.CapacityReport) string {
	if r.At == nil {
		return ""
	}
	var parts []string
	if e, ok := r.At.Utilization[r.Station]; ok && figure.Known(e) {
		parts = append(parts, figure.Value(e, figure.Part)+" of it used")
	}
	if e := r.At.PoolBusy; figure.Known(e) {
		parts = append(parts, figure.Value(e, figure.Plain)+" workers busy")
	}
	if len(parts) == 0 {
		return ""
	}
	return " (over the whole window " + strings.Join(parts, ", ") + ")"
}

// Confirmed says whether the answer of a search held over a longer window; ""
// where that was not tried.
func Confirmed(v headroom.CapacityCheck) string {
	switch {
	case v.Confirmed == nil:
		return ""
	case *v.Confirmed:
		return "The highest scale that held did so over a longer window too."
	}
	return "What held over the window did not over a longer one, which counts."
}
