package k6run_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/scenarios"
)

const (
	callRate    = 3000            // 1/s, offered
	callSettle  = 2 * time.Second // before CPU is counted
	callCounted = 6 * time.Second
)

// A callStub answers every call at once with one order of five fields.
type callStub struct {
	*httptest.Server
	calls atomic.Int64
}

const (
	xmlAnswer = `<?xml version='1.0'?>
<methodResponse>
<params>
<param>
<value><array><data>
<value><struct>
<member>
<name>id</name>
<value><int>4711</int></value>
</member>
<member>
<name>name</name>
<value><string>S04711</string></value>
</member>
<member>
<name>amount_total</name>
<value><double>129.95</double></value>
</member>
<member>
<name>partner_id</name>
<value><array><data>
<value><int>101</int></value>
<value><string>Smith &amp; Sons</string></value>
</data></array></value>
</member>
<member>
<name>invoiced</name>
<value><boolean>0</boolean></value>
</member>
</struct></value>
</data></array></value>
</param>
</params>
</methodResponse>
`
	jsonAnswer = `{"jsonrpc": "2.0", "id": 1, "result": [{"id": 4711, "name": "S04711", "amount_total": 129.95, "partner_id": [101, "Smith & Sons"], "invoiced": false}]}`
)

func newCallStub(b *testing.B) *callStub {
	s := &callStub{}
	write := func(w http.ResponseWriter, kind, text string) {
		w.Header()["Content-Type"] = []string{kind}
		_, _ = io.WriteString(w, text) // a client that leaves shows in its own figures
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/web/session/authenticate", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session_id", Value: "0123456789abcdef0123456789abcdef01234567"})
		write(w, "application/json", `{"jsonrpc":"2.0","id":1,"result":{"uid":7}}`)
	})
	mux.HandleFunc("/xmlrpc/2/common", func(w http.ResponseWriter, r *http.Request) {
		write(w, "text/xml", "<?xml version='1.0'?><methodResponse><params><param><value><int>7</int></value></param></params></methodResponse>")
	})
	count := func(kind, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			s.calls.Add(1)
			write(w, kind, text)
		}
	}
	mux.HandleFunc("/xmlrpc/2/object", count("text/xml", xmlAnswer))
	mux.HandleFunc("/web/dataset/call_kw/", count("application/json", jsonAnswer))
	s.Server = httptest.NewServer(mux)
	b.Cleanup(s.Close)
	return s
}

