package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/usl"
)

func newModelUSL(std stdio) *cobra.Command {
	var asJSON bool
	var level float64
	var at []float64
	var names [2]string
	cmd := &cobra.Command{
		Use:   "usl FILE.csv",
		Short: "Fit the Universal Scalability Law to throughput at several concurrencies",
		Long: `Fit the Universal Scalability Law to a CSV with the columns concurrency and
throughput: X(N) = X(1) N / (1 + contention (N-1) + coherency N (N-1)), both
penalties 0 or more. It says where throughput peaks, if it does, with intervals,
and what it predicts at the concurrencies of --at. Lines that start with # are
comments; a file named - is standard input. Three points are needed, six are
useful; beyond three times the largest measured concurrency it predicts without
an interval and warns.`,
		Example: "  headroom model usl benchmark.csv\n  headroom model usl benchmark.csv --at 48,96 --json",
		Args:    exactArgs(1, "one file"),
		RunE: func(_ *cobra.Command, args []string) error {
			if !(level > 0 && level < 1) {
				return &headroom.InputError{What: fmt.Sprintf("%g is not above 0 and below 1", level), Where: "--level"}
			}
			for _, n := range at {
				if !(n > 0) || math.IsInf(n, 0) {
					return &headroom.InputError{What: fmt.Sprintf("%g is not a concurrency above 0", n), Where: "--at"}
				}
			}
			var points []usl.Point
			err := withFile(args[0], std, func(in io.Reader, name string) (err error) {
				points, err = readPoints(in, name, names)
				return err
			})
			if err != nil {
				return err
			}
			m, err := usl.Fit(points, usl.Options{Level: level})
			if err != nil {
				return modelError(err, called(args[0]))
			}
			if asJSON {
				return writeJSON(std.out, uslAnswerOf(m, at))
			}
			return printUSL(std.out, uslAnswerOf(m, at))
		},
	}
	f := cmd.Flags()
	f.BoolVar(&asJSON, "json", false, "one JSON document on standard output, nothing else")
	f.Float64Var(&level, "level", usl.DefaultLevel, "level of the intervals, above 0 and below 1")
	f.Float64SliceVar(&at, "at", nil, "predict throughput and response time at these concurrencies")
	f.StringVar(&names[0], "concurrency-column", "concurrency", "name of the column with the concurrency")
	f.StringVar(&names[1], "throughput-column", "throughput", "name of the column with the throughput")
	noDefault(cmd, "at")
	return cmd
}

// modelError is a model's complaint about its input, as one about a file or flag.
func modelError(err error, where string) error {
	what := err.Error()
	if _, rest, ok := strings.Cut(what, ": "); ok && !strings.Contains(what[:len(what)-len(rest)-2], " ") {
		what = rest // the package's name says nothing to who reads it
	}
	return &headroom.InputError{What: what, Where: where, Err: err}
}

// readPoints reads a CSV of concurrency and throughput. Where there are two
// columns and one of them is found, the other one is the other.
func readPoints(in io.Reader, file string, names [2]string) ([]usl.Point, error) {
	r := csv.NewReader(in)
	r.Comment, r.FieldsPerRecord, r.TrimLeadingSpace = '#', -1, true
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, &headroom.InputError{What: "is empty", Where: file, Do: "a CSV with the columns concurrency and throughput is wanted"}
	}
	if err != nil {
		return nil, badCSV(err, file)
	}
	at := [2]int{-1, -1}
	for i, h := range head {
		for j, name := range names {
			if strings.EqualFold(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")), name) {
				at[j] = i
			}
		}
	}
	for j := range at {
		if at[j] < 0 && len(head) == 2 && at[1-j] >= 0 {
			at[j] = 1 - at[1-j]
		}
		if at[j] < 0 {
			return nil, &headroom.InputError{What: fmt.Sprintf("has no column %q", names[j]), Where: file,
				Do: fmt.Sprintf("its columns are %s; name the right one with --concurrency-column and --throughput-column", strings.Join(head, ", "))}
		}
	}
	var points []usl.Point
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return points, nil
		}
		if err != nil {
			return nil, badCSV(err, file)
		}
		var v [2]float64
		line, _ := r.FieldPos(0)
		where := fmt.Sprintf("%s:%d", file, line)
		for j, i := range at {
			if i >= len(row) {
				return nil, &headroom.InputError{What: fmt.Sprintf("the line has %d fields, and none for %s", len(row), head[i]), Where: where}
			}
			v[j], err = strconv.ParseFloat(strings.TrimSpace(row[i]), 64)
			if err != nil || math.IsNaN(v[j]) || math.IsInf(v[j], 0) || v[j] < 0 || (j == 0 && v[j] == 0) {
				return nil, &headroom.InputError{What: fmt.Sprintf("%s %q is not a number %s", head[i], row[i], [2]string{"above 0", "of 0 or more"}[j]), Where: where}
			}
		}
		points = append(points, usl.Point{Concurrency: v[0], Throughput: v[1]})
	}
}

