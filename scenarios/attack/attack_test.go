package attack

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

const (
	token = "to+ken/sesame==" // needs escaping in a URL
	hook  = "/web/hook/5e0c9e0a-secret"
	ms    = time.Millisecond
)

// memory is a schedule in memory.
type memory struct {
	header   headroom.Header
	arrivals []headroom.Arrival
}

func (m memory) Header() headroom.Header { return m.header }
func (m memory) Arrivals() iter.Seq2[headroom.Arrival, error] {
	return func(yield func(headroom.Arrival, error) bool) {
		for _, a := range m.arrivals {
			if !yield(a, nil) {
				return
			}
		}
	}
}

const (
	order = iota // not this engine's
	portal
	webhook
	shop
)

var even = 0.0 // all products are wanted alike

// plan is a schedule of one process, an arrival at each time; before each
// comes one of an order, which is k6's.
func plan(process uint16, at ...time.Duration) memory {
	m := memory{header: headroom.Header{
		Window:    2,
		Sites:     []headroom.ScheduledSite{{Name: "hub", Database: "hub_db", Users: 3}},
		Catalogue: headroom.Catalogue{Products: 5},
		Processes: []headroom.ScheduledProcess{
			{Name: "order", Scenario: "order", Engine: "k6"},
			{Name: "visits", Scenario: Portal, Engine: Name},
			{Name: "calls", Scenario: Webhook, Engine: Name},
			{Name: "browsing", Scenario: Shop, Engine: Name, Popularity: &even},
		},
	}}
	for _, t := range at {
		for _, p := range []uint16{order, process} {
			id := uint64(len(m.arrivals) + 1)
			m.arrivals = append(m.arrivals, headroom.Arrival{ID: id, At: t, Seed: id * 77, Process: p})
		}
	}
	return m
}

// every is n times, d apart.
func every(d time.Duration, n int) (at []time.Duration) {
	for i := range n {
		at = append(at, time.Duration(i)*d)
	}
	return at
}

func seeded() headroom.Seeded {
	return headroom.Seeded{Sites: map[string]headroom.SeededSite{"hub": {
		Codes: []string{"P1", "P2", "P3", "P4", "P5"}, Partners: []int64{11, 12}, Webhook: hook,
		ShopPages:    []string{"/shop/a-1", "/shop/b-2", "/shop/c-3"},
		PortalOrders: []headroom.PortalOrder{{ID: 40, Token: token}, {ID: 41, Token: token}, {ID: 42, Token: token}},
	}}}
}

// notes is a recorder.
type notes struct {
	mu       sync.Mutex
	journeys map[uint64]headroom.Journey
	requests map[uint64]headroom.Request
	twice    []uint64
	fail     error
}

func newNotes() *notes {
	return &notes{journeys: map[uint64]headroom.Journey{}, requests: map[uint64]headroom.Request{}}
}

func (n *notes) Record(r headroom.Records) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, j := range r.Journeys {
		if _, ok := n.journeys[j.Arrival]; ok {
			n.twice = append(n.twice, j.Arrival)
		}
		n.journeys[j.Arrival] = j
	}
	for _, q := range r.Requests {
		n.requests[q.Arrival] = q
	}
	return n.fail
}

// check holds the records against the schedule: every arrival of ours once,
// the delays add up, and no secret anywhere.
func (n *notes) check(t *testing.T, m memory) {
	t.Helper()
	for _, a := range m.arrivals {
		j, ok := n.journeys[a.ID]
		if ok != (a.Process != order) {
			t.Errorf("arrival %d of %s: recorded %t", a.ID, m.header.Processes[a.Process].Name, ok)
		}
		if !ok {
			continue
		}
		if sum := j.Scheduled + j.TimerLate + j.VUWait + j.DesignWait; math.Abs(sum-j.Start) > 1e-9 ||
			j.Scheduled != a.At.Seconds() || j.Start < j.Scheduled || j.End < j.Start || j.TimerLate < -1e-9 || j.VUWait < 0 {
			t.Errorf("arrival %d at %v: %+v", a.ID, a.At, j)
		}
		if q, ok := n.requests[a.ID]; ok && (q.Start != j.Start || q.End != j.End || q.Outcome != j.Outcome || q.N != 1) {
			t.Errorf("request %+v of journey %+v", q, j)
		}
	}
	if n.twice != nil {
		t.Errorf("recorded twice: %v", n.twice)
	}
	for _, secret := range []string{token, "to%2Bken", "sesame", hook, "5e0c9e0a"} {
		for id, j := range n.journeys {
			if s := fmt.Sprintf("%+v %+v", j, n.requests[id]); strings.Contains(s, secret) {
				t.Errorf("a record holds the secret %s:\n%s", secret, s)
			}
		}
	}
}

