package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios/calendar"
)

// fewestScored is the number of journeys below which a process' times are too
// noisy to score a forecast by.
const fewestScored = 20

// BenchmarkDemo runs the demo with --verify for ten seeds (HEADROOM_BENCH_SEEDS)
// and reports mean absolute errors in per cent: of the estimated demands
// against the stand-in's known ones, with the share of their intervals that
// cover, and of the forecast of the topology that was not run against its
// measurement. HEADROOM_BENCH_PARALLEL demos run at
// once, 1 unless set; they share the machine.
func BenchmarkDemo(b *testing.B) {
	seeds, parallel := number(b, "HEADROOM_BENCH_SEEDS", 10), number(b, "HEADROOM_BENCH_PARALLEL", 1)
	for range b.N {
		scores := make([]score, seeds)
		var wg sync.WaitGroup
		gate := make(chan struct{}, parallel)
		for i := range scores {
			wg.Go(func() {
				gate <- struct{}{}
				defer func() { <-gate }()
				scores[i] = demoScore(b, uint64(i+1))
			})
		}
		wg.Wait()
		report(b, scores)
	}
}

func number(b *testing.B, name string, otherwise int) int {
	b.Helper()
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		b.Fatalf("%s=%q is no number from 1 on", name, v)
	}
	return n
}

// score is the errors of one demo, relative, with sign.
type score struct {
	seed                uint64
	demands             []recovery
	capacity, mean, p95 []float64 // mean and p95 by process
	inFitMean, inFitP95 []float64
	covered, intervals  int // unseen measurements within the forecast's interval
	overlaps            int // unseen intervals that overlap
	generatorP99        float64
}

func demoScore(b *testing.B, seed uint64) score {
	b.Helper()
	folder := filepath.Join(b.TempDir(), fmt.Sprint(seed))
	cmd := exec.Command(binary, "demo", "--verify", "--json", "--seed", fmt.Sprint(seed), "--workspace", folder)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() > headroom.ExitMissed {
		b.Fatalf("seed %d: %v\n%s", seed, err, stderr.String())
	}
	var r headroom.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		b.Fatalf("seed %d: %v", seed, err)
	}
	s := score{seed: seed, demands: recovered(*r.Model, documentLines(b, r))}
	for _, c := range r.Comparisons {
		scoreForecast(&s, c)
	}
	if r.Verified != nil && r.Verified.Measured.Identified {
		s.capacity = append(s.capacity, r.Verified.Error)
	}
	for _, run := range r.Runs {
		s.generatorP99 = max(s.generatorP99, run.Delays.Generator.P99)
	}
	b.Logf("seed %2d: demands app %.1f %% database %.1f %%, %d of %d covered, unseen mean %.1f %% p95 %.1f %%, capacity %+.1f %%, in fit mean %.1f %% p95 %.1f %%, generator late p99 %.1f ms",
		seed, percent(offAt(s.demands, "app")), percent(offAt(s.demands, "database")), coveredOf(s.demands), len(s.demands), percent(s.mean), percent(s.p95), 100*sum(s.capacity), percent(s.inFitMean), percent(s.inFitP95), 1000*s.generatorP99)
	return s
}

// documentLines are the mean lines of each process' documents in the run.
func documentLines(b *testing.B, r headroom.Report) map[string]float64 {
	b.Helper()
	w, err := calendar.DemoWindow(r.Plan, r.Plan.Demo["erp"])
	if err != nil {
		b.Fatal(err)
	}
	schedule, err := calendar.New(r.Plan, w, r.Schedule.Seed, r.Schedule.Scale, players(r.Plan))
	if err != nil {
		b.Fatal(err)
	}
	h := schedule.Header()
	popularity := h.Laws(h.Catalogue.Products)
	total, n := map[string]float64{}, map[string]float64{}
	for a, err := range schedule.Arrivals() {
		if err != nil {
			b.Fatal(err)
		}
		p := h.Processes[a.Process]
		total[p.Name] += float64(len(a.Document(p.Lines, popularity[a.Process])))
		n[p.Name]++
	}
	for name := range total {
		total[name] /= n[name]
	}
	return total
}

func scoreForecast(s *score, c headroom.Comparison) {
	measured := map[string]headroom.ProcessForecast{}
	for _, p := range c.Measured.Processes {
		measured[p.Process] = p
	}
	for _, f := range c.Forecast.Processes {
		m := measured[f.Process]
		if m.Journeys < fewestScored || m.Mean.Value <= 0 {
			continue
		}
		mean, p95 := f.Mean.Value/m.Mean.Value-1, f.Percentile["95"].Value/m.Percentile["95"].Value-1
		if c.InFit {
			s.inFitMean, s.inFitP95 = append(s.inFitMean, mean), append(s.inFitP95, p95)
			continue
		}
		s.mean, s.p95 = append(s.mean, mean), append(s.p95, p95)
		for _, pair := range [][2]headroom.Estimate{{f.Mean, m.Mean}, {f.Percentile["95"], m.Percentile["95"]}} {
			s.intervals++
			if pair[1].Value >= pair[0].Low && pair[1].Value <= pair[0].High {
				s.covered++
			}
			if pair[1].High >= pair[0].Low && pair[1].Low <= pair[0].High {
				s.overlaps++
			}
		}
	}
}

func sum(v []float64) float64 {
	var t float64
	for _, x := range v {
		t += x
	}
	return t
}

// percent is the mean of absolute values, in per cent.
func percent(v []float64) float64 {
	var t float64
	for _, x := range v {
		t += math.Abs(x)
	}
	return 100 * t / math.Max(1, float64(len(v)))
}

func report(b *testing.B, scores []score) {
	b.Helper()
	var all score
	for _, s := range scores {
		all.demands = append(all.demands, s.demands...)
		all.capacity, all.mean, all.p95 = append(all.capacity, s.capacity...), append(all.mean, s.mean...), append(all.p95, s.p95...)
		all.covered += s.covered
		all.overlaps += s.overlaps
		all.intervals += s.intervals
	}
	b.ReportMetric(percent(offAt(all.demands, "app")), "app-demand-error-%")
	b.ReportMetric(percent(offAt(all.demands, "database")), "database-demand-error-%")
	b.ReportMetric(100*float64(coveredOf(all.demands))/math.Max(1, float64(len(all.demands))), "demands-covered-%")
	b.ReportMetric(percent(all.capacity), "capacity-error-%")
	b.ReportMetric(percent(all.mean), "mean-error-%")
	b.ReportMetric(percent(all.p95), "p95-error-%")
	b.ReportMetric(100*float64(all.covered)/math.Max(1, float64(all.intervals)), "covered-%")
	b.ReportMetric(100*float64(all.overlaps)/math.Max(1, float64(all.intervals)), "overlap-%")
	b.ReportMetric(float64(len(all.capacity)), "capacities")
}

// BenchmarkLateness replays 200 scans a second against the stand-in on the same
// machine and reports how late journeys began by the generator's fault.
func BenchmarkLateness(b *testing.B) {
	for range b.N {
		cmd := exec.Command(binary, "run", "testdata/scans.yaml", "--target", "erp", "--topology", "wide", "--json", "--workspace", filepath.Join(b.TempDir(), "w"))
		var out, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &stderr
		if err := cmd.Run(); err != nil {
			b.Fatalf("%v\n%s", err, stderr.String())
		}
		var r headroom.RunReport
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(1000*r.Delays.Generator.P50, "late-p50-ms")
		b.ReportMetric(1000*r.Delays.Generator.P99, "late-p99-ms")
		b.ReportMetric(r.Processes[0].Throughput, "scans/s")
	}
}
