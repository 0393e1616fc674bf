package probes

import (
	"bytes"
	"mime"
	"net/http"
	"slices"
)

func isOpenMetrics(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && kind == "application/openmetrics-text"
}

// classic are the kinds of families that the text format knows.
var classic = []string{"counter", "gauge", "histogram", "summary", "untyped"}

// plainText turns OpenMetrics into the text format that came before it:
// timestamps (in seconds there, in milliseconds here), exemplars and the moments
// at which counters were made are left out, kinds that it does not know are
// untyped.
func plainText(page []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(page) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if line[0] == '#' {
			words := bytes.Fields(line)
			if len(words) == 4 && string(words[1]) == "TYPE" && !slices.Contains(classic, string(words[3])) {
				words[3] = []byte("untyped")
				line = bytes.Join(words, []byte(" "))
			}
			out.Write(line)
			out.WriteByte('\n')
			continue
		}
		end := seriesEnd(line)
		words := bytes.Fields(line[end:])
		if len(words) == 0 || bytes.HasSuffix(nameOf(line[:end]), []byte("_created")) {
			continue
		}
		out.Write(line[:end])
		out.WriteByte(' ')
		out.Write(words[0])
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// seriesEnd is where name and labels of a line end: at the first space that is
// in no braces.
func seriesEnd(line []byte) int {
	inside, quoted := false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			inside = true
		case c == '}':
			inside = false
		case c == ' ' && !inside:
			return i
		}
	}
	return len(line)
}

func nameOf(series []byte) []byte {
	name, _, _ := bytes.Cut(series, []byte("{"))
	return name
}
