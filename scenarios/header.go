package scenarios

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/headroom-erp/headroom"
)

// A script begins with a comment: one line of what it is, an empty one, and
// then what it needs, one "key: value" a line.
//
//	// A picker takes the goods of one order from the shelves to the output area.
//	//
//	// kind: closed, open
//	// protocol: jsonrpc
//	// steps: find, claim, moves, take, validate
//
// kind, protocol and steps must be there. keys is what else there can be.
var keys = []string{"kind", "protocol", "steps", "documents", "products", "modules", "groups", "writes", "warehouse", "user", "since"}

var protocols = []string{"jsonrpc", "json2", "xmlrpc", "sql"}

var kinds = []headroom.Kind{headroom.Open, headroom.Batched, headroom.Scheduled, headroom.Closed}

// word is the form of a step's name: it is half of a request class.
var word = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// parse reads a script's opening comment. The error is a *headroom.InputError
// that names the line.
func parse(name, text string) (Scenario, error) {
	h := header{scenario: Scenario{Name: name, Engine: K6}, file: name, seen: map[string]bool{}}
	for n, line := range strings.Split(text, "\n") {
		comment, ok := strings.CutPrefix(strings.TrimSuffix(line, "\r"), "//")
		if !ok {
			break
		}
		if err := h.line(n+1, strings.TrimSpace(comment)); err != nil {
			return Scenario{}, err
		}
	}
	for _, key := range keys[:3] {
		if !h.seen[key] {
			return Scenario{}, h.wrong(1, "the script's opening comment does not say its "+key,
				`begin it as the shipped scripts do: a line of what it is, then "// kind: open", "// protocol: jsonrpc", "// steps: find, write"`)
		}
	}
	s := h.scenario
	s.Pooled = s.Protocol != "sql"
	return s, nil
}

// A header is an opening comment on its way to a Scenario.
type header struct {
	scenario Scenario
	file     string
	seen     map[string]bool
}

func (h *header) wrong(line int, what, do string) error {
	return &headroom.InputError{What: what, Where: fmt.Sprintf("%s:%d", h.file, line), Do: do}
}

// line takes one line of the comment, without its slashes.
func (h *header) line(n int, text string) error {
	key, value, ok := strings.Cut(text, ":")
	if !ok || !slices.Contains(keys, key) {
		if h.scenario.Describe == "" {
			h.scenario.Describe = text
		}
		return nil // prose
	}
	if h.seen[key] {
		return h.wrong(n, "the opening comment says its "+key+" twice", "")
	}
	h.seen[key] = true
	value = strings.TrimSpace(value)
	list := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
	if len(list) == 0 {
		return h.wrong(n, key+" has no value", "give it one, or remove the line")
	}
	s := &h.scenario
	switch key {
	case "kind":
		return h.kinds(n, list)
	case "protocol":
		s.Protocol = value
		if !slices.Contains(protocols, value) {
			return h.wrong(n, fmt.Sprintf("there is no protocol %q", value), "use "+strings.Join(protocols, ", "))
		}
	case "steps":
		return h.steps(n, list)
	case "documents":
		s.Documents = value
	case "products":
		s.Products = value
	case "modules":
		s.Modules = list
	case "groups":
		s.Groups = list
	case "writes":
		s.Writes = []string{value}
	default:
		return h.place(n, key, value)
	}
	return nil
}

// place takes what a scenario asks of the site and the server.
func (h *header) place(n int, key, value string) error {
	switch s := &h.scenario; key {
	case "warehouse":
		s.Flow = Flow(value)
		if s.Flow != OneStep && s.Flow != TwoStep {
			return h.wrong(n, fmt.Sprintf("no warehouse works in %q", value), "use one step or two steps, or remove the line")
		}
	case "user":
		s.Technical = value == "technical"
		if !s.Technical {
			return h.wrong(n, fmt.Sprintf("there is no user %q", value), "use technical, or remove the line for the site's people")
		}
	case "since":
		major, err := strconv.Atoi(value)
		if err != nil || major < 1 {
			return h.wrong(n, fmt.Sprintf("%q is no version of Odoo", value), "write its number: 17")
		}
		s.Since = major
	}
	return nil
}

func (h *header) kinds(n int, list []string) error {
	for _, text := range list {
		i := slices.IndexFunc(kinds, func(k headroom.Kind) bool { return k.String() == text })
		if i < 0 {
			return h.wrong(n, fmt.Sprintf("there is no kind %q", text), "use open, batched, scheduled or closed")
		}
		h.scenario.Kinds = append(h.scenario.Kinds, kinds[i])
	}
	return nil
}

func (h *header) steps(n int, list []string) error {
	for i, step := range list {
		if !word.MatchString(step) || slices.Contains(list[:i], step) {
			return h.wrong(n, fmt.Sprintf("the step %q is named twice, or is not lower-case letters, digits and underscores", step), "")
		}
	}
	h.scenario.Steps = list
	return nil
}
