package compare

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/headroom-erp/headroom"
)

// comparisons is how many are made of each kind; HEADROOM_BENCH_COMPARISONS.
func comparisons(b *testing.B) int {
	b.Helper()
	v := os.Getenv("HEADROOM_BENCH_COMPARISONS")
	if v == "" {
		return 400
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		b.Fatalf("HEADROOM_BENCH_COMPARISONS=%q is no number from 1 on", v)
	}
	return n
}

// BenchmarkFalseAlarms is the share of comparisons, of runs that do not
// differ, that find anything: 5 % at most, in every world but those of a single run
// whose disturbances last a good part of the window (slow), of which one run
// cannot know.
func BenchmarkFalseAlarms(b *testing.B) {
	for _, name := range []string{"quiet", "busy", "peak", "drift", "slow", "heavy", "between", "fail"} {
		for _, runs := range []int{1, 3} {
			for _, paired := range []bool{true, false} {
				b.Run(fmt.Sprintf("%s/runs=%d/paired=%v", name, runs, paired), func(b *testing.B) {
					for range b.N {
						list := worlds[name].each(comparisons(b), runs, paired, 1)
						tested, all := 0, 0
						for _, c := range list {
							tested, all = tested+c.Tests, all+len(c.Changes)
						}
						b.ReportMetric(100*float64(alarms(list))/float64(len(list)), "false-alarms-%")
						b.ReportMetric(100*float64(tested)/float64(all), "tested-%")
					}
				})
			}
		}
	}
}

// BenchmarkPower is the share of comparisons that find a service that takes
// 10 % longer, by the number of journeys of a process in a run and the noise
// (squared coefficient of variation of a service time, the same arrival's in two runs).
func BenchmarkPower(b *testing.B) {
	for _, noise := range []float64{0.05, 0.3} {
		for _, runs := range []int{1, 3} {
			for _, window := range []float64{60, 240, 960} {
				for _, paired := range []bool{true, false} {
					w := world{window: window, rate: 8, peak: 1, workers: 6, service: 0.3, scv: 0.5, noise: noise}
					b.Run(fmt.Sprintf("journeys=%g/noise=%g/runs=%d/paired=%v", w.rate*window/2, noise, runs, paired), func(b *testing.B) {
						for range b.N {
							list := w.each(comparisons(b)/4, runs, paired, 1.1)
							found, wrong := 0, 0
							for _, c := range list {
								switch c.Others[0].Verdict {
								case headroom.Worse:
									found++
								case headroom.Better:
									wrong++
								}
							}
							b.ReportMetric(100*float64(found)/float64(len(list)), "found-%")
							b.ReportMetric(100*float64(wrong)/float64(len(list)), "called-better-%")
						}
					})
				}
			}
		}
	}
}

// BenchmarkCompare compares two runs of 400,000 journeys.
func BenchmarkCompare(b *testing.B) {
	w := world{window: 25000, rate: 16, peak: 1, workers: 8, service: 0.3, scv: 1, noise: 0.3}
	x, y := w.run(1, 1, 1), w.run(1, 2, 1)
	for b.Loop() {
		if _, err := Compare(Set{"a", []Run{x}}, []Set{{"b", []Run{y}}}, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
