package sizing

import (
	"fmt"
	"math"

	"github.com/headroom-erp/headroom"
)

// A due is when documents of some sites are due: in (after, until].
type due struct {
	after, until float64
	sites        []string
}

// judgeAttainment is of documents that were due in the window, or by the end of
// a peak.
func (c *course) judgeAttainment(o headroom.Objective) figure {
	var when []due
	if o.Peak == "" {
		when = []due{{after: c.window.from, until: math.Inf(1)}}
	}
	for _, x := range c.header.Spans {
		if o.Peak != "" && x.Name == o.Peak {
			when = append(when, due{x.From, x.To + c.dues[x.Name], x.Sites})
		}
	}
	var at []due
	for _, d := range when {
		if o.Site != "" {
			if !(part{sites: d.sites}).has(o.Site) {
				continue
			}
			d.sites = []string{o.Site}
		}
		at = append(at, d)
	}
	in, all := c.attained(o.Documents, at)
	if all == 0 {
		return nothing("no document was due")
	}
	return exactly(float64(in) / float64(all))
}

// attained counts, of the documents of a kind ("": all) that were due, those
// that were done by then, and all of them. What is due after the run's end is
// left out.
func (c *course) attained(kind string, when []due) (in, all int) {
	sites := make([][]bool, len(when))
	for i, d := range when {
		sites[i] = c.at(part{sites: d.sites})
	}
	for _, p := range c.papers {
		if kind != "" && p.kind != kind || p.due <= 0 || p.due > c.end {
			continue
		}
		for i, d := range when {
			if p.due > d.after && p.due <= d.until && among(sites[i], p.site) {
				all++
				if p.done <= p.due {
					in++
				}
				break
			}
		}
	}
	return in, all
}

// judgeDrain is the longest drain of a peak's occurrences.
func (c *course) judgeDrain(o headroom.Objective) figure {
	var found []figure
	for _, x := range c.header.Spans {
		sites := x.Sites
		if o.Site != "" {
			if !(part{sites: x.Sites}).has(o.Site) {
				continue
			}
			sites = []string{o.Site}
		}
		if x.Name != o.Peak || x.To <= c.window.from || x.From >= c.end {
			continue
		}
		found = append(found, c.drain(x, sites, o.AtMost))
	}
	if len(found) == 0 {
		return nothing("nothing of %s is in the run", o.Peak)
	}
	out := worst(found)
	for _, f := range found { // one that cannot be judged yet is worse than one that is within its bound
		if math.IsNaN(f.value) && (math.IsNaN(out.value) || out.value <= o.AtMost) {
			return f
		}
	}
	return out
}

// drain is the time from a peak's end until its backlog was no larger than
// before the peak.
func (c *course) drain(x headroom.Span, sites []string, bound float64) figure {
	if c.end < x.To {
		return nothing("the run ends before %s does", x.Name)
	}
	base := x.From
	if base <= 0 {
		base = min(c.header.LeadIn, x.To)
	}
	b := c.backlog(everything, sites)
	if first, _, ok := b.Falls(b.Ordinary(base), x.To, c.end); ok {
		return exactly(first - x.To)
	}
	if c.end-x.To > bound {
		return figure{value: math.Inf(1), at: math.NaN(), reason: fmt.Sprintf("the backlog is not gone when the run ends, %.0f s after the peak", c.end-x.To)}
	}
	return nothing("the run ends %.0f s after %s, with the backlog not gone: look at more of what comes after it", c.end-x.To, x.Name)
}
