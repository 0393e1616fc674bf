package probes

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/headroom-erp/headroom"
)

const scrape = 200 * time.Millisecond

// startPrometheus starts a Prometheus that scrapes a page five times a second.
func startPrometheus(t *testing.T, page string) *server {
	t.Helper()
	dir, port := serverFolder(t), freePort(t)
	conf := writeServerFile(t, dir, "prometheus.yml", fmt.Sprintf("global: {scrape_interval: %s}\nscrape_configs:\n- job_name: test\n  static_configs: [{targets: [%q]}]\n",
		scrape, strings.TrimSuffix(strings.TrimPrefix(page, "http://"), "/metrics")))
	return serve(t, port, "prometheus", "--config.file="+conf, "--storage.tsdb.path="+dir+"/data", "--web.listen-address=127.0.0.1:"+strconv.Itoa(port), "--log.level=warn")
}

// at are the samples of a metric by the step that they are of.
func at(t *testing.T, rec *memory, metric string, step float64) map[int]float64 {
	t.Helper()
	out := map[int]float64{}
	for _, s := range rec.records().Samples {
		if s.Probe != "prometheus" || s.Metric != metric {
			continue
		}
		i := math.Round(s.T / step)
		if math.Abs(s.T-i*step) > 0.002 {
			t.Errorf("%s at %g s, want a multiple of %g s", metric, s.T, step)
		}
		if _, twice := out[int(i)]; twice {
			t.Errorf("%s at %g s twice", metric, s.T)
		}
		out[int(i)] = s.Value
	}
	return out
}

// A real Prometheus that cannot be reached in the middle of the run: what it
// knew is there afterwards, at the run's times.
func TestPrometheusIsAskedForWhatItKnows(t *testing.T) {
	registry, gauge := prometheus.NewRegistry(), prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "db_cpu"}, []string{"host"})
	registry.MustRegister(gauge)
	gauge.WithLabelValues("db1").Set(0)
	page := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	defer page.Close()
	server := startPrometheus(t, page.URL)
	way := newGate(t, server.address())
	eventually(t, "the first scrape", func() bool {
		resp, err := http.Get("http://" + server.address() + "/api/v1/query?query=db_cpu")
		must(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		must(t, err)
		return strings.Contains(string(body), `"host":"db1"`)
	})

	rec, clock := &memory{}, Clock{time.Now()}
	asked := Prometheus{ask: 100 * time.Millisecond, URL: headroom.Secret("http://" + way.listener.Addr().String()), Interval: 250 * time.Millisecond, Delay: 3 * scrape,
		Queries: map[string]string{"cpu": "db_cpu", "total": "sum(db_cpu)", "wrong": "sum(", "nothing": "no_such_series", "broken": "db_cpu/0 - db_cpu/0"}}
	group := Start(context.Background(), clock, rec, asked)
	eventually(t, "the first answers", func() bool { return len(at(t, rec, "total", 0.25)) > 2 })
	way.set(true)
	time.Sleep(time.Second)
	gauge.WithLabelValues("db1").Set(5)
	changed := clock.Now()
	time.Sleep(time.Second)
	way.set(false)
	end := clock.Now()
	must(t, group.Stop())

	cpu := at(t, rec, `cpu{host="db1",instance="`+strings.TrimPrefix(page.URL, "http://")+`",job="test"}`, 0.25)
	total := at(t, rec, "total", 0.25)
	for i := 0; float64(i)*0.25 <= end; i++ {
		now := float64(i) * 0.25
		want := 0.0
		if now > changed {
			want = 5
		}
		v, ok := total[i]
		w, ok2 := cpu[i]
		if !ok || !ok2 {
			t.Errorf("nothing of %g s, though the server knew it", now)
		}
		// A scrape or two may pass until a value is the server's.
		if (v != want || w != want) && (now < changed || now > changed+3*scrape.Seconds()) {
			t.Errorf("at %g s: %g and %g, want %g, which it was from %g s on", now, v, w, want, changed)
		}
	}
	if offset := rec.series("prometheus", "prometheus", "clock_offset_seconds"); len(offset) == 0 || math.Abs(last(offset)) > 0.25 {
		t.Errorf("a server on this machine has a clock that is %v s off", offset)
	}
	for _, metric := range []string{"broken", "nothing", "wrong"} {
		for _, s := range rec.records().Samples {
			if strings.HasPrefix(s.Metric, metric) {
				t.Errorf("sample %+v", s)
			}
		}
	}
	gaps := rec.records().Gaps
	if len(gaps) == 0 || !strings.Contains(gaps[0].Reason, "query wrong") || !strings.Contains(gaps[0].Reason, "parse error") {
		t.Errorf("gaps %+v, want what the server says of the wrong query", gaps)
	}
}

