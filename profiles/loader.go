package profiles

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/headroom-erp/headroom"
)

// maxDepth bounds the nesting of a plan, whose own language needs 8 levels.
const maxDepth = 32

// A loader collects what is wrong with one plan.
type loader struct {
	pos      Positions
	problems []placedProblem
	fresh    []string        // paths with a problem found in this stage
	reported map[string]bool // paths with a problem found in an earlier stage
}

func newLoader(pos Positions) *loader {
	pos.at = map[string]Position{}
	return &loader{pos: pos, reported: map[string]bool{}}
}

// add notes a problem where its path stands, unless an earlier stage already
// found something wrong there or around it: one mistake, one message.
func (l *loader) add(p headroom.Problem) {
	for path := p.Path; path != ""; path = parent(path) {
		if l.reported[path] {
			return
		}
	}
	l.addAt(l.pos.Of(p.Path), p)
}

func (l *loader) addAt(at Position, p headroom.Problem) {
	l.problems = append(l.problems, placedProblem{at, p})
	l.fresh = append(l.fresh, p.Path)
}

// settle ends a stage.
func (l *loader) settle() {
	for _, path := range l.fresh {
		l.reported[path] = true
	}
	l.fresh = nil
}

func (l *loader) err() error { return l.pos.inputError(l.problems) }

// parse reads the one document that a plan is. It returns nil after a problem
// that leaves nothing to decode.
func (l *loader) parse(text []byte) *yaml.Node {
	d := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	if err := decodeNode(d, &doc); errors.Is(err, io.EOF) {
		l.addAt(Position{1, 1}, headroom.Problem{What: "the plan is empty",
			Do: "start from a shipped one, such as pilot"})
		return nil
	} else if err != nil {
		l.notYAML(text, err)
		return nil
	}
	if err := decodeNode(d, &second); err == nil {
		l.addAt(position(&second), headroom.Problem{What: "a second document begins here",
			Do: "a plan is one document: put the other into a file of its own"})
	} else if !errors.Is(err, io.EOF) {
		l.notYAML(text, err)
		return nil
	}
	if !l.plain(&doc, 0) {
		return nil
	}
	return doc.Content[0]
}

// decodeNode reads the next document. yaml.v3 panics on a few inputs that it
// should refuse; they are refused here.
func decodeNode(d *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	return d.Decode(n)
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// notYAML reports a syntax error. yaml.v3 knows the line only; the column is
// where that line's text begins.
func (l *loader) notYAML(text []byte, err error) {
	message := err.Error()
	at := Position{1, 1}
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		message = message[len(m[0]):]
		if n, err := strconv.Atoi(m[1]); err == nil && n > 0 {
			at.Line = n
			if lines := strings.Split(string(text), "\n"); n <= len(lines) {
				line := lines[n-1]
				at.Column = 1 + len(line) - len(strings.TrimLeft(line, " \t"))
			}
		}
	}
	l.addAt(at, headroom.Problem{What: "this is not YAML: " + message,
		Do: "look at the indentation, colons and quotes of this line and the one before"})
}

// plain reports whether the document has none of what a plan's language leaves
// out: anchors and aliases (with which a small file can grow without bound),
// tags, and deep nesting.
func (l *loader) plain(n *yaml.Node, depth int) bool {
	switch {
	case depth > maxDepth:
		l.addAt(position(n), headroom.Problem{What: fmt.Sprintf("nested deeper than %d levels", maxDepth),
			Do: "is this a plan?"})
		return false
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		l.addAt(position(n), headroom.Problem{What: "a plan has no anchors and aliases", Do: "write the value out"})
		return false
	case n.Style&yaml.TaggedStyle != 0:
		l.addAt(position(n), headroom.Problem{What: fmt.Sprintf("a plan has no tags such as %s", n.Tag), Do: "remove it"})
		return false
	}
	ok := true
	for _, c := range n.Content {
		ok = l.plain(c, depth+1) && ok
	}
	return ok
}

func position(n *yaml.Node) Position { return Position{max(1, n.Line), max(1, n.Column)} }
