package probes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/load"
)

const procRoot = "/proc"

// Processes observes the processes of a stack's roles, children of listed
// processes counted in; a process that another role lists is that role's, and
// one that several list the first's.
//
// Samples: probe "process", subject the role's name: cpu_seconds (a counter
// that starts at 0 and goes on when workers are replaced), rss_bytes (pages
// that processes share count in each), processes. Of roles with BusySeconds,
// also probe "station", subject the role's station: busy_seconds (a counter),
// once where roles share a station. Of roles that a CPU quota holds, also probe
// "quota", subject the role's name: periods (a counter: those in which a process
// wanted to run), throttled_periods (a counter: of those, where the quota ran
// out), throttled_seconds (a counter: the role stood still). Roles that share a
// quota tell the same.
type Processes struct {
	Roles    []headroom.Role
	Interval time.Duration // 0 means a second
}

// Name is "process".
func (p Processes) Name() string { return "process" }

// Run observes until ctx ends, and once more then.
func (p Processes) Run(ctx context.Context, clock Clock, rec headroom.Recorder) error {
	process := &reporter{probe: p.Name(), clock: clock, rec: rec}
	station := &reporter{probe: "station", clock: clock, rec: rec}
	quota := &reporter{probe: "quota", clock: clock, rec: rec}
	t := newTracker(len(p.Roles))
	observe := func() error {
		if err := p.observe(process, t); err != nil {
			return err
		}
		if err := p.quotas(quota); err != nil {
			return err
		}
		return p.stations(station)
	}
	if err := every(ctx, p.Interval, observe); err != nil {
		return err
	}
	return observe()
}

func (p Processes) observe(report *reporter, t *tracker) error {
	roots := map[int]root{}
	listing := false
	for i, role := range p.Roles {
		if role.PIDs == nil {
			continue
		}
		listing = true
		for _, pid := range role.PIDs() {
			if _, taken := roots[pid]; !taken {
				roots[pid] = root{role: i}
			}
		}
	}
	if !listing {
		return nil
	}
	procs, err := readProcs(procRoot)
	if err != nil {
		return report.failed(err.Error())
	}
	report.back()
	now := report.clock.Now()
	t.read(procs, roots)
	var values []value
	for i, role := range p.Roles {
		if role.PIDs != nil {
			values = append(values, t.usage[i].values(role.Name)...)
		}
	}
	return report.record(now, values)
}

func (u usage) values(subject string) []value {
	return []value{
		{subject, "cpu_seconds", float64(u.cpu) / ticksPerSecond}, {subject, "rss_bytes", u.resident}, {subject, "processes", float64(u.processes)},
	}
}

func (p Processes) stations(report *reporter) error {
	done := map[string]bool{}
	var values []value
	now := report.clock.Now()
	var failed error
	for _, role := range p.Roles {
		if role.BusySeconds == nil || done[role.Station] {
			continue
		}
		done[role.Station] = true
		busy, err := role.BusySeconds()
		if err != nil {
			failed = fmt.Errorf("%s: %w", role.Station, err)
			continue
		}
		values = append(values, value{role.Station, "busy_seconds", busy})
	}
	if len(values) > 0 {
		if err := report.record(now, values); err != nil {
			return err
		}
	}
	if failed != nil {
		return report.failed(failed.Error())
	}
	report.back()
	return nil
}

func (p Processes) quotas(report *reporter) error {
	var values []value
	now := report.clock.Now()
	var failed error
	for _, role := range p.Roles {
		if role.Throttling == nil {
			continue
		}
		t, err := role.Throttling()
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", role.Name, err))
			continue
		}
		values = append(values,
			value{role.Name, "periods", float64(t.Periods)},
			value{role.Name, "throttled_periods", float64(t.Throttled)},
			value{role.Name, "throttled_seconds", t.Seconds})
	}
	if len(values) > 0 {
		if err := report.record(now, values); err != nil {
			return err
		}
	}
	if failed != nil {
		return report.failed(failed.Error())
	}
	report.back()
	return nil
}

// Generator observes what makes the load and the machine that it runs on: a
// generator without CPU measures itself.
//
// Samples: probe "generator". Subject "generator", which is this process
// without its children (a stack may be among them) and the listed ones with
// theirs: cpu_seconds, rss_bytes, processes, as for Processes. Subject "host":
// cpu_seconds (a counter: busy, on all CPUs), steal_seconds (a counter: the
// hypervisor gave it to others), iowait_seconds (a counter), load1 (runnable
// threads, mean of a minute), cpus.
type Generator struct {
	PIDs     func() []int  // the engines' child processes; may be nil
	Interval time.Duration // 0 means a second
}

// Name is "generator".
func (g Generator) Name() string { return "generator" }

// Run observes until ctx ends, and once more then.
func (g Generator) Run(ctx context.Context, clock Clock, rec headroom.Recorder) error {
	report := &reporter{probe: g.Name(), clock: clock, rec: rec}
	t := newTracker(1)
	observe := func() error {
		now := clock.Now()
		values, err := g.values(context.WithoutCancel(ctx), t)
		if err != nil {
			return report.failed(err.Error())
		}
		report.back()
		return report.record(now, values)
	}
	if err := every(ctx, g.Interval, observe); err != nil {
		return err
	}
	return observe()
}

func (g Generator) values(ctx context.Context, t *tracker) ([]value, error) {
	roots := map[int]root{}
	if g.PIDs != nil {
		for _, pid := range g.PIDs() {
			roots[pid] = root{}
		}
	}
	roots[os.Getpid()] = root{alone: true}
	procs, err := readProcs(procRoot)
	if err != nil {
		return nil, err
	}
	t.read(procs, roots)
	times, err := cpu.TimesWithContext(ctx, false)
	if err == nil && len(times) == 0 {
		err = errors.New("there are none")
	}
	if err != nil {
		return nil, fmt.Errorf("probes: CPU times of the host: %w", err)
	}
	average, err := load.AvgWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("probes: load of the host: %w", err)
	}
	host := times[0]
	return append(t.usage[0].values("generator"),
		// Guests' time is in User and Nice already.
		value{"host", "cpu_seconds", host.User + host.Nice + host.System + host.Irq + host.Softirq},
		value{"host", "steal_seconds", host.Steal},
		value{"host", "iowait_seconds", host.Iowait},
		value{"host", "load1", average.Load1},
		value{"host", "cpus", float64(runtime.NumCPU())},
	), nil
}
