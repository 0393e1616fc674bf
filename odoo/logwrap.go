package odoo

import (
	"encoding/json"
	"strings"
)

// An Unwrapper takes the lines of a log out of what a container engine puts
// around them in its own files:
//
//	{"log":"2026-11-21 … werkzeug: …\n","stream":"stderr","time":"2026-11-21T19:21:11.650Z"}	Docker's json-file
//	2026-11-21T19:21:11.650123456Z stderr F 2026-11-21 … werkzeug: …	CRI: containerd, CRI-O
//
// Both split long lines; the pieces are put together again, by stream. A line
// that is not wrapped comes back as it is. The zero value is ready; it is not
// safe for concurrent use.
type Unwrapper struct {
	pieces map[string]string // by stream
}

// Line gives the line that is complete with this one; false when it is the
// beginning of one whose end is still to come. A line that would be longer
// than 1 MiB comes back without its end.
func (u *Unwrapper) Line(line string) (string, bool) {
	stream, text, complete, ok := wrapped(line)
	if !ok {
		return line, true
	}
	if begun, found := u.pieces[stream]; found {
		if len(begun)+len(text) <= maxLine {
			text = begun + text
		} else {
			text = begun
		}
	}
	if !complete {
		if u.pieces == nil {
			u.pieces = map[string]string{}
		}
		u.pieces[stream] = text
		return "", false
	}
	delete(u.pieces, stream)
	return text, true
}

// wrapped reads either wrapping.
func wrapped(line string) (stream, text string, complete, ok bool) {
	if len(line) == 0 {
		return "", "", false, false
	}
	if line[0] == '{' {
		return jsonFile(line)
	}
	const least = len("2026-11-21T19:21:11Z stderr F")
	if len(line) < least || line[4] != '-' || line[10] != 'T' || line[13] != ':' {
		return "", "", false, false
	}
	_, rest, _ := strings.Cut(line, " ")
	stream, rest, _ = strings.Cut(rest, " ")
	tags, text, _ := strings.Cut(rest, " ")
	if stream != "stdout" && stream != "stderr" {
		return "", "", false, false
	}
	tag, _, _ := strings.Cut(tags, ":") // further tags may follow
	return stream, text, tag == "F", tag == "F" || tag == "P"
}

func jsonFile(line string) (stream, text string, complete, ok bool) {
	var entry struct {
		Log    *string `json:"log"`
		Stream string  `json:"stream"`
	}
	if !strings.Contains(line, `"log"`) || json.Unmarshal([]byte(line), &entry) != nil || entry.Log == nil {
		return "", "", false, false
	}
	text, complete = strings.CutSuffix(*entry.Log, "\n")
	return entry.Stream, text, complete, true
}
