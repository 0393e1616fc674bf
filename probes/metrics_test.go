package probes

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/headroom-erp/headroom"
)

// shop is what an ingress would tell, as the client library of Prometheus
// itself writes it.
type shop struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	open     prometheus.Gauge
	duration *prometheus.HistogramVec
}

func newShop() *shop {
	s := &shop{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "shop_requests_total", Help: "Requests."}, []string{"service", "code"}),
		open:     prometheus.NewGauge(prometheus.GaugeOpts{Name: "shop_open_connections", Help: `Open "now".`}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "shop_duration_seconds", Buckets: []float64{0.1, 1}}, []string{"service"}),
	}
	wait := prometheus.NewSummary(prometheus.SummaryOpts{Name: "shop_wait_seconds", Objectives: map[float64]float64{0.5: 0.05}})
	unset := prometheus.NewSummary(prometheus.SummaryOpts{Name: "shop_unset_seconds", Objectives: map[float64]float64{0.5: 0.05}}) // NaN
	runtime := prometheus.NewGauge(prometheus.GaugeOpts{Name: "go_goroutines"})
	s.registry.MustRegister(s.requests, s.open, s.duration, wait, unset, runtime)
	s.open.Set(7)
	wait.Observe(0.25)
	s.requests.WithLabelValues("odoo@file", "200").Add(3)
	s.requests.WithLabelValues(`a "quoted" \ {service} # {x="y"}`, "500").Inc()
	d := s.duration.WithLabelValues("odoo@file").(prometheus.ExemplarObserver)
	d.ObserveWithExemplar(0.05, prometheus.Labels{"trace": "abc"})
	d.ObserveWithExemplar(5, prometheus.Labels{"trace": "def"})
	return s
}

// page serves the shop's in the format that accept asks for, whatever the probe accepts.
func (s *shop) page(t *testing.T, accept string) string {
	t.Helper()
	handler := promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{EnableOpenMetrics: true, EnableOpenMetricsTextCreatedSamples: true})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if accept != "" {
			r.Header.Set("Accept", accept)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/metrics"
}

// lastOf is the last value of each metric of a subject.
func lastOf(rec *memory, probe, subject string) map[string]float64 {
	out := map[string]float64{}
	for _, s := range rec.records().Samples {
		if s.Probe == probe && s.Subject == subject {
			out[s.Metric] = s.Value
		}
	}
	return out
}

func TestEachFormatOfAPageIsTheSame(t *testing.T) {
	want := map[string]float64{
		`shop_requests_total{code="200",service="odoo@file"}`:                             3,
		`shop_requests_total{code="500",service="a \"quoted\" \\ {service} # {x=\"y\"}"}`: 1,
		`shop_open_connections`: 7,
		`shop_duration_seconds_bucket{le="0.1",service="odoo@file"}`:  1,
		`shop_duration_seconds_bucket{le="1",service="odoo@file"}`:    1,
		`shop_duration_seconds_bucket{le="+Inf",service="odoo@file"}`: 2,
		`shop_duration_seconds_count{service="odoo@file"}`:            2,
		`shop_duration_seconds_sum{service="odoo@file"}`:              5.05,
		`shop_wait_seconds{quantile="0.5"}`:                           0.25,
		`shop_wait_seconds_sum`:                                       0.25, `shop_wait_seconds_count`: 1,
		`shop_unset_seconds_sum`: 0, `shop_unset_seconds_count`: 0,
	}
	for name, accept := range map[string]string{
		"what the probe asks for": "",
		"text":                    "text/plain;version=0.0.4",
		"OpenMetrics":             "application/openmetrics-text;version=1.0.0",
		"protocol buffers":        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
	} {
		t.Run(name, func(t *testing.T) {
			rec, stop := observe(t, Metrics{URL: headroom.Secret(newShop().page(t, accept)), Subject: "ingress", Interval: 10 * time.Millisecond})
			eventually(t, "samples", func() bool { return len(rec.records().Samples) > 0 })
			stop()
			if got := lastOf(rec, "metrics", "ingress"); !reflect.DeepEqual(got, want) {
				t.Errorf("got  %v\nwant %v", got, want)
			}
			if gaps := rec.records().Gaps; len(gaps) != 0 {
				t.Errorf("gaps %+v", gaps)
			}
		})
	}
}

func TestCountersOfAPageGoOn(t *testing.T) {
	s := newShop()
	rec, stop := observe(t, Metrics{URL: headroom.Secret(s.page(t, "") + "#^shop_requests"), Interval: 5 * time.Millisecond})
	const name = `shop_requests_total{code="200",service="odoo@file"}`
	for i := range 5 {
		s.requests.WithLabelValues("odoo@file", "200").Inc()
		eventually(t, "the counter", func() bool { return last(rec.series("metrics", "metrics", name)) == float64(4+i) })
	}
	stop()
	for _, sample := range rec.records().Samples {
		if !strings.HasPrefix(sample.Metric, "shop_requests_total") {
			t.Fatalf("%s was not asked for", sample.Metric)
		}
	}
}