// BenchmarkCall is the generator's CPU time for one call, offered at 3,000 a
// second to a server that answers at once, of processes that may run on one
// core: k6/x/odoo with full decoding and recording, stock k6 with http.post and
// a regular expression, and vegeta without any decoding. Both k6 pay for
// journeys, too, of one call each or, as processes have them, of several. What
// counts is the ratio: all run one after the other, on the same machine.
func BenchmarkCall(b *testing.B) {
	for _, each := range []int{1, 4} {
		b.Run(fmt.Sprintf("%d_a_journey", each), func(b *testing.B) {
			for range b.N {
				compare(b, each)
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func compare(b *testing.B, each int) {
	b.Helper()
	peers := map[string]float64{"k6": stockCall(b, each), "vegeta": vegetaCall(b)}
	for _, protocol := range []string{"xmlrpc", "jsonrpc"} {
		ours := ourCall(b, protocol, each)
		b.ReportMetric(1000*ours, protocol+"-ms/call")
		for name, theirs := range peers {
			b.ReportMetric(ours/theirs, protocol+"/"+name)
		}
	}
	b.ReportMetric(1000*peers["k6"], "k6-ms/call")
	b.ReportMetric(1000*peers["vegeta"], "vegeta-ms/call")
}

// perCall is the CPU time in seconds that a process spends on a call, counted
// over some seconds in the middle of its run.
func (s *callStub) perCall(b *testing.B, pid int) float64 {
	b.Helper()
	for began := s.calls.Load(); s.calls.Load() == began; time.Sleep(10 * ms) {
	}
	time.Sleep(callSettle)
	cpu, calls, at := cpuSeconds(b, pid), s.calls.Load(), time.Now()
	time.Sleep(callCounted)
	cpu, calls = cpuSeconds(b, pid)-cpu, s.calls.Load()-calls
	b.Logf("%.0f calls/s, %.3f of a core", float64(calls)/time.Since(at).Seconds(), cpu/time.Since(at).Seconds())
	return cpu / float64(calls)
}

// cpuSeconds is the CPU time of a process so far, which Linux counts in
// hundredths of a second.
func cpuSeconds(b *testing.B, pid int) float64 {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	must(b, err)
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	var ticks float64
	for _, f := range fields[11:13] { // utime and stime
		n, err := strconv.ParseFloat(f, 64)
		must(b, err)
		ticks += n
	}
	return ticks / 100
}

const callScript = `// An order is read.
//
// kind: open
// protocol: %[1]s
// steps: read
import erp from "k6/x/odoo";

export default function () {
  for (let i = 0; i < %[2]d; i++) {
    const [order] = erp.%[1]s.call("read", "sale.order", "read", [[4711], ["name", "amount_total", "partner_id", "invoiced"]]);
    if (order.partner_id[1] !== "Smith & Sons") {
      throw new Error("this is another order");
    }
  }
}
`

// ourCall is k6/x/odoo under our executor, with our output.
func ourCall(b *testing.B, protocol string, each int) float64 {
	b.Helper()
	stub := newCallStub(b)
	path := filepath.Join(b.TempDir(), "read.js")
	must(b, os.WriteFile(path, fmt.Appendf(nil, callScript, protocol, each), 0o600))
	p := newPlan()
	p.header.Processes = []headroom.ScheduledProcess{{Name: "read", Scenario: path, Engine: scenarios.K6}}
	total := callSettle + callCounted + time.Second
	rate := callRate / each
	for i := range int(total.Seconds()) * rate {
		p.arrivals = append(p.arrivals, headroom.Arrival{ID: uint64(i + 1), At: time.Duration(i) * time.Second / time.Duration(rate), Seed: uint64(i)})
	}
	p.header.Window = total.Seconds()
	g := give(b, b.TempDir(), stub.URL, p, password)
	g.VUs, g.Procs = 20, 1
	e := start(b, g.Options)
	spent := stub.perCall(b, e.PID())
	must(b, e.Wait())
	if d := e.Done(); d.Done != len(p.arrivals) || d.Failed > 0 {
		b.Fatalf("%+v of %d", d, len(p.arrivals))
	}
	return spent
}

const stockScript = `
import http from "k6/http";
export const options = {
  scenarios: { calls: { executor: "constant-arrival-rate", rate: %d, timeUnit: "1s", duration: "%ds", preAllocatedVUs: 20, maxVUs: 20 } },
};
const name = /<name>name<\/name>\s*<value><string>([^<]*)</;
const body = %q;
export default function () {
  for (let i = 0; i < %d; i++) {
    const answer = http.post(%q, body, { headers: { "Content-Type": "text/xml" } });
    if (answer.status !== 200 || name.exec(answer.body)[1] !== "S04711") {
      throw new Error("this is another order");
    }
  }
}
`

const callBody = `<?xml version="1.0" encoding="UTF-8"?><methodCall><methodName>execute_kw</methodName><params><param><value><string>db-hub</string></value></param><param><value><int>7</int></value></param><param><value><string>key</string></value></param><param><value><string>sale.order</string></value></param><param><value><string>read</string></value></param><param><value><array><data><value><array><data><value><int>4711</int></value></data></array></value><value><array><data><value><string>name</string></value><value><string>amount_total</string></value><value><string>partner_id</string></value><value><string>invoiced</string></value></data></array></value></data></array></value></param><param><value><struct></struct></value></param></params></methodCall>`

// stockCall is k6 as it comes, with the same switches as ours.
func stockCall(b *testing.B, each int) float64 {
	b.Helper()
	stub := newCallStub(b)
	path := filepath.Join(b.TempDir(), "stock.js")
	seconds := int((callSettle + callCounted + time.Second).Seconds())
	must(b, os.WriteFile(path, fmt.Appendf(nil, stockScript, callRate/each, seconds, callBody, each, stub.URL+"/xmlrpc/2/object"), 0o600))
	return peer(b, stub, "k6", "run", "--no-thresholds", "--summary-mode", "disabled", "--address", "", "--quiet", "--no-color", path)
}

// vegetaCall is the library, with nothing done about its results.
func vegetaCall(b *testing.B) float64 {
	b.Helper()
	stub := newCallStub(b)
	return peer(b, stub, "vegeta-peer", stub.URL+"/xmlrpc/2/object")
}

func peer(b *testing.B, stub *callStub, args ...string) float64 {
	b.Helper()
	self, err := os.Executable()
	must(b, err)
	cmd := exec.Command(self, args...)
	cmd.Env = []string{"GOMAXPROCS=1", "HOME=" + b.TempDir(), "K6_AUTO_EXTENSION_RESOLUTION=false", "K6_NO_USAGE_REPORT=true"}
	cmd.Stderr = os.Stderr
	must(b, cmd.Start())
	spent := stub.perCall(b, cmd.Process.Pid)
	must(b, cmd.Wait())
	return spent
}

// vegetaPeer is the child of vegetaCall.
func vegetaPeer(url string) {
	targeter := vegeta.NewStaticTargeter(vegeta.Target{
		Method: http.MethodPost, URL: url, Body: []byte(callBody), Header: http.Header{"Content-Type": {"text/xml"}},
	})
	attacker := vegeta.NewAttacker(vegeta.Workers(20), vegeta.MaxWorkers(20), vegeta.Connections(20))
	for r := range attacker.Attack(targeter, vegeta.ConstantPacer{Freq: callRate, Per: time.Second}, callSettle+callCounted+time.Second, "calls") {
		if r.Code != http.StatusOK {
			panic(fmt.Sprintf("HTTP %d: %s", r.Code, r.Error))
		}
	}
}
