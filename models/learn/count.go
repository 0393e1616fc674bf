package learn

import (
	"math"
	"time"
)

// slots of a local day.
const (
	slots       = 96
	slotSeconds = 900
)

// clock knows the local day and slot of a moment. Requests come in bursts, so
// that the last quarter of an hour is remembered.
type clock struct {
	zone *time.Location
	at   int64
	day  int
	slot int
	set  bool
}

func (c *clock) of(t float64) (day, slot int) {
	k := int64(math.Floor(t / slotSeconds)) // zones differ by quarters of an hour
	if !c.set || k != c.at {
		local := time.Unix(k*slotSeconds, 0).In(c.zone)
		c.day = dayOf(local)
		c.slot = local.Hour()*4 + local.Minute()/15
		c.at, c.set = k, true
	}
	return c.day, c.slot
}

// dayOf numbers days from 1970-01-01 on, by the calendar.
func dayOf(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86_400)
}

// date is a day's, at midnight UTC.
func date(day int) time.Time { return time.Unix(int64(day)*86_400, 0).UTC() }

// weekday is 0 for Monday.
func weekday(day int) int { return int(date(day).Weekday()+6) % 7 }

// counter counts the arrivals of a class in a tenant by local day, in slots
// for what makes a process, else in hours.
type counter struct {
	days   map[int][]uint32
	stamps []stamp // of what may come in batches
}

// stamp is one arrival of a class that may come in batches.
type stamp struct {
	t    float64
	hold float32
}

// mostStamps bounds the arrivals of a class and tenant that are kept one by one.
const mostStamps = 4_000_000

func (a *Accumulator) count(r *request) {
	for int(r.class) >= len(a.anchors) {
		a.anchors = append(a.anchors, anchorOf(a.namer.names[len(a.anchors)]))
	}
	w := where{r.class, r.tenant}
	c := a.counts[w]
	if c == nil {
		c = &counter{days: map[int][]uint32{}}
		a.counts[w] = c
	}
	day, slot := a.clock.of(r.start)
	row := c.days[day]
	kind := a.anchors[r.class]
	if row == nil {
		n := 24
		if kind.process {
			n = slots
		}
		row = make([]uint32, n)
		c.days[day] = row
	}
	a.seen[a.clock.at]++
	if len(row) == slots {
		row[slot]++
	} else {
		row[slot/4]++
	}
	if kind.batches && len(c.stamps) < mostStamps {
		c.stamps = append(c.stamps, stamp{r.start, float32(r.hold())})
	}
}
