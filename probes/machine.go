package probes

import (
	"context"
	"runtime"
	"strings"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/mem"

	"github.com/headroom-erp/headroom"
)

// ThisMachine describes the machine that we run on. What cannot be known is left
// empty.
func ThisMachine(ctx context.Context) headroom.Machine {
	m := headroom.Machine{OS: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.NumCPU()}
	m.Kernel, _ = host.KernelVersionWithContext(ctx)
	if infos, err := cpu.InfoWithContext(ctx); err == nil && len(infos) > 0 {
		m.CPU = strings.Join(strings.Fields(infos[0].ModelName), " ")
	}
	if memory, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		m.Memory = float64(memory.Total)
	}
	return m
}
