package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
	"github.com/headroom-erp/headroom/fixtures/erp"
)

// BenchmarkComparison runs the stand-in twice as it is and once with service
// demands that are 10 % higher, compares the two with the first, and reports
// what became of the orders' mean in per cent, with its interval, and how many
// changes were called better or worse: none, and at least one.
func BenchmarkComparison(b *testing.B) {
	slower := filepath.Join(b.TempDir(), "slower.json")
	table := erp.Demands()
	table.Default = scaled(table.Default, 1.1)
	for class, d := range table.Classes {
		table.Classes[class] = scaled(d, 1.1)
	}
	data, err := json.Marshal(table)
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(slower, data, 0o600); err != nil {
		b.Fatal(err)
	}
	for range b.N {
		folder := b.TempDir()
		for name, demands := range map[string]string{"before": "", "again": "", "slower": slower} {
			cmd := exec.Command(binary, "run", "testdata/compare.yaml", "--target", "erp", "--topology", "six", "--workspace", filepath.Join(folder, name))
			cmd.Env = append(os.Environ(), ground.EnvDemands+"="+demands)
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("%s: %v\n%s", name, err, out)
			}
		}
		for _, name := range []string{"again", "slower"} {
			var out, stderr bytes.Buffer
			cmd := exec.Command(binary, "compare", "--json", filepath.Join(folder, "before"), filepath.Join(folder, name))
			cmd.Stdout, cmd.Stderr = &out, &stderr
			if err := cmd.Run(); err != nil {
				b.Fatalf("%v\n%s", err, stderr.String())
			}
			var c headroom.RunComparison
			if err := json.Unmarshal(out.Bytes(), &c); err != nil {
				b.Fatal(err)
			}
			reportChanges(b, name, c)
		}
	}
}

func scaled(d erp.Demand, by float64) erp.Demand {
	d.App, d.Database, d.AppPerLine, d.DatabasePerLine = d.App*by, d.Database*by, d.AppPerLine*by, d.DatabasePerLine*by
	return d
}

func reportChanges(b *testing.B, name string, c headroom.RunComparison) {
	b.Helper()
	found := 0
	for _, x := range c.Changes {
		if x.Verdict == headroom.Worse || x.Verdict == headroom.Better {
			found++
		}
		if x.Process != "order" || x.Measure != headroom.ChangeMean || x.Change == nil || x.Low == nil || x.High == nil {
			continue
		}
		b.ReportMetric(100**x.Change, name+"-order-mean-%")
		b.ReportMetric(100**x.Low, name+"-low-%")
		b.ReportMetric(100**x.High, name+"-high-%")
	}
	b.ReportMetric(float64(found), name+"-changes")
}
