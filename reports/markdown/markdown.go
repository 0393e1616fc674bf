// Package markdown renders what a pull request is told: the objectives of a
// run, and what changed from one to another. It computes nothing but layout.
package markdown

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/prose"
)

// Check writes the objectives of a run as a section with a table.
func Check(w io.Writer, run headroom.RunReport) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "### Objectives of run %s: %s\n", escape(or(run.ID, figure.Unknown)), tally(run))
	for _, s := range []string{prose.Bottleneck(run), prose.Fault(run)} {
		if s != "" {
			fmt.Fprintf(b, "\n> **%s**\n", escape(s))
		}
	}
	rows := [][]string{}
	for _, o := range run.Objectives {
		verdict := prose.Judged(o)
		if o.Met == nil || !*o.Met {
			verdict = "**" + verdict + "**"
		}
		rows = append(rows, []string{escape(o.Name), verdict, escape(prose.Figure(o)), escape(prose.Aside(o))})
	}
	table(b, []string{"objective", "verdict", "measured", ""}, rows)
	return b.Flush()
}

// tally counts verdicts: "2 of 3 met".
func tally(run headroom.RunReport) string {
	met, unjudged := 0, 0
	for _, o := range run.Objectives {
		switch {
		case o.Met == nil:
			unjudged++
		case *o.Met:
			met++
		}
	}
	s := fmt.Sprintf("%d of %d met", met, len(run.Objectives))
	if unjudged > 0 {
		s += fmt.Sprintf(", %d not judged", unjudged)
	}
	return s
}

// Comparison writes what changed between runs: first what can be said in a
// sentence, then tables.
func Comparison(w io.Writer, c headroom.RunComparison) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "### Compared with %s\n\n", escape(or(c.Baseline.Name, figure.Unknown)))
	list(b, prose.Compared(c), "")
	if len(c.Problems) > 0 {
		fmt.Fprint(b, "\n**Not comparable:**\n\n")
		list(b, c.Problems, "")
	}
	for _, o := range c.Others {
		changes(b, c, o)
	}
	differences(b, c)
	fmt.Fprintln(b)
	list(b, []string{prose.Set(c.Baseline, true)}, "")
	for _, o := range c.Others {
		list(b, []string{prose.Set(o, false)}, "")
	}
	list(b, prose.Untested(c.Changes), "not tested: ")
	list(b, c.Warnings, "")
	if s := prose.HowCompared(c); s != "" {
		fmt.Fprintf(b, "\n%s\n", escape(s))
	}
	return b.Flush()
}

func changes(b *bufio.Writer, c headroom.RunComparison, o headroom.RunSet) {
	var rows [][]string
	for _, x := range prose.Told(c.Changes) {
		if x.Other != o.Name {
			continue
		}
		verdict := prose.Concluded(x.Verdict)
		if x.Verdict == headroom.Worse || x.Verdict == headroom.Better {
			verdict = "**" + verdict + "**"
		}
		rows = append(rows, []string{escape(prose.When(x)), escape(x.Process), escape(prose.Measure(x)), escape(prose.ChangedFrom(x)), escape(prose.ChangedTo(x)),
			escape(prose.Difference(x)), escape(prose.Showable(x)), verdict})
	}
	table(b, []string{"when", "process", "figure", "baseline", escape(o.Name), "change", "shows from", "verdict"}, rows)
}

func differences(b *bufio.Writer, c headroom.RunComparison) {
	var rows [][]string
	for _, d := range c.Differences {
		rows = append(rows, []string{escape(d.What), escape(d.Baseline), escape(d.Other), escape(d.Value)})
	}
	table(b, []string{"what is not the same", "baseline", "run", "value"}, rows)
}

func list(b *bufio.Writer, items []string, lead string) {
	for _, s := range items {
		fmt.Fprintf(b, "- %s%s\n", lead, escape(s))
	}
}

func table(b *bufio.Writer, head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, "\n| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat(" --- |", len(head)))
	for _, row := range rows {
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
	}
}

// escape makes text out of anything: no markup, no mention, one line. Every
// ASCII punctuation mark that Markdown or HTML reads may stand behind a backslash
// (CommonMark 2.4), or is an entity; "@" gets a space of no width behind it, so that nobody is notified.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar:
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '@' || r == '#':
			b.WriteString(string(r) + "\u200b")
		case strings.ContainsRune("\\`*_[]|~$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(b.String())
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
