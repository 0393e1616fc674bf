package arrivals

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const hour = time.Hour

func at(seconds ...float64) []time.Duration {
	out := make([]time.Duration, len(seconds))
	for i, s := range seconds {
		out[i] = time.Duration(math.Round(s * 1e9))
	}
	slices.Sort(out)
	return out
}

func recording(times []time.Duration) Recording {
	r := Recording{Name: "test"}
	for _, t := range times {
		r.Events = append(r.Events, Event{T: t})
	}
	return r
}

// poisson draws a Poisson process of the rate by thinning, which is not how
// the schedule makes its own.
func poisson(random *rand.Rand, rate Rate) []time.Duration {
	highest := slices.Max(rate.v)
	var out []time.Duration
	for t := rate.From().Seconds(); ; {
		t += random.ExpFloat64() / highest
		at := time.Duration(t * 1e9)
		if at >= rate.To() {
			return out
		}
		if random.Float64()*highest < rate.at(at) {
			out = append(out, at)
		}
	}
}

// at is the rate itself, for a test that does not use the integral.
func (r Rate) at(t time.Duration) float64 {
	for i := 1; i < len(r.t); i++ {
		if t < r.t[i] {
			x := float64(t-r.t[i-1]) / float64(r.t[i]-r.t[i-1])
			return r.v[i-1] + x*(r.v[i]-r.v[i-1])
		}
	}
	return 0
}

func ramp(points ...float64) *Rate {
	var r Rate
	for i := 0; i < len(points); i += 2 {
		r.t = append(r.t, time.Duration(points[i]*1e9))
		r.v = append(r.v, points[i+1])
	}
	r.integrate()
	return &r
}

func round(times []time.Duration, to time.Duration) []time.Duration {
	out := make([]time.Duration, len(times))
	for i, t := range times {
		out[i] = t.Round(to)
	}
	return out
}

