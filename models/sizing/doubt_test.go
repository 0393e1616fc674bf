package sizing

import (
	"math"
	"testing"

	"github.com/headroom-erp/headroom"
)

// A draw keeps each class' own interval: 90 % of the factors lie in it, and 5 %
// on each side (450 of 5,000 at a standard deviation of 15).
func TestDrawsKeepIntervals(t *testing.T) {
	m := model()
	m.Classes[1].Demand["app"] = headroom.Estimate{Value: 0.1, Low: 0.05, High: 0.2}
	const n = 5000
	below, above, within := 0, 0, 0
	for i := range n {
		d := drawn(m, 3, i)
		switch v := d.Classes[1].Demand["app"].Value; {
		case v < 0.05:
			below++
		case v > 0.2:
			above++
		}
		if v := d.Classes[0].Demand["app"].Value; v > 0.06*0.95 && v < 0.06*1.05 {
			within++
		}
	}
	if math.Abs(float64(below)-0.05*n) > 60 || math.Abs(float64(above)-0.05*n) > 60 || math.Abs(float64(within)-0.9*n) > 100 {
		t.Errorf("%d below, %d above a wide interval, %d within a narrow one, of %d", below, above, within, n)
	}
}

// The sum of many classes is as doubtful as they have in common: independent
// draws of ten equal demands would make it √10 as sure as each of them.
func TestDrawsShareTheirLevel(t *testing.T) {
	spread := func(widths ...float64) float64 {
		m := headroom.Model{}
		for _, w := range widths {
			m.Classes = append(m.Classes, headroom.ClassModel{Count: 100, Demand: map[string]headroom.Estimate{"app": known(0.1, w)}})
		}
		var sum, square float64
		const n = 2000
		for i := range n {
			total := 0.0
			for _, k := range drawn(m, 5, i).Classes {
				total += k.Demand["app"].Value / 0.1 / float64(len(widths))
			}
			sum, square = sum+total, square+total*total
		}
		return math.Sqrt(square/n - sum/n*sum/n)
	}
	one := spread(0.2)
	ten := spread(0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2)
	if math.Abs(ten/one-1) > 0.1 {
		t.Errorf("the total of ten is doubtful by %.4f, each of them by %.4f", ten, one)
	}
	// Where one of them is sure, so is the level; the others vary apart.
	sure := spread(0.001, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2)
	if want := one * math.Sqrt(9) / 10; math.Abs(sure/want-1) > 0.15 {
		t.Errorf("with a sure one among them by %.4f, want %.4f", sure, want)
	}
}

// How cores disturb each other is drawn as well, and the model stays what it was.
func TestDrawsOfInterference(t *testing.T) {
	m := model()
	m.Interference = &headroom.Interference{Share: headroom.Estimate{Value: 0.4, Low: 0.2, High: 0.8}, Reference: 0.3}
	within := 0
	const n = 2000
	for i := range n {
		x := drawn(m, 7, i).Interference
		if x.Share.Value >= 0.2 && x.Share.Value <= 0.8 {
			within++
		}
		if x.Reference != 0.3 {
			t.Fatalf("%+v", x)
		}
	}
	if math.Abs(float64(within)-0.9*n) > 60 || m.Interference.Share.Value != 0.4 {
		t.Errorf("%d of %d draws lie in the 90 %% interval; the model has %+v", within, n, m.Interference)
	}
}

func TestSigma(t *testing.T) {
	for _, c := range []struct {
		e    headroom.Estimate
		want float64
	}{
		{headroom.Estimate{Value: 1, Low: 1, High: 1}, 0},
		{headroom.Estimate{Value: 0, Low: 0, High: 1}, 0},
		{headroom.Estimate{Value: 1, Low: math.Exp(-z95), High: math.Exp(z95)}, 1},
		{headroom.Estimate{Value: 1, Low: 0, High: 2 * z95}, 1},
	} {
		if got := sigma(c.e); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%+v: %g, want %g", c.e, got, c.want)
		}
	}
	if got := factorOf(100, 0, 0, 5); got != mostDoubt {
		t.Errorf("an interval without end multiplies by %g", got)
	}
	if a, b := factorOf(0.2, 0.3, 1, 7), math.Exp(0.2); math.Abs(a-b) > 1e-12 {
		t.Errorf("a class surer than the level: %g, want %g", a, b)
	}
}

// Few replications give the wide interval that they deserve; +Inf never comes
// out as a bound.
func TestEstimateOfReplications(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		of            []float64
		value, lo, hi float64
		identified    bool
	}{
		{[]float64{3, 1, 2}, 2, 1, 3, true},
		{[]float64{5}, 5, 5, 5, true},
		{[]float64{1, 2, inf}, 2, 1, 2, false},
		{[]float64{1, inf, inf}, inf, 1, 1, false},
		{[]float64{1, inf, inf, inf}, inf, 1, 1, false},
		{[]float64{1, 2, inf, inf}, inf, 1, 2, false},
		{[]float64{inf, inf}, inf, inf, inf, false},
	} {
		e := estimate(c.of, 9, "m")
		if e.Value != c.value || e.Low != c.lo || e.High != c.hi || e.Identified != c.identified || e.N != 9 {
			t.Errorf("%v: %+v", c.of, e)
		}
	}
	// 39 values: the 5 % and 95 % points are at 2 and 38 of 1 … 39.
	var v []float64
	for i := range 39 {
		v = append(v, float64(39-i))
	}
	if e := estimate(v, 0, ""); e.Value != 20 || e.Low != 2 || e.High != 38 {
		t.Errorf("%+v", e)
	}
}