// begin readies and starts an engine that replays m against the address.
func begin(t *testing.T, m memory, url string, n *notes, more func(*Options)) *Engine {
	t.Helper()
	o := Options{Schedule: m, Seeded: seeded(), URLs: map[string]string{"hub_db": url}, Recorder: n, Timeout: 5 * time.Second}
	if more != nil {
		more(&o)
	}
	e := New(o)
	if err := e.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := e.Start(time.Now().Add(20 * ms)); err != nil {
		t.Fatal(err)
	}
	return e
}

func serve(t *testing.T, f http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s
}

func TestEveryArrivalOnce(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]int{}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(r.URL.Query().Get("hr"), "a"), ".1"))
		good := err == nil && r.Header.Get("X-Odoo-Database") == "hub_db" && r.Header.Get("User-Agent") == "headroom"
		if r.Method == http.MethodGet {
			good = good && strings.HasPrefix(r.URL.Path, "/my/orders/4") && r.URL.Query().Get("access_token") == token
		} else {
			var m struct {
				Arrival int
				Code    string
				ID      int
				Ref     string
			}
			text, _ := io.ReadAll(r.Body)
			good = good && json.Unmarshal(text, &m) == nil && r.URL.Path == hook && m.Arrival == id &&
				strings.HasPrefix(m.Code, "P") && m.ID/10 == 1 && m.Ref == fmt.Sprintf("a%d %s", id, m.Code)
		}
		if !good {
			t.Errorf("a bad request: %s %s %v", r.Method, r.URL, r.Header)
		}
		mu.Lock()
		seen[r.URL.Query().Get("hr")]++
		mu.Unlock()
		fmt.Fprint(w, "page")
	})
	m := plan(portal, every(3*ms, 150)...)
	for i := range m.arrivals { // a third are webhook calls
		if m.arrivals[i].Process == portal && i%3 == 0 {
			m.arrivals[i].Process = webhook
		}
	}
	n := newNotes()
	e := begin(t, m, server.URL, n, nil)
	if err := e.Wait(); err != nil {
		t.Fatal(err)
	}
	n.check(t, m)
	var late []float64
	for _, a := range m.arrivals {
		want := 0
		if a.Process != order {
			want = 1
			j, q := n.journeys[a.ID], n.requests[a.ID]
			late = append(late, j.Start-j.Scheduled)
			if j.Outcome != headroom.OK || q.Status != 200 || q.Bytes != 4 || q.Protocol != "http" || q.Site != "hub" ||
				q.Process != m.header.Processes[a.Process].Name || q.Step != map[uint16]string{portal: "page", webhook: "post"}[a.Process] {
				t.Fatalf("%+v\n%+v", j, q)
			}
		}
		if got := seen[fmt.Sprintf("a%d.1", a.ID)]; got != want {
			t.Errorf("arrival %d came %d times, want %d", a.ID, got, want)
		}
	}
	slices.Sort(late)
	if median := late[len(late)/2]; median > 0.1 {
		t.Errorf("half of the requests are more than %g s late", median)
	}
}

