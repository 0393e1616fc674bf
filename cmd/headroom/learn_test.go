package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/learn"
	"github.com/headroom-erp/headroom/odoo"
	"github.com/headroom-erp/headroom/scenarios"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// Every pattern that a log is searched for is a scenario of ours with those
// steps, that may arrive in that way.
func TestPatternsAreScenarios(t *testing.T) {
	for _, p := range learn.Patterns() {
		for _, name := range append([]string{p.Scenario}, map[bool][]string{true: {"ship", "receive", "putaway"}}[p.Transfer]...) {
			s, err := scenarios.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, step := range p.Steps {
				if !slices.Contains(s.Steps, step.Name) {
					t.Errorf("%s has no step %s: it has %v", name, step.Name, s.Steps)
				}
			}
			want := headroom.Open
			if p.Scheduled {
				want = headroom.Scheduled
			}
			if !slices.Contains(s.Kinds, want) {
				t.Errorf("%s does not arrive as %s", name, want)
			}
		}
		if p.Batches && p.Scenario != "order_entry" {
			if s, _ := scenarios.Find(p.Scenario); !slices.Contains(s.Kinds, headroom.Batched) {
				t.Errorf("%s does not come in batches", p.Scenario)
			}
		}
	}
}

// calls are what a journey's requests look like in a log.
var productionCalls = map[string][][2]string{
	"order_entry": {{"/web/dataset/call_kw/sale.order/create", "sale.order.create"}, {"/web/dataset/call_kw/sale.order/action_confirm", "sale.order.action_confirm"}},
	"edi_order":   {{"/xmlrpc/2/object", "sale.order.create"}, {"/xmlrpc/2/object", "sale.order.action_confirm"}},
	"purchase":    {{"/web/dataset/call_kw/purchase.order/create", "purchase.order.create"}, {"/web/dataset/call_kw/purchase.order/button_confirm", "purchase.order.button_confirm"}},
	"scan":        {{"/json/2/product.product/search_read", ""}},
	"invoice":     {{"/web/dataset/call_kw/account.move/action_post", "account.move.action_post"}},
	"portal":      {{"/my/orders/17?access_token=geheim", ""}},
}

// productionLog is the log of a plan's schedule: every arrival's requests, one
// after the other, on an idle system.
func productionLog(t *testing.T, plan headroom.Plan, from time.Time, days int) []odoo.LogLine {
	t.Helper()
	s, err := calendar.New(plan, calendar.Window{At: from, Seconds: float64(days) * 86_400}, 7, 1, players(plan))
	if err != nil {
		t.Fatal(err)
	}
	h := s.Header()
	var out []odoo.LogLine
	lanes := map[uint16][]time.Time{}
	n := 0
	for a, err := range s.Arrivals() {
		if err != nil {
			t.Fatal(err)
		}
		process := h.Processes[a.Process].Name
		at := from.Add(a.At)
		if a.Kind == headroom.Batched { // over the partner's connections
			free := lanes[a.Lane]
			if len(free) < h.Lanes[a.Lane].Connections {
				free = append(free, at)
			}
			k := 0
			for i := range free {
				if free[i].Before(free[k]) {
					k = i
				}
			}
			if free[k].Before(at) {
				free[k] = at
			}
			at = free[k]
			free[k] = at.Add(600 * time.Millisecond)
			lanes[a.Lane] = free
		}
		for _, c := range productionCalls[process] {
			at = at.Add(300 * time.Millisecond)
			n++
			path, query, _ := strings.Cut(c[0], "?")
			out = append(out, odoo.LogLine{Kind: odoo.RequestLine, Time: at, PID: 100 + n%6, Level: "INFO", Database: h.Sites[a.Site].Name, Logger: "werkzeug",
				Client: "203.0.113.77", Verb: "POST", Path: path, Query: query, Method: c[1], Proto: "HTTP/1.1", Status: 200, Size: -1, Timed: true, Queries: 20, SQL: 0.1, Other: 0.2})
		}
	}
	slices.SortStableFunc(out, func(a, b odoo.LogLine) int { return a.Time.Compare(b.Time) })
	return out
}

