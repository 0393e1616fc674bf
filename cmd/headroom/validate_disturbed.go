package main

import (
	"fmt"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/prove"
)

// disturbed says what else the machine did during a run, where that was more than
// a figure bears; "" where it was not. others are cores.
func (v *validation) disturbed(others *float64, report headroom.RunReport) string {
	if others != nil && *others > prove.MostOthers {
		return fmt.Sprintf("%.1f cores of the machine were busy with other work", *others)
	}
	// A stand-in's CPUs are virtual.
	if g := report.Generator; v.target == ground.Odoo && g != nil && g.Steal != nil && *g.Steal > prove.MostStolen {
		return fmt.Sprintf("the hypervisor gave %.1f %% of the machine's CPU time to others", 100**g.Steal)
	}
	return ""
}
