package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/models/queueing"
)

func newModelClosed(std stdio) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "closed FILE.json",
		Short: "Solve a closed network of stations: customers who come back after thinking",
		Long: `Solve a closed network described in JSON:

  {"stations": [{"name": "cpu", "servers": 4, "demand": [0.2, 0.05]},
                {"name": "carrier", "servers": 0, "demand": [0.1, 0]}],
   "population": [10, 40], "think_time": [5, 20]}

demand, population and think_time are by class, times in seconds; servers of 0
make a delay, where nobody waits. Exact where the lattice of populations is small
enough, else approximate; the answer says which. Without think_time nobody
thinks. A file named - is standard input.`,
		Example: "  headroom model closed network.json\n  headroom model closed network.json --json",
		Args:    exactArgs(1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var f closedFile
			if err := readStrict(args[0], std, "a closed network", "see '"+cmd.CommandPath()+" --help'", &f); err != nil {
				return err
			}
			m, err := f.model()
			if err != nil {
				return modelError(err, called(args[0]))
			}
			a, err := queueing.Closed(m)
			if err != nil {
				return modelError(err, called(args[0]))
			}
			if asJSON {
				return writeJSON(std.out, a)
			}
			return printClosed(std.out, m, a)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON document on standard output, nothing else")
	return cmd
}

// closedFile is the file; numbers are pointers where being there matters.
type closedFile struct {
	Stations []struct {
		Name    string    `json:"name"`
		Servers *float64  `json:"servers"`
		Demand  []float64 `json:"demand"`
	} `json:"stations"`
	Population []float64 `json:"population"`
	ThinkTime  []float64 `json:"think_time"`
}

func (f closedFile) model() (queueing.ClosedModel, error) {
	m := queueing.ClosedModel{ThinkTime: f.ThinkTime}
	for i, s := range f.Stations {
		if s.Servers == nil {
			return m, fmt.Errorf("queueing: station %d %q names no servers; 0 is a delay", i+1, s.Name)
		}
		m.Stations = append(m.Stations, queueing.ClosedStation{Name: s.Name, Servers: *s.Servers, Demand: s.Demand})
	}
	for r, n := range f.Population {
		if n != math.Trunc(n) || n < 0 || n > queueing.MostServers {
			return m, fmt.Errorf("queueing: population of class %d is %g, not a whole number from 0 to %g", r+1, n, queueing.MostServers)
		}
		m.Population = append(m.Population, int(n))
	}
	return m, nil
}

// readStrict decodes one JSON document; what names it in complaints, and do says
// where its keys are documented.
func readStrict(path string, std stdio, what, do string, into any) error {
	return withFile(path, std, func(in io.Reader, name string) error {
		dec := json.NewDecoder(in)
		dec.DisallowUnknownFields()
		err := dec.Decode(into)
		switch {
		case errors.Is(err, io.EOF):
			return &headroom.InputError{What: "is empty, not " + what, Where: name, Do: do}
		case err != nil:
			return &headroom.InputError{What: fmt.Sprintf("is not %s: %s", what, jsonFault(err)), Where: name, Do: do, Err: err}
		}
		if _, err := dec.Token(); !errors.Is(err, io.EOF) {
			return &headroom.InputError{What: "has something behind the JSON document", Where: name}
		}
		return nil
	})
}

// jsonFault is what is wrong with a document in the words of whoever wrote it, who
// knows nothing of our types.
func jsonFault(err error) string {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		where := t.Field
		if where == "" {
			where = "its top"
		}
		return fmt.Sprintf("the %s at %s does not belong there", t.Value, where)
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

func printClosed(out io.Writer, m queueing.ClosedModel, a queueing.ClosedAnswer) error {
	fmt.Fprintln(out, a.Method)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "class\tcustomers\tthroughput, 1/s\tresponse, s\t\n")
	for r, x := range a.Throughput {
		response := "-"
		if v := a.Response[r]; v != nil {
			response = fmt.Sprintf("%.6g", *v)
		}
		fmt.Fprintf(w, "%d\t%d\t%.6g\t%s\t\n", r+1, m.Population[r], x, response)
	}
	fmt.Fprint(w, "\nstation\tservers\tutilization\tcustomers\t\n")
	for i, s := range m.Stations {
		u, n := "-", 0.0
		if v := a.Utilization[i]; v != nil {
			u = fmt.Sprintf("%.4f", *v)
		}
		for _, q := range a.Queue[i] {
			n += q
		}
		servers := fmt.Sprintf("%g", s.Servers)
		if s.Servers == 0 {
			servers = "delay"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.6g\t\n", s.Name, servers, u, n)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if a.Error != "" {
		printWrapped(out, "known error: "+a.Error, "  ", "  ")
	}
	for _, s := range a.Warnings {
		printWrapped(out, s, "! ", "  ")
	}
	return nil
}
