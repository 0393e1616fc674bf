package probes

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// A groupUsage is values of a control group by their metric's name.
type groupUsage map[string]float64

// groupMetrics are in the order in which they are recorded.
var groupMetrics = []string{
	"cpu_seconds", "periods", "throttled_periods", "throttled_seconds", "cpu_limit_cores",
	"memory_bytes", "memory_peak_bytes", "memory_limit_bytes", "oom_kills", "groups",
}

func (u groupUsage) values(subject string) []value {
	var out []value
	for _, metric := range groupMetrics {
		if v, ok := u[metric]; ok && metric != "groups" {
			out = append(out, value{subject, metric, v})
		}
	}
	return out
}

// add adds another group's. Peaks of several groups are of different moments,
// and have no sum; neither have limits when a group has none.
func (u groupUsage) add(other groupUsage) {
	if len(other) == 0 {
		return
	}
	if u["groups"] > 0 {
		delete(other, "memory_peak_bytes")
		delete(u, "memory_peak_bytes")
		for _, limit := range []string{"cpu_limit_cores", "memory_limit_bytes"} {
			_, ours := u[limit]
			if _, theirs := other[limit]; !ours || !theirs {
				delete(u, limit)
				delete(other, limit)
			}
		}
	}
	u["groups"]++
	for metric, v := range other {
		u[metric] += v
	}
}

// errGone: the group was removed between opening and reading one of its files.
var errGone error = syscall.ENODEV

// A groupReader reads the files of a group; it keeps the first error that is
// not a missing file.
type groupReader struct {
	into groupUsage
	err  error
}

func (r *groupReader) text(folder, file string) (string, bool) {
	b, err := os.ReadFile(filepath.Join(folder, file))
	if err != nil {
		if !missing(err) {
			r.err = errors.Join(r.err, fmt.Errorf("probes: control group: %w", err))
		}
		return "", false
	}
	return strings.TrimSpace(string(b)), true
}

// number reads a file of one number; "max" is none.
func (r *groupReader) number(folder, file, metric string, scale float64) {
	if text, ok := r.text(folder, file); ok {
		if v, err := strconv.ParseFloat(text, 64); err == nil {
			r.into[metric] = v * scale
		}
	}
}

// keys reads a file of "key number" lines.
func (r *groupReader) keys(folder, file string, metrics map[string]scaled) {
	text, _ := r.text(folder, file)
	for line := range strings.Lines(text) {
		key, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		m, ok := metrics[key]
		if v, err := strconv.ParseFloat(number, 64); ok && err == nil {
			r.into[m.metric] = v * m.scale
		}
	}
}

type scaled struct {
	metric string
	scale  float64
}

const micro, nano = 1e-6, 1e-9

// v2 reads a group of version 2. A quota counts periods only where there is one.
func (r *groupReader) v2(folder string) {
	r.keys(folder, "cpu.stat", map[string]scaled{
		"usage_usec": {"cpu_seconds", micro}, "nr_periods": {"periods", 1},
		"nr_throttled": {"throttled_periods", 1}, "throttled_usec": {"throttled_seconds", micro},
	})
	if text, ok := r.text(folder, "cpu.max"); ok {
		quota, period, _ := strings.Cut(text, " ")
		r.cores(quota, period)
	}
	r.number(folder, "memory.current", "memory_bytes", 1)
	r.number(folder, "memory.peak", "memory_peak_bytes", 1) // from Linux 5.19 on
	r.number(folder, "memory.max", "memory_limit_bytes", 1)
	r.keys(folder, "memory.events", map[string]scaled{"oom_kill": {"oom_kills", 1}})
}

// v1 reads one controller's group of version 1.
func (r *groupReader) v1(controller, folder string) {
	switch controller {
	case "cpuacct":
		r.number(folder, "cpuacct.usage", "cpu_seconds", nano)
	case "cpu":
		r.keys(folder, "cpu.stat", map[string]scaled{
			"nr_periods": {"periods", 1}, "nr_throttled": {"throttled_periods", 1}, "throttled_time": {"throttled_seconds", nano},
		})
		quota, _ := r.text(folder, "cpu.cfs_quota_us")
		period, _ := r.text(folder, "cpu.cfs_period_us")
		r.cores(quota, period)
	case "memory":
		r.number(folder, "memory.usage_in_bytes", "memory_bytes", 1)
		r.number(folder, "memory.max_usage_in_bytes", "memory_peak_bytes", 1)
		r.number(folder, "memory.limit_in_bytes", "memory_limit_bytes", 1)
		if r.into["memory_limit_bytes"] >= noLimit {
			delete(r.into, "memory_limit_bytes")
		}
		r.keys(folder, "memory.oom_control", map[string]scaled{"oom_kill": {"oom_kills", 1}})
	}
}

// noLimit is beyond any machine: version 1 writes the largest number of pages
// where there is no limit.
const noLimit = 1 << 60

// cores reads a quota: microseconds of CPU in each period of so many; "max" and
// -1 are none.
func (r *groupReader) cores(quota, period string) {
	q, err := strconv.ParseFloat(quota, 64)
	p, err2 := strconv.ParseFloat(period, 64)
	if err == nil && err2 == nil && q > 0 && p > 0 {
		r.into["cpu_limit_cores"] = q / p
	}
}
