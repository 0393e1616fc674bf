package probes

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom/odoo"
)

// Every metric of the log and of control groups is in the documentation.
func TestLogAndGroupMetricsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/probes.md")
	must(t, err)
	f := logFollower{source: &tail{}, joiner: odoo.NewJoiner(time.Now())}
	metrics := []string{"conflicts_shown", "cpu_seconds", "rss_bytes", "processes", "busy_seconds", "steal_seconds", "iowait_seconds", "load1", "cpus", "unit_seconds", "warm_seconds"}
	for _, v := range append(f.counters(true), dockerLog("hub").counts()...) {
		metrics = append(metrics, v.metric)
	}
	for _, metric := range groupMetrics {
		if metric != "groups" {
			metrics = append(metrics, metric)
		}
	}
	for _, metric := range metrics {
		if !strings.Contains(string(text), "`"+metric+"`") {
			t.Errorf("docs/probes.md does not say what %s is", metric)
		}
	}
}
