package odoo

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

func at(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05.000", text)
	if err != nil {
		panic(err)
	}
	return t
}

// Lines as the versions write them. Those of 19 are from a server's log.
func TestParse(t *testing.T) {
	for what, c := range map[string]struct {
		line string
		want LogLine
	}{
		"19, web": {
			`2026-11-21 19:21:11,650 3524 INFO o19 werkzeug: 127.0.0.1 - - [21/Nov/2026 19:21:11] "POST /web/dataset/call_kw/stock.picking/button_validate?hr=a19.2#stock.picking.button_validate HTTP/1.1" 200 - 143 0.080 0.135`,
			LogLine{Kind: RequestLine, Time: at("2026-11-21 19:21:11.650"), PID: 3524, Level: "INFO", Database: "o19", Logger: "werkzeug", Client: "127.0.0.1",
				Verb: "POST", Path: "/web/dataset/call_kw/stock.picking/button_validate", Query: "hr=a19.2", Method: "stock.picking.button_validate", Proto: "HTTP/1.1",
				Arrival: 19, N: 2, Status: 200, Size: -1, Timed: true, Queries: 143, SQL: 0.080, Other: 0.135, Left: -1},
		},
		"19, XML-RPC outside of a database": {
			`2026-11-21 20:40:26,258 20680 INFO None werkzeug: 127.0.0.1 - - [21/Nov/2026 20:40:26] "POST /xmlrpc/2/common HTTP/1.1" 200 - 9 0.004 0.260`,
			LogLine{Kind: RequestLine, Time: at("2026-11-21 20:40:26.258"), PID: 20680, Level: "INFO", Logger: "werkzeug", Client: "127.0.0.1",
				Verb: "POST", Path: "/xmlrpc/2/common", Proto: "HTTP/1.1", Status: 200, Size: -1, Timed: true, Queries: 9, SQL: 0.004, Other: 0.260, Left: -1},
		},
		"19, conflict": {
			`2026-11-21 19:21:11,650 3524 INFO o19 odoo.service.model: SERIALIZATION_FAILURE, 4 tries left, try again in 0.7511 sec... `,
			LogLine{Kind: ConflictLine, Time: at("2026-11-21 19:21:11.650"), PID: 3524, Level: "INFO", Database: "o19", Logger: "odoo.service.model", Size: -1,
				Conflict: "SERIALIZATION_FAILURE", Left: 4, Sleep: 0.7511},
		},
		"19, Odoo's own conflict": {
			`2026-11-21 19:21:11,650 3524 INFO o19 odoo.service.model: ConcurrencyError('a, b'), 3 tries left, try again in 1.0000 sec...`,
			LogLine{Kind: ConflictLine, Time: at("2026-11-21 19:21:11.650"), PID: 3524, Level: "INFO", Database: "o19", Logger: "odoo.service.model", Size: -1,
				Conflict: "ConcurrencyError('a, b')", Left: 3, Sleep: 1},
		},
		"19, tries used up": {
			`2026-11-21 19:21:11,650 3524 INFO o19 odoo.service.model: DEADLOCK_DETECTED, maximum number of tries reached! `,
			LogLine{Kind: ExhaustedLine, Time: at("2026-11-21 19:21:11.650"), PID: 3524, Level: "INFO", Database: "o19", Logger: "odoo.service.model", Size: -1, Left: -1, Conflict: "DEADLOCK_DETECTED"},
		},
		"18, no method, JSON-RPC": {
			`2025-03-01 08:00:00,001 12 INFO hub werkzeug: 10.0.0.7 - - [01/Mar/2025 08:00:00] "POST /xmlrpc/2/object?hr=a18446744073709551615.1 HTTP/1.1" 200 - 7 0.003 0.004`,
			LogLine{Kind: RequestLine, Time: at("2025-03-01 08:00:00.001"), PID: 12, Level: "INFO", Database: "hub", Logger: "werkzeug", Client: "10.0.0.7",
				Verb: "POST", Path: "/xmlrpc/2/object", Query: "hr=a18446744073709551615.1", Proto: "HTTP/1.1", Arrival: 1<<64 - 1, N: 1, Status: 200, Size: -1, Timed: true, Queries: 7, SQL: 0.003, Other: 0.004, Left: -1},
		},
		"17, replica": {
			`2025-03-01 08:00:00,001 12 INFO hub werkzeug: 10.0.0.7 - - [01/Mar/2025 08:00:00] "GET /my/orders/3?access_token=t&hr=a5.1&x=1 HTTP/1.1" 200 - 7 0.003 0.004 ro->rw`,
			LogLine{Kind: RequestLine, Time: at("2025-03-01 08:00:00.001"), PID: 12, Level: "INFO", Database: "hub", Logger: "werkzeug", Client: "10.0.0.7",
				Verb: "GET", Path: "/my/orders/3", Query: "access_token=t&hr=a5.1&x=1", Proto: "HTTP/1.1", Arrival: 5, N: 1, Status: 200, Size: -1, Timed: true, Queries: 7, SQL: 0.003, Other: 0.004, Cursor: "ro->rw", Left: -1},
		},
		"16, terminal colours": {
			"2024-03-01 08:00:00,001 12 \x1b[1;32m\x1b[1;49mINFO\x1b[0m hub werkzeug: ::1 - - [01/Mar/2024 08:00:00] \"\x1b[31m\x1b[1mPOST /json HTTP/1.1\x1b[0m\" 404 - \x1b[1;33m\x1b[1;49m135\x1b[0m \x1b[1;31m\x1b[1;49m3.080\x1b[0m 0.135 \x1b[1;33m\x1b[1;49mrw\x1b[0m",
			LogLine{Kind: RequestLine, Time: at("2024-03-01 08:00:00.001"), PID: 12, Level: "INFO", Database: "hub", Logger: "werkzeug", Client: "::1",
				Verb: "POST", Path: "/json", Proto: "HTTP/1.1", Status: 404, Size: -1, Timed: true, Queries: 135, SQL: 3.080, Other: 0.135, Cursor: "rw", Left: -1},
		},
		"15, static file": {
			`2023-03-01 08:00:00,001 12 INFO ? werkzeug: 10.0.0.7 - - [01/Mar/2023 08:00:00] "GET /web/static/x%20y.png HTTP/1.0" 304 - - - -`,
			LogLine{Kind: RequestLine, Time: at("2023-03-01 08:00:00.001"), PID: 12, Level: "INFO", Logger: "werkzeug", Client: "10.0.0.7",
				Verb: "GET", Path: "/web/static/x%20y.png", Proto: "HTTP/1.0", Status: 304, Size: -1, Left: -1},
		},
		"15, conflict": {
			`2023-03-01 08:00:00,001 12 INFO hub odoo.service.model: SERIALIZATION_FAILURE, retry 1/5 in 0.7511 sec... `,
			LogLine{Kind: ConflictLine, Time: at("2023-03-01 08:00:00.001"), PID: 12, Level: "INFO", Database: "hub", Logger: "odoo.service.model", Size: -1,
				Conflict: "SERIALIZATION_FAILURE", Left: -1, Retry: 1, Of: 5, Sleep: 0.7511},
		},
		"14, lock": {
			`2022-03-01 08:00:00,001 12 INFO hub odoo.service.model: LOCK_NOT_AVAILABLE, retry 5/5 in 12.0001 sec...`,
			LogLine{Kind: ConflictLine, Time: at("2022-03-01 08:00:00.001"), PID: 12, Level: "INFO", Database: "hub", Logger: "odoo.service.model", Size: -1,
				Conflict: "LOCK_NOT_AVAILABLE", Left: -1, Retry: 5, Of: 5, Sleep: 12.0001},
		},
		"14, tries used up": {
			`2022-03-01 08:00:00,001 12 INFO hub odoo.service.model: SERIALIZATION_FAILURE, maximum number of tries reached`,
			LogLine{Kind: ExhaustedLine, Time: at("2022-03-01 08:00:00.001"), PID: 12, Level: "INFO", Database: "hub", Logger: "odoo.service.model", Size: -1, Left: -1, Conflict: "SERIALIZATION_FAILURE"},
		},
		"14, with a size": {
			`2022-03-01 08:00:00,001 12 INFO hub werkzeug: 10.0.0.7 - - [01/Mar/2022 08:00:00] "POST /jsonrpc HTTP/1.1" 200 512 7 0.003 -0.001` + "\r\n",
			LogLine{Kind: RequestLine, Time: at("2022-03-01 08:00:00.001"), PID: 12, Level: "INFO", Database: "hub", Logger: "werkzeug", Client: "10.0.0.7",
				Verb: "POST", Path: "/jsonrpc", Proto: "HTTP/1.1", Status: 200, Size: 512, Timed: true, Queries: 7, SQL: 0.003, Other: -0.001, Left: -1},
		},
		"TLS on a plain port": {
			`2022-03-01 08:00:00,001 12 INFO ? werkzeug: 10.0.0.7 - - [01/Mar/2022 08:00:00] "` + "\x16\x03\x01 \" x" + `" 400 - - - - -`,
			LogLine{Kind: RequestLine, Time: at("2022-03-01 08:00:00.001"), PID: 12, Level: "INFO", Logger: "werkzeug", Client: "10.0.0.7", Status: 400, Size: -1, Left: -1},
		},
		"another logger": {
			`2026-11-21 20:39:19,745 20537 INFO site odoo.registry: Registry loaded in 0.592s `,
			LogLine{Time: at("2026-11-21 20:39:19.745"), PID: 20537, Level: "INFO", Database: "site", Logger: "odoo.registry", Size: -1, Left: -1, Event: RegistryLoaded, Took: 0.592},
		},
		"someone else's retry": {
			`2026-11-21 20:39:19,745 20537 INFO site odoo.addons.x: sending mail, retry 1/5 in 3.0 sec...`,
			LogLine{Time: at("2026-11-21 20:39:19.745"), PID: 20537, Level: "INFO", Database: "site", Logger: "odoo.addons.x", Size: -1, Left: -1},
		},
		"traceback": {`  File "/usr/lib/python3/dist-packages/odoo/http.py", line 2, in f`, LogLine{Kind: Continuation, Size: -1, Left: -1}},
		"empty":     {"", LogLine{Kind: Continuation, Size: -1, Left: -1}},
		"no date":   {`2026-13-21 20:39:19,745 20537 INFO site odoo.registry: Registry loaded`, LogLine{Kind: Continuation, Size: -1, Left: -1}},
	} {
		t.Run(what, func(t *testing.T) {
			if got := NewParser(nil).Parse(c.line); !reflect.DeepEqual(got, c.want) {
				t.Errorf("\n got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestParseHR(t *testing.T) {
	for query, want := range map[string][2]uint64{
		"hr=a19.2": {19, 2}, "x=1&hr=a1.10&hr=a2.2": {1, 10}, "hr=a18446744073709551616.1": {}, "hr=a0.1": {}, "hr=a01.1": {},
		"hr=a1.0": {}, "hr=a1.01": {}, "hr=a1": {}, "hr=1.1": {}, "hr=a1.1x": {}, "hr=a+1.1": {}, "hr=": {}, "shr=a1.1": {}, "": {}, "hr=a1.-1": {}, "hr=a.1": {},
	} {
		if arrival, n := parseHR(query); arrival != want[0] || n != int(want[1]) {
			t.Errorf("%q: %d, %d", query, arrival, n)
		}
	}
}

func TestParseInZone(t *testing.T) {
	zone := time.FixedZone("x", 2*3600)
	l := NewParser(zone).Parse(`2026-11-21 20:39:19,745 20537 INFO site odoo: x`)
	if want := at("2026-11-21 18:39:19.745"); !l.Time.Equal(want) {
		t.Errorf("got %v, want %v", l.Time, want)
	}
}

func TestLines(t *testing.T) {
	const request = `2026-11-21 19:21:11,650 3524 INFO o19 werkzeug: 127.0.0.1 - - [21/Nov/2026 19:21:11] "POST /a HTTP/1.1" 200 - 1 0.080 0.135`
	log := "2026-11-21 19:21:11,649 3524 ERROR o19 odoo.http: Exception\nTraceback (most recent call last):\n  File \"x\"\n" +
		strings.Repeat("long ", maxLine/2) + "\n" + request + "\r\n" + request
	var kinds []LineKind
	for l, err := range NewParser(nil).Lines(strings.NewReader(log)) {
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, l.Kind)
	}
	if want := []LineKind{OtherLine, Continuation, Continuation, Continuation, RequestLine, RequestLine}; !reflect.DeepEqual(kinds, want) {
		t.Errorf("got %v, want %v", kinds, want)
	}
}

// Any text parses without panic; what was understood is written and read again
// the same.
func FuzzParse(f *testing.F) {
	for _, line := range []string{
		`2026-11-21 19:21:11,650 3524 INFO o19 werkzeug: 127.0.0.1 - - [21/Nov/2026 19:21:11] "POST /x?hr=a19.2#stock.picking.button_validate HTTP/1.1" 200 - 143 0.080 0.135 rw`,
		`2026-11-21 19:21:11,650 3524 INFO o19 odoo.service.model: SERIALIZATION_FAILURE, 4 tries left, try again in 0.7511 sec... `,
		`2023-03-01 08:00:00,001 12 INFO hub odoo.service.model: DEADLOCK_DETECTED, retry 1/5 in 0.7511 sec... `,
		"\x1b[1;32m2026", `2026-11-21 19:21:11,650 3524 INFO o19 werkzeug: ] "" `,
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		p := NewParser(nil)
		l := p.Parse(line)
		if l.Arrival != 0 && l.N <= 0 || l.Arrival == 0 && l.N != 0 || l.Status < 0 || l.Queries < 0 || l.Sleep < 0 && l.Kind != ConflictLine {
			t.Fatalf("%q: %+v", line, l)
		}
		if l.Kind == RequestLine && l.Verb == "" {
			return // not HTTP: its text is not kept
		}
		if written := l.Append(nil); written != nil {
			if again := p.Parse(string(written)); again.Kind != l.Kind {
				t.Fatalf("%q\n was read as %+v,\n written as %q,\n read again as %+v", line, l, written, again)
			}
		}
	})
}

// What is written as a line is read back exactly.
func FuzzRoundTrip(f *testing.F) {
	f.Add(int64(1), 3524, "hub", "/web/login", uint64(19), 2, 200, 143, int64(80), int64(135), true)
	f.Fuzz(func(t *testing.T, ms int64, pid int, database, path string, arrival uint64, n, status, queries int, sql, other int64, timed bool) {
		const seconds, day = 1e6, 24 * 3600 * 1000
		for _, s := range []string{database, path} {
			if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == '?' || r == '#' || r == 0x7f || r == '�' }) {
				return
			}
		}
		if database == "None" || pid < 0 || n < 1 || arrival < 1 || pid > 1e9 || n > 1e9 || ms < 0 || ms > 9000*365*day {
			return
		}
		l := LogLine{Kind: RequestLine, Time: at("1971-01-01 00:00:00.000").Add(time.Duration(ms%(50*365*day)) * time.Millisecond), PID: pid, Level: "INFO",
			Database: database, Logger: "werkzeug", Client: "127.0.0.1", Verb: "POST", Path: path, Proto: "HTTP/1.1", Size: -1, Left: -1,
			Arrival: arrival, N: n, Status: max(0, status%1000), Timed: timed}
		l.Query = "hr=a" + itoa(arrival) + "." + itoa(uint64(n))
		if timed {
			l.Queries, l.SQL, l.Other = max(0, queries%seconds), float64(max(0, sql%seconds))/1000, float64(max(0, other%seconds))/1000
		}
		line := string(l.Append(nil))
		if got := NewParser(nil).Parse(line); got != l {
			t.Errorf("%q\n got %+v\nwant %+v", line, got, l)
		}
	})
}

func itoa(n uint64) string {
	var b []byte
	for ; n > 0; n /= 10 {
		b = append([]byte{byte('0' + n%10)}, b...)
	}
	return string(b)
}

func TestJoiner(t *testing.T) {
	log := strings.Join([]string{
		`2026-11-21 19:21:10,000 1 INFO hub odoo.service.model: SERIALIZATION_FAILURE, 4 tries left, try again in 0.5000 sec... `,
		`2026-11-21 19:21:10,100 2 INFO hub odoo.service.model: LOCK_NOT_AVAILABLE, 4 tries left, try again in 1.0000 sec... `,
		`2026-11-21 19:21:10,200 3 INFO hub werkzeug: 127.0.0.1 - - [21/Nov/2026 19:21:10] "POST /json/2/product.product/search_read?hr=a7.1#product.product.search_read HTTP/1.1" 200 - 3 0.001 0.002`,
		`2026-11-21 19:21:11,000 1 INFO hub odoo.service.model: SERIALIZATION_FAILURE, 3 tries left, try again in 2.2500 sec... `,
		`2026-11-21 19:21:13,500 1 INFO hub werkzeug: 127.0.0.1 - - [21/Nov/2026 19:21:13] "POST /xmlrpc/2/object?hr=a8.2#sale.order.action_confirm HTTP/1.1" 200 - 300 0.200 3.100`,
		`2026-11-21 19:21:14,000 1 INFO hub werkzeug: 127.0.0.1 - - [21/Nov/2026 19:21:14] "GET /web/health HTTP/1.1" 200 - 1 0.001 0.001`,
		`2026-11-21 19:21:15,000 1 INFO ? werkzeug: 127.0.0.1 - - [21/Nov/2026 19:21:15] "GET /web/static/x.js HTTP/1.1" 200 - - - -`,
		`2026-11-21 19:21:16,000 9 INFO hub odoo.service.model: DEADLOCK_DETECTED, 4 tries left, try again in 1.0000 sec... `,
		`2026-11-21 19:41:16,000 2 INFO hub werkzeug: 127.0.0.1 - - [21/Nov/2026 19:41:16] "GET /web/health HTTP/1.1" 200 - 1 0.001 0.001`,
	}, "\n")
	j := NewJoiner(at("2026-11-21 19:21:00.000"))
	var got []headroom.ServerRequest
	for l, err := range NewParser(nil).Lines(strings.NewReader(log)) {
		if err != nil {
			t.Fatal(err)
		}
		if r, ok := j.Add(l); ok {
			got = append(got, r)
		}
	}
	want := []headroom.ServerRequest{
		{End: 10.2, PID: 3, Database: "hub", Arrival: 7, N: 1, Path: "/json/2/product.product/search_read", Status: 200, Queries: 3, SQL: 0.001, Other: 0.002, Tries: 1},
		{End: 13.5, PID: 1, Database: "hub", Arrival: 8, N: 2, Path: "/xmlrpc/2/object#sale.order.action_confirm", Status: 200, Queries: 300, SQL: 0.2, Other: 3.1, Tries: 3, Sleep: 2.75},
		{End: 14, PID: 1, Database: "hub", Path: "/web/health", Status: 200, Queries: 1, SQL: 0.001, Other: 0.001, Tries: 1},
		{End: 1216, PID: 2, Database: "hub", Path: "/web/health", Status: 200, Queries: 1, SQL: 0.001, Other: 0.001, Tries: 1}, // the process that lost is long gone
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	if j.Untimed != 1 || j.Orphans != 1 || j.Pending() != 1 {
		t.Errorf("%d untimed, %d orphans, %d pending", j.Untimed, j.Orphans, j.Pending())
	}
}

func BenchmarkParse(b *testing.B) {
	line := `2026-11-21 19:21:11,650 3524 INFO o19 werkzeug: 127.0.0.1 - - [21/Nov/2026 19:21:11] "POST /web/dataset/call_kw/stock.picking/button_validate?hr=a19.2#stock.picking.button_validate HTTP/1.1" 200 - 143 0.080 0.135`
	p := NewParser(nil)
	b.ReportAllocs()
	for b.Loop() {
		if p.Parse(line).Arrival != 19 {
			b.Fatal("not parsed")
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}

func BenchmarkLinesJoined(b *testing.B) {
	line := `2026-11-21 19:21:11,650 3524 INFO o19 werkzeug: 127.0.0.1 - - [21/Nov/2026 19:21:11] "POST /xmlrpc/2/object?hr=a19.2#stock.picking.button_validate HTTP/1.1" 200 - 143 0.080 0.135` + "\n"
	const lines = 10000
	log := strings.Repeat(line, lines)
	b.ReportAllocs()
	for b.Loop() {
		j, n := NewJoiner(time.Time{}), 0
		for l, err := range NewParser(nil).Lines(strings.NewReader(log)) {
			if _, ok := j.Add(l); ok && err == nil {
				n++
			}
		}
		if n != lines {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.N)*lines/b.Elapsed().Seconds(), "lines/s")
}
