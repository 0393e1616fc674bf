package probes

import (
	"context"

	"github.com/headroom-erp/headroom"
)

// Under is a probe whose subjects stand below a name: of a replica's database
// "hub", "replica/hub", beside the primary's "hub".
func Under(name string, p Probe) Probe { return under{p, name} }

type under struct {
	Probe
	name string
}

func (u under) prepare() {
	if p, ok := u.Probe.(preparer); ok {
		p.prepare()
	}
}

func (u under) Run(ctx context.Context, clock Clock, rec headroom.Recorder) error {
	return u.Probe.Run(ctx, clock, renaming{rec, u.name})
}

// renaming is a recorder of samples that go by another name.
type renaming struct {
	headroom.Recorder
	name string
}

func (r renaming) Record(rs headroom.Records) error {
	samples := make([]headroom.Sample, len(rs.Samples))
	for i, s := range rs.Samples {
		s.Subject = r.name + "/" + s.Subject
		samples[i] = s
	}
	gaps := make([]headroom.Gap, len(rs.Gaps))
	for i, g := range rs.Gaps {
		g.Reason = r.name + ": " + g.Reason
		gaps[i] = g
	}
	rs.Samples, rs.Gaps = samples, gaps
	return r.Recorder.Record(rs)
}
