package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// TestAnnounceDue: cutoffs that documents share have a line each, due times of
// their own one line together.
func TestAnnounceDue(t *testing.T) {
	h := headroom.Header{WindowAt: time.Date(2026, 11, 20, 16, 0, 10, 0, time.UTC), LeadIn: 10, Window: 90} // 16:00:00 to 16:01:40
	at := func(d ...int) tally {
		out := tally{due: map[time.Duration]int{}}
		for _, s := range d {
			out.due[time.Duration(s)*time.Second]++
		}
		return out
	}
	const unseen = "after the run's end, so that whether they are in time is not measured"
	for _, c := range []struct {
		what    string
		counted []tally
		want    string
	}{
		{"nothing is due", []tally{{}}, ""},
		{"a cutoff of two processes", []tally{at(60, 60), at(60)}, "16:01:00: 3 documents of this run\n"},
		{"a cutoff that the run does not reach", []tally{at(101, 101)}, "16:01:41: 2 documents of this run, " + unseen + "\n"},
		{"one document", []tally{at(60)}, "16:01:00: 1 document of this run\n"},
		{"each by itself", []tally{at(60, 61, 70)}, "16:01:00 to 16:01:10: 3 documents of this run, each at its own time\n"},
		{"some of them too late to be seen", []tally{at(60, 160, 70)},
			"16:01:00 to 16:02:40: 3 documents of this run, each at its own time; 1 of them " + unseen + "\n"},
		{"all of them", []tally{at(160, 170)}, "16:02:40 to 16:02:50: 2 documents of this run, each at its own time, " + unseen + "\n"},
		{"both", []tally{at(60, 60, 70)}, "16:01:00: 2 documents of this run\n  due      16:01:10: 1 document of this run\n"},
	} {
		var b bytes.Buffer
		if announceDue(&b, h, c.counted); strings.TrimPrefix(b.String(), "  due      ") != c.want {
			t.Errorf("%s: got\n%swant\n%s", c.what, b.String(), c.want)
		}
	}
}
