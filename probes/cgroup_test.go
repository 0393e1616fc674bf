package probes

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// plant writes files below a root folder.
func plant(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, []byte(text), 0o600))
	}
}

// seen is the last value of each metric of a subject.
func seen(rec *memory, subject string) map[string]float64 {
	out := map[string]float64{}
	for _, s := range rec.records().Samples {
		if s.Probe == "cgroup" && s.Subject == subject {
			out[s.Metric] = s.Value
		}
	}
	return out
}

func equal(t *testing.T, what string, got, want map[string]float64) {
	t.Helper()
	for metric, v := range want {
		if g, ok := got[metric]; !ok || g < v-1e-9 || g > v+1e-9 {
			t.Errorf("%s: %s is %v (there: %t), want %v", what, metric, g, ok, v)
		}
	}
	for metric, v := range got {
		if _, ok := want[metric]; !ok {
			t.Errorf("%s: %s = %v, want none", what, metric, v)
		}
	}
}

func pids(list ...int) func() []int { return func() []int { return list } }

// The files are as Linux 6.1 writes them.
func TestControlGroupsOfVersion2(t *testing.T) {
	root := t.TempDir()
	own := fmt.Sprintf("proc/%d/cgroup", os.Getpid())
	group := func(name string, files map[string]string) {
		for file, text := range files {
			plant(t, root, map[string]string{"sys/fs/cgroup/" + name + "/" + file: text})
		}
		plant(t, root, map[string]string{"sys/fs/cgroup/" + name + "/cgroup.controllers": "cpu memory\n"})
	}
	plant(t, root, map[string]string{
		own: "0::/user.slice\n", "proc/10/cgroup": "0::/system.slice/docker-ab.scope\n", "proc/11/cgroup": "0::/system.slice/docker-ab.scope\n",
		"proc/20/cgroup": "0::/a\n", "proc/21/cgroup": "0::/b\n", "proc/30/cgroup": "0::/\n", "proc/40/cgroup": "0::/user.slice\n",
	})
	group("system.slice/docker-ab.scope", map[string]string{
		"cpu.stat":       "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\nnr_periods 100\nnr_throttled 7\nthrottled_usec 350000\nnr_bursts 0\n",
		"cpu.max":        "15000 10000\n",
		"memory.current": "1000000\n", "memory.peak": "3000000\n", "memory.max": "4000000\n",
		"memory.events": "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n",
	})
	group("a", map[string]string{"cpu.stat": "usage_usec 1000000\n", "cpu.max": "max 100000\n", "memory.current": "10\n", "memory.peak": "30\n", "memory.max": "max\n"})
	group("b", map[string]string{"cpu.stat": "usage_usec 500000\n", "cpu.max": "50000 100000\n", "memory.current": "5\n", "memory.peak": "6\n", "memory.max": "7\n"})
	group("user.slice", map[string]string{"cpu.stat": "usage_usec 9000000\n", "memory.current": "99\n"})

	rec := &memory{}
	g := Start(context.Background(), Clock{time.Now()}, rec, Cgroups{Root: root, Interval: time.Hour, Roles: []headroom.Role{
		{Name: "web", PIDs: pids(10, 11)}, {Name: "database", PIDs: pids(20, 21, 12345)}, {Name: "root", PIDs: pids(30)},
		{Name: "beside us", PIDs: pids(40)}, {Name: "named", Cgroup: "b"}, {Name: "nothing known"}, {Name: "gone", Cgroup: "/gone"},
	}})
	must(t, g.Stop())
	equal(t, "web", seen(rec, "web"), map[string]float64{"cpu_seconds": 2.5, "periods": 100, "throttled_periods": 7, "throttled_seconds": 0.35,
		"cpu_limit_cores": 1.5, "memory_bytes": 1e6, "memory_peak_bytes": 3e6, "memory_limit_bytes": 4e6, "oom_kills": 2})
	equal(t, "database", seen(rec, "database"), map[string]float64{"cpu_seconds": 1.5, "memory_bytes": 15})
	equal(t, "named", seen(rec, "named"), map[string]float64{"cpu_seconds": 0.5, "cpu_limit_cores": 0.5, "memory_bytes": 5, "memory_peak_bytes": 6, "memory_limit_bytes": 7})
	equal(t, "generator", seen(rec, "generator"), map[string]float64{"cpu_seconds": 9, "memory_bytes": 99})
	for _, nobody := range []string{"root", "beside us", "nothing known", "gone"} {
		equal(t, nobody, seen(rec, nobody), nil)
	}
	if gaps := rec.records().Gaps; len(gaps) != 0 {
		t.Errorf("gaps %+v", gaps)
	}
}

