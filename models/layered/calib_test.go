package layered

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom/models/sim"
)

func TestCalib(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("CALIB"))
	lines := make([]string, n)
	sim.Parallel(n, 2, func(i int) {
		s := randomSystem(rand.New(rand.NewPCG(uint64(i), 77)), features{quotas: true})
		a, b := solved(s, false), solved(s, true)
		out := between(a, b)
		x, y := a.solution(), b.solution()
		o := s
		o.Hosts, o.Stations = nil, append(o.Stations[:0:0], o.Stations...)
		for j := range o.Stations {
			o.Stations[j].Host, o.Stations[j].Period = "", 0
		}
		z, _ := Solve(o)
		var rate float64
		for _, c := range out.Classes {
			rate += c.Throughput
		}
		const total, reps = 60000, 6
		d := total / reps / rate
		r, err := sim.Run(s, sim.Load{}, sim.Options{Seed: uint64(i), Duration: 1.15 * d, Warmup: 0.15 * d, Replications: reps, MaxEvents: 100_000_000})
		if err != nil {
			lines[i] = err.Error() + "\n"
			return
		}
		for st := range s.Stations {
			lines[i] += fmt.Sprintf("# %d st %d limit %.3g cores %.3g of %.3g period %g used %.3f batch %.3f lasts %.3f slice %.4f warn %d\n", i, st, a.quotas[st].limit, a.quotas[st].cores, s.Hosts[0].Cores, a.quotas[st].period, a.used(st)/a.stations[st].Servers, a.batch(st), a.lasts(st), a.slice(0, st), len(out.Warnings))
		}
		for k, c := range out.Classes {
			m, _ := r.Classes[k].Response.Mean()
			var sum, square float64
			for j := range r.Each {
				v, _ := r.Each[j].Classes[k].Response.Mean()
				sum, square = sum+v, square+v*v
			}
			half := 2.57 * math.Sqrt(max(0, square/reps-sum*sum/reps/reps)/(reps-1))
			if c.ResponseMean == nil || y.Classes[k].ResponseMean == nil {
				continue
			}
			own := math.NaN()
			if z.Classes[k].ResponseMean != nil {
				own = *z.Classes[k].ResponseMean
			}
			fa, fb := *x.Classes[k].ResponseMean, *y.Classes[k].ResponseMean
			lines[i] += fmt.Sprintf("%d %d sim %.4g ± %.2g final %+.1f%% throttled %+.1f%% free %+.1f%% lambda %.2f w %d own %+.1f%% rate %.3g\n", i, k, m, half, 100*(*c.ResponseMean/m-1), 100*(fa/m-1), 100*(fb/m-1), (m-fb)/(fa-fb), len(out.Warnings), 100*(own/m-1), c.Throughput)
		}
	})
	for _, l := range lines {
		fmt.Print(l)
	}
}

func TestTune(t *testing.T) {
	f, _ := os.Open("/tmp/hr/calib.txt")
	sc := bufio.NewScanner(f)
	type row struct{ mean, half float64 }
	of := map[[2]int]row{}
	for sc.Scan() {
		var i, k int
		var m, h float64
		if strings.HasPrefix(sc.Text(), "#") {
			continue
		}
		if n, _ := fmt.Sscanf(sc.Text(), "%d %d sim %g ± %g", &i, &k, &m, &h); n == 4 {
			of[[2]int{i, k}] = row{m, h}
		}
	}
	for _, y := range []float64{1, 0.7, 0.5, 0.35, 0.25, 0.15} {
		for _, g := range []float64{0, 0.15, 0.4, 1} {
			tuneY, tuneG = y, g
			for _, p := range []float64{0.01, 0.1} {
				var errs, sys, bias []float64
				beyond := 0
				for i := range 100 {
					s := randomSystem(rand.New(rand.NewPCG(uint64(i), 77)), features{quotas: true})
					if s.Stations[0].Period != p {
						continue
					}
					a, b := solved(s, false), solved(s, true)
					out := between(a, b)
					var sum, want float64
					for k, c := range out.Classes {
						r, ok := of[[2]int{i, k}]
						if !ok || c.ResponseMean == nil || r.half > 0.15*r.mean {
							continue
						}
						e := *c.ResponseMean/r.mean - 1
						errs = append(errs, math.Abs(e))
						bias = append(bias, e)
						if math.Abs(e) > 0.05+r.half/r.mean {
							beyond++
						}
						sum += c.Throughput * *c.ResponseMean
						want += c.Throughput * r.mean
					}
					if want > 0 {
						sys = append(sys, math.Abs(sum/want-1))
					}
				}
				slices.Sort(errs)
				slices.Sort(sys)
				slices.Sort(bias)
				n, m := len(errs), len(sys)
				fmt.Printf("y %.2f g %.2f P %.2f: classes %d median %.1f bias %+.1f p90 %.1f beyond %d; systems %d median %.1f p90 %.1f\n", y, g, p, n, 100*errs[n/2], 100*bias[n/2], 100*errs[n*9/10], beyond, m, 100*sys[m/2], 100*sys[m*9/10])
			}
		}
	}
}
