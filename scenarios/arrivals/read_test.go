package arrivals

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

func TestRead(t *testing.T) {
	rec, err := Read(strings.NewReader("\xef\xbb\xbf# of the conveyor\nt, Process,site,extra,seed,user\n"+
		"3.000000001,order,pilot,x,18446744073709551615,\n# between\n1.5,,,,,7\n1e1,scan,pilot,,,\n3.0000000019,order,pilot,,,\n"), "a.csv")
	if err != nil {
		t.Fatal(err)
	}
	want := []Event{
		{T: 1500 * time.Millisecond, User: 7, HasUser: true, Line: 5},
		{T: 3*time.Second + 1, Process: "order", Site: "pilot", Seed: math.MaxUint64, HasSeed: true, Line: 3},
		{T: 3*time.Second + 1, Process: "order", Site: "pilot", Line: 7},
		{T: 10 * time.Second, Process: "scan", Site: "pilot", Line: 6},
	}
	if len(rec.Events) != len(want) || rec.Clock != Seconds || rec.Unsorted != 2 {
		t.Fatalf("got %+v", rec)
	}
	for i := range want {
		if rec.Events[i] != want[i] {
			t.Errorf("event %d is %+v, want %+v", i, rec.Events[i], want[i])
		}
	}
}

func TestReadTimestamps(t *testing.T) {
	rec, err := Read(strings.NewReader("t\n2026-11-20T17:00:00.000000007+01:00\n2026-11-20T15:59:59Z\n1795190400.000000009\n"), "a.csv")
	if err != nil {
		t.Fatal(err)
	}
	if rec.Clock != UTC || !rec.At(rec.Events[1].T).Equal(time.Date(2026, 11, 20, 16, 0, 0, 7, time.UTC)) {
		t.Errorf("got %+v", rec)
	}
	if got := rec.At(rec.Events[2].T); !got.Equal(time.Unix(1795190400, 9)) {
		t.Errorf("seconds since 1970 are %v", got)
	}
}

func TestReadRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "a.csv: is empty",
		"# only\n":                   "a.csv: is empty",
		"t\n":                        "a.csv: holds no arrivals",
		"time\n1\n":                  `a.csv:1: the header "time" has no column "t"`,
		"t,t\n1,2\n":                 `a.csv:1: the header has the column "t" twice`,
		"# c\nt\n1\nx\n":             `a.csv:4: t "x": is neither`,
		"t\n2026-11-20 17:00:00\n":   `a.csv:2: t "2026-11-20 17:00:00": is neither`,
		"t\nNaN\n":                   "a.csv:2:",
		"t\n0x10\n":                  "a.csv:2:",
		"t\n1795190400000\n":         "a.csv:2: t \"1795190400000\": is out of range; times are in seconds, not in milliseconds",
		"t\n1\n2026-11-20T17:00:00Z": "a.csv:3: t \"2026-11-20T17:00:00Z\": the lines before hold seconds since a start",
		"t,seed\n1,-1\n":             `a.csv:2: seed "-1"`,
		"t,user\n1,1.5\n":            `a.csv:2: user "1.5"`,
		"t,process\n1\n":             "a.csv:2: wrong number of fields; each line has as many values as the header, 2",
		"t\n\"1\n":                   "a.csv:",
	} {
		_, err := Read(strings.NewReader(in), "a.csv")
		var input *headroom.InputError
		if !errors.As(err, &input) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q gives %v, want %s…", in, err, want)
		}
	}
}

