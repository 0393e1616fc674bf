package prove

import (
	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// MostOthers is how many cores may be busy with what is no part of a run: beyond
// it, the run measured the others too.
const MostOthers = 0.2

// MostStolen is the share of the machine's CPU time that a hypervisor may give to
// others during a run: what it takes comes in pieces of many milliseconds, and
// whoever is at work waits for their end. At 1.3 % requests of one worker took 1.2 times their CPU
// seconds; calm runs have 0 to 0.6 %.
const MostStolen = 0.01

// MostStalled is the share of the speed probe's readings that may be above twice their
// median. A core that is taken from us in the middle of its work, uncounted, makes one of 2 ms
// one of 5 or 10. Calm runs have 0 to 0.6 %, and those beside a noisy neighbour, minutes later
// on the same machine, 2 to 12 %: waiting times in them were up to three times as long.
const MostStalled = 0.01

// leastReadings is how many readings say what share of them is long.
const leastReadings = 100

// Stalled is the share of the readings of a run's window in which the machine's
// cores stood still: StalledShare; nil where they are too few to tell.
func Stalled(run headroom.Run) (*float64, error) {
	h := run.Info().Schedule
	var units []float64
	for s, err := range run.Samples() {
		if err != nil {
			return nil, err
		}
		if s.Probe == "speed" && s.Metric == "unit_seconds" && s.T >= h.LeadIn && s.T <= h.Duration() {
			units = append(units, s.Value)
		}
	}
	if len(units) < leastReadings {
		return nil, nil
	}
	return new(StalledShare(units)), nil
}

// StalledShare is the share of times for the same piece of work that are above twice
// their median; 0 of none.
func StalledShare(units []float64) float64 {
	if len(units) == 0 {
		return 0
	}
	long, median := 0.0, fit.Quantile(units, 0.5)
	for _, u := range units {
		if u > 2*median {
			long++
		}
	}
	return long / float64(len(units))
}

// Others is the cores of the machine that were busy during a run's window with
// what is neither the stack nor the load generator: a build, a backup, another
// test. Even at the lowest priority they share caches and threads of the cores
// with it. nil where nobody looked.
func Others(run headroom.Run) (*float64, error) {
	h := run.Info().Schedule
	type span struct{ t0, v0, t1, v1 float64 }
	seen, order := map[[2]string]*span{}, []*span(nil)
	for s, err := range run.Samples() {
		if err != nil {
			return nil, err
		}
		if s.Metric != "cpu_seconds" || s.Probe != "process" && s.Probe != "generator" || s.T < h.LeadIn || s.T > h.Duration() {
			continue
		}
		key := [2]string{s.Probe, s.Subject}
		if seen[key] == nil {
			seen[key] = &span{s.T, s.Value, s.T, s.Value}
			order = append(order, seen[key])
		}
		seen[key].t1, seen[key].v1 = s.T, s.Value
	}
	rate := func(x *span) float64 { return (x.v1 - x.v0) / max(1e-9, x.t1-x.t0) }
	host := seen[[2]string{"generator", "host"}]
	if host == nil || host.t1 <= host.t0 {
		return nil, nil
	}
	left := rate(host)
	for _, x := range order {
		if x != host {
			left -= rate(x)
		}
	}
	left = max(0, left)
	return &left, nil
}
