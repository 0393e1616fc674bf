package profiles

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// keysOf are the keys, besides those that every objective may have, that a
// measure needs, and those that it may have.
var keysOf = map[string]struct{ needs, may []string }{
	headroom.MeasureResponse:       {needs: []string{"process", "percentile", "within"}},
	headroom.MeasureErrorShare:     {needs: []string{"at_most"}, may: []string{"process"}},
	headroom.MeasureAttainment:     {needs: []string{"at_least"}, may: []string{"documents"}},
	headroom.MeasureDrain:          {needs: []string{"peak", "at_most"}},
	headroom.MeasureAppCPU:         {needs: []string{"at_most"}},
	headroom.MeasureDatabaseCPU:    {needs: []string{"at_most"}},
	headroom.MeasureReplicationLag: {needs: []string{"at_most"}},
	headroom.MeasureConflictShare:  {needs: []string{"at_most"}, may: []string{"process"}},
	headroom.MeasureSample:         {needs: []string{"sample", "at_most"}},
}

// local are the measures that one site can have by itself.
var local = []string{headroom.MeasureResponse, headroom.MeasureErrorShare, headroom.MeasureAttainment, headroom.MeasureDrain, headroom.MeasureConflictShare}

// whole are the measures that are one figure of a peak or a run: no phase, and
// no part of it, has one of its own.
var whole = []string{headroom.MeasureAttainment, headroom.MeasureDrain}

// shares are the measures that lie between 0 and 1.
var shares = []string{headroom.MeasureErrorShare, headroom.MeasureAppCPU, headroom.MeasureDatabaseCPU, headroom.MeasureConflictShare}

func (c *checker) checkObjectives() {
	for i, o := range c.plan.Objectives {
		path := item("objectives", i)
		measure := o.Measure
		if measure == "" && !c.given(path+".measure") {
			measure = headroom.MeasureResponse
		}
		if _, ok := keysOf[measure]; !ok {
			c.unknownMeasure(path+".measure", measure, headroom.Measures())
			continue
		}
		c.objectiveKeys(path, measure)
		c.objectiveNames(path, o)
		c.objectiveFigures(path, measure, o)
	}
}

func (c *checker) unknownMeasure(path, measure string, known []string) {
	do := "the measures are " + strings.Join(known, ", ")
	if s := suggest(measure, known); s != "" {
		do = fmt.Sprintf("did you mean %q?", s)
	}
	c.say(path, do, "there is no measure %s", quote(measure))
}

// objectiveKeys finds keys that a measure lacks, or has no use for.
func (c *checker) objectiveKeys(path, measure string) {
	k := keysOf[measure]
	for _, key := range k.needs {
		if !c.given(path+"."+key) && !c.found(path) {
			c.say(path, "", "an objective of measure %s needs the key %q", measure, key)
		}
	}
	allowed := slices.Concat(k.needs, k.may, []string{"measure", "peak"})
	if slices.Contains(local, measure) {
		allowed = append(allowed, "site")
	}
	if !slices.Contains(whole, measure) {
		allowed = append(allowed, "phase", "sliding")
	}
	for _, key := range []string{"process", "site", "percentile", "within", "at_most", "at_least", "documents", "sample", "phase", "sliding"} {
		if c.given(path+"."+key) && !slices.Contains(allowed, key) {
			c.say(path+"."+key, "remove it", "an objective of measure %s has no %s", measure, key)
		}
	}
}

func (c *checker) objectiveNames(path string, o headroom.Objective) {
	for _, n := range []struct {
		key, what, name string
		names           []string
	}{
		{"process", "process", o.Process, c.processes}, {"peak", "peak", o.Peak, c.peaks}, {"site", "site", o.Site, c.sites},
	} {
		if c.given(path + "." + n.key) {
			c.known(path+"."+n.key, n.what, n.name, n.names)
		}
	}
	if !c.given(path + ".phase") {
		return
	}
	if phases := []string{"before", "during", "after"}; !slices.Contains(phases, o.Phase) {
		c.say(path+".phase", "choose "+strings.Join(phases, ", "), "%s is not a phase of a peak", quote(o.Phase))
	} else if !c.given(path + ".peak") {
		c.say(path+".phase", "add peak: NAME", "a phase is one of a peak, and the objective names none")
	}
}

