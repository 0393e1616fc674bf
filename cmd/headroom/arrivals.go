package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios/arrivals"
)

func newArrivals(std stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "arrivals",
		Short: "Recorded arrivals: test them, or replay them exactly",
		Args:  unknownVerb,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(newArrivalsCheck(std), newArrivalsReplay(std))
	return cmd
}

func newArrivalsCheck(std stdio) *cobra.Command {
	var rate, process, site string
	var level float64
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check FILE.csv",
		Short: "Test whether recorded arrivals are a Poisson process of a rate",
		Long: `Test recorded arrivals, CSV with the column t (seconds, or RFC 3339 timestamps) and,
if there, process and site, against a rate, CSV with the columns t and rate (1/s,
linear between its lines). Without a rate, a constant one over the observed span
is assumed. A file named - is standard input. Three tests: Kolmogorov-Smirnov on
the arrivals' times and Lewis' on their gaps, after both are put on the clock on
which the rate is constant, and the index of dispersion of their counts; with
--rate their number as well.

Verdicts: poisson, rounded, evenly_spaced, uneven_spacing, over_dispersed,
wrong_rate, too_few. Ends with 0 when it is poisson, with 3 when it is too_few,
and with 1 otherwise.`,
		Example: "  headroom arrivals check orders.csv\n  headroom arrivals check orders.csv --rate rate.csv --process order --json",
		Args:    exactArgs(1, "one file"),
		RunE: func(_ *cobra.Command, args []string) error {
			rec, err := readArrivals(args[0], std)
			if err != nil {
				return err
			}
			if rec, err = rec.Only(process, site); err != nil {
				return err
			}
			o := arrivals.Options{Level: level}
			if rate != "" {
				if o.Rate, err = readRate(rate, std); err != nil {
					return err
				}
			}
			return checkArrivals(rec, o, asJSON, std)
		},
	}
	f := cmd.Flags()
	f.StringVar(&rate, "rate", "", "CSV with the columns t and rate (1/s); default a constant rate")
	f.StringVar(&process, "process", "", "only arrivals of this process")
	f.StringVar(&site, "site", "", "only arrivals at this site")
	f.Float64Var(&level, "level", 0.01, "chance of another verdict than poisson for a Poisson process")
	f.BoolVar(&asJSON, "json", false, "one JSON document on standard output, nothing else")
	return cmd
}

func checkArrivals(rec arrivals.Recording, o arrivals.Options, asJSON bool, std stdio) error {
	if !(o.Level > 0 && o.Level < 0.5) {
		return &headroom.InputError{What: fmt.Sprintf("%g is not above 0 and below 0.5", o.Level), Where: "--level"}
	}
	r, err := arrivals.Check(rec, o)
	if err != nil {
		return err
	}
	if asJSON {
		err = writeJSON(std.out, r)
	} else {
		err = printCheck(std.out, r)
	}
	switch {
	case err != nil:
		return err
	case r.Verdict == arrivals.TooFew:
		return &headroom.MeasureError{What: strings.TrimSuffix(r.Means, "."), Do: r.Do}
	case r.Verdict != arrivals.Poisson:
		return fmt.Errorf("arrivals: %s: %w", r.Verdict, headroom.ErrMissed)
	}
	return nil
}

func printCheck(out io.Writer, r arrivals.Result) error {
	fmt.Fprintf(out, "%s: %d arrivals in %.6g s\n", r.Verdict, r.N, r.To-r.From)
	for _, s := range []string{r.Means, r.Do} {
		printWrapped(out, s, "  ", "  ")
	}
	if r.KS == nil {
		return nil
	}
	fmt.Fprintln(out)
	var lines strings.Builder
	w := tabwriter.NewWriter(&lines, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  test\tstatistic\tp\t")
	for _, t := range []struct {
		name string
		*arrivals.Test
	}{{"Kolmogorov-Smirnov, times", r.KS}, {"Lewis, gaps", r.Lewis}} {
		if t.Test != nil {
			fmt.Fprintf(w, "  %s\t%.4f\t%.3g\t%s\n", t.name, t.Statistic, t.P, t.Method)
		}
	}
	if d := r.DispersionTest; d != nil {
		fmt.Fprintf(w, "  index of dispersion, counts\t%.3f\t%.3g\t%.3f to %.3f, of %d intervals\n", d.Index, d.P, d.Low, d.High, d.Intervals)
	}
	if c := r.Count; c != nil {
		fmt.Fprintf(w, "  number\t%d\t%.3g\t%.1f expected\n", c.Observed, c.P, c.Expected)
	}
	if r.LocalVariation != nil {
		fmt.Fprintf(w, "  local variation, 1 by chance\t%.3f\t\t\n", *r.LocalVariation)
	}
	if r.DayVariation != nil {
		fmt.Fprintf(w, "  variation of days\t%.3f\t\t\n", *r.DayVariation)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(lines.String()) {
		fmt.Fprintln(out, strings.TrimRight(line, " \n"))
	}
	for _, s := range r.Warnings {
		printWrapped(out, s, "! ", "  ")
	}
	return nil
}

// printWrapped breaks a sentence into lines of at most 96 characters.
func printWrapped(out io.Writer, s, first, rest string) {
	line, words := first, 0
	for _, word := range strings.Fields(s) {
		if words > 0 && len(line)+1+len(word) > 96 {
			fmt.Fprintln(out, line)
			line, words = rest, 0
		}
		if words > 0 {
			line += " "
		}
		line += word
		words++
	}
	fmt.Fprintln(out, line)
}

func readArrivals(path string, std stdio) (rec arrivals.Recording, err error) {
	err = withFile(path, std, func(in io.Reader, name string) error {
		rec, err = arrivals.Read(in, name)
		return err
	})
	return rec, err
}

func readRate(path string, std stdio) (*arrivals.Rate, error) {
	var rate arrivals.Rate
	err := withFile(path, std, func(in io.Reader, name string) error {
		var err error
		rate, err = arrivals.ReadRate(in, name)
		return err
	})
	return &rate, err
}

// called is a file's name in complaints.
func called(path string) string {
	if path == "-" {
		return "standard input"
	}
	return path
}

// withFile opens a file, or - for standard input.
func withFile(path string, std stdio, read func(in io.Reader, name string) error) error {
	if path == "-" {
		return read(std.in, called(path))
	}
	f, err := os.Open(path)
	if err != nil {
		return readable(path, err)
	}
	defer func() { _ = f.Close() }() // only read from
	return read(f, path)
}
