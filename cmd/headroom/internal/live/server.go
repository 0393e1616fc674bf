package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/headroom-erp/headroom"
	reports "github.com/headroom-erp/headroom/reports/live"
)

// AnyPort is the address of a page where the user names none.
const AnyPort = "127.0.0.1:0"

// A Server serves the page of a run on the loopback interface. It never writes
// to the run, and answers only who asks for it by a name of this machine: a
// page of somewhere else whose name was made to lead here gets nothing.
type Server struct {
	listener net.Listener
	server   *http.Server
	done     chan struct{}

	mu      sync.Mutex
	status  *headroom.Status
	points  []reports.Point
	every   int // statuses for each point that is kept
	skipped int
	viewers map[chan reports.Frame]bool
	closed  bool
}

// maxPoints bounds the history that a page gets when it is opened. Beyond it
// every other point goes.
const maxPoints = 2000

// Serve serves a page at an address such as 127.0.0.1:8090; port 0 is a free
// one. An address that is not of the loopback interface is refused.
func Serve(address string) (*Server, error) {
	if err := CheckAddress(address); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, &headroom.InputError{What: "cannot be listened on: " + err.Error(), Where: "--live", Do: "name another port, or none", Err: err}
	}
	s := &Server{listener: l, done: make(chan struct{}), every: 1, viewers: map[chan reports.Frame]bool{}}
	s.server = &http.Server{Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	go func() {
		defer close(s.done)
		_ = s.server.Serve(l) // it ends with Close
	}()
	return s, nil
}

// CheckAddress refuses an address that is not of the loopback interface.
func CheckAddress(address string) error {
	bad := func(what string) error {
		return &headroom.InputError{What: what, Where: "--live", Do: "write it as 127.0.0.1:8090, or leave it out for a free port"}
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return bad(fmt.Sprintf("%q is not an address", address))
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return bad(fmt.Sprintf("%q is no port", port))
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return bad(fmt.Sprintf("%q is not of this machine alone; the page shows what a run's plan and server say, and is served on the loopback interface only", host))
	}
	return nil
}

// URL is the page's address.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() + "/" }

// Close ends the service. Pages that are open keep what they show.
func (s *Server) Close() error {
	s.mu.Lock()
	for v := range s.viewers {
		close(v)
		delete(s.viewers, v)
	}
	s.closed = true
	s.mu.Unlock()
	err := s.server.Close()
	<-s.done
	return err
}

// Show hands a status to all pages. It never waits for one.
func (s *Server) Show(status headroom.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if s.status != nil && (status.Run != s.status.Run || status.T < s.status.T) {
		s.points, s.every, s.skipped = nil, 1, 0 // another run
	}
	s.status = &status
	frame := reports.NewFrame(status)
	s.keep(frame.Point)
	for v := range s.viewers {
		select {
		case v <- frame:
		default:
			select { // a page that does not keep up sees the latest only
			case <-v:
			default:
			}
			v <- frame // nobody else sends, and the channel holds one
		}
	}
}

// keep adds a point to the history.
func (s *Server) keep(p *reports.Point) {
	if p == nil {
		return
	}
	if s.skipped++; s.skipped < s.every {
		return
	}
	s.skipped = 0
	s.points = append(s.points, *p)
	if len(s.points) >= maxPoints {
		for i := range len(s.points) / 2 {
			s.points[i] = s.points[2*i]
		}
		s.points = s.points[:len(s.points)/2]
		s.every *= 2
	}
}

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	for path, file := range reports.Files() {
		if path == "/" {
			path = "/{$}"
		}
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", file.Type)
			_, _ = w.Write([]byte(file.Body)) // a browser that left needs nothing
		})
	}
	mux.HandleFunc("GET /events", s.events)
	mux.HandleFunc("GET /status.json", s.json)
	return s.guard(mux)
}

// guard refuses whoever asks for another host than this one, and forbids the
// browser to let other pages look in.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", reports.Policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !slices.Contains(s.hosts(), strings.ToLower(r.Host)) {
			http.Error(w, "headroom: this page is for this machine only: ask for "+s.URL(), http.StatusForbidden)
			return
		}
		if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" && r.URL.Path != "/" {
			http.Error(w, "headroom: this is for its own page only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hosts are the names under which the page may be asked for.
func (s *Server) hosts() []string {
	address := s.listener.Addr().String()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil
	}
	return []string{address, "localhost:" + port}
}

func (s *Server) json(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	status := s.status
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(status) // null before the first
}

// events sends the history once, and then a frame for each status.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	frames, history, first, err := s.join()
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer s.leave(frames)
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	send := func(name string, v any) bool {
		raw, err := json.Marshal(v)
		if err != nil {
			return false
		}
		_ = out.SetWriteDeadline(time.Now().Add(10 * time.Second)) // one that reads no more is let go
		if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, raw); err != nil {
			return false
		}
		return out.Flush() == nil
	}
	_ = out.SetReadDeadline(time.Time{}) // the page listens for as long as it is open
	if !send("history", history) || first != nil && !send("frame", first) {
		return
	}
	for {
		select {
		case f, open := <-frames:
			if !open || !send("frame", f) {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

// maxViewers bounds the pages that are open at once.
const maxViewers = 50

func (s *Server) join() (chan reports.Frame, []reports.Point, *reports.Frame, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.viewers) >= maxViewers {
		return nil, nil, nil, errors.New("headroom: no further page can be served")
	}
	v := make(chan reports.Frame, 1)
	s.viewers[v] = true
	if s.status == nil {
		return v, nil, nil, nil
	}
	first := reports.NewFrame(*s.status)
	return v, slices.Clone(s.points), &first, nil
}

func (s *Server) leave(v chan reports.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.viewers, v)
}
