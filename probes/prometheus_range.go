package probes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"sort"
	"strconv"
	"time"

	"github.com/prometheus/common/model"

	"github.com/headroom-erp/headroom"
)

// A RangeSeries is one series of a range query's answer.
type RangeSeries struct {
	Labels map[string]string
	T      []float64 // seconds since 1970
	V      []float64
}

// PrometheusRange asks a Prometheus server, at an address as of Prometheus.URL,
// a range query over a time that has passed, in as many requests as its limits
// ask for: a series of a long time comes in several parts, one after the other.
// The step must be above 0.
func PrometheusRange(ctx context.Context, address headroom.Secret, query string, from, to time.Time, step time.Duration) ([]RangeSeries, error) {
	if step <= 0 {
		return nil, fmt.Errorf("a range query with a step of %v asks for nothing", step)
	}
	server, err := newEndpoint(address, nil)
	if err != nil {
		return nil, err
	}
	h := &historian{server: server}
	var all []RangeSeries
	for part := from; !part.After(to); part = part.Add(mostPoints * step) {
		end := part.Add((mostPoints - 1) * step)
		if end.After(to) {
			end = to
		}
		at := func(t time.Time) string { return strconv.FormatFloat(seconds(t), 'f', 3, 64) }
		data, err := h.api(ctx, "/api/v1/query_range", url.Values{"query": {query}, "start": {at(part)}, "end": {at(end)},
			"step": {strconv.FormatFloat(step.Seconds(), 'f', -1, 64)}})
		if err != nil {
			return nil, err
		}
		found, err := readMatrix(data)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// ReadRange reads the answer of a range query as Prometheus' HTTP API gives it,
// whole or its data alone.
func ReadRange(answer []byte) ([]RangeSeries, error) {
	var reply struct {
		Status string          `json:"status"`
		Data   json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(answer, &reply); err != nil {
		return nil, fmt.Errorf("it is no JSON: %w", err)
	}
	if reply.Data == nil {
		reply.Data = answer
	}
	return readMatrix(reply.Data)
}

func readMatrix(data []byte) ([]RangeSeries, error) {
	var found struct {
		Type   string       `json:"resultType"`
		Result model.Matrix `json:"result"`
	}
	if err := json.Unmarshal(data, &found); err != nil {
		return nil, fmt.Errorf("it is no answer of a range query: %w", err)
	}
	if found.Type != "matrix" {
		return nil, errors.New("it is no answer of a range query: its resultType is not matrix")
	}
	sort.Sort(found.Result) // by labels
	var out []RangeSeries
	for _, stream := range found.Result {
		s := RangeSeries{Labels: map[string]string{}}
		for k, v := range stream.Metric {
			s.Labels[string(k)] = string(v)
		}
		for _, pair := range stream.Values {
			if v := float64(pair.Value); !math.IsNaN(v) && !math.IsInf(v, 0) {
				s.T, s.V = append(s.T, float64(pair.Timestamp)/1e3), append(s.V, v)
			}
		}
		out = append(out, s)
	}
	return out, nil
}