func TestReadRate(t *testing.T) {
	r, err := ReadRate(strings.NewReader("# per second\nt,rate\n0,1\n10,3\n10,0\n20,0\n20,2\n21,2\n"), "r.csv")
	if err != nil {
		t.Fatal(err)
	}
	// By hand: a trapezium of 20, nothing, and 2.
	for at, want := range map[float64]float64{-1: 0, 0: 0, 5: 7.5, 10: 20, 15: 20, 20: 20, 20.5: 21, 21: 22, 99: 22} {
		near(t, "the integral", r.Until(time.Duration(at*1e9)), want, 1e-9)
	}
	for y, want := range map[float64]float64{0: 0, 7.5: 5, 21: 20.5, 22: 21} {
		near(t, "the inverse", r.when(y).Seconds(), want, 1e-9)
	}
	if !r.zero(15*time.Second) || r.zero(5*time.Second) || r.zero(10*time.Second) {
		t.Error("where the rate is 0 is wrong")
	}
	for in, want := range map[string]string{
		"t\n1\n":                             `no column "rate"`,
		"t,rate\n0,1\n":                      "r.csv: a rate needs two points",
		"t,rate\n0,1\n0,2\n":                 "r.csv: a rate needs two points",
		"t,rate\n0,0\n9,0\n":                 "r.csv: the rate is 0 everywhere",
		"t,rate\n0,1\n5,-1\n":                `r.csv:3: rate "-1"`,
		"t,rate\n0,1\n5,inf\n":               `r.csv:3: rate "inf"`,
		"t,rate\n5,1\n0,1\n":                 "r.csv:3: t \"0\": is before the line above",
		"t,rate\n0,1\n0,1\n0,1\n":            "third time",
		"t,rate\n0,1\n2026-11-20T17:00:00Z,": "the lines before hold seconds",
	} {
		if _, err := ReadRate(strings.NewReader(in), "r.csv"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want …%s…", in, err, want)
		}
	}
}

func TestOnly(t *testing.T) {
	rec := Recording{Name: "a.csv", Events: []Event{{T: 1, Process: "order", Site: "a"}, {T: 2, Process: "scan", Site: "a"}, {T: 3, Process: "order", Site: "b"}}}
	for _, c := range []struct {
		process, site string
		want          int
	}{{"", "", 3}, {"order", "", 2}, {"", "a", 2}, {"order", "b", 1}} {
		if got, err := rec.Only(c.process, c.site); err != nil || len(got.Events) != c.want {
			t.Errorf("%v: %d events and %v", c, len(got.Events), err)
		}
	}
	if _, err := rec.Only("pick", ""); err == nil || err.Error() != `a.csv: has no arrival of process "pick"; look at the file's columns process and site, or leave the choice out` {
		t.Errorf("got %v", err)
	}
}

// FuzzCheck reads anything and checks it: no panic, a verdict of the list, and
// statistics that are numbers.
func FuzzCheck(f *testing.F) {
	f.Add("t\n1\n2\n3\n", "")
	f.Add("t\n1\n1\n1\n1\n1\n", "t,rate\n0,1\n5,2\n")
	f.Add("t,process\n-5,a\n2026-11-20T17:00:00Z,b\n", "t,rate\n0,0\n0,5\n9,0\n")
	f.Add("t\n"+strings.Repeat("1.25\n2.5\n9\n", 20), "t,rate\n1,1\n9,0\n")
	f.Fuzz(func(t *testing.T, in, rate string) {
		rec, err := Read(strings.NewReader(in), "a.csv")
		if err != nil {
			return
		}
		var o Options
		if r, err := ReadRate(strings.NewReader(rate), "r.csv"); err == nil {
			o.Rate = &r
		}
		got, err := Check(rec, o)
		if err != nil {
			return
		}
		switch got.Verdict {
		case Poisson, TooFew, Rounded, EvenlySpaced, UnevenSpacing, OverDispersed, WrongRate:
		default:
			t.Fatalf("verdict %q", got.Verdict)
		}
		for _, v := range []*Test{got.KS, got.Lewis} {
			if v != nil && !(v.Statistic >= 0 && v.Statistic <= 1+1e-9 && v.P >= 0 && v.P <= 1) {
				t.Fatalf("test %+v", *v)
			}
		}
		if d := got.DispersionTest; d != nil && !(d.P >= 0 && d.P <= 1 && d.Index >= 0) {
			t.Fatalf("dispersion %+v", *d)
		}
	})
}
