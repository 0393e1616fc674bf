package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/conduct"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/profiles"
	"github.com/headroom-erp/headroom/scenarios"
)

// A workshop is where a verb runs a plan: its workspace folder, and what the
// runs stand on.
type workshop struct {
	std     stdio
	target  string // erp, odoo or external
	seed    uint64
	plan    headroom.Plan
	folder  string
	binary  string
	estate  *ground.Estate
	started time.Time
	live    *liveView       // nil before make
	store   headroom.Secret // of the PostgreSQL that takes a copy of each run; "" for none
	// services are what the environment names to be observed.
	services []headroom.Service
}

// say prints a line of progress with the time since the start.
func (w *workshop) say(format string, args ...any) {
	since := time.Since(w.started).Round(time.Second)
	fmt.Fprintf(w.std.err, "%02d:%02d  %s\n", int(since.Minutes()), int(since.Seconds())%60, printableLines(fmt.Sprintf(format, args...)))
}

// close stops what was started and removes the files with secrets; after bad
// input that was found before anything ran, the whole workspace. Ours says
// that its name was not the user's.
func (w *workshop) close(ctx context.Context, err error, ours bool) error {
	if w.estate != nil {
		err = errors.Join(err, w.estate.Close(ctx))
	}
	err = errors.Join(err, w.live.close())
	rubbish := w.private()
	if _, ran := os.Stat(w.path("runs")); ran != nil && headroom.ExitCode(err) == headroom.ExitBadInput {
		rubbish = w.folder
	}
	err = errors.Join(err, os.RemoveAll(rubbish))
	if rubbish == w.folder && ours {
		_ = os.Remove(filepath.Dir(w.folder)) // it stays when it holds something else
	}
	return err
}

// make makes the workspace; an empty name makes one of the verb and the time.
// From then on runs are shown, at address as a page if it is not empty.
func (w *workshop) make(folder, verb, address string) error {
	if folder == "" {
		folder = filepath.Join("headroom-workspace", verb+"-"+w.started.UTC().Format("20060102-150405"))
	}
	folder, err := w.enter(folder, address)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return &headroom.InputError{What: "cannot be made: " + err.Error(), Where: folder, Do: "choose another folder with --workspace", Err: err}
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		return &headroom.InputError{What: "cannot be made: " + err.Error(), Where: folder, Do: "choose a folder that does not exist with --workspace", Err: err}
	}
	w.folder = folder
	w.say("workspace %s", folder)
	w.std.rites.add(func() { _ = os.RemoveAll(w.private()) })
	for _, dir := range []string{w.private(), w.path("logs")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return &headroom.MeasureError{What: "the workspace cannot be written", Err: err}
		}
	}
	return nil
}

// enter readies what a workspace in a folder, new or not, needs beside it.
func (w *workshop) enter(folder, address string) (string, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return "", &headroom.InputError{What: err.Error(), Where: "--workspace"}
	}
	if w.binary, err = os.Executable(); err != nil {
		return "", &headroom.MeasureError{What: "the program cannot find itself", Err: err}
	}
	w.std = w.std.onScreen()
	w.live, err = openLive(w.std, address, w.say)
	return folder, err
}

// path is a file of the workspace.
func (w *workshop) path(name string) string { return filepath.Join(w.folder, name) }

// private is the folder for files with secrets, removed at the end.
func (w *workshop) private() string { return w.path("private") }

// open starts the target for the topologies and seeds it.
func (w *workshop) open(ctx context.Context, topologies ...headroom.Topology) (err error) {
	w.estate, err = ground.OpenEstate(ctx, ground.Options{
		Target: w.target, Workspace: w.private(), Binary: w.binary, Seed: w.seed,
		Modules: scenarios.Modules(w.plan), Getenv: os.Getenv, Out: w.std.err, Say: w.say,
		Log: func(t headroom.Topology) string { return filepath.Join(w.folder, "logs", t.Name+".log") },
	}, w.plan, topologies...)
	if err != nil {
		return err
	}
	users := 0
	for _, s := range w.plan.Sites {
		users += s.Users
	}
	w.say("seeding %d products and %d users", w.plan.Catalogue.Products, users)
	return w.estate.Fill(ctx)
}

// parts are a topology's stacks on the estate.
func (w *workshop) parts(t headroom.Topology) []conduct.Part {
	var parts []conduct.Part
	for i, p := range t.Parts(w.plan.Sites) {
		parts = append(parts, conduct.Part{Topology: p.Topology, Sites: p.Sites, Stack: w.estate.Grounds[i].Stack})
	}
	return parts
}

// run replays a schedule on a topology and returns the bundle's folder.
func (w *workshop) run(ctx context.Context, t headroom.Topology, schedule headroom.Schedule, id string) (string, error) {
	counted, err := count(schedule)
	if err != nil {
		return "", err
	}
	h := schedule.Header()
	w.say("replaying %s on %s: %d arrivals in %.0f s (%.0f s of it lead-in)", h.WindowAt.Format("15:04:05"), t.Name, counted, h.Duration(), h.LeadIn)
	vus, err := virtualUsers(schedule)
	if err != nil {
		return "", err
	}
	incidents, err := incidents(w.plan, h)
	if err != nil {
		return "", err
	}
	folder := filepath.Join(w.folder, "runs", id)
	_, err = conduct.Run(ctx, conduct.Spec{
		ID: id, Binary: w.binary, Tool: toolVersion(), Engines: engineVersions(), Plan: w.plan, PlanText: profiles.Marshal(w.plan),
		Topology: t, Parts: w.parts(t), Schedule: schedule, Seeded: w.estate.Seeded(), Logins: w.estate.Logins(),
		Dir: folder, Store: w.store, Private: w.private(), VUs: vus, Carrier: w.estate.Carrier, Incidents: incidents,
		Services: w.beside(), Lost: w.estate.Lost(), Say: w.say, Live: w.live.show,
	})
	if err != nil {
		return folder, fmt.Errorf("run %s: %w", id, err)
	}
	return folder, nil
}

// beside are the environment's services, where the target does not bring them
// along itself.
func (w *workshop) beside() []headroom.Service {
	if w.target == ground.External {
		return nil
	}
	return w.services
}

// incidents are the plan's events that fall into a run, those included that
// began before it and last.
func incidents(plan headroom.Plan, h headroom.Header) ([]conduct.Incident, error) {
	var out []conduct.Incident
	start := h.WindowAt.Add(-seconds(h.LeadIn))
	end := start.Add(seconds(h.Duration()))
	for _, e := range plan.Events {
		moments, err := eventTimes(plan, e, start.Add(-seconds(e.Duration)), end)
		if err != nil {
			return nil, err
		}
		for _, at := range moments {
			in := conduct.Incident{What: e.What, From: at.Sub(start).Seconds(), To: h.Duration(), Value: e.Value}
			if e.Duration > 0 {
				in.To = min(in.To, in.From+e.Duration)
			}
			if in.To > 0 {
				in.From = max(0, in.From)
				out = append(out, in)
			}
		}
	}
	return out, nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// writeFile writes a file of the workspace through a renderer.
func (w *workshop) writeFile(name string, write func(io.Writer) error) (string, error) {
	path := w.path(name)
	f, err := os.Create(path)
	if err != nil {
		return path, &headroom.MeasureError{What: name + " cannot be written", Err: err}
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return path, &headroom.MeasureError{What: name + " cannot be written", Err: err}
	}
	return path, nil
}