func TestPagesThatAreTooLarge(t *testing.T) {
	rec, stop := observe(t, Metrics{URL: headroom.Secret(newShop().page(t, "")), MaxSeries: 3, Interval: 10 * time.Millisecond})
	eventually(t, "a gap", func() bool { return len(rec.records().Gaps) > 0 })
	stop()
	if got := len(lastOf(rec, "metrics", "metrics")); got != 3 {
		t.Errorf("%d series, want the bound's 3", got)
	}
	if gaps := rec.records().Gaps; len(gaps) != 1 || !strings.Contains(gaps[0].Reason, "has 14 series, of which the first 3 are recorded") {
		t.Errorf("gaps %+v", gaps)
	}
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		line := []byte(strings.Repeat("a", 1<<10) + " 1\n")
		for r.Context().Err() == nil {
			if _, err := w.Write(line); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	rec, stop = observe(t, Metrics{URL: headroom.Secret(endless.URL), Interval: time.Hour})
	eventually(t, "a gap", func() bool { return len(rec.records().Gaps) > 0 })
	stop()
	if reason := rec.records().Gaps[0].Reason; !strings.Contains(reason, "larger than 16 MiB") {
		t.Errorf("reason %q", reason)
	}
}

func TestPagesThatAreNone(t *testing.T) {
	html := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>a page for people</html>") }))
	defer html.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	missing := httptest.NewServer(http.NotFoundHandler())
	defer missing.Close()
	for address, want := range map[string]string{html.URL: "no page for Prometheus", closed.URL: "refused", missing.URL: "HTTP 404"} {
		rec, stop := observe(t, Metrics{URL: headroom.Secret(address + "/?key=s3cr3t"), Interval: 10 * time.Millisecond})
		eventually(t, "a gap", func() bool { return len(rec.records().Gaps) > 0 })
		stop()
		if r := rec.records(); len(r.Samples) != 0 || len(r.Gaps) != 1 || !strings.Contains(r.Gaps[0].Reason, want) || strings.Contains(r.Gaps[0].Reason, "s3cr3t") {
			t.Errorf("want %q: %+v", want, r)
		}
	}
}

func TestCredentialsOfAPage(t *testing.T) {
	page := newShop()
	handler := promhttp.HandlerFor(page.registry, promhttp.HandlerOpts{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, basic := r.BasicAuth()
		if !(basic && user == "scraper" && password == "s3cr3t/x") && r.Header.Get("Authorization") != "Bearer t0k3n" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	for credentials, good := range map[string]bool{"scraper:s3cr3t%2Fx@": true, "t0k3n@": true, "": false, "scraper:wrong@": false, "wrong@": false} {
		rec, stop := observe(t, Metrics{URL: headroom.Secret("http://" + credentials + host + "/metrics"), Interval: time.Hour})
		eventually(t, "something", func() bool { return len(rec.records().Gaps)+len(rec.records().Samples) > 0 })
		stop()
		if r := rec.records(); good != (len(r.Samples) > 0) || good != (len(r.Gaps) == 0) {
			t.Errorf("credentials %q: %d samples, gaps %+v", credentials, len(r.Samples), r.Gaps)
		} else if !good && (!strings.Contains(r.Gaps[0].Reason, "401") || strings.Contains(r.Gaps[0].Reason, "wrong")) {
			t.Errorf("reason %q", r.Gaps[0].Reason)
		}
	}
}

// HAProxy's own page, with requests that it passed on and one that it could not.
func TestThePageOfARealProxy(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
	dir, port, metrics := serverFolder(t), freePort(t), freePort(t)
	conf := writeServerFile(t, dir, "haproxy.cfg", fmt.Sprintf(`defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
  retries 0
frontend odoo
  bind 127.0.0.1:%d
  default_backend web
frontend metrics
  bind 127.0.0.1:%d
  http-request use-service prometheus-exporter if { path /metrics }
backend web
  server web1 %s
`, port, metrics, strings.TrimPrefix(backend.URL, "http://")))
	proxy := serve(t, port, "haproxy", "-db", "-f", conf)
	rec, stop := observe(t, Metrics{URL: headroom.Secret("http://127.0.0.1:" + strconv.Itoa(metrics) + "/metrics"), Subject: "ingress", Interval: 20 * time.Millisecond})
	ask := func() int {
		resp, err := http.Get("http://" + proxy.address() + "/")
		must(t, err)
		resp.Body.Close()
		return resp.StatusCode
	}
	for range 5 {
		if status := ask(); status != http.StatusOK {
			t.Fatalf("HTTP %d", status)
		}
	}
	backend.Close()
	if status := ask(); status != http.StatusServiceUnavailable {
		t.Fatalf("HTTP %d without a backend", status)
	}
	see := func(metric string) float64 { return last(rec.series("metrics", "ingress", metric)) }
	eventually(t, "six requests, five good", func() bool {
		return see(`haproxy_backend_http_requests_total{proxy="web"}`) == 6 && see(`haproxy_backend_http_responses_total{code="2xx",proxy="web"}`) == 5 &&
			see(`haproxy_backend_http_responses_total{code="5xx",proxy="web"}`) == 1
	})
	samples := func() int { return len(rec.series("metrics", "ingress", "haproxy_process_max_connections")) }
	proxy.outage(rec, "metrics", samples)
	stop()
}

func TestOpenMetricsBecomesText(t *testing.T) {
	page := "# HELP a A \"thing\".\n# TYPE a counter\na_total{x=\"} 1 # {\",y=\"\\\"\"} 17.5 1520879607.789 # {id=\"9\"} 0.67 1520879607.789\na_created 1520430000.123\n" +
		"# TYPE b unknown\nb 2\n# TYPE c gaugehistogram\nc_bucket{le=\"+Inf\"} 3\nc_gcount 3\n# UNIT d seconds\n# EOF\n"
	want := "# HELP a A \"thing\".\n# TYPE a counter\na_total{x=\"} 1 # {\",y=\"\\\"\"} 17.5\n" +
		"# TYPE b untyped\nb 2\n# TYPE c untyped\nc_bucket{le=\"+Inf\"} 3\nc_gcount 3\n# UNIT d seconds\n# EOF\n"
	if got := string(plainText([]byte(page))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
