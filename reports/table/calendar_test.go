package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/internal/example"
)

func rows(t *testing.T, a headroom.Agenda) [][]string {
	t.Helper()
	var b bytes.Buffer
	if err := Calendar(&b, a); err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(&b)
	r.Comment = '#'
	all, err := r.ReadAll() // that each row has the header's columns is checked by it
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestCalendar(t *testing.T) {
	a := example.Agenda()
	all := rows(t, a)
	parts, documents := map[string]int{}, map[string]float64{}
	for _, r := range all[1:] {
		parts[r[0]]++
		v, err := strconv.ParseFloat(r[6], 64)
		if err != nil {
			t.Fatalf("%v: %v", r, err)
		}
		documents[r[0]] += v
	}
	for part, want := range map[string]int{"peak": 6 * 5, "coincide": 3, "hour": 3 * 7 * 24, "day": 3 * 365, "window": 3 * 3} {
		if parts[part] != want {
			t.Errorf("%d rows of %s, want %d", parts[part], part, want)
		}
	}
	var year float64
	for _, d := range a.Year.Days {
		year += d.Documents
	}
	if math.Abs(documents["day"]-year) > 1e-5*year {
		t.Errorf("days hold %g documents, want %g", documents["day"], year)
	}
	if got, want := strings.Join(all[2], ","), "peak,2026-11-23T15:00:00+01:00,2026-11-23T17:00:00+01:00,hamburg,dispatch_cutoff,order,1460,3600,0.20277778,1.4,0"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestHostileNamesStayCells gives names that are formulas, markup and commas.
func TestHostileNamesStayCells(t *testing.T) {
	formulas := 0
	for _, r := range rows(t, example.HostileAgenda()) {
		for _, cell := range r {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("%q would be computed", cell)
			}
			if strings.HasPrefix(cell, "'=") {
				formulas++
			}
		}
	}
	if formulas == 0 {
		t.Error("the example has no formula left to defuse")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriterThatFails(t *testing.T) {
	if err := Calendar(full{}, example.Agenda()); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("got %v", err)
	}
}