// A plan's schedule, made a log of, is found again: the plan that is drawn
// expects the same hour by hour, and the loader takes it.
func TestLearnDrawsTheCalendar(t *testing.T) {
	plan, err := loadPlan("testdata/learned.yaml")
	if err != nil {
		t.Fatal(err)
	}
	zone, _ := time.LoadLocation("Europe/Berlin")
	from := time.Date(2026, 11, 2, 0, 0, 0, 0, zone)
	const days = 44 // to the middle of December: one month's end
	folder := t.TempDir()
	log := filepath.Join(folder, "odoo.log")
	writeLog(t, log, productionLog(t, plan, from, days))
	out := headroomOutput(t, "learn", "--odoo-log", log, "--time-zone", "Europe/Berlin", "--out", filepath.Join(folder, "out"), "--json")
	var report learn.Report
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	drawn, err := loadPlan(filepath.Join(folder, "out", "plan.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want, got := expectedLoad(t, plan, from, days), expectedLoad(t, drawn, from, days)
	for _, k := range slices.Sorted(keys(want)) {
		var a, b, off float64
		var byHour [2][24]float64
		for h := range want[k] {
			a, b = a+want[k][h], b+at(got[k], h)
			byHour[0][h%24] += want[k][h]
			byHour[1][h%24] += at(got[k], h)
		}
		for h := range 24 {
			// What the days' mean of an hour is wrong by, beyond the chance of its count.
			off += max(0, math.Abs(byHour[0][h]-byHour[1][h])-2*math.Sqrt(byHour[0][h]))
		}
		t.Logf("%s: %.0f expected in all, %.0f drawn; %.1f %% in the wrong hours", k, a, b, 100*off/a)
		if math.Abs(b/a-1) > 0.05 {
			t.Errorf("%s: %.0f journeys, and the drawn plan has %.0f", k, a, b)
		}
		if off > 0.05*a {
			t.Errorf("%s: %.1f %% are drawn into the wrong hours", k, 100*off/a)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d processes at sites, want %d", len(got), len(want))
	}
	batch := false
	for _, p := range drawn.Peaks {
		for _, b := range p.Batches {
			batch = b.At >= "16:45:00" && b.At <= "16:45:01" && b.Documents >= 58 && b.Documents <= 62 && b.Connections == 3
		}
	}
	if !batch || len(report.Batches) != 1 {
		t.Errorf("the batch of 60 over 3 connections at 16:45 was not found: %+v", report.Batches)
	}
	if len(report.MonthEnd) != 1 || report.MonthEnd[0].LastDays != 3 {
		t.Errorf("month-end: %+v", report.MonthEnd)
	}
	mondays := slices.ContainsFunc(report.Peaks, func(p learn.PeakReport) bool {
		return p.Site == "south" && p.Process == "order_entry" && p.Weekday == "mon" && p.From == "09:00" && p.To == "10:00"
	})
	if !mondays {
		t.Errorf("the peak of Mondays at 09:00 was not found: %+v", report.Peaks)
	}
	for _, secret := range []string{"203.0.113", "geheim", "access_token"} {
		for _, name := range []string{"plan.yaml", "model.json"} {
			if text, _ := os.ReadFile(filepath.Join(folder, "out", name)); bytes.Contains(text, []byte(secret)) || bytes.Contains(out, []byte(secret)) {
				t.Errorf("%s, or the answer, holds %q of the log", name, secret)
			}
		}
	}
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func at(v []float64, i int) float64 {
	if i < len(v) {
		return v[i]
	}
	return 0
}

// expectedLoad is what a plan expects by site, process and hour.
func expectedLoad(t *testing.T, p headroom.Plan, from time.Time, days int) map[string][]float64 {
	t.Helper()
	out := map[string][]float64{}
	for l, err := range calendar.Load(p, from, from.AddDate(0, 0, days), time.Hour) {
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range l.Arrivals {
			if v != nil {
				out[l.Site+" "+p.Processes[i].Name] = v
			}
		}
	}
	return out
}

func writeLog(t *testing.T, path string, lines []odoo.LogLine) {
	t.Helper()
	var b []byte
	for _, l := range lines {
		l.Time = l.Time.UTC()
		b = append(l.Append(b), '\n')
	}
	if strings.HasSuffix(path, ".gz") {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		b = z.Bytes()
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func headroomOutput(t *testing.T, args ...string) []byte {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.Command(binary, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("headroom %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return out
}

// Rotated files give what one file gives, in any order, compressed or not; the
// files of two servers, whose processes have the same numbers, give what both
// did, and neither's conflicts are the other's.
func TestLearnReadsLogsInAnyOrder(t *testing.T) {
	plan, err := loadPlan("testdata/learned.yaml")
	if err != nil {
		t.Fatal(err)
	}
	lines := productionLog(t, plan, time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC), 1)
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	third := len(lines) / 3
	writeLog(t, path("all.log"), lines)
	writeLog(t, path("odoo.log.2.gz"), lines[:third])
	writeLog(t, path("odoo.log.1"), lines[third:2*third])
	writeLog(t, path("odoo.log"), lines[2*third:])
	whole := headroomOutput(t, "learn", "--json", "--odoo-log", path("all.log"))
	rotated := headroomOutput(t, "learn", "--json", "--odoo-log", path("odoo.log"), "--odoo-log", path("odoo.log.2.gz"), "--odoo-log", path("odoo.log.1"))
	if !bytes.Equal(whole, rotated) {
		t.Error("rotated files give another answer than one file")
	}
	var servers [2][]odoo.LogLine
	for i, l := range lines {
		k := i / 7 % 2
		if l.Method == "sale.order.action_confirm" && k == 0 { // the other server's process of that number ends a request in between
			lost := odoo.LogLine{Kind: odoo.ConflictLine, Time: l.Time.Add(-200 * time.Millisecond), PID: l.PID, Level: "INFO", Database: l.Database, Logger: "odoo.service.model",
				Conflict: "SERIALIZATION_FAILURE", Left: 4, Sleep: 0.05}
			other := lines[0]
			other.Time, other.PID = l.Time.Add(-100*time.Millisecond), l.PID
			servers[0] = append(servers[0], lost)
			servers[1] = append(servers[1], other)
		}
		servers[k] = append(servers[k], l)
	}
	lost := 0
	for k, s := range servers {
		slices.SortStableFunc(s, func(a, b odoo.LogLine) int { return cmp.Or(a.Time.Compare(b.Time)) })
		for _, l := range s {
			if l.Kind == odoo.ConflictLine {
				lost++
			}
		}
		writeLog(t, path(fmt.Sprintf("server%d.log", k)), s)
	}
	var r learn.Report
	if err := json.Unmarshal(headroomOutput(t, "learn", "--json", "--odoo-log", path("server1.log"), "--odoo-log", path("server0.log")), &r); err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Classes {
		if confirm := strings.HasSuffix(c.Name, "sale.order.action_confirm"); (c.RetryShare != nil) != confirm {
			t.Errorf("%s: retry share %+v", c.Name, c.RetryShare)
		}
	}
	if lost == 0 || r.Counts.Retried < lost*9/10 || r.Counts.Orphans > lost/10 {
		t.Errorf("%d lost tries; %+v", lost, r.Counts)
	}
}

// A compressed log that was cut off is said to be damaged, where and what to do.
func TestLearnRefusesACutArchive(t *testing.T) {
	plan, err := loadPlan("testdata/learned.yaml")
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "odoo.log.gz")
	writeLog(t, log, productionLog(t, plan, time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC), 1))
	whole, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(log, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(binary, "learn", "--json", "--odoo-log", log).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != headroom.ExitBadInput || !strings.Contains(string(out), "odoo.log.gz: its compressed content is damaged") {
		t.Errorf("%v\n%s", err, out)
	}
}