func TestControlGroupsOfVersion1(t *testing.T) {
	root := t.TempDir()
	plant(t, root, map[string]string{
		fmt.Sprintf("proc/%d/cgroup", os.Getpid()): "4:memory:/session\n1:cpu,cpuacct:/\n0::/\n",
		"proc/10/cgroup": "4:memory:/web\n2:cpu,cpuacct:/web\n3:cpuset:/\n0::/web\n",
		"proc/20/cgroup": "4:memory:/session\n2:cpuacct:/db\n1:cpu:/db\n",

		"sys/fs/cgroup/unified/cgroup.procs":             "",
		"sys/fs/cgroup/cpu/web/cpu.stat":                 "nr_periods 1000\nnr_throttled 250\nthrottled_time 1500000000\n",
		"sys/fs/cgroup/cpu/web/cpu.cfs_quota_us":         "-1\n",
		"sys/fs/cgroup/cpu/web/cpu.cfs_period_us":        "100000\n",
		"sys/fs/cgroup/cpuacct/web/cpuacct.usage":        "12500000000\n",
		"sys/fs/cgroup/memory/web/memory.usage_in_bytes": "2048\n", "sys/fs/cgroup/memory/web/memory.max_usage_in_bytes": "4096\n",
		"sys/fs/cgroup/memory/web/memory.limit_in_bytes": "9223372036854771712\n",
		"sys/fs/cgroup/memory/web/memory.oom_control":    "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
		"sys/fs/cgroup/cpu/db/cpu.cfs_quota_us":          "5000\n", "sys/fs/cgroup/cpu/db/cpu.cfs_period_us": "10000\n",
		"sys/fs/cgroup/cpuacct/db/cpuacct.usage":             "1000000000\n",
		"sys/fs/cgroup/memory/session/memory.usage_in_bytes": "77\n",
	})
	rec := &memory{}
	g := Start(context.Background(), Clock{time.Now()}, rec, Cgroups{Root: root, Interval: time.Hour, Roles: []headroom.Role{
		{Name: "web", PIDs: pids(10)}, {Name: "database", PIDs: pids(20)},
	}})
	must(t, g.Stop())
	equal(t, "web", seen(rec, "web"), map[string]float64{"cpu_seconds": 12.5, "periods": 1000, "throttled_periods": 250, "throttled_seconds": 1.5,
		"memory_bytes": 2048, "memory_peak_bytes": 4096, "oom_kills": 1})
	equal(t, "database", seen(rec, "database"), map[string]float64{"cpu_seconds": 1, "cpu_limit_cores": 0.5}) // its memory group is ours too
	equal(t, "generator", seen(rec, "generator"), map[string]float64{"memory_bytes": 77})
}

func TestAGroupThatCannotBeReadIsAGap(t *testing.T) {
	root := t.TempDir()
	plant(t, root, map[string]string{"proc/10/cgroup": "2:cpuacct:/web\n", "sys/fs/cgroup/cpuacct/web/cpuacct.usage/is-a-folder": ""})
	rec := &memory{}
	g := Start(context.Background(), Clock{time.Now()}, rec, Cgroups{Root: root, Interval: time.Hour, Roles: []headroom.Role{{Name: "web", PIDs: pids(10)}}})
	must(t, g.Stop())
	gaps := rec.records().Gaps
	if len(gaps) != 1 || gaps[0].Probe != "cgroup" || !strings.Contains(gaps[0].Reason, "web: probes: control group:") {
		t.Errorf("gaps %+v", gaps)
	}
}

// The live machine: what a process in a group of its own uses is what the
// kernel counts.
func TestControlGroupsOfThisMachine(t *testing.T) {
	folders, group := liveGroup(t)
	cmd := exec.Command("sh", "-c", "read go; i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done; read stop")
	in, err := cmd.StdinPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for _, folder := range folders {
		must(t, os.WriteFile(filepath.Join(folder, "cgroup.procs"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o600))
	}
	rec := &memory{}
	g := Start(context.Background(), Clock{time.Now()}, rec, Cgroups{Interval: 20 * time.Millisecond, Roles: []headroom.Role{
		{Name: "web", PIDs: pids(cmd.Process.Pid)}, {Name: "named", Cgroup: group}}})
	_, err = in.Write([]byte("go\n"))
	must(t, err)
	eventually(t, "CPU", func() bool { return seen(rec, "web")["cpu_seconds"] > 0.05 })
	must(t, g.Stop())
	web, named := seen(rec, "web"), seen(rec, "named")
	t.Logf("web %v", web)
	if web["memory_bytes"] <= 0 || web["memory_limit_bytes"] != 64<<20 {
		t.Errorf("memory: %v", web)
	}
	if web["cpu_seconds"] > named["cpu_seconds"]+1 || named["cpu_seconds"] < web["cpu_seconds"] {
		t.Errorf("by process %v, by name %v", web, named)
	}
}

// liveGroup makes a control group with a memory limit in whatever version the
// machine has.
func liveGroup(t *testing.T) (folders []string, group string) {
	t.Helper()
	const mount = "/sys/fs/cgroup"
	group = "headroom-test-" + strconv.Itoa(os.Getpid())
	limits := map[string]string{"cpuacct": "", "memory": "memory.limit_in_bytes"}
	if _, err := os.Stat(mount + "/cgroup.controllers"); err == nil {
		limits = map[string]string{"": "memory.max"}
	}
	for controller, limit := range limits {
		folder := filepath.Join(mount, controller, group)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Skipf("this machine lets us make no control group: %v", err)
		}
		t.Cleanup(func() {
			for range 100 { // until its process has gone
				if os.Remove(folder) == nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
			t.Errorf("%s is left", folder)
		})
		if limit != "" {
			must(t, os.WriteFile(filepath.Join(folder, limit), []byte(strconv.Itoa(64<<20)), 0o600))
		}
		folders = append(folders, folder)
	}
	return folders, group
}
