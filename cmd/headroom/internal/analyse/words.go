package analyse

import (
	"fmt"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
)

// Name puts an objective into words.
func Name(o headroom.Objective) string {
	var s string
	switch who := o.Process; o.Measure {
	case "", headroom.MeasureResponse:
		s = who + " " + figure.Percentile(o.Percentile) + " within " + figure.Bound(o.Within)
	case headroom.MeasureErrorShare:
		s = of(who, "errors of all journeys", "errors") + " at most " + figure.Share(o.AtMost)
	case headroom.MeasureConflictShare:
		s = of(who, "requests that lost a conflict", "requests that lost a conflict") + " at most " + figure.Share(o.AtMost)
	case headroom.MeasureAttainment:
		s = of(o.Documents, "documents", "documents") + " done in time at least " + figure.Share(o.AtLeast)
	case headroom.MeasureDrain:
		s = "backlog of " + o.Peak + " gone within " + figure.Bound(o.AtMost)
	case headroom.MeasureAppCPU:
		s = "app CPU at most " + figure.Share(o.AtMost)
	case headroom.MeasureDatabaseCPU:
		s = "database CPU at most " + figure.Share(o.AtMost)
	case headroom.MeasureReplicationLag:
		s = "replicas behind at most " + figure.Bound(o.AtMost)
	case headroom.MeasureSample:
		s = o.Sample + " at most " + figure.Exact(o.AtMost)
	default:
		s = o.Measure
	}
	if o.Peak != "" && o.Measure != headroom.MeasureDrain {
		phase := o.Phase
		if phase == "" {
			phase = "during"
		}
		s += " " + phase + " " + o.Peak
	}
	if o.Site != "" {
		s += " at " + o.Site
	}
	if o.Sliding > 0 {
		s += " in every " + figure.Bound(o.Sliding)
	}
	return strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(s)
}

// of puts a name before what is said of it, if there is one.
func of(who, all, one string) string {
	if who == "" {
		return all
	}
	return fmt.Sprintf("%s %s", who, one)
}