func TestReplayPace(t *testing.T) {
	m := plan(portal, 10*ms, 10*ms, 25*ms)
	r := newReplay(m)
	defer r.close()
	for _, c := range []struct {
		name    string
		elapsed time.Duration
		hits    uint64
		wait    time.Duration
		stop    bool
	}{
		{"before the start", -5 * ms, 0, 15 * ms, false},
		{"asked again", 4 * ms, 0, 6 * ms, false},
		{"on time", 10 * ms, 0, 0, false},
		{"two at one time", 10 * ms, 1, 0, false},
		{"the last", 11 * ms, 2, 14 * ms, false},
		{"late", 40 * ms, 2, 0, false},
		{"after the last", 40 * ms, 3, 0, true},
		{"for good", 50 * ms, 4, 0, true},
	} {
		if wait, stop := r.Pace(c.elapsed, c.hits); wait != c.wait || stop != c.stop {
			t.Errorf("%s: wait %v, stop %t; want %v, %t", c.name, wait, stop, c.wait, c.stop)
		}
	}
}

// Whatever the server does, the records say what, and never a secret.
func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		name    string
		process uint16
		answer  http.HandlerFunc
		want    headroom.Outcome
		status  int
		message string
	}{
		{"empty page", portal, func(http.ResponseWriter, *http.Request) {}, headroom.BusinessError, 200, "HTTP 200 without an order page"},
		{"login", portal, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/web/login?redirect="+r.URL.String(), http.StatusSeeOther)
		}, headroom.BusinessError, 303, "HTTP 303: sent on to /web/login"},
		{"redirected hook", webhook, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.String()+"&again=1", http.StatusTemporaryRedirect)
		}, headroom.BusinessError, 307, "HTTP 307: sent on to •••"},
		{"not found", portal, func(w http.ResponseWriter, r *http.Request) { http.Error(w, r.URL.String(), 404) }, headroom.BusinessError, 404, "404 Not Found"},
		{"broken", webhook, func(w http.ResponseWriter, r *http.Request) { http.Error(w, r.URL.String(), 500) }, headroom.Fault, 500, "500 Internal Server Error"},
		{"no content", webhook, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) }, headroom.OK, 204, ""},
		{"hangs up", portal, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, headroom.Unreachable, 0, "EOF"},
		{"cut short", webhook, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "half")
		}, headroom.Unreachable, 0, "unexpected EOF"},
		{"no answer", portal, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, headroom.Timeout, 0, ""},
		{"endless answer", webhook, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "and")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, headroom.Timeout, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, n := plan(c.process, 0, ms), newNotes()
			e := begin(t, m, serve(t, c.answer).URL, n, func(o *Options) { o.Timeout = 150 * ms })
			if err := e.Wait(); err != nil {
				t.Fatal(err)
			}
			n.check(t, m)
			if q := n.requests[2]; q.Outcome != c.want || q.Status != c.status ||
				q.Error != c.message && c.want != headroom.Timeout || // which net/http words in several ways
				c.want != headroom.OK && q.Error == "" {
				t.Errorf("got %q, status %d, %q", q.Outcome, q.Status, q.Error)
			}
		})
	}
}

func TestRefusedConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close() // nobody listens there now
	m, n := plan(portal, 0), newNotes()
	e := begin(t, m, "http://"+address, n, nil)
	if err := e.Wait(); err != nil {
		t.Fatal(err)
	}
	n.check(t, m)
	if q := n.requests[2]; q.Outcome != headroom.Unreachable || !strings.HasPrefix(q.Error, "dial tcp") {
		t.Errorf("%+v", q)
	}
}

// As a prefork worker does: HTTP/1.0, one request a connection.
func TestOneRequestAConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				b := make([]byte, 4096)
				if _, err := c.Read(b); err == nil {
					fmt.Fprint(c, "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>order</html>")
				}
			}()
		}
	}()
	m, n := plan(portal, every(ms, 100)...), newNotes()
	e := begin(t, m, "http://"+l.Addr().String()+"/", n, nil)
	if err := e.Wait(); err != nil {
		t.Fatal(err)
	}
	n.check(t, m)
	for id, q := range n.requests {
		if q.Outcome != headroom.OK || q.Bytes != 18 {
			t.Fatalf("arrival %d: %+v", id, q)
		}
	}
}
