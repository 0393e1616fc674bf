package probes

import (
	"fmt"
	"strings"
	"testing"
)

func TestChainsOfBlockersAreAsDeepAsTheyAre(t *testing.T) {
	crowd := map[string]string{}
	for i := 1; i <= 50; i++ { // each waits for all that came before it: 2^50 ways through
		var before []string
		for j := range i {
			before = append(before, fmt.Sprint(j))
		}
		crowd[fmt.Sprint(i)] = strings.Join(before, " ")
	}
	for name, c := range map[string]struct {
		by                       map[string]string
		blocked, blocking, depth float64
	}{
		"nobody":          {map[string]string{}, 0, 0, 0},
		"one":             {map[string]string{"2": "1"}, 1, 1, 1},
		"two for one":     {map[string]string{"2": "1", "3": "1"}, 2, 1, 1},
		"a chain":         {map[string]string{"2": "1", "3": "2", "4": "3"}, 3, 1, 3},
		"two holders":     {map[string]string{"3": "1 2", "4": "3"}, 2, 2, 2},
		"prepared, twice": {map[string]string{"2": "0", "3": "0"}, 2, 1, 1},
		"a crowd":         {crowd, 50, 1, 50},
	} {
		p := page{columns: []string{"waiter", "blockers", "seconds", "relation", "idle"}}
		for pid, by := range c.by {
			p.rows = append(p.rows, []any{pid, by, 2.5, "stock_quant", 0.0})
		}
		vs, err := readBlockers(&postgresObserver{database: "d"}, p)
		must(t, err)
		got := map[string]float64{}
		for _, v := range vs {
			got[v.subject+" "+v.metric] = v.value
		}
		if got["d blocked"] != c.blocked || got["d blocking"] != c.blocking || got["d blocked_depth"] != c.depth || got["d/table:stock_quant blocked"] != c.blocked {
			t.Errorf("%s: %v", name, got)
		}
	}
	// A deadlock that nobody has broken yet ends the search.
	p := page{columns: []string{"waiter", "blockers"}, rows: [][]any{{"1", "2"}, {"2", "1"}}}
	if vs, err := readBlockers(&postgresObserver{database: "d"}, p); err != nil || vs[0].value != 2 {
		t.Errorf("%v, %v", vs, err)
	}
}

func TestGaugesThatLeaveTheAnswerBecomeZero(t *testing.T) {
	o := &postgresObserver{database: "d", seen: map[string][]value{}}
	q := question{name: "locks", fades: true}
	ask := func(rows ...[]any) string {
		vs, err := o.read(q, page{columns: []string{"key", "locks.*"}, rows: rows})
		must(t, err)
		var s []string
		for _, v := range vs {
			s = append(s, fmt.Sprintf("%s=%g", v.metric, v.value))
		}
		return strings.Join(s, " ")
	}
	for _, c := range []struct{ got, want string }{
		{ask(), ""},
		{ask([]any{"A", 2.0}), "locks.A=2"},
		{ask([]any{"B", 1.0}), "locks.B=1 locks.A=0"},
		{ask([]any{"A", 3.0}, []any{"B", nil}), "locks.A=3 locks.B=0"},
		{ask(), "locks.A=0 locks.B=0"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestStandbyThatStandsStillFallsBehind(t *testing.T) {
	var tr trail
	for s := range 100 {
		tr = tr.add(float64(s), float64(min(s, 10)*1000)) // idle from 10 s on
	}
	if len(tr) != 11 {
		t.Errorf("%d positions of an idle server", len(tr))
	}
	for _, c := range []struct{ lsn, want float64 }{{10000, 0}, {9999, 90}, {5000, 94}, {-1, 100}} {
		if got := tr.behind(100, c.lsn); got != c.want {
			t.Errorf("replayed to %v: %v s, want %v", c.lsn, got, c.want)
		}
	}
	for s := range 10000 {
		tr = tr.add(float64(s), float64(s))
	}
	if len(tr) != 3600 {
		t.Errorf("%d positions are kept", len(tr))
	}
}
