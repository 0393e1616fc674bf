package demand

import (
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// Bytes of WAL by class come back where classes move apart; a background is none
// of theirs, and files go in proportion.
func TestWritten(t *testing.T) {
	truth := map[string]float64{"order.create": 9000, "order.confirm": 22000, "order.pick": 7000, "order.ship": 30000, "receive.validate": 26000, "edi_order.create": 8000, "edi_order.confirm": 21000}
	var runs []headroom.Run
	for i, w := range []*world{with(small(), func(w *world) { w.duration = 300 }), with(large(), func(w *world) { w.duration = 300 })} {
		r := w.run(uint64(81 + i))
		names := map[key]string{}
		for _, q := range r.requests {
			names[key{q.Arrival, q.N}] = q.Process + "." + q.Step
		}
		for s := 0.0; s <= 300; s++ {
			wal := 1e6 + 500*s
			for _, l := range r.server {
				if l.End <= s {
					class := names[key{l.Arrival, l.N}]
					lost := 0.2 // of a try's work, when it loses
					if strings.HasSuffix(class, ".confirm") {
						lost = 0.8
					}
					wal += truth[class] * (1 + lost*float64(l.Tries-1))
				}
			}
			r.samples = append(r.samples,
				headroom.Sample{T: s, Probe: "postgres", Subject: "hub", Metric: "wal_bytes", Value: wal},
				headroom.Sample{T: s, Probe: "postgres", Subject: "hub", Metric: "checkpoint_written_bytes", Value: 2 * (wal - 1e6)})
		}
		runs = append(runs, r)
	}
	m := estimated(t, runs...)
	var order, wanted float64
	for _, c := range m.Classes {
		if !c.Pooled {
			continue
		}
		if c.WAL == nil || c.Written == nil {
			t.Fatalf("%s: WAL %v, written %v", c.Name, c.WAL, c.Written)
		}
		// Requests on the border of two cells are not in the bootstrap.
		if want := truth[c.Name]; c.WAL.Low > 1.08*want || c.WAL.High < 0.92*want {
			t.Errorf("%s writes %+v, made with %.0f", c.Name, *c.WAL, want)
		}
		within(t, c.Name+": all beside WAL", c.Written.Value, 3*c.WAL.Value, 0.05*c.Written.Value+1)
		if strings.HasPrefix(c.Name, "order.") { // its steps always come together: their sum is known
			order += c.WAL.Value
			wanted += truth[c.Name]
		}
	}
	within(t, "WAL of an order", order, wanted, 0.12*wanted)
}

// Time at the disk by class comes back from the server's counters of it; a
// single statement's counters are not the server's.
func TestDisk(t *testing.T) {
	truth := map[string]float64{"order.create": 0.004, "order.confirm": 0.012, "receive.validate": 0.02, "scan.lookup": 0.001}
	runs := []headroom.Run{}
	for i, w := range []*world{with(small(), func(w *world) { w.duration = 300 }), with(large(), func(w *world) { w.duration = 300 })} {
		r := w.run(uint64(181 + i))
		names := map[key]string{}
		for _, q := range r.requests {
			names[key{q.Arrival, q.N}] = q.Process + "." + q.Step
		}
		for s := 0.0; s <= 300; s++ {
			var waited float64
			for _, l := range r.server {
				if l.End <= s {
					waited += truth[names[key{l.Arrival, l.N}]]
				}
			}
			for metric, v := range map[string]float64{"read_seconds": 0.8 * waited, "write_seconds": 0.2 * waited} {
				r.samples = append(r.samples, headroom.Sample{T: s, Probe: "postgres", Subject: "hub", Metric: metric, Value: v},
					headroom.Sample{T: s, Probe: "postgres", Subject: "hub/statement:17", Metric: metric, Value: 5 * v})
			}
		}
		runs = append(runs, r)
	}
	seen := 0
	var order, wanted float64
	for _, c := range estimated(t, runs...).Classes {
		if !c.Pooled {
			continue
		}
		if c.Disk == nil {
			t.Fatalf("%s: no time at the disk", c.Name)
		}
		want := truth[c.Name]
		switch c.Name {
		case "scan.lookup", "receive.validate":
			seen++
			if c.Disk.Low > 1.08*want || c.Disk.High < 0.92*want {
				t.Errorf("%s waits %+v, made with %g", c.Name, *c.Disk, want)
			}
		}
		if strings.HasPrefix(c.Name, "order.") { // its steps always come together
			order, wanted = order+c.Disk.Value, wanted+want
		}
	}
	within(t, "an order's time at the disk", order, wanted, 0.15*wanted)
	if seen != 2 {
		t.Errorf("%d classes", seen)
	}
	for _, c := range estimated(t, small().run(5)).Classes {
		if c.Disk != nil {
			t.Errorf("%s: nobody took the time, and there is %+v", c.Name, *c.Disk)
		}
	}
}