func badCSV(err error, file string) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return &headroom.InputError{What: "is no CSV: " + parse.Err.Error(), Where: fmt.Sprintf("%s:%d", file, parse.Line), Err: err}
	}
	return &headroom.InputError{What: "cannot be read", Where: file, Err: err}
}

// uslAnswer is what `model usl --json` prints. A high end of null is no end.
type uslAnswer struct {
	SingleClientThroughput float64  `json:"single_client_throughput"`
	Contention             float64  `json:"contention"`
	Coherency              float64  `json:"coherency"`
	PeakConcurrency        *float64 `json:"peak_concurrency"`
	PeakThroughput         *float64 `json:"peak_throughput"`
	ThroughputLimit        *float64 `json:"throughput_limit"` // that it rises towards without a peak

	IntervalLevel float64                 `json:"interval_level"`
	Intervals     map[string]*[2]*float64 `json:"intervals"`

	Points             int             `json:"points"`
	LargestConcurrency float64         `json:"largest_concurrency"`
	ResidualSD         *float64        `json:"residual_sd"`
	R2                 float64         `json:"r_squared"`
	Predictions        []uslPrediction `json:"predictions"`
	Warnings           []string        `json:"warnings"`
}

type uslPrediction struct {
	Concurrency        float64      `json:"concurrency"`
	Throughput         float64      `json:"throughput"`
	ThroughputInterval *[2]*float64 `json:"throughput_interval"`
	Response           float64      `json:"response"`
	ResponseInterval   *[2]*float64 `json:"response_interval"`
	Warning            string       `json:"warning,omitempty"`
}

func uslAnswerOf(m usl.Model, at []float64) uslAnswer {
	a := uslAnswer{SingleClientThroughput: m.SingleClientThroughput, Contention: m.Contention, Coherency: m.Coherency,
		IntervalLevel: m.Level, Points: m.Points, LargestConcurrency: m.Largest, R2: m.R2, Warnings: append([]string{}, m.Warnings...),
		Predictions: []uslPrediction{}, Intervals: map[string]*[2]*float64{
			"single_client_throughput": ends(m.SingleClientInterval), "contention": ends(m.ContentionInterval), "coherency": ends(m.CoherencyInterval),
			"peak_concurrency": ends(m.PeakConcurrencyInterval), "peak_throughput": ends(m.PeakThroughputInterval)}}
	if n, x, ok := m.Peak(); ok {
		a.PeakConcurrency, a.PeakThroughput = &n, &x
	}
	if x, ok := m.Limit(); ok {
		a.ThroughputLimit = &x
	}
	if m.Points > 3 {
		a.ResidualSD = &m.ResidualSD
	}
	for _, n := range at {
		x, r := m.PredictThroughputAtConcurrency(n), m.PredictResponseAtConcurrency(n)
		a.Predictions = append(a.Predictions, uslPrediction{n, x.Value, ends(x.Interval), r.Value, ends(r.Interval), x.Warning})
		if x.Warning != "" {
			a.Warnings = append(a.Warnings, x.Warning)
		}
	}
	return a
}

func ends(i *usl.Interval) *[2]*float64 {
	if i == nil {
		return nil
	}
	out := [2]*float64{&i.Low, &i.High}
	if math.IsInf(i.High, 1) {
		out[1] = nil
	}
	return &out
}

func printUSL(out io.Writer, a uslAnswer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name string, v *float64, i *[2]*float64) {
		if v == nil {
			return
		}
		fmt.Fprintf(w, "%s\t%.6g\t%s\n", name, *v, intervalText(i))
	}
	fmt.Fprintf(w, "%d points\t\t%g %% interval\n", a.Points, 100*a.IntervalLevel)
	line("single-client throughput", &a.SingleClientThroughput, a.Intervals["single_client_throughput"])
	line("contention", &a.Contention, a.Intervals["contention"])
	line("coherency", &a.Coherency, a.Intervals["coherency"])
	line("peak concurrency", a.PeakConcurrency, a.Intervals["peak_concurrency"])
	line("peak throughput", a.PeakThroughput, a.Intervals["peak_throughput"])
	line("no peak; limit", a.ThroughputLimit, nil)
	if a.PeakConcurrency == nil && a.ThroughputLimit == nil {
		fmt.Fprintln(w, "no peak, no limit\t\t")
	}
	for _, p := range a.Predictions {
		line(fmt.Sprintf("throughput at %g", p.Concurrency), &p.Throughput, p.ThroughputInterval)
		line(fmt.Sprintf("response at %g", p.Concurrency), &p.Response, p.ResponseInterval)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, s := range a.Warnings {
		printWrapped(out, s, "! ", "  ")
	}
	return nil
}

func intervalText(i *[2]*float64) string {
	switch {
	case i == nil:
		return ""
	case i[1] == nil:
		return fmt.Sprintf("%.6g or more", *i[0])
	}
	return fmt.Sprintf("%.6g to %.6g", *i[0], *i[1])
}
