// Package profiles holds the shipped plans and the strict loader of plans.
//
// A plan is decoded and checked whole: every problem is reported at once, each
// with file, line, column and what to do, and a plan with a problem is not
// returned. What the loader cannot know by itself (which scenarios and events
// exist, what the calendar understands) is handed in by Options.
package profiles

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/headroom-erp/headroom"
)

//go:embed *.yaml
var shipped embed.FS

// MaxSize is the largest plan that Load reads, in bytes.
const MaxSize = 1 << 20

// Options tells the loader what the rest of the program knows.
type Options struct {
	// Scenarios are the known scenarios; nil leaves scenario names unchecked.
	Scenarios []string
	// Events are the kinds of events that somebody can make happen. Any other
	// event is refused; nil refuses all.
	Events []string
	// ReadICal turns an iCalendar file's all-day events into closures; nil
	// refuses plans that name such a file.
	ReadICal func(io.Reader) ([]headroom.Closure, error)
	// Check are the checks of other packages. They see the plan as resolved,
	// and only say what is wrong at which path.
	Check []func(headroom.Plan) []headroom.Problem
}

// Names lists the shipped plans, sorted.
func Names() []string {
	files, err := fs.Glob(shipped, "*.yaml") // sorted, as fs.Glob reads folders in order
	if err != nil {
		panic("profiles: " + err.Error()) // the pattern above is malformed
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, ".yaml")
	}
	return files
}

// Open loads a shipped plan by its name, or else the file at the path. A file
// that has a shipped plan's name is meant by "./name".
func Open(pathOrName string, o Options) (*headroom.Plan, Positions, error) {
	for _, n := range Names() {
		if n == pathOrName {
			b, err := shipped.ReadFile(n + ".yaml")
			if err != nil {
				return nil, Positions{}, fmt.Errorf("profiles: shipped plan %s: %w", n, err)
			}
			return load(n+".yaml", bytes.NewReader(b), shipped, o)
		}
	}
	f, err := os.Open(pathOrName)
	if err != nil {
		return nil, Positions{}, notOpened(pathOrName, err)
	}
	defer f.Close()
	return Load(pathOrName, f, o)
}

func notOpened(path string, err error) error {
	do := "give the path of a plan, or the name of a shipped one: " + strings.Join(Names(), ", ")
	if s := suggest(path, Names()); s != "" {
		do = fmt.Sprintf("did you mean the shipped plan %q?", s)
	}
	what := "the plan cannot be opened: " + reason(err)
	if errors.Is(err, fs.ErrNotExist) {
		what = "there is no such plan"
	}
	return &headroom.InputError{What: what, Where: path, Do: do, Err: err}
}

// reason is the cause of a file error without the path, which Where says.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// Load reads the plan that name (a path, for messages) holds, checks all of it
// and returns it as Resolve leaves it. A bad plan gives a *headroom.InputError
// whose text has a line for each problem, in the order of the file. Files that
// the plan names are looked for in name's folder.
func Load(name string, r io.Reader, o Options) (*headroom.Plan, Positions, error) {
	return load(name, r, os.DirFS(filepath.Dir(name)), o)
}

func load(name string, r io.Reader, folder fs.FS, o Options) (*headroom.Plan, Positions, error) {
	pos := Positions{file: name}
	text, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, pos, &headroom.InputError{What: "the plan cannot be read: " + reason(err), Where: name, Err: err}
	}
	if len(text) > MaxSize {
		return nil, pos, &headroom.InputError{
			What: fmt.Sprintf("the plan is larger than %d bytes", MaxSize), Where: name, Do: "is this a plan?"}
	}
	l := newLoader(pos)
	root := l.parse(text)
	if root == nil {
		return nil, l.pos, l.err()
	}
	var p headroom.Plan
	l.decode(root, &p)
	l.settle()
	l.check(p, o)
	l.settle()
	l.closures(&p, folder, o)
	l.settle()
	resolved := Resolve(p)
	for _, check := range o.Check {
		for _, problem := range check(resolved) {
			l.add(problem)
		}
		l.settle()
	}
	if err := l.err(); err != nil {
		return nil, l.pos, err
	}
	return &resolved, l.pos, nil
}
