package sim

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

// A birth and death chain is M/M/c with rates that change: the independent
// method. Its probabilities are integrated by Runge and Kutta's fourth order.
type birthDeath struct {
	p       []float64
	service float64 // rate of one server
}

// steadyChain is the steady state of M/M/c, cut at most.
func steadyChain(most, servers int, rate, service float64) *birthDeath {
	b := &birthDeath{p: make([]float64, most+1), service: service}
	b.p[0] = 1
	sum := 1.0
	for n := 1; n <= most; n++ {
		b.p[n] = b.p[n-1] * rate / (service * float64(min(n, servers)))
		sum += b.p[n]
	}
	for n := range b.p {
		b.p[n] /= sum
	}
	return b
}

// batch adds requests at one moment.
func (b *birthDeath) batch(count int) {
	copy(b.p[count:], append([]float64(nil), b.p[:len(b.p)-count]...))
	clear(b.p[:count])
}

// run lets time pass. States from 0 to held are left by nobody: -1 for none.
func (b *birthDeath) run(seconds, rate float64, servers, held int) {
	const step = 0.004
	n := int(math.Ceil(seconds / step))
	h := seconds / float64(n)
	k := make([][]float64, 4)
	for i := range k {
		k[i] = make([]float64, len(b.p))
	}
	at := make([]float64, len(b.p))
	for range n {
		b.flow(b.p, k[0], rate, servers, held)
		for i, f := range []float64{h / 2, h / 2, h} {
			for s := range at {
				at[s] = b.p[s] + f*k[i][s]
			}
			b.flow(at, k[i+1], rate, servers, held)
		}
		for s := range b.p {
			b.p[s] += h / 6 * (k[0][s] + 2*k[1][s] + 2*k[2][s] + k[3][s])
		}
	}
}

func (b *birthDeath) flow(p, d []float64, rate float64, servers, held int) {
	clear(d)
	for n := held + 1; n < len(p); n++ {
		if n+1 < len(p) {
			d[n] -= rate * p[n]
			d[n+1] += rate * p[n]
		}
		if n > 0 {
			out := b.service * float64(min(n, servers)) * p[n]
			d[n] -= out
			d[n-1] += out
		}
	}
}

// above is the mean number of those above n.
func (b *birthDeath) above(n int) float64 {
	var sum float64
	for i, v := range b.p {
		sum += float64(max(0, i-n)) * v
	}
	return sum
}

// upTo is the probability of n or less.
func (b *birthDeath) upTo(n int) float64 {
	var sum float64
	for _, v := range b.p[:n+1] {
		sum += v
	}
	return sum
}

// drainOf is the mean and the 95th percentile of the time until no more than
// servers are left.
func (b *birthDeath) drainOf(rate float64, servers int) (mean, p95 float64) {
	const step = 0.1
	before := b.upTo(servers)
	for at := 0.0; ; at += step {
		b.run(step, rate, servers, servers)
		after := b.upTo(servers)
		mean += step * (1 - (before+after)/2)
		if p95 == 0 && after >= 0.95 {
			p95 = at + step*(0.95-before)/(after-before)
		}
		if before = after; after > 1-1e-7 {
			return mean, p95
		}
	}
}

