package demand

import (
	"math/rand/v2"
	"slices"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
)

// memoryModel is the memory of a web worker, from the resident pages of the
// web role's processes: what they share with their master counts in each, so
// that a sum over many workers errs to the safe side.
//
// Where workers serve several databases, what each further one adds is the
// slope of a worker's memory over the databases that it has met in the log;
// nil where that never moved. Roles with fewer processes than the topology has
// workers are no Odoo's, and say nothing.
func (s *survey) memoryModel(o Options) *headroom.MemoryModel {
	var all []memoryReading
	blocks := 0
	for _, r := range s.runs {
		readings := r.memoryReadings(blocks)
		if n := len(readings); n > 0 {
			blocks = readings[n-1].block + 1
		}
		all = append(all, readings...)
	}
	if len(all) < fewReadings {
		return nil
	}
	least, most := all[0].databases, all[0].databases
	for _, v := range all {
		least, most = min(least, v.databases), max(most, v.databases)
	}
	tenants := most-least > 0.5
	value := fitMemory(all, nil, tenants)
	var replicas [2][]float64
	fit.Bootstrap{Blocks: blocks, Replications: o.Replications, Seed: o.Seed ^ 0x6d656d}.Each(func(_ int, times []int, _ *rand.Rand) {
		v := fitMemory(all, times, tenants)
		for i := range replicas {
			replicas[i] = append(replicas[i], v[i])
		}
	})
	estimate := func(i int, how string) headroom.Estimate {
		return headroom.Estimate{
			Value: value[i], Low: min(value[i], max(0, quantile(replicas[i], 0.05))), High: max(value[i], quantile(replicas[i], 0.95)),
			Level: headroom.Level, N: len(all), Method: how, Identified: true,
		}
	}
	m := &headroom.MemoryModel{PerWorker: estimate(0, "resident pages of a web process, shared ones included")}
	if tenants {
		e := estimate(1, "resident pages of a web process over the databases it has served")
		e.Identified = e.Low > 0
		m.PerTenant = &e
	}
	return m
}

// A memoryReading is the mean memory of a web process, in bytes, and how many
// databases it has met.
type memoryReading struct {
	block     int
	bytes     float64
	databases float64
}

// memoryBlock is a bootstrap's block of memory readings, seconds: memory
// changes slowly.
const memoryBlock = 30

func (r *run) memoryReadings(firstBlock int) []memoryReading {
	resident, processes := r.observed.of("process", "web", "rss_bytes"), r.observed.of("process", "web", "processes")
	if resident == nil || processes == nil {
		return nil
	}
	var out []memoryReading
	met := r.databasesMet()
	for i, t := range resident.t {
		n := processes.at(t)
		if t < 0 || n < float64(max(1, r.info.Topology.Web.Workers)) || !(resident.v[i] > 0) {
			continue
		}
		out = append(out, memoryReading{firstBlock + int(t/memoryBlock), resident.v[i] / n, met(t) / n})
	}
	return out
}

// databasesMet counts pairs of worker and database in the log up to a time;
// each worker has at least one from its start on, as users are logged in
// before a run.
func (r *run) databasesMet() func(t float64) float64 {
	type pair struct {
		pid  int
		name string
	}
	first := map[pair]float64{}
	workers := map[int]bool{}
	for _, l := range r.lines {
		if l.pid == 0 || l.database == "" {
			continue
		}
		p := pair{l.pid, l.database}
		if t, ok := first[p]; !ok || l.end < t {
			first[p] = l.end
		}
		workers[l.pid] = true
	}
	begun := make([]float64, 0, len(first))
	for _, t := range first {
		begun = append(begun, t)
	}
	slices.Sort(begun)
	return func(t float64) float64 {
		n, _ := slices.BinarySearch(begun, t)
		return float64(max(n, len(workers)))
	}
}

// fitMemory is the memory of a worker with one database, and of each further
// database; readings count as often as times says of their block.
func fitMemory(all []memoryReading, times []int, tenants bool) [2]float64 {
	var n, sx, sy, sxx, sxy float64
	for _, v := range all {
		w := 1.0
		if times != nil {
			w = float64(times[v.block])
		}
		x := v.databases - 1
		n += w
		sx += w * x
		sy += w * v.bytes
		sxx += w * x * x
		sxy += w * x * v.bytes
	}
	if n == 0 {
		return [2]float64{}
	}
	if d := n*sxx - sx*sx; tenants && d > 1e-9*n*n {
		slope := max(0, (n*sxy-sx*sy)/d)
		return [2]float64{(sy - slope*sx) / n, slope}
	}
	return [2]float64{sy / n, 0}
}
