package probes

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestStatementsAreShortAndHoldNoSecret(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT 1":                                               "SELECT 1",
		"SELECT\n\t a,\n b FROM x -- why\n":                      "SELECT a, b FROM x",
		"/* app:odoo */ SELECT /* x */ 1":                        "SELECT 1",
		"SELECT x FROM t WHERE id IN ($1, $2,$3, $4)":            "SELECT x FROM t WHERE id IN ($1, …)",
		"SELECT x FROM t WHERE id IN ($1 /*, ... */)":            "SELECT x FROM t WHERE id IN ($1 , …)",
		"ALTER ROLE odoo PASSWORD 's3cr3t''more' VALID UNTIL $1": "ALTER ROLE odoo PASSWORD ? VALID UNTIL $1",
		"ALTER ROLE odoo PASSWORD E's3\\'cr3t'":                  "ALTER ROLE odoo PASSWORD E?",
		"DO $x$ BEGIN PERFORM 's3cr3t'; END $x$":                 "DO ?",
		"SELECT 'cut off s3cr3t":                                 "SELECT ?",
		"SELECT " + strings.Repeat("é", 300):                     "SELECT " + strings.Repeat("é", 192) + "…",
	} {
		got := shorten(query)
		if got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
		if strings.Contains(got, "3cr3t") {
			t.Errorf("%q shows a secret", got)
		}
	}
}

// look is one answer: id, calls, seconds.
func look(rows ...[]any) page {
	p := page{columns: []string{"key", "calls", "seconds"}}
	p.rows = rows
	return p
}

func TestStatementsCountFromTheRunsStart(t *testing.T) {
	var top statementTop
	top.add(look([]any{"1", 1000.0, 50.0}, []any{"2", 5.0, 1.0}))
	if fresh := top.enter(); len(fresh) != 0 {
		t.Errorf("before anything happened: %v", fresh)
	}
	changed := top.add(look([]any{"1", 1000.0, 50.0}, []any{"2", 8.0, 1.5}, []any{"3", 2.0, 4.0}))
	if changed["1"] || !changed["2"] || !changed["3"] {
		t.Errorf("changed %v", changed)
	}
	if fresh := top.enter(); !slices.Equal(fresh, []string{"3", "2"}) {
		t.Errorf("top %v", fresh)
	}
	top.name([]string{"3", "2"}, page{columns: []string{"key", "query"}, rows: [][]any{{"3", "SELECT " + mark + "x"}}}, "d")
	if listed, known := top.listed["3"]; listed || !known || !top.listed["2"] {
		t.Errorf("our own is listed, or what was evicted is not: %v", top.listed)
	}
	// The list was emptied, and 2 was asked again since.
	top.add(look([]any{"2", 1.0, 0.25}))
	top.add(look())
	top.add(look([]any{"2", 2.0, 0.5}))
	if took := top.took["2"]; took[0] != 6 || took[1] != 1.25 || took[2] != -1 {
		t.Errorf("calls, seconds, rows %v, want 3+1+2, 0.5+0.25+0.5, unknown", took[:3])
	}
	if top.total != [2]float64{8, 5.25} {
		t.Errorf("calls and seconds of all %v, want 3+1+2 and 2, 1.25 and 4", top.total)
	}
}

func TestNoMoreStatementsAreRecordedThanABundleShouldHold(t *testing.T) {
	var top statementTop
	top.add(look())
	for round := range 20 {
		var rows [][]any
		for i := range 300 { // another ten rise each time
			rows = append(rows, []any{fmt.Sprint(i), float64(round + 1), float64(round * ((i + round*10) % 300))})
		}
		top.add(look(rows...))
		for _, id := range top.enter() {
			top.listed[id] = true
		}
	}
	if n := len(top.listed); n != mostStatements {
		t.Errorf("%d statements", n)
	}
}