func verdict(t *testing.T, times []time.Duration, rate *Rate) Result {
	t.Helper()
	r, err := Check(recording(times), Options{Rate: rate})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestVerdicts draws each case 60 times and counts the verdicts. The bounds
// leave room for the tests' own level of 0.01: 5 of 60 or more have a chance
// below 0.001.
func TestVerdicts(t *testing.T) {
	const draws = 60
	surge := ramp(0, 0.1, 3600, 0.4, 7200, 2, 9000, 0.1)
	days := func(r *rand.Rand, n int, cv float64) []time.Duration {
		var all []time.Duration
		for d := range n {
			level := 0.01 * math.Exp(cv*r.NormFloat64())
			all = append(all, poisson(r, Constant(0, time.Duration(d)*day, time.Duration(d+1)*day, level))...)
		}
		return all
	}
	week := ramp(0, 0.01, 7*86400, 0.01)
	for _, c := range []struct {
		name  string
		draw  func(r *rand.Rand) []time.Duration
		rate  *Rate
		want  Verdict
		cause Cause
		least int
	}{
		{"poisson of a surge", func(r *rand.Rand) []time.Duration { return poisson(r, *surge) }, surge, Poisson, "", 56},
		{"poisson, no rate given", func(r *rand.Rand) []time.Duration { return poisson(r, Constant(0, 0, hour, 0.5)) }, nil, Poisson, "", 56},
		{"few but enough", func(r *rand.Rand) []time.Duration { return poisson(r, Constant(0, 0, hour, 0.02)) }, nil, Poisson, "", 54},
		{"evenly spaced as by k6", func(*rand.Rand) []time.Duration {
			var all []time.Duration
			for i := range 500 {
				all = append(all, time.Duration(i)*200*time.Millisecond)
			}
			return all
		}, nil, EvenlySpaced, "", 60},
		{"evenly spaced with a jitter of a tenth", func(r *rand.Rand) []time.Duration {
			var all []time.Duration
			for i := range 500 {
				all = append(all, time.Duration((float64(i)+0.1*r.Float64())*2e8))
			}
			return all
		}, nil, EvenlySpaced, "", 60},
		{"evenly spaced up a ramp", func(*rand.Rand) []time.Duration {
			var all []time.Duration
			for y := 0.5; y < surge.Total(); y++ {
				all = append(all, surge.when(y))
			}
			return all
		}, nil, EvenlySpaced, "", 60},
		{"rounded to seconds", func(r *rand.Rand) []time.Duration {
			return round(poisson(r, Constant(0, 0, hour, 2)), time.Second)
		}, nil, Rounded, "", 56},
		{"rounded to seconds in a surge", func(r *rand.Rand) []time.Duration { return round(poisson(r, *surge), time.Second) }, surge, Rounded, "", 55},
		{"milliseconds do no harm", func(r *rand.Rand) []time.Duration {
			return round(poisson(r, *surge), time.Millisecond)
		}, surge, Poisson, "", 56},
		{"milliseconds at a high rate", func(r *rand.Rand) []time.Duration {
			return round(poisson(r, Constant(0, 0, 20*time.Second, 400)), time.Millisecond)
		}, nil, Rounded, "", 56},
		{"days of different level", func(r *rand.Rand) []time.Duration { return days(r, 14, 0.4) }, ramp(0, 0.01, 14*86400, 0.01), OverDispersed, Levels, 56},
		{"days of different level, no rate given", func(r *rand.Rand) []time.Duration { return days(r, 14, 0.4) }, nil, OverDispersed, Levels, 56},
		{"five days of different level", func(r *rand.Rand) []time.Duration { return days(r, 5, 0.4) }, ramp(0, 0.01, 5*86400, 0.01), OverDispersed, Levels, 54},
		{"a ramp over ten days", func(r *rand.Rand) []time.Duration { return poisson(r, *ramp(0, 0.005, 864000, 0.015)) }, ramp(0, 0.01, 864000, 0.01), WrongRate, Shape, 56},
		{"weekends that the rate does not know", func(r *rand.Rand) []time.Duration {
			var all []time.Duration
			for d := range 28 {
				if d%7 < 5 {
					all = append(all, poisson(r, Constant(0, time.Duration(d)*day, time.Duration(d+1)*day, 0.014))...)
				}
			}
			return all
		}, ramp(0, 0.01, 28*86400, 0.01), WrongRate, Shape, 56},
		{"a hundred in each whole second", func(r *rand.Rand) []time.Duration {
			return round(poisson(r, Constant(0, 0, 20*time.Second, 100)), time.Second)
		}, ramp(0, 100, 20, 100), Rounded, "", 56},
		{"one batch among many", func(r *rand.Rand) []time.Duration {
			all := poisson(r, Constant(0, 0, hour, 0.3))
			for range 60 {
				all = append(all, 30*time.Minute)
			}
			slices.Sort(all)
			return all
		}, nil, OverDispersed, Batches, 58},
		{"batches", func(r *rand.Rand) []time.Duration {
			var all []time.Duration
			for _, t := range poisson(r, Constant(0, 0, hour, 0.05)) {
				for range 8 {
					all = append(all, t+time.Duration(r.Float64()*1e9))
				}
			}
			slices.Sort(all)
			return all
		}, nil, OverDispersed, Batches, 60},
		{"batches at one instant", func(r *rand.Rand) []time.Duration {
			var all []time.Duration
			for _, t := range poisson(r, Constant(0, 0, hour, 0.05)) {
				all = append(all, t, t, t, t, t)
			}
			return all
		}, nil, OverDispersed, Batches, 60},
		{"a ramp taken for constant", func(r *rand.Rand) []time.Duration { return poisson(r, *ramp(0, 0.05, 3600, 0.6)) }, nil, WrongRate, Shape, 56},
		{"a surge taken for constant", func(r *rand.Rand) []time.Duration { return poisson(r, *surge) }, nil, WrongRate, Shape, 54},
		{"twice the rate", func(r *rand.Rand) []time.Duration { return poisson(r, *surge) },
			ramp(0, 0.05, 3600, 0.2, 7200, 1, 9000, 0.05), WrongRate, Level, 56},
		{"a peak that the rate does not know", func(r *rand.Rand) []time.Duration {
			return poisson(r, *ramp(0, 0.2, 3000, 0.2, 3000, 0.8, 4200, 0.8, 4200, 0.2, 7200, 0.2))
		}, ramp(0, 0.2, 7200, 0.2), WrongRate, Shape, 54},
		{"days of one profile taken for constant", func(r *rand.Rand) []time.Duration {
			var points []float64
			for d := range 7 {
				for _, p := range [][2]float64{{0, 0.001}, {6, 0.001}, {6, 0.03}, {12, 0.01}, {17, 0.04}, {17, 0.001}} {
					points = append(points, float64(d)*86400+p[0]*3600, p[1])
				}
			}
			return poisson(r, *ramp(append(points, 7*86400, 0.001)...))
		}, week, WrongRate, Shape, 56},
		{"too few", func(r *rand.Rand) []time.Duration { return at(1, 2, 4, 8, 16, 17, 20) }, nil, TooFew, "", 60},
	} {
		t.Run(c.name, func(t *testing.T) {
			right := 0
			others := map[Verdict]int{}
			for i := range draws {
				r := verdict(t, c.draw(rand.New(rand.NewPCG(uint64(i), 7))), c.rate)
				if r.Verdict == c.want && r.Cause == c.cause {
					right++
				} else {
					others[r.Verdict+Verdict(" "+r.Cause)]++
				}
				if r.Means == "" || r.Do == "" {
					t.Fatalf("verdict %s has no words", r.Verdict)
				}
			}
			if right < c.least {
				t.Errorf("%d of %d are %s %s, want at least %d; others %v", right, draws, c.want, c.cause, c.least, others)
			}
		})
	}
}
