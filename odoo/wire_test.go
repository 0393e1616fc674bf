package odoo

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// A party listens and says to each request, on each connection, what say
// returns; it closes the connection after an answer for which keep is false.
type party struct {
	url         string
	connections atomic.Int64
	requests    atomic.Int64
}

func newParty(t *testing.T, say func(n int64, r *http.Request) (text string, keep bool)) *party {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p := &party{url: "http://" + l.Addr().String()}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.connections.Add(1)
			go func() {
				defer func() { _ = c.Close() }()
				for br := bufio.NewReader(c); ; {
					r, err := http.ReadRequest(br)
					if err != nil {
						return
					}
					text, keep := say(p.requests.Add(1), r)
					if _, err := io.WriteString(c, text); err != nil || !keep {
						return
					}
				}
			}()
		}
	}()
	return p
}

func (p *party) post(ctx context.Context, w *Wire, timeout time.Duration) (answer, *Error) {
	c := &Client{URL: p.url, Timeout: timeout}
	return c.post(ctx, request{path: "/x?hr=a1.1", header: []field{{"Content-Type", "text/plain"}}, body: []byte("hello"), over: w})
}

func TestAWireReadsEveryFraming(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		keep   bool // by the server
		body   string
		lines  int64 // connections for three requests
	}{
		"length":     {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Other: 1\r\n\r\nworld", true, "world", 1},
		"no body":    {"HTTP/1.1 204 No Content\r\n\r\n", true, "", 1},
		"empty":      {"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", true, "", 1},
		"chunks":     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwor\r\n2;x=y\r\nld\r\n0\r\nTrailer: 1\r\n\r\n", true, "world", 1},
		"close":      {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nworld", false, "world", 3},
		"HTTP/1.0":   {"HTTP/1.0 200 OK\r\n\r\nworld", false, "world", 3},
		"1.0 kept":   {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nworld", true, "world", 1},
		"until end":  {"HTTP/1.1 200 OK\r\n\r\nworld", false, "world", 3},
		"continue":   {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nworld", true, "world", 1},
		"bare lines": {"HTTP/1.1 200\nContent-Length: 5\n\nworld", true, "world", 1},
		"surplus":    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nworldHTTP/1.1 200 OK\r\n\r\n", true, "world", 3},
		// The server closes a connection that it said it would keep.
		"closed idle": {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nworld", false, "world", 3},
	} {
		t.Run(name, func(t *testing.T) {
			p := newParty(t, func(_ int64, r *http.Request) (string, bool) {
				body, err := io.ReadAll(r.Body)
				if err != nil || string(body) != "hello" || r.Host == "" || r.URL.RawQuery != "hr=a1.1" || r.UserAgent() != "headroom" ||
					r.Header.Get("Content-Type") != "text/plain" || r.Method != http.MethodPost {
					t.Errorf("sent %+v %q", r, body)
				}
				return c.answer, c.keep
			})
			var w Wire
			defer w.Close()
			for range 3 {
				a, err := p.post(t.Context(), &w, 5*time.Second)
				if err != nil || string(a.body) != c.body {
					t.Fatalf("got %q, %v", a.body, err)
				}
				if !c.keep {
					time.Sleep(20 * time.Millisecond) // for the end to come through
				}
			}
			if n := p.connections.Load(); n != c.lines || p.requests.Load() != 3 {
				t.Errorf("%d connections, %d requests", n, p.requests.Load())
			}
		})
	}
}

func TestAWireTellsWhatWentWrong(t *testing.T) {
	for name, c := range map[string]struct {
		answer  string
		outcome headroom.Outcome
		status  int
		says    string
	}{
		"nothing":      {"", headroom.Unreachable, 0, "EOF"},
		"half a head":  {"HTTP/1.1 200 OK\r\nContent-Le", headroom.Unreachable, 0, "unexpected EOF"},
		"half a body":  {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", headroom.Unreachable, 200, "cut off: unexpected EOF"},
		"half a chunk": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", headroom.Unreachable, 200, "cut off"},
		"no trailer":   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", headroom.Unreachable, 200, "cut off"},
		"not HTTP":     {"SSH-2.0-OpenSSH_9.6 and more\r\n", headroom.Unreachable, 0, "no HTTP"},
		"odd length":   {"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", headroom.Unreachable, 0, "no HTTP"},
		"two lengths":  {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nworld!", headroom.Unreachable, 0, "no HTTP"},
		"odd coding":   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", headroom.Unreachable, 0, "transfer encoding"},
		"long line":    {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 20<<10) + "\r\n\r\n", headroom.Unreachable, 0, "longer than"},
		"too long":     {"HTTP/1.0 200 OK\r\n\r\n" + strings.Repeat("x", maxBody+2), headroom.Fault, 200, "64 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newParty(t, func(int64, *http.Request) (string, bool) { return c.answer, false })
			var w Wire
			a, err := p.post(t.Context(), &w, 5*time.Second)
			if err == nil || err.Outcome != c.outcome || err.Status != c.status || !strings.Contains(err.Message, c.says) {
				t.Errorf("got %+v, %+v", a.status, err)
			}
			if len(w.lines) != 0 {
				t.Error("the connection was kept")
			}
		})
	}
}

func TestAWireGivesUp(t *testing.T) {
	held := make(chan struct{})
	defer close(held)
	p := newParty(t, func(int64, *http.Request) (string, bool) { <-held; return "", false })
	ended, cancel := context.WithCancel(t.Context())
	time.AfterFunc(30*time.Millisecond, cancel)
	late, cancelLate := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancelLate()
	for name, c := range map[string]struct {
		ctx     context.Context
		timeout time.Duration
		want    headroom.Outcome
	}{
		"the client's patience": {t.Context(), 30 * time.Millisecond, headroom.Timeout},
		"the caller's patience": {late, time.Minute, headroom.Timeout},
		"the end of the run":    {ended, time.Minute, headroom.Aborted},
	} {
		var w Wire
		began := time.Now()
		_, err := p.post(c.ctx, &w, c.timeout)
		if err == nil || err.Outcome != c.want || time.Since(began) > 5*time.Second {
			t.Errorf("%s: %+v after %v", name, err, time.Since(began))
		}
		if len(w.lines) != 0 {
			t.Errorf("%s: the connection was kept", name)
		}
	}
}

func TestAWireThatNobodyAnswers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &party{url: "http://" + l.Addr().String()}
	_ = l.Close()
	if _, err := p.post(t.Context(), &Wire{}, time.Second); err == nil || err.Outcome != headroom.Unreachable {
		t.Errorf("got %+v", err)
	}
}

func TestAWireSendsNoForeignHeaderLines(t *testing.T) {
	p := newParty(t, func(int64, *http.Request) (string, bool) { t.Error("it was sent"); return "", false })
	c := &Client{URL: p.url}
	if _, err := c.post(t.Context(), request{path: "/", header: []field{{"X-Odoo-Database", "a\r\nX: y"}}, over: &Wire{}}); err == nil {
		t.Error("a line break in a header passes")
	}
}

// The whole way: each protocol over a Wire gives what the transport gives, with
// cookies that are renewed, and over TLS as well.
func TestCallsOverAWire(t *testing.T) {
	for _, protocol := range []Protocol{JSONRPC, XMLRPC, JSON2} {
		for _, start := range []func(http.Handler) *httptest.Server{httptest.NewServer, httptest.NewTLSServer} {
			script := &scripted{body: `[{"id":1,"name":"a"}]`, header: map[string]string{"Set-Cookie": "session_id=sid-100; Path=/"}}
			switch protocol {
			case JSONRPC:
				script.body = `{"jsonrpc":"2.0","id":1,"result":` + script.body + `}`
			case XMLRPC:
				script.body = xmlValue("<array><data><value><struct><member><name>id</name><value><int>1</int></value></member><member><name>name</name><value><string>a</string></value></member></struct></value></data></array>")
			}
			server := start(script)
			c := &Client{URL: server.URL, Transport: server.Client().Transport}
			s, err := c.Login(t.Context(), protocol, "hub", headroom.Login{Login: "ann", Password: "pw", Key: "key"})
			if err != nil {
				t.Fatal(err)
			}
			var w Wire
			for range 3 {
				r, err := s.Call(t.Context(), Call{Model: "m", Method: "read", Wire: &w, HR: "a2.1"})
				if err != nil || fmt.Sprint(r.Value) != "[map[id:1 name:a]]" || r.Status != 200 || r.Bytes != int64(len(script.body)) {
					t.Errorf("%s: %+v, %v", protocol, r, err)
				}
			}
			if protocol == JSONRPC && script.cookie != "session_id=sid-100" {
				t.Errorf("cookie %q", script.cookie)
			}
			w.Close()
			server.Close()
		}
	}
}
