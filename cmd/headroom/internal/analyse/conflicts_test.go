package analyse

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/html"
	"github.com/headroom-erp/headroom/reports/text"
)

// ordered is a run of one order of one request; its line of the log tells of a
// lost try.
func ordered(log bool, shown ...float64) fake {
	f := complete(0, 10)
	f.info.Plan = headroom.Plan{Objectives: []headroom.Objective{{Measure: headroom.MeasureConflictShare, AtMost: 0.5}}}
	f.journeys = []headroom.Journey{journey(1, 1)}
	f.requests = []headroom.Request{{Arrival: 1001, N: 1, Site: "hub", Process: "order", Step: "confirm", Protocol: "jsonrpc", Start: 1, End: 2, Outcome: headroom.OK, Status: 200}}
	if log {
		f.server = []headroom.ServerRequest{{End: 2, PID: 7, Arrival: 1001, N: 1, Path: "/x", Status: 200, Queries: 5, SQL: 0.1, Other: 0.8, Tries: 2, Sleep: 0.5}}
	}
	for _, v := range shown {
		f.samples = append(f.samples, headroom.Sample{T: 10, Probe: "odoo_log", Subject: "log", Metric: "conflicts_shown", Value: v})
	}
	return f
}

// Without the log, or with one that hides them, conflicts are null and never 0:
// in the report, in JSON, on a terminal, and on the page.
func TestConflictsThatNobodySawAreUnknown(t *testing.T) {
	for what, c := range map[string]struct {
		run   fake
		known bool
	}{
		"no log":                      {ordered(false), false},
		"a log that hides them":       {ordered(true, 0), false},
		"one of two logs hides them":  {ordered(true, 1, 0), false},
		"a log":                       {ordered(true, 1), true},
		"a log of an earlier version": {ordered(true), true},
	} {
		t.Run(what, func(t *testing.T) {
			r, err := RunReport(c.run, "")
			if err != nil {
				t.Fatal(err)
			}
			s, o := r.Steps[0], r.Objectives[0]
			if (s.Conflicts != nil) != c.known || (s.RetryShare != nil) != c.known || (s.Sleep != nil) != c.known {
				t.Errorf("conflicts %v, share %v, sleep %v", s.Conflicts, s.RetryShare, s.Sleep)
			}
			if c.known && (*s.Conflicts != 1 || *s.Sleep != 0.5 || *s.Python < 0.29 || *s.Python > 0.31) {
				t.Errorf("conflicts %d, sleep %g, Python %g", *s.Conflicts, *s.Sleep, *s.Python)
			}
			if (o.Met != nil) != c.known || c.known == (o.Reason != "") {
				t.Errorf("judged %+v", o)
			}
			raw, err := json.Marshal(r)
			if err != nil || c.known == strings.Contains(string(raw), `"conflicts":null,"retry_share":null`) {
				t.Errorf("%v: %s", err, raw)
			}
			for name, shown := range shownAs(t, r, c.run.info) {
				if row := lineOf(shown, "order.confirm"); c.known == (strings.Count(row, figure.Unknown) >= 2) {
					t.Errorf("%s: %q", name, row)
				}
			}
		})
	}
}

// shownAs renders a report with one run.
func shownAs(t *testing.T, r headroom.RunReport, info headroom.RunInfo) map[string]string {
	t.Helper()
	var terminal, page bytes.Buffer
	if err := text.Run(&terminal, r, info); err != nil {
		t.Fatal(err)
	}
	if err := html.Render(&page, headroom.Report{Runs: []headroom.RunReport{r}}); err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`<tr>(<t[^<]*)?order\.confirm.*?</tr>`).FindString(strings.ReplaceAll(page.String(), "\n", ""))
	return map[string]string{"terminal": terminal.String(), "page": row}
}

func lineOf(shown, name string) string {
	for line := range strings.Lines(shown) {
		if strings.Contains(line, name) && !strings.Contains(line, "objective") {
			return line
		}
	}
	return ""
}
