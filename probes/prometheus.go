package probes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/prometheus/common/model"

	"github.com/headroom-erp/headroom"
)

// Prometheus asks a Prometheus server (or Mimir, Thanos, VictoriaMetrics) for
// what it knows of the run's time.
//
// It asks range queries for moments that have passed, not instant queries for
// now: a server knows a moment only once it has scraped it, so each moment is
// asked for Delay after it, and again until the server answers. An outage of the
// server's loses nothing that it knows afterwards. When the run ends the probe
// waits for Delay and asks for the rest. Moments are the run's, Interval apart
// from the start on, on the server's clock: its difference from ours is measured
// with each look, half the way there and back taken off.
//
// Samples: probe "prometheus", subject Subject; the metric is the query's name,
// with the labels of each series of the answer, sorted by name:
// `db_cpu{instance="db1:9100"}`, or `db_cpu` where it has none. Also
// clock_offset_seconds (the server's clock less ours). As Prometheus has it, a
// value is the last one scraped within five minutes before its moment; what is
// not finite is not recorded.
type Prometheus struct {
	URL      headroom.Secret   // http://[USER:PASSWORD@|TOKEN@]HOST:9090, with the path that the API is below
	Subject  string            // "" means "prometheus"
	Queries  map[string]string // PromQL by name
	Interval time.Duration     // between moments; 0 means 5 s
	Delay    time.Duration     // 0 means 10 s; a scrape interval and what the answer's way into the server takes
	Client   *http.Client      // nil means one of the probe's own

	ask time.Duration // how often it asks; 0 means askEvery
}

const (
	mostAnswer = 64 << 20 // bytes
	mostPoints = 5000     // of one range query; servers refuse more than 11,000
	askEvery   = 15 * time.Second
)

// Name is "prometheus".
func (p Prometheus) Name() string { return "prometheus" }

// Run asks until ctx ends, and then for the rest.
func (p Prometheus) Run(ctx context.Context, clock Clock, rec headroom.Recorder) error {
	l := &lookout{reporter: &reporter{probe: p.Name(), clock: clock, rec: rec}, subject: orElse(p.Subject, p.Name())}
	server, err := newEndpoint(p.URL, p.Client)
	if err != nil {
		return l.unusable(ctx, err)
	}
	l.secrets = server.secrets()
	h := &historian{lookout: l, server: server, queries: p.Queries, step: orElse(p.Interval, 5*time.Second).Seconds(), next: map[string]int{}}
	delay := orElse(p.Delay, 10*time.Second)
	err = every(ctx, orElse(p.ask, askEvery), func() error { return h.ask(ctx, clock.Now()-delay.Seconds()) })
	if err != nil {
		return err
	}
	end := clock.Now()
	time.Sleep(delay)
	rest, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastPatience)
	defer cancel()
	return h.ask(rest, end)
}

// A historian knows how far each query has been answered.
type historian struct {
	*lookout
	server  *endpoint
	queries map[string]string
	step    float64        // seconds
	next    map[string]int // the first moment, in steps, without an answer
}

const (
	patience     = 20 * time.Second // bounds one request: a query over hours is work
	lastPatience = 30 * time.Second // bounds all of them together at the run's end
)

// ask records the answers for all moments up to one, on the run's clock. What
// the run's end cuts off is asked again then, and no gap.
func (h *historian) ask(ctx context.Context, to float64) error {
	offset, err := h.offset(ctx)
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil
	}
	if err != nil {
		return h.gap(err)
	}
	if err := h.record(h.clock.Now(), []value{{h.subject, "clock_offset_seconds", offset}}); err != nil {
		return err
	}
	var failed error // one query that is wrong is no reason not to ask the others
	for _, name := range slices.Sorted(maps.Keys(h.queries)) {
		last := int(math.Floor(to / h.step))
		for from := h.next[name]; from <= last; from = h.next[name] {
			upTo := min(last, from+mostPoints-1)
			samples, err := h.moments(ctx, name, from, upTo, offset)
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("query %s: %w", name, err))
				break
			}
			if err := h.rec.Record(headroom.Records{Samples: samples}); err != nil {
				return err
			}
			h.next[name] = upTo + 1
		}
	}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
	case failed != nil:
		return h.gap(failed)
	default:
		h.back()
	}
	return nil
}

// offset is the server's clock less ours.
func (h *historian) offset(ctx context.Context) (float64, error) {
	sent := time.Now()
	data, err := h.api(ctx, "/api/v1/query", url.Values{"query": {"time()"}})
	if err != nil {
		return 0, err
	}
	back := time.Now()
	var now struct {
		Result model.Scalar `json:"result"`
	}
	if err := json.Unmarshal(data, &now); err != nil {
		return 0, fmt.Errorf("its time cannot be read: %w", err)
	}
	return float64(now.Result.Value) - seconds(sent.Add(back.Sub(sent)/2)), nil
}

// seconds since 1970.
func seconds(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }

// moments asks for the steps from one to another, both included.
func (h *historian) moments(ctx context.Context, name string, from, to int, offset float64) ([]headroom.Sample, error) {
	zero := seconds(h.clock.Start) + offset
	at := func(step int) string { return strconv.FormatFloat(zero+float64(step)*h.step, 'f', 3, 64) }
	data, err := h.api(ctx, "/api/v1/query_range", url.Values{"query": {h.queries[name]}, "start": {at(from)}, "end": {at(to)},
		"step": {strconv.FormatFloat(h.step, 'f', -1, 64)}})
	if err != nil {
		return nil, err
	}
	var found struct {
		Result model.Matrix `json:"result"`
	}
	if err := json.Unmarshal(data, &found); err != nil {
		return nil, fmt.Errorf("the answer cannot be read: %w", err)
	}
	sort.Sort(found.Result) // by labels
	var out []headroom.Sample
	for _, stream := range found.Result {
		metric := seriesName(name, stream.Metric)
		for _, pair := range stream.Values {
			t := float64(pair.Timestamp)/1e3 - zero
			v := float64(pair.Value)
			// A server that moves a query's ends to multiples of its step answers
			// for moments that were not asked for.
			if t < (float64(from)-0.5)*h.step || t > (float64(to)+0.5)*h.step || math.IsNaN(v) || math.IsInf(v, 0) {
				continue
			}
			out = append(out, headroom.Sample{T: t, Probe: h.probe, Subject: h.subject, Metric: metric, Value: v})
		}
	}
	return out, nil
}

// api gives the data of an answer of Prometheus' HTTP API.
func (h *historian) api(ctx context.Context, path string, query url.Values) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	got, err := h.server.get(ctx, path, query, "application/json", mostAnswer)
	if err != nil {
		return nil, err
	}
	var reply struct {
		Status string          `json:"status"`
		Error  string          `json:"error"`
		Data   json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(got.body, &reply); err != nil {
		if got.code != http.StatusOK {
			return nil, fmt.Errorf("HTTP %s", got.status)
		}
		return nil, errors.New("this is no Prometheus server: the answer is no JSON")
	}
	if reply.Status != "success" {
		return nil, fmt.Errorf("HTTP %s: %.300s", got.status, reply.Error)
	}
	return reply.Data, nil
}
