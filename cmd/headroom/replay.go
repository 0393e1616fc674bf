package main

import (
	"context"
	"fmt"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// schedule is the demo's window at a scale of what the demo replays.
func (d *demo) schedule(scale float64) (headroom.Schedule, error) {
	w, err := calendar.DemoWindow(d.plan, d.block)
	if err != nil {
		return nil, err
	}
	if cut := w.Seconds - d.o.seconds; d.o.seconds > 0 && cut > 0 {
		w.At = w.At.Add(time.Duration(cut * float64(time.Second)))
		w.Seconds = d.o.seconds
	}
	base := d.block.Scale
	if base == 0 {
		base = 1
	}
	return calendar.New(d.plan, w, d.o.seed, base*scale, players(d.plan))
}

// replay runs the window on the named topologies, one after the other, and
// returns the bundles' folders.
func (d *demo) replay(ctx context.Context, names []string) ([]string, error) {
	var folders []string
	for _, name := range names {
		folder, err := d.runOnce(ctx, name, 1, name)
		if err != nil {
			return folders, err
		}
		folders = append(folders, folder)
	}
	return folders, nil
}

// runOnce runs the window on one topology at a scale of the demo's load.
func (d *demo) runOnce(ctx context.Context, name string, scale float64, id string) (string, error) {
	topology, err := topologyNamed(d.plan, name)
	if err != nil {
		return "", err
	}
	schedule, err := d.schedule(scale)
	if err != nil {
		return "", err
	}
	return d.run(ctx, topology, schedule, id)
}

func count(s headroom.Schedule) (int, error) {
	n := 0
	for _, err := range s.Arrivals() {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// Bounds of the number of virtual users, and the journey time that they are
// made for: as many are made as arrivals can come within it. One costs about a
// megabyte and some milliseconds before the start.
const (
	fewestVUs    = 20
	mostVUs      = 500
	patienceOfVU = 30 * time.Second
)

// virtualUsers is how many the k6 engine needs so that none is waited for: the
// most arrivals within any span of patienceOfVU, a lane counting no more than
// its connections.
func virtualUsers(s headroom.Schedule) (int, error) {
	h := s.Header()
	var open []time.Duration // those within the span that ends now
	most, operators := 0, 0
	for a, err := range s.Arrivals() {
		if err != nil {
			return 0, err
		}
		if h.Processes[a.Process].Engine != scenarios.K6 || a.Kind == headroom.Batched {
			continue
		}
		if a.Kind == headroom.Closed { // an operator needs one at a time, however long the shift
			operators++
			continue
		}
		open = append(open, a.At)
		for a.At-open[0] > patienceOfVU {
			open = open[1:]
		}
		most = max(most, len(open))
	}
	for _, l := range h.Lanes {
		most += l.Connections
	}
	if operators > mostVUs {
		return 0, &headroom.InputError{What: fmt.Sprintf("%d operators are at work at once, and one generator plays %d", operators, mostVUs), Do: "replay less with --scale, or a part of the sites"}
	}
	return min(max(most+operators, fewestVUs), mostVUs), nil
}