// A server whose clock is 1000 s ahead and which answers for multiples of the
// step; each value is the server's time, so that its stamp can be checked.
func TestStampsAreOfTheRunsClock(t *testing.T) {
	const ahead = 1000.0
	now := func() float64 { return seconds(time.Now()) + ahead }
	fake := http.NewServeMux()
	fake.HandleFunc("/prefix/api/v1/query", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"scalar","result":[%.3f,"%.3f"]}}`, now(), now())
	})
	ranges := 0
	fake.HandleFunc("/prefix/api/v1/query_range", func(w http.ResponseWriter, r *http.Request) {
		ranges++
		from, _ := strconv.ParseFloat(r.FormValue("start"), 64)
		to, _ := strconv.ParseFloat(r.FormValue("end"), 64)
		step, _ := strconv.ParseFloat(r.FormValue("step"), 64)
		if r.FormValue("query") != "up" || r.Header.Get("Authorization") != "Bearer t0k3n" {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		var pairs []string
		for ts := math.Floor(from/step) * step; ts <= to; ts += step {
			pairs = append(pairs, fmt.Sprintf(`[%.3f,"%.3f"]`, ts, ts))
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","b":"2","a":"1"},"values":[%s]}]}}`, strings.Join(pairs, ","))
	})
	server := httptest.NewServer(fake)
	defer server.Close()
	rec, clock := &memory{}, Clock{time.Now().Add(-1200 * time.Second)}
	g := Start(context.Background(), clock, rec, Prometheus{URL: headroom.Secret("http://t0k3n@" + strings.TrimPrefix(server.URL, "http://") + "/prefix/"),
		Subject: "metrics", Queries: map[string]string{"alive": "up"}, Interval: 100 * time.Millisecond, Delay: 100 * time.Millisecond})
	eventually(t, "answers", func() bool { return len(rec.series("prometheus", "metrics", `alive{a="1",b="2"}`)) > 0 })
	must(t, g.Stop())
	values := 0
	for _, s := range rec.records().Samples {
		if s.Metric != `alive{a="1",b="2"}` {
			continue
		}
		values++
		if want := s.Value - ahead - seconds(clock.Start); math.Abs(s.T-want) > 0.05 {
			t.Fatalf("stamped %g s, and it was %g s of the run", s.T, want)
		}
	}
	// Moments from 0 to the end, in ranges that servers do not refuse.
	if values < 11900 || values > 12100 || ranges < 3 {
		t.Errorf("%d values in %d answers, want 12,000 in 3 at least", values, ranges)
	}
	if offset := rec.series("prometheus", "metrics", "clock_offset_seconds"); math.Abs(offset[0]-ahead) > 0.1 {
		t.Errorf("offset %v, want %g", offset, ahead)
	}
	if gaps := rec.records().Gaps; len(gaps) != 0 {
		t.Errorf("gaps %+v", gaps)
	}
}

func TestServersThatAreNoPrometheus(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }))
	defer web.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for address, want := range map[string]string{web.URL: "no Prometheus server", closed.URL: "refused"} {
		rec, stop := observe(t, Prometheus{URL: headroom.Secret(strings.Replace(address, "http://", "http://u:s3cr3t@", 1)), Queries: map[string]string{"a": "up"}, Delay: time.Millisecond})
		eventually(t, "a gap", func() bool { return len(rec.records().Gaps) > 0 })
		stop()
		if r := rec.records(); len(r.Samples) != 0 || len(r.Gaps) != 1 || !strings.Contains(r.Gaps[0].Reason, want) || strings.Contains(r.Gaps[0].Reason, "s3cr3t") {
			t.Errorf("want %q: %+v", want, r)
		}
	}
}
