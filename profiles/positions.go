package profiles

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// maxShown bounds the problems that one error lists; the rest is counted.
const maxShown = 50

// A Position is a place in a plan's file; both count from 1.
type Position struct{ Line, Column int }

// Positions says where each path of a plan stands in its file. The path of a
// value stands where the value begins, that of a map's entry where its key
// begins.
type Positions struct {
	file string
	at   map[string]Position
}

// Of is the position of a path, or of the nearest part of the plan that holds
// it when the file does not have the path itself.
func (p Positions) Of(path string) Position {
	for {
		if at, ok := p.at[path]; ok {
			return at
		}
		if path == "" {
			return Position{1, 1}
		}
		path = parent(path)
	}
}

// Has reports whether the file has the path.
func (p Positions) Has(path string) bool {
	_, ok := p.at[path]
	return ok
}

// Where is the path's place as "file:line:column".
func (p Positions) Where(path string) string {
	return p.where(p.Of(path))
}

func (p Positions) where(at Position) string {
	return fmt.Sprintf("%s:%d:%d", p.file, at.Line, at.Column)
}

// InputError makes problems into one *headroom.InputError with a line for each,
// in the order of the file; nil when there is none.
func (p Positions) InputError(problems []headroom.Problem) error {
	placed := make([]placedProblem, len(problems))
	for i, problem := range problems {
		placed[i] = placedProblem{p.Of(problem.Path), problem}
	}
	return p.inputError(placed)
}

type placedProblem struct {
	at Position
	headroom.Problem
}

func (p Positions) inputError(problems []placedProblem) error {
	if len(problems) == 0 {
		return nil
	}
	problems = slices.Clone(problems)
	slices.SortStableFunc(problems, func(a, b placedProblem) int {
		return cmp.Or(cmp.Compare(a.at.Line, b.at.Line), cmp.Compare(a.at.Column, b.at.Column),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.What, b.What))
	})
	errs := make([]error, len(problems))
	for i, q := range problems {
		errs[i] = &headroom.InputError{What: q.What, Where: p.where(q.at), Do: q.Do}
	}
	if len(errs) == 1 {
		return errs[0]
	}
	var lines []string
	for _, err := range errs[:min(len(errs), maxShown)] {
		lines = append(lines, err.Error())
	}
	if more := len(errs) - maxShown; more > 0 {
		lines = append(lines, fmt.Sprintf("%s: and %d more problems", p.file, more))
	}
	return &headroom.InputError{What: strings.Join(lines, "\n"), Err: errors.Join(errs...)}
}

// parent is the path of what holds path: "sites[0].name" is in "sites[0]",
// that in "sites", and that in "".
func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func item(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
