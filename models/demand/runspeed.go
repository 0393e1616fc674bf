package demand

import (
	"math"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/fit"
	"github.com/headroom-erp/headroom/models/sim"
)

// A RunSpeed is how fast the machine was during a run by itself: what no load
// explains.
type RunSpeed struct {
	// Ratio is how many times as long requests' CPU work took as on the model's
	// machine with as many cores busy, on the mean of the run's window.
	Ratio float64
	// Pace is how that changed during the run, beside Ratio, by seconds since its
	// start.
	Pace []sim.Pace
}

// Paces are of the readings in paceAround seconds to either side, every paceEvery.
const (
	paceEvery  = 15.0
	paceAround = 30.0
)

// SpeedOf reads a run's speed off the times of the probe's piece of work, by the
// model's interference and elasticity; false where they are not known.
func SpeedOf(in headroom.Run, m headroom.Model) (RunSpeed, bool, error) {
	if m.Speed == nil || !(m.Speed.Value > 0) {
		return RunSpeed{}, false, nil
	}
	o, err := readSamples(in, in.Info().ID)
	if err != nil {
		return RunSpeed{}, false, err
	}
	share, usual := 0.0, m.Speed.Value
	if i := m.Interference; i != nil {
		share = i.Share.Value
		usual /= 1 + share*i.Probed
	}
	r := run{observed: o}
	all, h := r.readings(), in.Info().Schedule
	var d RunSpeed
	var sum, n float64
	for t := 0.0; t < h.Duration(); t += paceEvery {
		var near []float64
		for _, x := range all {
			if math.Abs(x.at-t-paceEvery/2) <= paceAround {
				near = append(near, x.unit/(1+share*x.busy))
			}
		}
		if len(near) < fewReadings {
			continue // as before
		}
		p := sim.Pace{From: t, Times: math.Pow(fit.Quantile(near, 0.5)/usual, power(m.Elasticity))}
		if t >= h.LeadIn {
			sum, n = sum+p.Times, n+1
		}
		d.Pace = append(d.Pace, p)
	}
	if !(sum > 0) {
		return RunSpeed{}, false, nil
	}
	d.Ratio = sum / n
	for i := range d.Pace {
		d.Pace[i].Times /= d.Ratio
	}
	return d, true, nil
}
