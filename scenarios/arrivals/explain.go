package arrivals

import "fmt"

// explain puts the verdict into words: what it means for whoever replays or
// plans such arrivals, and what to do.
func (r *Result) explain(s sample) {
	switch r.Verdict {
	case Poisson:
		r.Means = "Nothing speaks against independent arrivals: they may be replayed as a Poisson process of this rate."
		r.Do = "State the rate in the plan (per_hour, or a peak's work); no batches and no day_variation are needed."
	case TooFew:
		r.Means = fmt.Sprintf("%d arrivals are too few to tell.", r.N)
		r.Do = fmt.Sprintf("Record until there are %d or more; a few hundred tell the causes apart.", fewest+2)
	case Rounded:
		r.Means = fmt.Sprintf("The times lie on a grid of %s, which is coarse beside the mean gap of %s. But for that they look like independent arrivals.", seconds(*r.Grid), seconds(s.meanGap()))
		r.Do = "Record finer times, if spacing matters; for a plan, state the rate as of a Poisson process. A replay of these times would send bursts that never were."
	case EvenlySpaced:
		r.Means = "The gaps are more equal than those of independent arrivals: a timer, a pacer or a load generator with a constant rate made them. They make queues look shorter than real ones."
		r.Do = "If a load generator sent them, let it send Poisson arrivals; if a system did, plan them as runs that are scheduled (every)."
	case UnevenSpacing:
		r.Means = "The counts follow the rate, but the gaps have another distribution than independent arrivals."
		r.Do = "Look at the gaps: retries after a fixed time, or two sources in turn, do this. Replay the recording itself with 'headroom arrivals replay'."
	case OverDispersed:
		r.overDispersed()
	case WrongRate:
		r.wrongRate(s)
	}
	r.doubts(s)
}

func (r *Result) overDispersed() {
	if r.Cause == Batches {
		r.Means = "Arrivals come in bursts: short and long gaps side by side, more of both than independent arrivals have."
		r.Do = "Plan what comes at once as batches of a peak (at, documents, connections); check the rest alone."
		return
	}
	r.Means = "Counts vary more than chance lets them, and no simple change of the rate explains it: the level goes up and down, as on days that differ."
	r.Do = "Check each day alone against its own rate; for the plan, state a day_variation."
	if r.DayVariation != nil && *r.DayVariation > 0 {
		r.Do = fmt.Sprintf("Check each day alone against its own rate; for the plan, state day_variation: %.2f, which these days show.", *r.DayVariation)
	}
}

func (r *Result) wrongRate(s sample) {
	switch {
	case s.outside > 0:
		r.Means = fmt.Sprintf("%d arrivals lie where the rate is 0 or that it does not cover.", s.outside)
		r.Do = "Give a rate that covers the recording, or cut the recording to the rate's span."
	case r.Cause == Level:
		r.Means = fmt.Sprintf("There are %d arrivals where the rate lets expect %.0f; their course over time agrees.", r.Count.Observed, r.Count.Expected)
		r.Do = fmt.Sprintf("Multiply the rate by %.3g, or find what the recording misses.", float64(r.Count.Observed)/r.Count.Expected)
	case s.given:
		r.Means = "The arrivals look independent, but their rate goes otherwise over time than the one given."
		r.Do = "Compare counts by the hour with the rate, and correct the rate where they part."
	default:
		r.Means = "The arrivals look independent, but their rate is not constant."
		r.Do = "Give the rate over time with --rate, or check a shorter span."
	}
}

// doubts warns of what limits the verdict.
func (r *Result) doubts(s sample) {
	if !s.given && s.rate != nil {
		r.warn("no rate was given: a constant one from the first arrival to the last was assumed, and those two were left out of the tests")
	}
	if r.N < 100 && r.Verdict == Poisson {
		r.warn("%d arrivals show only gross differences; a few hundred are needed to trust this", r.N)
	}
	if r.N > 200_000 && r.Verdict != Poisson {
		r.warn("with %d arrivals the tests see differences that do not matter; look at the statistics' sizes: a ks of 0.01 is one percent", r.N)
	}
	if r.Grid != nil && r.Verdict != Rounded {
		r.warn("times lie on a grid of %s, %.2g %% of the mean gap", seconds(*r.Grid), 100**r.Grid/s.meanGap())
	}
	if s.given && s.outside == 0 && len(s.times) > 0 {
		last, span := s.times[len(s.times)-1], s.rate.To()-s.rate.From()
		if tail := s.rate.Total() - s.rate.Until(last); tail > 20 && s.rate.To()-last > span/10 {
			r.warn("after the last arrival the rate lets expect %.0f more; if the recording ended there, end the rate there too", tail)
		}
	}
}

func seconds(v float64) string {
	switch {
	case v >= 120:
		return fmt.Sprintf("%.3g min", v/60)
	case v >= 1:
		return fmt.Sprintf("%.3g s", v)
	case v >= 1e-3:
		return fmt.Sprintf("%.3g ms", v*1e3)
	}
	return fmt.Sprintf("%.3g µs", v*1e6)
}
