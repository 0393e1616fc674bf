package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/conduct"
	"github.com/headroom-erp/headroom/profiles"
	"github.com/headroom-erp/headroom/scenarios"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// engineOf names the engine of each scenario.
func engineOf() map[string]string {
	out := map[string]string{}
	for _, s := range scenarios.All() {
		out[s.Name] = s.Engine
	}
	return out
}

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
	return calendar.New(d.plan, w, d.o.seed, base*scale, engineOf())
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
	h := schedule.Header()
	counted, err := count(schedule)
	if err != nil {
		return "", err
	}
	d.say("replaying %s on %s: %d arrivals in %.0f s (%.0f s of it lead-in)", h.WindowAt.Format("15:04:05"), topology.Name, counted, h.Duration(), h.LeadIn)
	vus, err := virtualUsers(schedule)
	if err != nil {
		return "", err
	}
	folder := filepath.Join(d.folder, "runs", id)
	_, err = conduct.Run(ctx, conduct.Spec{
		ID: id, Binary: d.binary, Tool: toolVersion(), Plan: d.plan, PlanText: profiles.Marshal(d.plan),
		Topology: topology, Schedule: schedule, Stack: d.ground.Stack, Seeded: d.ground.Seeded, Logins: d.ground.Logins,
		Dir: folder, Private: d.private(), VUs: vus, Lost: d.ground.Lost, Say: d.say,
	})
	if err != nil {
		return folder, fmt.Errorf("run %s: %w", id, err)
	}
	return folder, nil
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
	most := 0
	for a, err := range s.Arrivals() {
		if err != nil {
			return 0, err
		}
		if h.Processes[a.Process].Engine != scenarios.K6 || a.Kind == headroom.Batched {
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
	return min(max(most, fewestVUs), mostVUs), nil
}
