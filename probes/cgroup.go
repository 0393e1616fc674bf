package probes

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
)

// Cgroups observes the control groups, of version 1 or 2, that hold a stack's
// roles and the generator: the one that a role names, else those of its
// processes. The machine's root group is nobody's, and a group that holds the
// generator as well says nothing of a role; both are left out. A container of a
// local engine is seen by the group of its process.
//
// Samples: probe "cgroup", subject the role's name, or "generator": cpu_seconds
// (a counter), periods, throttled_periods and throttled_seconds (counters: of a
// CPU quota, those in which a process wanted to run, those of them in which the
// quota ran out, and the time for which the group stood still), cpu_limit_cores,
// memory_bytes (the kernel's page cache for the group included),
// memory_peak_bytes (since the group was made; of one group only),
// memory_limit_bytes, oom_kills (a counter: processes that the kernel killed at
// the limit). Counters begin where the kernel's stand. What a group has not, such
// as a limit, is not recorded. Of a role in several groups the values are sums.
// Roles that share a group tell the same.
type Cgroups struct {
	Roles    []headroom.Role
	Interval time.Duration // 0 means a second
	// Root is where /proc and /sys/fs/cgroup are; "" is "/".
	Root string
}

// Name is "cgroup".
func (c Cgroups) Name() string { return "cgroup" }

// Run observes until ctx ends, and once more then.
func (c Cgroups) Run(ctx context.Context, clock Clock, rec headroom.Recorder) error {
	report := &reporter{probe: c.Name(), clock: clock, rec: rec}
	observe := func() error { return c.observe(report) }
	if err := every(ctx, c.Interval, observe); err != nil {
		return err
	}
	return observe()
}

func (c Cgroups) observe(report *reporter) error {
	h := hierarchy{root: c.Root}
	if h.root == "" {
		h.root = "/"
	}
	now := report.clock.Now()
	own, err := h.of(os.Getpid())
	if err != nil && c.Root == "" {
		return report.failed(fmt.Sprintf("the control groups of this machine cannot be read: %v", err))
	}
	var values []value
	var failed error
	add := func(subject string, paths []controlGroups) {
		u, err := h.usage(paths)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", subject, err))
		}
		values = append(values, u.values(subject)...)
	}
	for _, role := range c.Roles {
		add(role.Name, h.groupsOf(role, own))
	}
	add("generator", []controlGroups{own})
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

// controlGroups are the control groups of a process by controller: "cpu", "cpuacct",
// "memory" of version 1, "" of version 2; each a path below the controller's
// folder. A process in a root group has none there.
type controlGroups map[string]string

// A hierarchy is the control groups of a machine, below a root folder.
type hierarchy struct{ root string }

// of reads the groups of a process.
func (h hierarchy) of(pid int) (controlGroups, error) {
	text, err := os.ReadFile(filepath.Join(h.root, "proc", strconv.Itoa(pid), "cgroup"))
	if err != nil {
		return nil, err
	}
	return parseGroups(string(text)), nil
}

// parseGroups reads /proc/PID/cgroup: "0::/path" in version 2,
// "4:cpu,cpuacct:/path" in version 1, both on a machine that has both.
func parseGroups(text string) controlGroups {
	g := controlGroups{}
	for line := range strings.Lines(text) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 || parts[2] == "/" || parts[2] == "" {
			continue
		}
		path := strings.TrimSuffix(parts[2], " (deleted)")
		if parts[0] == "0" {
			g[""] = path
			continue
		}
		for controller := range strings.SplitSeq(parts[1], ",") {
			if slices.Contains(v1Controllers, controller) {
				g[controller] = path
			}
		}
	}
	return g
}

var v1Controllers = []string{"cpu", "cpuacct", "memory"}

// groupsOf lists the groups of a role, each once, without those that hold the
// generator.
func (h hierarchy) groupsOf(role headroom.Role, own controlGroups) []controlGroups {
	if role.Cgroup != "" {
		g := controlGroups{"": role.Cgroup}
		for _, controller := range v1Controllers {
			g[controller] = role.Cgroup
		}
		return []controlGroups{g}
	}
	if role.PIDs == nil {
		return nil
	}
	var all []controlGroups
	known := map[[2]string]bool{}
	for _, pid := range role.PIDs() {
		g, err := h.of(pid)
		if err != nil {
			continue // it has ended since
		}
		for controller, path := range g {
			if own[controller] == path || known[[2]string{controller, path}] {
				delete(g, controller)
			}
			known[[2]string{controller, path}] = true
		}
		if len(g) > 0 {
			all = append(all, g)
		}
	}
	return all
}

// usage adds up what groups used.
func (h hierarchy) usage(all []controlGroups) (groupUsage, error) {
	sum := groupUsage{}
	var failed error
	for _, g := range all {
		one, err := h.read(g)
		failed = errors.Join(failed, err)
		sum.add(one)
	}
	return sum, failed
}

// read reads the files of a process' groups. A group that has gone since has
// nothing to say.
func (h hierarchy) read(g controlGroups) (groupUsage, error) {
	u := groupUsage{}
	r := groupReader{into: u}
	if path, ok := g[""]; ok {
		folder := h.folder("", path)
		if _, err := os.Stat(filepath.Join(folder, "cgroup.controllers")); err == nil {
			r.v2(folder)
		}
	}
	for _, controller := range v1Controllers {
		if path, ok := g[controller]; ok {
			r.v1(controller, h.folder(controller, path))
		}
	}
	return u, r.err
}

// folder is where a group's files are. Where both versions are mounted, version 2
// has a folder beside the controllers of version 1.
func (h hierarchy) folder(controller, path string) string {
	mount := filepath.Join(h.root, "sys/fs/cgroup", controller)
	if controller == "" {
		if unified := filepath.Join(mount, "unified"); isFolder(unified) {
			mount = unified
		}
	}
	return filepath.Join(mount, filepath.Clean("/"+path))
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// missing says that a file is not there: an older kernel, a controller that is
// off, a group that has gone.
func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errGone) }
