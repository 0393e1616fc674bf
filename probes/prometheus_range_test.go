package probes

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// A long time is asked for in parts that a server accepts, and comes back whole.
func TestPrometheusRangeAsksInParts(t *testing.T) {
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		start, _ := strconv.ParseFloat(r.FormValue("start"), 64)
		end, _ := strconv.ParseFloat(r.FormValue("end"), 64)
		step, _ := strconv.ParseFloat(r.FormValue("step"), 64)
		if user, password, _ := r.BasicAuth(); user != "me" || password != "geheim" || (end-start)/step > 11_000 {
			http.Error(w, `{"status":"error","error":"refused"}`, http.StatusBadRequest)
			return
		}
		var values []string
		for at := start; at <= end; at += step {
			values = append(values, fmt.Sprintf(`[%.3f,"0.5"]`, at))
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"role":"web"},"values":[%s]}]}}`, strings.Join(values, ","))
	}))
	defer server.Close()
	address := headroom.Secret(strings.Replace(server.URL, "http://", "http://me:geheim@", 1))
	from := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	got, err := PrometheusRange(t.Context(), address, "up", from, from.Add(7*24*time.Hour), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	points := 0
	last := 0.0
	for _, s := range got {
		points += len(s.T)
		for i, at := range s.T {
			if at <= last || s.V[i] != 0.5 || s.Labels["role"] != "web" {
				t.Fatalf("point %d: %g after %g, %g, %v", i, at, last, s.V[i], s.Labels)
			}
			last = at
		}
	}
	if points != 7*24*60+1 || requests != 3 {
		t.Errorf("%d points in %d requests, want %d in 3", points, requests, 7*24*60+1)
	}
	if _, err = PrometheusRange(t.Context(), address, "up", from, from.Add(time.Hour), 0); err == nil {
		t.Error("a step of 0 comes to no end, and is not refused")
	}
	_, err = PrometheusRange(t.Context(), headroom.Secret(server.URL), "up", from, from.Add(time.Hour), time.Minute)
	if err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("without credentials: %v", err)
	}
}

func TestReadRange(t *testing.T) {
	for text, want := range map[string]string{
		`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"],[2,"NaN"]]}]}}`: "",
		`{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"]]}]}`:                                       "",
		`{"status":"success","data":{"resultType":"vector","result":[]}}`:                                           "not matrix",
		`[]`: "no JSON",
		`x`:  "no JSON",
	} {
		got, err := ReadRange([]byte(text))
		if want == "" {
			if err != nil || len(got) != 1 || len(got[0].T) != 1 || got[0].V[0] != 2 {
				t.Errorf("%s: %v, %v", text, got, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
