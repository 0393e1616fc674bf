package odoo

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/headroom-erp/headroom"
)

// maxMessage bounds Error.Message, in bytes.
const maxMessage = 300

// An Error is why a call gave no value.
type Error struct {
	Outcome headroom.Outcome
	Status  int    // HTTP status; 0 when there was no answer
	Bytes   int64  // of the answer's body, as far as it came
	Message string // the server's, one line of at most 300 bytes; never a secret of the call
	Name    string // the exception's, such as "odoo.exceptions.UserError"; "" when there is none

	foreign bool // the answer was none of Odoo's
	cause   error
}

func (e *Error) Error() string { return "odoo: " + e.Message }

// Unwrap returns the network's error, if there was one.
func (e *Error) Unwrap() error { return e.cause }

// failed makes an Error of an answer.
func (a answer) failed(o headroom.Outcome, name, message string) *Error {
	return &Error{Outcome: o, Status: a.status, Bytes: int64(len(a.body)), Name: name, Message: message}
}

// exception makes an Error of an exception that the server told.
func (a answer) exception(name, message string) *Error {
	o := classify(name, message)
	short := name[strings.LastIndexByte(name, '.')+1:]
	switch {
	case message == "":
		message = short
	case o != headroom.BusinessError && short != "" && !strings.HasPrefix(message, short):
		message = short + ": " + message
	}
	return a.failed(o, name, message)
}

// unexpected makes an Error of an answer that is none of Odoo's: a proxy's
// error page, a redirect, something that is not Odoo.
func (a answer) unexpected() *Error {
	status := strconv.Itoa(a.status)
	if text := http.StatusText(a.status); text != "" {
		status += " " + text
	}
	message := "HTTP " + status + ": not an answer of Odoo"
	to, _, _ := strings.Cut(a.header.Get("Location"), "?")
	switch text := pageText(a.body); {
	case to != "":
		message = "HTTP " + status + ": redirected to " + to
	case bytes.Contains(a.body, []byte(noDatabasePage)): // below a title that only says 404
		message = "HTTP " + status + ": " + noDatabasePage
	case text != "":
		message += " (" + text + ")"
	}
	e := a.failed(headroom.Fault, "", message)
	e.foreign = true
	return e
}

// noDatabasePage is what Odoo's own page says of a request whose database it
// does not serve (JSON-2 names it in a header).
const noDatabasePage = "No database is selected"

// pageText is what a page says, in a few words.
func pageText(body []byte) string {
	const few = 120
	head := body[:min(len(body), 8<<10)]
	if i := bytes.Index(bytes.ToLower(head), []byte("<title>")); i >= 0 {
		head = head[i+len("<title>"):]
		if j := bytes.IndexByte(head, '<'); j >= 0 {
			head = head[:j]
		}
	}
	var text strings.Builder
	inTag := false
	for _, r := range string(head) {
		switch {
		case r == '<':
			inTag = true
		case r == '>':
			inTag = false
			text.WriteByte(' ')
		case !inTag:
			text.WriteRune(r)
		}
	}
	return shorten(html.UnescapeString(text.String()), few)
}

// business are Odoo's ways to say no: the request was understood and refused.
var business = map[string]bool{
	"UserError": true, "ValidationError": true, "AccessError": true, "AccessDenied": true,
	"MissingError": true, "RedirectWarning": true, "LockError": true, "Warning": true,
	"except_orm": true, "SessionExpiredException": true,
}

// conflicts are the exceptions that Odoo retries. One of them in an answer
// means that the tries were used up. TransactionRollbackError is what older
// psycopg2 calls all three.
var conflicts = map[string]bool{
	"SerializationFailure": true, "DeadlockDetected": true, "LockNotAvailable": true,
	"TransactionRollbackError": true, "ConcurrencyError": true,
}

// conflictTexts say the same in PostgreSQL's words.
var conflictTexts = []string{
	"could not serialize access", "deadlock detected", "could not obtain lock on",
	"SERIALIZATION_FAILURE", "DEADLOCK_DETECTED", "LOCK_NOT_AVAILABLE",
	"SQLSTATE 40001", "SQLSTATE 40P01", "SQLSTATE 55P03",
}

// classify maps an exception's name and message to an outcome.
func classify(name, message string) headroom.Outcome {
	dot := strings.LastIndexByte(name, '.')
	short := name[dot+1:]
	ours := dot < 0 || strings.HasPrefix(name, "odoo.")
	switch {
	case ours && business[short]:
		return headroom.BusinessError
	case conflicts[short]:
		return headroom.Conflict
	}
	for _, text := range conflictTexts {
		if strings.Contains(message, text) {
			return headroom.Conflict
		}
	}
	return headroom.Fault
}

func (e *Error) denied() bool {
	return e.Status == http.StatusUnauthorized || strings.HasSuffix(e.Name, "AccessDenied") ||
		strings.HasSuffix(e.Name, "Unauthorized") || strings.HasSuffix(e.Name, "AccessError")
}

func (e *Error) noDatabase() bool {
	m := strings.ToLower(e.Message)
	return strings.Contains(m, "database not found") || strings.Contains(m, strings.ToLower(noDatabasePage)) ||
		(strings.Contains(m, "database") && strings.Contains(m, "does not exist"))
}

const masked = "•••"

// mask takes the secrets out of an error's message and shortens it. It is the
// last thing that happens to every error: nothing may be cut before it, for
// half a secret is one too.
func mask(e *Error, secrets ...headroom.Secret) *Error {
	if e == nil {
		return nil
	}
	e.Message = shorten(hide(e.Message, secrets), maxMessage)
	e.Name = shorten(hide(e.Name, secrets), maxMessage)
	return e
}

// hide replaces secrets in s, also as JSON, XML, a URL or Python would write them.
func hide(s string, secrets []headroom.Secret) string {
	for _, secret := range secrets {
		plain := secret.Reveal()
		if plain == "" {
			continue
		}
		for _, form := range writtenForms(plain) {
			s = strings.ReplaceAll(s, form, masked)
		}
	}
	return s
}

// writtenForms are the ways in which a server may repeat a text, the text first.
func writtenForms(plain string) []string {
	forms := []string{plain}
	add := func(s string) {
		if s != plain && s != "" {
			forms = append(forms, s)
		}
	}
	if quoted, err := json.Marshal(plain); err == nil {
		add(string(quoted[1 : len(quoted)-1]))
	}
	var escaped bytes.Buffer
	if err := xml.EscapeText(&escaped, []byte(plain)); err == nil {
		add(escaped.String())
	}
	add(html.EscapeString(plain))
	add(url.QueryEscape(plain))
	add(url.PathEscape(plain))
	add(strings.ReplaceAll(plain, `\`, `\\`))
	add(strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(plain))
	return forms
}

// shorten makes one line of s, in valid UTF-8, of at most limit bytes.
func shorten(s string, limit int) string {
	s = strings.ToValidUTF8(s, "�")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if len(s) <= limit {
		return s
	}
	const more = "…"
	cut := limit - len(more)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + more
}
