package live

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	reports "github.com/headroom-erp/headroom/reports/live"
)

func serve(t *testing.T) *Server {
	t.Helper()
	s, err := Serve(AnyPort)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestOnlyLoopback(t *testing.T) {
	for address, ok := range map[string]bool{
		"127.0.0.1:0": true, "localhost:8090": true, "[::1]:80": true, "127.9.9.9:1": true,
		"0.0.0.0:80": false, ":80": false, "192.168.1.2:80": false, "example.org:80": false, "[::]:80": false,
		"127.0.0.1": false, "127.0.0.1:x": false, "127.0.0.1:70000": false, "8090": false, "127.0.0.1.evil.example:80": false,
	} {
		err := CheckAddress(address)
		if (err == nil) != ok || err != nil && headroom.ExitCode(err) != headroom.ExitBadInput {
			t.Errorf("%s: %v", address, err)
		}
	}
	s := serve(t)
	if _, err := Serve(s.listener.Addr().String()); err == nil || headroom.ExitCode(err) != headroom.ExitBadInput {
		t.Errorf("a port that is taken: %v", err)
	}
}

func get(t *testing.T, s *Server, path string, change func(*http.Request)) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.URL()+strings.TrimPrefix(path, "/"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

func TestThePageIsForThisMachine(t *testing.T) {
	s := serve(t)
	_, port, _ := net.SplitHostPort(s.listener.Addr().String())
	s.Show(busy())
	for host, want := range map[string]int{
		"": 200, "localhost:" + port: 200, "LOCALHOST:" + port: 200, "evil.example:" + port: 403, "evil.example": 403, "127.0.0.1": 403, "127.0.0.1:1": 403,
		"localhost": 403, "127.0.0.1.evil.example:" + port: 403,
	} {
		for _, path := range []string{"/", "/status.json", "/live.js"} {
			answer, body := get(t, s, path, func(r *http.Request) {
				if host != "" {
					r.Host = host
				}
			})
			if answer.StatusCode != want {
				t.Errorf("%s of host %q: %d", path, host, answer.StatusCode)
			}
			if want == 403 && strings.Contains(body, "standard-6") {
				t.Errorf("%s of host %q tells of the run", path, host)
			}
			if answer.Header.Get("Content-Security-Policy") == "" || answer.Header.Get("X-Frame-Options") != "DENY" {
				t.Errorf("%s lacks its headers: %v", path, answer.Header)
			}
		}
	}
	if answer, _ := get(t, s, "/status.json", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); answer.StatusCode != 403 {
		t.Errorf("another page reads the state: %d", answer.StatusCode)
	}
	answer, err := http.Post(s.URL()+"status.json", "text/plain", strings.NewReader("x"))
	if err != nil || answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("%v %v", answer, err)
	}
	answer.Body.Close()
	if answer, _ := get(t, s, "/etc/passwd", nil); answer.StatusCode != 404 {
		t.Errorf("%d", answer.StatusCode)
	}
}

func busy() headroom.Status {
	s := status(42)
	s.Run = "standard-6"
	return s
}

// events reads the stream of a page.
func events(t *testing.T, s *Server) (next func() (name, data string)) {
	t.Helper()
	answer, err := http.Get(s.URL() + "events")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	return func() (name, data string) {
		for lines.Scan() {
			if v, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = v
			}
			if v, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return name, v
			}
		}
		return "", ""
	}
}

func TestThePageHearsEachState(t *testing.T) {
	s := serve(t)
	for at := range 10 {
		s.Show(status(float64(at)))
	}
	next := events(t, s)
	var history []reports.Point
	if name, data := next(); name != "history" || json.Unmarshal([]byte(data), &history) != nil || len(history) != 10 {
		t.Errorf("%s %s", name, data)
	}
	var frame reports.Frame
	if name, data := next(); name != "frame" || json.Unmarshal([]byte(data), &frame) != nil || frame.Point.T != 9 {
		t.Errorf("%s %s", name, data)
	}
	go s.Show(status(10))
	if _, data := next(); json.Unmarshal([]byte(data), &frame) != nil || frame.Point.T != 10 {
		t.Errorf("%s", data)
	}
	other := status(2)
	other.Run = "again"
	s.Show(other)
	if _, data := next(); json.Unmarshal([]byte(data), &frame) != nil || frame.Run != "again" {
		t.Errorf("%s", data)
	}
	if len(s.points) != 1 {
		t.Errorf("the history of another run: %d points", len(s.points))
	}
}

func TestAPageThatDoesNotReadHoldsNothingUp(t *testing.T) {
	s := serve(t)
	s.Show(status(0))
	next := events(t, s)
	next()
	began := time.Now()
	for at := range 5 * maxPoints {
		s.Show(status(float64(at)))
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("%v for %d states", took, 5*maxPoints)
	}
	if len(s.points) >= maxPoints || len(s.points) < maxPoints/2 {
		t.Errorf("%d points are kept", len(s.points))
	}
	s.Close()
	s.Show(status(1)) // nothing happens
}
