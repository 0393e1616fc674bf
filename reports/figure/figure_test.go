package figure

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

func TestFigures(t *testing.T) {
	plain := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace
	for _, c := range []struct{ got, want string }{
		{Number(3.104), "3.10"}, {Number(0.03123), "0.0312"}, {Number(9.996), "10.0"}, {Number(99.96), "100"}, {Number(999.6), "1000"},
		{Number(412.4), "412"}, {Number(12444), "12 400"}, {Number(0), "0"}, {Number(-2.5), "-2.50"}, {Number(math.NaN()), Unknown}, {Number(math.Inf(1)), Unknown},
		{Number(math.Nextafter(9.995, 0)), "9.99"}, {Number(1e-12), "1.00e-12"},
		{Exact(0.5), "0.5"}, {Exact(6), "6"}, {Exact(12000), "12 000"},
		{Count(0), "0"}, {Count(9999), "9999"}, {Count(1234567), "1 234 567"}, {Count(-12345), "-12 345"},
		{Seconds(0.0312), "31.2 ms"}, {Seconds(0.9996), "1.00 s"}, {Seconds(0.999), "999 ms"}, {Seconds(60), "60.0 s"}, {Seconds(119), "119 s"}, {Seconds(120), "2.00 min"}, {Seconds(7200), "2.00 h"},
		{Seconds(0), "0 s"}, {Seconds(math.NaN()), Unknown},
		{Bound(5), "5 s"}, {Bound(0.8), "800 ms"}, {Bound(60), "60 s"}, {Bound(900), "15 min"},
		{Share(0.714), "71 %"}, {Share(0.0524), "5.2 %"}, {Share(0.0994), "9.9 %"}, {Share(0.0996), "10 %"}, {Share(0), "0 %"}, {Share(1), "100 %"}, {Share(0.9999), "99.9 %"}, {Share(0.99), "99 %"}, {Share(0.00012), "0.0120 %"},
		{Signed(0.042), "+4.2 %"}, {Signed(-0.12), "−12 %"}, {Signed(0), "0 %"}, {Signed(math.NaN()), Unknown},
		{Bytes(5.2e9), "5.20 GB"}, {Bytes(300), "300 B"}, {Bytes(1.5e6), "1.50 MB"},
		{Money(400.4, "EUR"), "400 EUR"}, {Money(12.5, "EUR"), "12.50 EUR"}, {Money(math.Inf(1), "EUR"), Unknown},
		{Percentile(95), "p95"}, {Percentile(99.9), "p99.9"}, {PercentileKey(95), "95"},
		{Spread(headroom.Spread{P50: 0.0002, P99: 0.0021, Max: 0.0063}), "0.200 / 2.10 / 6.30 ms"},
	} {
		if plain(c.got) != c.want {
			t.Errorf("got %q, want %q", plain(c.got), c.want)
		}
	}
}

func TestEstimates(t *testing.T) {
	plain := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace
	known := headroom.Estimate{Value: 3.12, Low: 2.79, High: 3.52, Identified: true}
	doubtful := headroom.Estimate{Value: 0.012, High: 0.031, N: 4}
	for _, c := range []struct {
		e    headroom.Estimate
		u    Unit
		want string
	}{
		{known, Time, "3.12 s (2.79–3.52)"},
		{doubtful, Time, "12.0 ms? (0–31.0)"},
		{headroom.Estimate{High: 0.03, N: 2}, Time, "0 ms? (0–30.0)"},
		{headroom.Estimate{Value: 1, Low: 1, High: 1, Identified: true}, Times, "1.00 ×"},
		{headroom.Estimate{Value: 0.16, Low: 0.1, High: 0.2, Identified: true}, Part, "16 % (10–20)"},
		{headroom.Estimate{Value: 2, Low: 1, High: math.Inf(1), Identified: true}, Plain, "2.00 (1.00–∞)"},
		{headroom.Estimate{Value: 2, Low: 1, High: math.NaN(), Identified: true}, Plain, "2.00"},
		{headroom.Estimate{}, Time, Unknown},
		{headroom.Estimate{Level: 0.9, Method: "none"}, Time, Unknown},
		{headroom.Estimate{Value: math.NaN(), N: 3}, Time, Unknown},
	} {
		if got := plain(Estimate(c.e, c.u)); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.e, got, c.want)
		}
	}
}

// FuzzNumber wants three significant digits of whatever is finite: what is
// written differs from the value by at most half a unit of the third digit.
func FuzzNumber(f *testing.F) {
	for _, v := range []float64{0, 1, 9.995, 0.0999951, 123456, -4.2, 1e-9, 1e300} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v float64) {
		s := strings.ReplaceAll(Number(v), "\u202f", "")
		if math.IsNaN(v) || math.IsInf(v, 0) {
			if s != Unknown {
				t.Errorf("%v: %q", v, s)
			}
			return
		}
		back, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatalf("%v: %v", v, err)
		}
		if math.Abs(v) > 1e-300 && math.Abs(v) < 1e300 && math.Abs(back-v) > 0.00501*math.Abs(v) {
			t.Errorf("%v is written as %q", v, s)
		}
	})
}
