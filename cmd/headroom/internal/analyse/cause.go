package analyse

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxCause bounds a cause in characters.
const maxCause = 160

// secrets are what a server's message should never say, and must not be passed
// on when it does: passwords in addresses, named secrets, keys and tokens.
var secrets = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@]+@`), "${1}•••@"},
	{regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}`), "${1} •••"},
	{regexp.MustCompile(`(?i)((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|session_id|authorization|cookie)["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;&)}\]]+)`), "${1}•••"},
	{regexp.MustCompile(`\b[0-9a-fA-F]{32,}\b`), "•••"},
}

// discreet is a message without secrets.
func discreet(message string) string {
	for _, s := range secrets {
		message = s.pattern.ReplaceAllString(message, s.with)
	}
	return message
}

// differences are what differs between two messages of one cause: names in
// quotes, addresses, identifiers, times and numbers. What stands for them is a
// figure that cannot be one of theirs.
var differences = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`"[^"]*"|“[^”]*”|«[^»]*»|` + "`[^`]*`"), "“…”"},
	{regexp.MustCompile(`(^|[^\pL\pN])'[^']*'($|[^\pL\pN])`), "${1}“…”${2}"}, // not the apostrophe of a word
	{regexp.MustCompile(`[\w.+-]+@[\w-]+(\.[\w-]+)+`), "…@…"},
	{regexp.MustCompile(`([a-z]+://[^\s?#]+)[?#][^\s:;,)\]]*`), "${1}?…"},
	{regexp.MustCompile(`(?i)\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b`), "#"},
	{regexp.MustCompile(`(?i)\b0x[0-9a-f]+\b`), "#"},
	{regexp.MustCompile(`\b(?:[0-9]+[a-f]|[a-f]+[0-9])[0-9a-f]{6,}\b`), "#"},
	{regexp.MustCompile(`\d+(?:[.,:T_-]\d+)*`), "#"},
	{regexp.MustCompile(`[-+]?#(?:(?:\s*[,;]\s*(?:and\s+)?|\s+)[-+]?#)+,?`), "#"}, // a list of them, or a day and its time
	{regexp.MustCompile(`\(#,?\)`), "(#)"},
}

// cause is a message without what differs from one to the next, so that one
// cause is one line.
func cause(message string) string {
	s := firstWords(discreet(message))
	for _, d := range differences {
		s = d.pattern.ReplaceAllString(s, d.with)
	}
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > maxCause {
		s = string([]rune(s)[:maxCause-1]) + "…"
	}
	return s
}

// firstWords is the line that says what went wrong: the last of a traceback,
// else the first.
func firstWords(message string) string {
	lines := strings.FieldsFunc(message, func(r rune) bool { return r == '\n' || r == '\r' })
	if len(lines) == 0 {
		return ""
	}
	if !strings.Contains(lines[0], "Traceback (most recent call last)") {
		return lines[0]
	}
	for i := len(lines) - 1; i > 0; i-- {
		if strings.TrimSpace(lines[i]) != "" {
			return lines[i]
		}
	}
	return lines[0]
}
