package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom/models/learn"
)

// A Prometheus server that knows half of the log's seconds outside of SQL as
// CPU brings the demands to half, and calls the rest a delay.
func TestLearnAsksPrometheus(t *testing.T) {
	plan, err := loadPlan("testdata/learned.yaml")
	if err != nil {
		t.Fatal(err)
	}
	lines := productionLog(t, plan, time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC), 1)
	busy := map[int64]float64{}
	for _, l := range lines {
		busy[l.Time.Unix()/60] += l.Other / 60
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, _ := strconv.ParseFloat(r.FormValue("start"), 64)
		end, _ := strconv.ParseFloat(r.FormValue("end"), 64)
		var values []string
		if r.FormValue("query") == "odoo_cores" {
			for at := start; at <= end; at += 60 {
				values = append(values, fmt.Sprintf(`[%.3f,"%g"]`, at, 0.5*busy[int64(at)/60]))
			}
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[%s]}]}}`, strings.Join(values, ","))
	}))
	defer server.Close()
	log := filepath.Join(t.TempDir(), "odoo.log")
	writeLog(t, log, lines)
	var r struct {
		learn.Report
		Model struct {
			Classes []struct {
				Name   string
				Demand map[string]struct{ Value float64 }
				Delay  struct{ Value float64 }
			}
		}
	}
	out := headroomOutput(t, "learn", "--json", "--odoo-log", log, "--prometheus", server.URL, "--app-cpu", "odoo_cores")
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Model.Classes {
		if d := c.Demand["app"].Value; math.Abs(d-0.1) > 0.01 || math.Abs(c.Delay.Value-0.1) > 0.01 {
			t.Errorf("%s: %.3f s of CPU and %.3f s of delay, want 0.1 of each 0.2 s logged", c.Name, d, c.Delay.Value)
		}
	}
	if len(r.Model.Classes) == 0 {
		t.Error("no class")
	}
}
