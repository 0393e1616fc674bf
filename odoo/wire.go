package odoo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A Wire is the client's end of HTTP/1.1 for one caller at a time. Where
// net/http gives each connection two goroutines and each request a dozen of
// objects, a Wire writes and reads on the caller's own and uses its buffers
// again: a generator that costs less disturbs less. It keeps one connection to
// each address, goes through no proxy and follows no redirect; what it cannot
// do (HTTPS) is left to the Client's transport. The zero value is ready.
type Wire struct {
	lines map[string]*line // by host and port
	out   []byte
	in    []byte
	body  []byte // of a call, before it goes into out
	scan  scan
}

// encoder and scan are a call's, with the room of the calls before it.
func (c Call) encoder() *encoder {
	if c.Wire == nil || cap(c.Wire.body) > maxKept {
		return &encoder{}
	}
	return &encoder{out: c.Wire.body[:0]}
}

func (c Call) scan() *scan {
	if c.Wire == nil {
		return &scan{}
	}
	return &c.Wire.scan
}

// done gives the room back.
func (c Call) done(e *encoder) {
	if c.Wire != nil {
		c.Wire.body = e.out
	}
}

// maxKept bounds the buffers that a Wire keeps, in bytes.
const maxKept = 1 << 20

// A line is one connection.
type line struct {
	net.Conn
	reader *bufio.Reader
}

// An address is a server's URL in parts.
type address struct {
	plain bool   // http, not https
	base  string // without a trailing slash: scheme, host and path
	host  string // as the Host header says it
	dial  string // with a port
	path  string
}

func addressOf(u *url.URL) address {
	a := address{plain: u.Scheme == "http", host: u.Host, dial: u.Host, path: strings.TrimRight(u.EscapedPath(), "/")}
	a.base = u.Scheme + "://" + u.Host + a.path
	if u.Port() == "" {
		a.dial = net.JoinHostPort(u.Hostname(), "80")
	}
	return a
}

// A field is one of a request's header.
type field struct{ name, value string }

// post sends a request and reads the whole answer, whose body is good until the
// next one. The context's end cuts it off; after timeout it is given up.
func (w *Wire) post(ctx context.Context, timeout time.Duration, to address, path string, header []field, body []byte) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, err
	}
	for _, f := range header {
		if strings.ContainsAny(f.value, "\r\n\x00") {
			return answer{}, fmt.Errorf("the header field %s holds a line break", f.name)
		}
	}
	deadline := time.Now().Add(timeout)
	w.compose(to, path, header, body)
	l, err := w.send(ctx, deadline, to)
	if err != nil {
		return answer{}, err
	}
	a, keep, err := w.receive(ctx, l)
	if !keep || err != nil {
		_ = l.Close() // nothing more is wanted of it
		delete(w.lines, to.dial)
	}
	return a, err
}

// compose writes the request into the buffer.
func (w *Wire) compose(to address, path string, header []field, body []byte) {
	b := w.out[:0]
	if cap(b) > maxKept {
		b = nil
	}
	b = append(append(append(b, "POST "...), to.path...), path...)
	b = append(append(b, " HTTP/1.1\r\nHost: "...), to.host...)
	b = append(b, "\r\nUser-Agent: headroom\r\n"...)
	for _, f := range header {
		b = append(append(append(append(b, f.name...), ": "...), f.value...), "\r\n"...)
	}
	b = strconv.AppendInt(append(b, "Content-Length: "...), int64(len(body)), 10)
	w.out = append(append(b, "\r\n\r\n"...), body...)
}

