package probes

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// A logRecord is what a message of the server's log tells.
type logRecord struct {
	database, application, severity string
	state                           string // SQLSTATE; "" when it is not told
}

func (r logRecord) failed() bool {
	return slices.Contains([]string{"ERROR", "FATAL", "PANIC"}, r.severity)
}

// A logGrammar reads whole records and gives back the bytes of one that is not
// whole yet. What is no record is passed over.
type logGrammar struct {
	parse func([]byte) (records []logRecord, rest []byte)
}

func parseJSONLog(b []byte) (records []logRecord, rest []byte) {
	for {
		line, after, whole := bytes.Cut(b, []byte{'\n'})
		if !whole {
			return records, b
		}
		var r struct {
			Database    string `json:"dbname"`
			Application string `json:"application_name"`
			Severity    string `json:"error_severity"`
			State       string `json:"state_code"`
		}
		if json.Unmarshal(line, &r) == nil {
			records = append(records, logRecord{r.Database, r.Application, r.Severity, r.State})
		}
		b = after
	}
}

// Columns of the CSV log, alike since version 9.0.
const (
	csvDatabase, csvSeverity, csvState, csvApplication = 2, 11, 12, 22
)

// csvStart begins a record. A reader that came in the middle of one, where quotes
// are the wrong way round, begins with the next.
var csvStart = regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [^,]*,`)

func parseCSVLog(b []byte) (records []logRecord, rest []byte) {
	for {
		at := csvStart.FindIndex(b)
		if at == nil {
			return records, b[bytes.LastIndexByte(b, '\n')+1:]
		}
		b = b[at[0]:]
		end := csvEnd(b)
		if end < 0 {
			return records, b
		}
		fields, err := csv.NewReader(bytes.NewReader(b[:end])).Read()
		if err == nil && len(fields) > csvApplication {
			records = append(records, logRecord{fields[csvDatabase], fields[csvApplication], fields[csvSeverity], fields[csvState]})
		}
		b = b[end:]
	}
}

// csvEnd is where the first record ends: at a line's end outside of quotes, where
// a quote inside of quotes is two. -1: it does not end yet.
func csvEnd(b []byte) int {
	quoted := false
	for i, c := range b {
		switch c {
		case '"':
			quoted = !quoted
		case '\n':
			if !quoted {
				return i + 1
			}
		}
	}
	return -1
}

// messages of the conflicts, for logs that have no SQLSTATE.
var messages = []struct{ begin, state string }{
	{"could not serialize access", "40001"}, {"deadlock detected", "40P01"}, {"could not obtain lock", "55P03"},
	{"canceling statement due to lock timeout", "55P03"},
}

// stderrGrammar reads the plain log by its log_line_prefix, which must tell the
// database, and tells conflicts by the SQLSTATE, or else by their English messages.
func stderrGrammar(prefix, language string) (*logGrammar, error) {
	english := language == "" || language == "C" || language == "POSIX" || strings.HasPrefix(language, "C.") || strings.HasPrefix(language, "en")
	switch {
	case !strings.Contains(prefix, "%d"):
		return nil, &cannotTell{"log_line_prefix does not tell the database: add %d and %e to it, or set log_destination = 'csvlog'"}
	case !strings.Contains(prefix, "%e") && !english:
		return nil, &cannotTell{"log_line_prefix does not tell the SQLSTATE, and the messages are not in English: add %e to it, or set log_destination = 'csvlog'"}
	}
	line, err := regexp.Compile(`^` + prefixPattern(prefix) + `(ERROR|FATAL|PANIC):  (?:([0-9A-Z]{5}): )?(.*)$`)
	if err != nil {
		return nil, &cannotTell{"log_line_prefix cannot be read: set log_destination = 'csvlog'"}
	}
	group := func(m [][]byte, name string) string {
		if i := line.SubexpIndex(name); i >= 0 {
			return string(m[i])
		}
		return ""
	}
	n := line.NumSubexp()
	read := func(text []byte) (r logRecord, ok bool) {
		m := line.FindSubmatch(text)
		if m == nil {
			return r, false
		}
		r = logRecord{database: group(m, "d"), application: group(m, "a"), severity: string(m[n-2]), state: group(m, "e")}
		if state := string(m[n-1]); state != "" { // log_error_verbosity = verbose
			r.state = state
		}
		for _, known := range messages {
			if r.state == "" && strings.HasPrefix(string(m[n]), known.begin) {
				r.state = known.state
			}
		}
		return r, true
	}
	return &logGrammar{parse: func(b []byte) (records []logRecord, rest []byte) {
		for {
			text, after, whole := bytes.Cut(b, []byte{'\n'})
			if !whole {
				return records, b
			}
			if r, ok := read(text); ok {
				records = append(records, r)
			}
			b = after
		}
	}}, nil
}

// prefixPattern makes a regular expression of a log_line_prefix. Processes that
// are no sessions stop at %q; their lines are of no database, and need not match.
func prefixPattern(prefix string) string {
	var out strings.Builder
	named := map[byte]bool{}
	for i := 0; i < len(prefix); i++ {
		if prefix[i] != '%' || i+1 == len(prefix) {
			out.WriteString(regexp.QuoteMeta(prefix[i : i+1]))
			continue
		}
		i++
		for i+1 < len(prefix) && (prefix[i] == '-' || prefix[i] >= '0' && prefix[i] <= '9') { // padding
			i++
		}
		switch c := prefix[i]; {
		case c == '%':
			out.WriteString("%")
		case c == 'q':
		case strings.IndexByte("dae", c) >= 0 && !named[c]:
			named[c] = true
			out.WriteString(` *(?P<` + string(c) + `>.*?) *`)
		default:
			out.WriteString(`.*?`)
		}
	}
	return out.String()
}
