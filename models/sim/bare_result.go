package sim

// result is the run's, in the engine's form.
func (b *bare) result() Result {
	r := Result{Classes: b.tally.classes, Journeys: b.tally.journeys[:b.program.own], Responses: []Response{},
		Events: b.events, Measured: b.o.Duration - b.o.Warmup, End: b.last}
	for i, s := range b.program.stations {
		r.Stations = append(r.Stations, StationResult{Name: s.Name, BusySeconds: b.station[i], Utilization: b.station[i] / s.Servers / r.Measured})
	}
	for i := range b.pools {
		p := &b.pools[i]
		q := PoolResult{Name: b.program.pools[i].Name, BusyMean: p.busy / r.Measured, WaitMean: p.waited / r.Measured}
		if p.drained < 0 && p.lastStart <= b.o.Duration && b.o.Duration >= b.o.DrainAfter {
			p.drained = max(b.o.DrainAfter, p.lastStart)
		}
		if p.drained >= 0 {
			at := p.drained
			q.Drained = &at
		}
		r.Pools = append(r.Pools, q)
	}
	return r
}
