package analyse

import (
	"fmt"

	"github.com/headroom-erp/headroom"
)

// Bounds beyond which the load generator measured itself.
const (
	// MaxGeneratorDelay is the 99th percentile of timer lateness plus waiting for
	// a virtual user, in seconds, beyond which the generator was the bottleneck
	// and a run is not used in fits.
	MaxGeneratorDelay = 0.05
	// MaxSteal is the share of the machine's CPU time that the hypervisor may
	// give to others: beyond it, times are partly theirs.
	MaxSteal = 0.10
	// MaxGeneratorCPU is the share of the machine's CPUs that the generator may use.
	MaxGeneratorCPU = 0.80
	// MaxHost is the utilization of the generator's machine beyond which it is
	// noticed. It disqualifies the run when the generator used more than half of
	// it: on a machine that the ERP shares, the ERP may be busy.
	MaxHost = 0.95
)

// generator says whether the load was offered as planned.
func (e *evidence) generator(d headroom.Delays) *headroom.GeneratorReport {
	r := &headroom.GeneratorReport{}
	blame := func(format string, args ...any) {
		r.Bottleneck = true
		r.Reasons = append(r.Reasons, fmt.Sprintf(format, args...))
	}
	if d.Generator.P99 > MaxGeneratorDelay {
		what := "its timers were late"
		if d.VUWait.P99 > d.TimerLate.P99 {
			what = "every virtual user was waiting for the server"
		}
		blame("%s: the 99th percentile of journeys began %.0f ms late, allowed are %.0f ms", what, 1000*d.Generator.P99, 1000*MaxGeneratorDelay)
	}
	s, w := e.samples, e.window
	r.CPU = rate(s.generator, w, 1)
	if s.cpus > 0 {
		r.Host, r.Steal = rate(s.host, w, s.cpus), rate(s.steal, w, s.cpus)
	}
	if r.Steal != nil && *r.Steal > MaxSteal {
		blame("the hypervisor gave %.0f %% of its machine's CPU time to others, allowed are %.0f %%", 100**r.Steal, 100*MaxSteal)
	}
	if r.CPU != nil && s.cpus > 0 && *r.CPU > MaxGeneratorCPU*s.cpus {
		blame("it used %.1f of its machine's %.0f CPUs, allowed are %.0f %%", *r.CPU, s.cpus, 100*MaxGeneratorCPU)
	}
	if r.Host != nil && *r.Host > MaxHost {
		if r.CPU != nil && *r.CPU > *r.Host*s.cpus/2 {
			blame("its machine was %.0f %% busy, mostly with it", 100**r.Host)
		} else {
			r.Reasons = append(r.Reasons, fmt.Sprintf("its machine was %.0f %% busy, mostly with other work", 100**r.Host))
		}
	}
	return r
}

// rate is a counter's mean growth per second over the window, divided; nil
// where it was not observed.
func rate(c []reading, w headroom.Span, by float64) *float64 {
	if len(c) < 2 {
		return nil
	}
	from, to := max(w.From, c[0].t), min(w.To, c[len(c)-1].t)
	if from >= to {
		return nil
	}
	v := meanRate(c, from, to) / by
	return &v
}
