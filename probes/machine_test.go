package probes

import (
	"os"
	"runtime"
	"strings"
	"testing"
)

func TestThisMachine(t *testing.T) {
	m := ThisMachine(t.Context())
	t.Logf("%+v", m)
	if m.OS != runtime.GOOS+"/"+runtime.GOARCH || m.Cores != runtime.NumCPU() || m.Memory < 1e8 {
		t.Errorf("%+v", m)
	}
	if kernel, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil && m.Kernel != strings.TrimSpace(string(kernel)) {
		t.Errorf("kernel %q, the kernel says %q", m.Kernel, kernel)
	}
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil && strings.Contains(string(info), "model name") && m.CPU == "" {
		t.Error("the CPU's model is not known")
	}
}
