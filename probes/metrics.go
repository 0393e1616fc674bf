package probes

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/headroom-erp/headroom"
)

const (
	mostPage   = 16 << 20 // bytes of a page
	mostSeries = 2000     // of a page, where Metrics sets no bound
)

// Metrics observes a page in one of Prometheus' formats (text, OpenMetrics or
// protocol buffers): Traefik's, HAProxy's, an exporter's.
//
// Samples: probe "metrics", subject Subject; the metric is the series as
// Prometheus writes it, labels sorted by name:
// `traefik_service_requests_total{code="200",method="POST",service="odoo@file"}`.
// Of a histogram each bucket (`…_bucket{le="0.3"}`, cumulative), `…_sum` and
// `…_count` are series, of a summary each quantile. What the page calls a counter
// is one; values that are not finite are not recorded.
//
// The families whose name, as on the page's TYPE line, Families matches are
// taken; without it all but those of the language's runtime (go_, python_,
// promhttp_, scrape_). Of more series than MaxSeries the first by name are taken,
// and a gap says how many there were.
type Metrics struct {
	// URL may have credentials: USER:PASSWORD@, or TOKEN@ for a bearer token. Its
	// fragment, which no server sees, is Families where that is nil:
	// http://127.0.0.1:8082/metrics#^traefik_
	URL       headroom.Secret
	Subject   string // "" means "metrics"
	Families  *regexp.Regexp
	MaxSeries int           // 0 means 2000
	Interval  time.Duration // 0 means 5 s
	Client    *http.Client  // nil means one of the probe's own
}

// accepted are the formats in order of preference: the first is what every
// exporter serves, and the parser's own.
const accepted = "text/plain;version=0.0.4;q=1,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1"

// runtimes are the prefixes of what says nothing of a service.
var runtimes = []string{"go_", "python_", "promhttp_", "scrape_"}

// Name is "metrics".
func (m Metrics) Name() string { return "metrics" }

// Run observes until ctx ends, and once more then.
func (m Metrics) Run(ctx context.Context, clock Clock, rec headroom.Recorder) error {
	l := &lookout{reporter: &reporter{probe: m.Name(), clock: clock, rec: rec}, subject: orElse(m.Subject, m.Name())}
	page, err := newEndpoint(m.URL, m.Client)
	if err != nil {
		return l.unusable(ctx, err)
	}
	l.secrets = page.secrets()
	if m.Families == nil && page.fragment != "" {
		if m.Families, err = regexp.Compile(page.fragment); err != nil {
			return l.unusable(ctx, fmt.Errorf("the pattern of families: %w", err))
		}
	}
	most := orElse(m.MaxSeries, mostSeries)
	return l.watch(ctx, orElse(m.Interval, 5*time.Second), func(ctx context.Context) ([]value, error) {
		series, err := m.fetch(ctx, page)
		if err != nil {
			return nil, err
		}
		if len(series) <= most {
			return values(l.subject, series), nil
		}
		// Some is better than nothing; the gap says that it is not all.
		if err := l.record(l.clock.Now(), values(l.subject, series[:most])); err != nil {
			return nil, err // final: the gap meets the same
		}
		return nil, fmt.Errorf("the page has %d series, of which the first %d are recorded; choose families by a pattern after # in its URL", len(series), most)
	})
}

// A series is one line of a page.
type series struct {
	name  string
	value float64
}

// seriesName is how a page writes a series: NAME{a="b",c="d"}, labels sorted.
// A name that is given replaces the series' own.
func seriesName(name string, labels model.Metric) string {
	var b strings.Builder
	b.WriteString(orElse(name, string(labels[model.MetricNameLabel])))
	separator := byte('{')
	for _, label := range slices.Sorted(maps.Keys(labels)) {
		if label != model.MetricNameLabel {
			b.WriteByte(separator)
			b.WriteString(string(label) + "=" + strconv.Quote(string(labels[label])))
			separator = ','
		}
	}
	if separator == ',' {
		b.WriteByte('}')
	}
	return b.String()
}

func values(subject string, all []series) []value {
	out := make([]value, len(all))
	for i, s := range all {
		out[i] = value{subject, s.name, s.value}
	}
	return finite(out)
}

func (m Metrics) wanted(family string) bool {
	if m.Families != nil {
		return m.Families.MatchString(family)
	}
	return !slices.ContainsFunc(runtimes, func(prefix string) bool { return strings.HasPrefix(family, prefix) })
}

// fetch gives the page's series that are wanted, in order of their names, each once.
func (m Metrics) fetch(ctx context.Context, page *endpoint) ([]series, error) {
	got, err := page.get(ctx, "", nil, accepted, mostPage)
	if err != nil {
		return nil, err
	}
	if got.code != http.StatusOK {
		return nil, fmt.Errorf("HTTP %s", got.status)
	}
	if isOpenMetrics(got.header) {
		got.body = plainText(got.body)
	}
	families := expfmt.NewDecoder(bytes.NewReader(got.body), expfmt.ResponseFormat(got.header))
	var out []series
	for {
		var family dto.MetricFamily
		err := families.Decode(&family)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("this is no page for Prometheus: %w", err)
		}
		if !m.wanted(family.GetName()) {
			continue
		}
		samples, err := expfmt.ExtractSamples(&expfmt.DecodeOptions{Timestamp: model.Now()}, &family)
		if err != nil {
			return nil, fmt.Errorf("family %s: %w", family.GetName(), err)
		}
		for _, s := range samples {
			out = append(out, series{seriesName("", s.Metric), float64(s.Value)})
		}
	}
	slices.SortStableFunc(out, func(a, b series) int { return cmp.Compare(a.name, b.name) })
	return slices.CompactFunc(out, func(a, b series) bool { return a.name == b.name }), nil
}
