package learn

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// A Point of a CPU series: so many CPU seconds a second (cores busy) around a
// moment, which is in seconds since 1970.
type Point struct{ T, Cores float64 }

// CPU gives a series of the whole station, "app" or "database".
func (a *Accumulator) CPU(station string, points []Point) error {
	for st, name := range stationNames {
		if name == station {
			a.cpu[st] = append(a.cpu[st], points...)
			return nil
		}
	}
	return fmt.Errorf("learn: %w", &headroom.InputError{What: fmt.Sprintf("there is no station %q", station), Do: "name app or database"})
}

// A Snapshot is the counters of one statement at a moment, as pg_stat_statements has them.
type Snapshot struct {
	T         float64 // seconds since 1970
	Database  string
	Statement string // its queryid, with the user's id where it was told
	Calls     float64
	Seconds   float64 // total_exec_time
	WAL       float64 // bytes
}

// Statements gives snapshots of pg_stat_statements, of at least two moments.
func (a *Accumulator) Statements(s []Snapshot) { a.snaps = append(a.snaps, s...) }

// StatementsReport is what the database did between the first and the last snapshot.
type StatementsReport struct {
	From    float64 `json:"from"` // seconds since 1970
	To      float64 `json:"to"`
	Calls   float64 `json:"calls"`
	Seconds float64 `json:"exec_seconds"`
	WAL     float64 `json:"wal_bytes"`
	// Logged is the requests' seconds in SQL over the same time.
	Logged float64 `json:"logged_sql_seconds"`
}

// statements takes differences. A counter that is lower than it was began anew.
func (a *Accumulator) statements() *StatementsReport {
	if len(a.snaps) == 0 {
		return nil
	}
	type key struct{ database, statement string }
	s := slices.Clone(a.snaps)
	slices.SortStableFunc(s, func(x, y Snapshot) int { return cmp.Compare(x.T, y.T) })
	out := &StatementsReport{From: s[0].T, To: s[len(s)-1].T}
	if !(out.To > out.From) {
		return nil
	}
	last := map[key]Snapshot{}
	for _, x := range s {
		if len(a.byTenant) > 0 && x.Database != "" {
			if _, ours := a.byTenant[x.Database]; !ours {
				continue
			}
		}
		k := key{x.Database, x.Statement}
		before, seen := last[k]
		last[k] = x
		if !seen && x.T == out.From {
			continue
		}
		if !seen || x.Calls < before.Calls {
			before = Snapshot{} // came since the first look, or was reset
		}
		out.Calls += max(0, x.Calls-before.Calls)
		out.Seconds += max(0, x.Seconds-before.Seconds)
		out.WAL += max(0, x.WAL-before.WAL)
	}
	for k, sql := range a.minutes.sql {
		if t := float64(a.minutes.first+int64(k)) * 60; t+30 >= out.From && t+30 < out.To {
			out.Logged += sql
		}
	}
	return out
}

// levelOf is what the log's seconds at a station are worth in CPU seconds, and
// what is busy beside them.
type levelOf struct {
	known      bool
	factor     headroom.Estimate
	background headroom.Estimate // cores
	samples    []float64
}

// fewPoints is the number of moments below which a CPU series says nothing.
const fewPoints = 10

// The level is drawn towards 1, what the log says by itself, no more than so.
const levelPrior = 0.5

// level fits the utilization law, busy = factor x work + background, to the
// minutes of a station's series: both at least 0.
func (a *Accumulator) level(st int) (levelOf, error) {
	var out levelOf
	sum, n := map[int64]float64{}, map[int64]float64{}
	for _, p := range a.cpu[st] {
		if p.Cores >= 0 && !math.IsInf(p.Cores, 0) {
			m := int64(math.Floor(p.T/60)) - a.minutes.first
			sum[m] += p.Cores
			n[m]++
		}
	}
	blocks := make([]fit.Normal, groups)
	var residual moments
	for g := range blocks {
		blocks[g] = fit.NewNormal(2)
	}
	rows := 0
	for m := range a.minutes.work {
		if n[int64(m)] == 0 || !a.whole(m) {
			continue
		}
		busy := sum[int64(m)] / n[int64(m)]
		work := a.minutes.work[m][st] / 60
		residual.add(busy - work)
		blocks[minuteGroup(float64(a.minutes.first+int64(m))*60)].Observe([]float64{work, 1}, busy, 1)
		rows++
	}
	if rows < fewPoints {
		return out, nil
	}
	scale := 1 / max(1e-9, residual.deviation()*residual.deviation())
	solve := func(times func(int) float64) ([]float64, error) {
		all := fit.NewNormal(2)
		for g, b := range blocks {
			all.Add(b, scale*times(g))
		}
		all.Pull([]fit.Prior{{Value: 1, SD: levelPrior}, {SD: math.Inf(1)}})
		return all.NonNegative()
	}
	found, err := solve(func(int) float64 { return 1 })
	if err != nil {
		return out, fmt.Errorf("learn: level of %s: %w", stationNames[st], err)
	}
	var factors, idle []float64
	var failed error
	boot := fit.Bootstrap{Blocks: groups, Replications: a.options.Replications, Seed: a.options.Seed ^ 0x6c6576656c}
	boot.Each(func(_ int, times []int, _ *rand.Rand) {
		v, err := solve(func(g int) float64 { return float64(times[g]) })
		if err != nil {
			failed = err
			return
		}
		factors, idle = append(factors, v[0]), append(idle, v[1])
	})
	if failed != nil {
		return out, fmt.Errorf("learn: level of %s: %w", stationNames[st], failed)
	}
	out.known, out.samples = true, factors
	out.factor = headroom.Estimate{Value: found[0], Level: headroom.Level, N: rows, Method: "utilization law", Identified: true}
	out.factor.Low, out.factor.High = interval(found[0], factors)
	out.background = headroom.Estimate{Value: found[1], Level: headroom.Level, N: rows, Method: "utilization law", Identified: true}
	out.background.Low, out.background.High = interval(found[1], idle)
	return out, nil
}

// whole: the log covers that minute from its beginning to its end.
func (a *Accumulator) whole(m int) bool {
	t := float64(a.minutes.first+int64(m)) * 60
	return t >= a.from && t+60 <= a.to && !inGap(a.gaps, int64(math.Floor(t/slotSeconds)))
}
