// Package junit renders the objectives of a run as JUnit XML, the form that
// Jenkins, GitLab, GitHub actions and others read: a test case for each
// objective, and one for the run itself.
//
// An objective that was missed is a failure. One that could not be judged is an
// error and not skipped: the check did not pass, and readers show what is skipped
// as if it had. So is the run when it was cut off or its generator was the
// bottleneck.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/prose"
)

type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Suites   []suite  `xml:"testsuite"`
}

type suite struct {
	Name       string      `xml:"name,attr"`
	Tests      int         `xml:"tests,attr"`
	Failures   int         `xml:"failures,attr"`
	Errors     int         `xml:"errors,attr"`
	Skipped    int         `xml:"skipped,attr"`
	Time       string      `xml:"time,attr"`
	Timestamp  string      `xml:"timestamp,attr,omitempty"`
	Properties *properties `xml:"properties,omitempty"`
	Cases      []testCase  `xml:"testcase"`
}

type properties struct {
	List []property `xml:"property"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type testCase struct {
	Class   string  `xml:"classname,attr"`
	Name    string  `xml:"name,attr"`
	Time    string  `xml:"time,attr"`
	Error   *reason `xml:"error,omitempty"`
	Failure *reason `xml:"failure,omitempty"`
	Out     string  `xml:"system-out,omitempty"`
}

type reason struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// A Run is a run and its report.
type Run struct {
	Report headroom.RunReport
	Info   headroom.RunInfo
}

// Check writes the objectives of runs, a test suite each.
func Check(w io.Writer, runs ...Run) error {
	all := suites{Name: "headroom"}
	for _, r := range runs {
		s := suiteOf(r)
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
		all.Suites = append(all.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return fmt.Errorf("junit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func suiteOf(r Run) suite {
	took := strconv.FormatFloat(r.Info.Schedule.Duration(), 'f', 3, 64)
	s := suite{Name: printable("headroom " + r.Report.ID), Time: took, Properties: &properties{List: []property{
		{"plan", printable(r.Info.Plan.Name)}, {"topology", printable(r.Report.Topology.Name)}, {"target", printable(r.Info.TargetKind)},
		{"seed", strconv.FormatUint(r.Info.Schedule.Seed, 10)},
	}}}
	if !r.Info.Started.IsZero() {
		s.Timestamp = r.Info.Started.UTC().Format("2006-01-02T15:04:05")
	}
	class := printable("headroom." + strings.ReplaceAll(r.Info.Plan.Name, ".", "_"))
	whole := testCase{Class: class, Name: "the run is complete and was not held up by its generator", Time: took}
	if fault := prose.Fault(r.Report); fault != "" {
		whole.Error = &reason{Message: printable(fault), Type: "invalid run"}
	}
	s.add(whole)
	for _, o := range r.Report.Objectives {
		s.add(objective(class, o))
	}
	return s
}

func (s *suite) add(c testCase) {
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Error != nil {
		s.Errors++
	}
	s.Cases = append(s.Cases, c)
}

func objective(class string, o headroom.ObjectiveReport) testCase {
	c := testCase{Class: class, Name: printable(o.Name), Time: "0"}
	measured := "measured " + prose.Figure(o)
	if aside := prose.Aside(o); aside != "" {
		measured += "; " + aside
	}
	switch {
	case o.Met == nil:
		c.Error = &reason{Message: printable("not judged: " + o.Reason), Type: "not judged"}
	case !*o.Met:
		c.Failure = &reason{Message: printable(o.Name + ": " + measured), Type: "objective missed", Text: printable(detail(o))}
	default:
		c.Out = printable(measured)
	}
	return c
}

// detail is the figure, its interval and the bound in full.
func detail(o headroom.ObjectiveReport) string {
	bound, least := o.Objective.Bound()
	word := "at most"
	if least {
		word = "at least"
	}
	lines := []string{fmt.Sprintf("bound: %s %g", word, bound)}
	if v := o.Value; v != nil {
		lines = append(lines, fmt.Sprintf("measured: %g", v.Value), fmt.Sprintf("interval (%g %%): %g to %g", 100*v.Level, v.Low, v.High), fmt.Sprintf("observations: %d", v.N))
	}
	lines = append(lines, "verdict: "+prose.Judged(o))
	return strings.Join(lines, "\n")
}

// printable leaves out what XML 1.0 cannot hold, even as a reference, and
// no-break spaces, which readers show as they like.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u00a0' || r == '\u202f':
			return ' '
		case r == '\n' || r == '\t':
			return r
		case r < 0x20 || r == 0xfffe || r == 0xffff || r == 0xfffd || r >= 0x7f && r <= 0x9f:
			return -1
		}
		return r
	}, s)
}