func (c *checker) objectiveFigures(path, measure string, o headroom.Objective) {
	if c.given(path+".percentile") && measure == headroom.MeasureResponse {
		c.percentile(path+".percentile", o.Percentile)
	}
	c.positive(path+".within", o.Within, maxSeconds)
	c.positive(path+".sliding", o.Sliding, maxSeconds)
	switch most := path + ".at_most"; {
	case slices.Contains(shares, measure):
		c.share(most, o.AtMost)
	case measure != headroom.MeasureSample: // a gauge may be anything
		c.atLeast(most, o.AtMost, 0, maxSeconds)
	}
	c.share(path+".at_least", o.AtLeast)
	if parts := strings.Split(o.Sample, "/"); c.given(path+".sample") && (len(parts) < 3 || slices.Contains(parts, "")) {
		c.say(path+".sample", "write probe/subject/metric, such as redis/redis/used_memory_bytes; a run's are in `headroom export RUN --table samples`", "%s does not name a sample", quote(o.Sample))
	}
}

func (c *checker) percentile(path string, v float64) {
	switch {
	case v > 0 && v <= 1:
		c.say(path, fmt.Sprintf("write %g", 100*v), "a percentile is given in per cent, and is %g here", v)
	case v <= 0 || v >= 100:
		c.say(path, "", "a percentile lies between 0 and 100, both excluded, and is %g here", v)
	}
}

func (c *checker) share(path string, v float64) {
	if c.given(path) && v > 1 && v <= 100 {
		c.say(path, fmt.Sprintf("write %g", v/100), "a share lies between 0 and 1, and is %g here", v)
		return
	}
	c.atLeast(path, v, 0, 1)
}

// leastOver is the shortest time, in seconds, that a stop rule may look back
// over: within less there are no figures.
const leastOver = 5

func (c *checker) checkStop() {
	known := []string{headroom.MeasureErrorShare, headroom.MeasureResponse, headroom.MeasureBacklog}
	for i, r := range c.plan.Stop {
		path := item("stop", i)
		if !c.given(path + ".measure") {
			continue
		}
		if !slices.Contains(known, r.Measure) {
			c.unknownMeasure(path+".measure", r.Measure, known)
			continue
		}
		if c.given(path + ".process") {
			c.known(path+".process", "process", r.Process, c.processes)
		}
		switch response := r.Measure == headroom.MeasureResponse; {
		case response && !c.given(path+".percentile"):
			c.say(path, "add percentile: 95", "a stop rule of the response needs a percentile")
		case !response && c.given(path+".percentile"):
			c.say(path+".percentile", "remove it", "a stop rule of measure %s has no percentile", r.Measure)
		case response:
			c.percentile(path+".percentile", r.Percentile)
		}
		if r.Measure == headroom.MeasureErrorShare {
			c.share(path+".at_most", r.AtMost)
		} else {
			c.positive(path+".at_most", r.AtMost, maxAmount)
		}
		c.atLeast(path+".over", r.Over, leastOver, maxSeconds)
	}
}

// leastEvery is the shortest interval of a probe, in seconds.
const leastEvery = 0.1

// checkObserve looks at figures only: which probes there are, the run knows.
func (c *checker) checkObserve() {
	if c.plan.Observe == nil {
		return
	}
	for name, every := range c.plan.Observe.Every {
		c.atLeast("observe.every."+name, every, leastEvery, maxSeconds)
	}
	for name, query := range c.plan.Observe.Queries {
		path := "observe.queries." + name
		c.name(path, strings.ReplaceAll(name, "_", "-"))
		if strings.TrimSpace(query) == "" {
			c.say(path, "", "the query %s is empty", quote(name))
		}
	}
}