func transients(t *testing.T, x headroom.Transient, o Options) headroom.TransientSolution {
	t.Helper()
	o.Seed, o.Parallel = 1, 2
	got, err := Transient(x, o)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// The chain's own check: 200 before 8 servers, 4.8/s arriving, 1 s service is
// CAPACITY.md's exact example.
func TestBirthDeathIsTheBooks(t *testing.T) {
	b := &birthDeath{p: make([]float64, 400), service: 1}
	b.p[200] = 1
	mean, p95 := b.drainOf(4.8, 8)
	near(t, "mean", mean, 60.0, 0.0005)
	near(t, "p95", p95, 75.2, 0.001)
}

// The same from a steady start: those who are there already come to the 200.
func TestTransientOfABatch(t *testing.T) {
	x := headroom.Transient{System: fcfs(8, 4.8, 1, 1), Batches: []headroom.Burst{{Class: "r", Count: 200}}}
	got := transients(t, x, Options{Replications: 8000})
	b := steadyChain(420, 8, 4.8, 1)
	b.batch(200)
	near(t, "at 0", got.Series[0].NumberMean, b.above(0), 0.002)
	mean, p95 := b.drainOf(4.8, 8)
	t.Logf("drain mean %.2f s of %.2f, p95 %.2f s of %.2f; %s", got.Drain.Mean, mean, got.Drain.P95, p95, got.Method)
	near(t, "mean drain", got.Drain.Mean, mean, 0.005)
	near(t, "p95 of the drain", got.Drain.P95, p95, 0.01)
	near(t, "mean drain of the book", got.Drain.Mean, 60, 0.03)
	near(t, "p95 of the book", got.Drain.P95, 75.2, 0.05)
	if i := got.Drain.Interval; !(i[0] < mean && mean < i[1]) {
		t.Errorf("interval %v, mean %g", i, mean)
	}
}

// A burst of 10 s beyond what four servers carry, over a base that is in the
// steady start: of the system itself, and as a step that lasts all the time.
func TestTransientOfABurst(t *testing.T) {
	burst := headroom.LoadStep{From: 5, To: 15, Class: "r", ArrivalRate: 6}
	base := headroom.LoadStep{From: 0, To: 1000, Class: "r", ArrivalRate: 2}
	for what, x := range map[string]headroom.Transient{
		"own load":  {System: fcfs(4, 2, 1, 1), Load: []headroom.LoadStep{burst}},
		"as a step": {System: fcfs(4, 0, 1, 1), Load: []headroom.LoadStep{base, burst}},
		"piecewise": {System: fcfs(4, 0, 1, 1), Load: []headroom.LoadStep{{From: 0, To: 5, Class: "r", ArrivalRate: 2},
			{From: 5, To: 15, Class: "r", ArrivalRate: 8}, {From: 15, To: 1000, Class: "r", ArrivalRate: 2}}},
	} {
		x.Until, x.Step = 40, 2.5
		got := transients(t, x, Options{Replications: 10_000})
		b := steadyChain(200, 4, 2, 1)
		for i, p := range got.Series {
			rate := 2.0
			if p.T > 5 && p.T <= 15 {
				rate = 8
			}
			if i > 0 {
				b.run(2.5, rate, 4, -1)
			}
			near(t, what+", number", p.NumberMean, b.above(0), 0.05)
			about(t, what+", waiting", p.WaitingMean, b.above(4), 0.08+0.05*b.above(4))
			if p.T == 15 {
				after := &birthDeath{append([]float64(nil), b.p...), 1}
				mean, p95 := after.drainOf(2, 4)
				near(t, what+", mean drain", got.Drain.Mean, mean, 0.03)
				near(t, what+", p95 of the drain", got.Drain.P95, p95, 0.04)
			}
		}
		if len(got.Series) != 17 || got.Series[16].ResponseP95 == nil || got.Series[0].ResponseP95 != nil {
			t.Errorf("%s: %d points", what, len(got.Series))
		}
	}
}

// Two workers with more load than they carry get two more: what waited is
// begun at once. Number, and drain from the change on.
func TestTransientOfScalingUp(t *testing.T) {
	s := fcfs(4, 1, 1, 1)
	s.Pool.Servers = 2
	x := headroom.Transient{System: s, Load: []headroom.LoadStep{{From: 2, To: 1000, Class: "r", ArrivalRate: 2}}, Changes: changed("web", 20, 4, false), Until: 60, Step: 10}
	// The step is no burst that ends: it lasts beyond what is looked at. The drain
	// is from its end, where nobody waits.
	got := transients(t, x, Options{Replications: 3000})
	b := steadyChain(250, 2, 1, 1)
	b.run(2, 1, 2, -1)
	at := 2.0
	for _, p := range got.Series {
		for at < p.T {
			servers := 2
			if at >= 20 {
				servers = 4
			}
			to := min(p.T, at+4)
			b.run(to-at, 3, servers, -1)
			at = to
		}
		if p.T >= 10 {
			near(t, "number", p.NumberMean, b.above(0), 0.05)
		}
	}
}

// A node that is lost and comes back: what it held has failed, and the drain is
// from the last change.
func TestTransientOfALostNode(t *testing.T) {
	s := fcfs(8, 5, 1, 1)
	s.Pool.Servers, s.Pool.Replicas = 4, 2
	x := headroom.Transient{System: s, Changes: append(changed("web", 10, 4, true), changed("web", 40, 8, false)...), Until: 100}
	got := transients(t, x, Options{Replications: 1000})
	point := func(at float64) headroom.TransientPoint { return got.Series[int(math.Round(at))] }
	if before, after := point(9), point(10); after.NumberMean > 0.6*before.NumberMean || before.NumberMean < 5 {
		t.Errorf("%g requests before, %g after", before.NumberMean, after.NumberMean)
	}
	// From 10 to 40 the other carries 4/s of 5/s: about 30 more wait at its end, and then
	// both are there, but those who wait stay: 4/s of the waiting one, which gets 2.5/s.
	near(t, "backlog", point(40).NumberMean, 4+30, 0.15)
	near(t, "drain", got.Drain.Mean, 30/1.5, 0.2)
	if got.Drain.P50 < 15 {
		t.Errorf("%+v", *got.Drain)
	}
}

// What fails is no longer there, and is counted: what a node holds that is lost, and
// all that comes while there is no worker.
func TestTransientCountsWhatFails(t *testing.T) {
	lost := append(changed("web", 1, 0, true), changed("web", 31, 8, false)...)
	got := transients(t, headroom.Transient{System: fcfs(8, 4.8, 1, 1), Changes: lost}, Options{Replications: 2000})
	near(t, "lost and turned away", got.FailedMean, steadyChain(200, 8, 4.8, 1).above(0)+30*4.8, 0.01)
	wantWarnings(t, got, "requests fail on the mean")
	gone := headroom.Transient{System: fcfs(8, 4.8, 1, 1), Changes: changed("web", 1, 0, false), Batches: []headroom.Burst{{T: 5, Class: "r", Count: 100}}, Until: 20}
	got = transients(t, gone, Options{Replications: 2000})
	near(t, "a batch and all that comes", got.FailedMean, 100+19*4.8, 0.01)
	wantWarnings(t, got, "requests fail on the mean", `pool "web" has no workers: its requests fail`)
	got = transients(t, headroom.Transient{System: fcfs(8, 4.8, 1, 1), Changes: []headroom.Reconfiguration{{At: 1, Station: "app"}}, Until: 20}, Options{Replications: 100})
	wantWarnings(t, got, `station "app" has no servers`)
	if got.FailedMean != 0 || got.Drain != nil || got.Series[100].NumberMean < 19*4.8 {
		t.Errorf("%g fail, %g are there at the end, drain %v", got.FailedMean, got.Series[100].NumberMean, got.Drain)
	}
}

// wantWarnings looks for parts of warnings, of which none names an infinity.
func wantWarnings(t *testing.T, got headroom.TransientSolution, parts ...string) {
	t.Helper()
	all := strings.Join(got.Warnings, "; ")
	for _, p := range parts {
		if !strings.Contains(all, p) {
			t.Errorf("no %q in %q", p, all)
		}
	}
	if strings.Contains(all, "Inf") {
		t.Errorf("an infinity is shown: %q", all)
	}
}

func TestTransientWithoutAnEnd(t *testing.T) {
	got := transients(t, headroom.Transient{System: fcfs(4, 2, 1, 1), Load: []headroom.LoadStep{{From: 5, To: 1e6, Class: "r", ArrivalRate: 1}}}, Options{Replications: 4, MaxEvents: 5000})
	if got.Drain != nil || !strings.Contains(strings.Join(got.Warnings, ";"), "had not drained after") {
		t.Errorf("drain %+v, warnings %q", got.Drain, got.Warnings)
	}
	got = transients(t, headroom.Transient{System: fcfs(4, 6, 1, 1), Until: 50}, Options{Replications: 20})
	if got.Drain != nil || !strings.Contains(strings.Join(got.Warnings, ";"), "the load is still 1.5 of what the system carries") {
		t.Errorf("drain %+v, warnings %q", got.Drain, got.Warnings)
	}
	got = transients(t, headroom.Transient{System: fcfs(4, 2, 1, 1), Load: []headroom.LoadStep{{To: 30, Class: "r", ArrivalRate: 4}}, Until: 50, Step: 10}, Options{Replications: 2000})
	if w := strings.Join(got.Warnings, ";"); !strings.Contains(w, "begin at 0 s") {
		t.Errorf("warnings %q", w)
	}
	b := steadyChain(250, 4, 2, 1)
	b.run(30, 6, 4, -1)
	near(t, "number at the burst's end", got.Series[3].NumberMean, b.above(0), 0.03)
	mean, _ := b.drainOf(2, 4)
	near(t, "drain", got.Drain.Mean, mean, 0.03)
}

// It is the same on any number of cores, and of the same seed.
func TestTransientIsDeterministic(t *testing.T) {
	x := headroom.Transient{System: hot(0.7, 40, 4), Batches: []headroom.Burst{{T: 3, Class: "confirm", Count: 20}}}
	var all []headroom.TransientSolution
	for _, width := range []int{1, 3} {
		got, err := Transient(x, Options{Seed: 9, Parallel: width, Replications: 30})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, got)
	}
	if !reflect.DeepEqual(all[0], all[1]) {
		t.Error("cores change figures")
	}
}