// send writes the request to a connection. One that the server closed while
// it was idle, and that took nothing of the request, is replaced.
func (w *Wire) send(ctx context.Context, deadline time.Time, to address) (*line, error) {
	if l := w.lines[to.dial]; l != nil {
		delete(w.lines, to.dial)
		if alive(l.Conn) {
			err := l.SetDeadline(deadline)
			n := 0
			if err == nil {
				n, err = l.Write(w.out)
			}
			if err == nil {
				return w.keep(to, l), nil
			}
			if n > 0 {
				_ = l.Close()
				return nil, err
			}
		}
		_ = l.Close()
	}
	dialer := net.Dialer{Deadline: deadline}
	conn, err := dialer.DialContext(ctx, "tcp", to.dial)
	if err != nil {
		return nil, err
	}
	if err = conn.SetDeadline(deadline); err == nil {
		_, err = conn.Write(w.out)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return w.keep(to, &line{conn, bufio.NewReaderSize(conn, 16<<10)}), nil
}

func (w *Wire) keep(to address, l *line) *line {
	if w.lines == nil {
		w.lines = map[string]*line{}
	}
	w.lines[to.dial] = l
	return l
}

// receive reads the answer; keep says whether the connection is good for
// another request.
func (w *Wire) receive(ctx context.Context, l *line) (a answer, keep bool, err error) {
	spared := context.AfterFunc(ctx, func() { _ = l.SetDeadline(time.Unix(1, 0)) }) // long gone: whoever reads, returns
	defer func() { keep = spared() && keep }()
	a, keep, err = w.read(l.reader)
	return a, keep && l.reader.Buffered() == 0, err
}

var errAnswer = errors.New("the server's answer is no HTTP")

// A body is how an answer's head says that its body ends.
type framing struct {
	length  int64 // -1: not told
	chunked bool
	keep    bool
}

func (w *Wire) read(r *bufio.Reader) (a answer, keep bool, err error) {
	var f framing
	for a.status < 200 { // others come first, and mean nothing here
		if a, f, err = readHead(r); err != nil {
			return a, false, err
		}
	}
	into := bytes.NewBuffer(w.in[:0])
	if cap(w.in) > maxKept {
		into = &bytes.Buffer{}
	}
	switch {
	case a.status == http.StatusNoContent || a.status == http.StatusNotModified:
	case f.chunked:
		_, err = io.Copy(into, io.LimitReader(httputil.NewChunkedReader(r), maxBody+1))
		if err == nil && into.Len() <= maxBody {
			err = skipTrailer(r)
		}
	case f.length >= 0:
		into.Grow(int(min(f.length, maxBody+1)))
		_, err = io.CopyN(into, r, min(f.length, maxBody+1))
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
	default:
		f.keep = false
		_, err = io.Copy(into, io.LimitReader(r, maxBody+1))
	}
	a.body = into.Bytes()
	w.in = a.body
	return a, f.keep && len(a.body) <= maxBody, err
}

// readHead reads status and header; of the header only what is of use is kept.
func readHead(r *bufio.Reader) (a answer, f framing, err error) {
	first, err := headLine(r)
	if err != nil {
		return a, f, err
	}
	// "HTTP/1.1 200 OK"
	if len(first) < len("HTTP/1.1 200") || !bytes.HasPrefix(first, []byte("HTTP/1.")) || first[8] != ' ' {
		return a, f, errAnswer
	}
	status, err := strconv.Atoi(string(first[9:12]))
	if err != nil || status < 100 {
		return a, f, errAnswer
	}
	f = framing{length: -1, keep: first[7] != '0'}
	for {
		text, err := headLine(r)
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return a, f, err
		}
		if len(text) == 0 {
			a.status = status
			return a, f, nil
		}
		if err := f.note(&a, text); err != nil {
			return a, f, err
		}
	}
}

// headLine is a line of the head without its end, good until the next is read.
func headLine(r *bufio.Reader) ([]byte, error) {
	text, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, fmt.Errorf("%w: a header line is longer than %d bytes", errAnswer, r.Size())
	}
	if errors.Is(err, io.EOF) && len(text) > 0 {
		err = io.ErrUnexpectedEOF
	}
	return bytes.TrimRight(text, "\r\n"), err
}

// note takes a header field in.
func (f *framing) note(a *answer, text []byte) error {
	name, value, ok := bytes.Cut(text, []byte(":"))
	if !ok {
		return errAnswer
	}
	value = bytes.TrimSpace(value)
	is := func(known string) bool { return len(name) == len(known) && strings.EqualFold(string(name), known) }
	switch {
	case is("Content-Length"):
		n, err := strconv.ParseInt(string(value), 10, 64)
		if err != nil || n < 0 || f.length >= 0 && f.length != n {
			return errAnswer
		}
		f.length = n
	case is("Transfer-Encoding"):
		if !strings.EqualFold(string(value), "chunked") {
			return fmt.Errorf("%w: it has the transfer encoding %q", errAnswer, value)
		}
		f.chunked = true
	case is("Connection"):
		switch strings.ToLower(string(value)) {
		case "close":
			f.keep = false
		case "keep-alive":
			f.keep = true
		}
	case is("Set-Cookie"), is("Location"):
		if a.header == nil {
			a.header = http.Header{}
		}
		a.header.Add(string(name), string(value))
	}
	return nil
}

// skipTrailer passes what follows the last chunk.
func skipTrailer(r *bufio.Reader) error {
	for {
		text, err := headLine(r)
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil || len(text) == 0 {
			return err
		}
	}
}

// Close ends the connections.
func (w *Wire) Close() {
	for _, l := range w.lines {
		_ = l.Close() // idle: nothing is lost
	}
	w.lines = nil
}
