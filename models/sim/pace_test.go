package sim

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/headroom-erp/headroom"
)

// paced is a minute of journeys one second apart, each of 0.2 s on an idle worker.
func paced(pace ...Pace) (Result, error) {
	s := fcfs(4, 0, 0.2, 0)
	s.Journeys = []headroom.SystemJourney{{Name: "j", Steps: []headroom.SystemStep{{Class: "r"}}}}
	l := Load{Pace: pace}
	for i := range 60 {
		l.Journeys = append(l.Journeys, Timed{At: float64(i), Lane: -1, Seed: uint64(i)})
	}
	return Run(s, l, Options{Seed: 1})
}

// Work takes as many times as long as the pace says when it begins.
func TestPace(t *testing.T) {
	r, err := paced(Pace{From: 20, Times: 1.5}, Pace{From: 40.5, Times: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range r.Responses {
		want := 0.2
		switch {
		case i > 40:
			want = 0.1
		case i >= 20:
			want = 0.3
		}
		near(t, "response", x.Seconds, want, 1e-9)
	}
}

// A pace that never changes is the same as other demands, conflicts and all.
func TestAnEvenPaceIsOtherDemands(t *testing.T) {
	s, l := hot(0.9, 200, 4), Load{}
	slower := hot(0.9, 200, 4)
	for i, c := range slower.Classes {
		for st := range c.Demand {
			c.Demand[st] *= 2
			// Exponential ones are multiplied without a rounding error.
			c.SCV[st], s.Classes[i].SCV[st] = 1, 1
		}
	}
	o := Options{Seed: 5, Duration: 300}
	want, err := Run(slower, l, o)
	if err != nil {
		t.Fatal(err)
	}
	l.Pace = []Pace{{From: 0, Times: 2}}
	got, err := Run(s, l, o)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Classes, want.Classes) || !reflect.DeepEqual(got.Stations, want.Stations) {
		t.Errorf("%+v\nnot %+v", got.Classes, want.Classes)
	}
	if len(want.Classes) == 0 || want.Classes[0].Count < 50 {
		t.Errorf("%+v shows nothing", want.Classes)
	}
}

func TestWrongPaces(t *testing.T) {
	for _, list := range [][]Pace{{{From: 0, Times: 0}}, {{From: 0, Times: -1}}, {{From: 5, Times: 1}, {From: 5, Times: 1}}} {
		if _, err := paced(list...); err == nil {
			t.Errorf("%+v was taken", list)
		}
	}
}

// randomPace is any that a load may have.
func randomPace(r *rand.Rand) (out []Pace) {
	for at := 0.0; r.IntN(3) == 0; at += 20 * r.Float64() {
		out = append(out, Pace{From: at + 1e-9, Times: wild{r}.magnitude() + 1e-6})
	}
	return out
}
