package analyse

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/headroom-erp/headroom"
)

// TestCause has, of each cause, two messages that are one line, and what the
// line is.
func TestCause(t *testing.T) {
	for _, c := range []struct{ want, a, b string }{
		{"could not serialize access due to concurrent update", "could not serialize access due to concurrent update", "could not serialize access due to concurrent update\nCONTEXT: SQL statement 17"},
		{"Product “…” (#) is out of stock", `Product "Pallet jack" (417) is out of stock`, `Product "Strap, 3 m" (9) is out of stock`},
		{"Record does not exist or has been deleted. (Record: stock.picking(#), User: #)", "Record does not exist or has been deleted. (Record: stock.picking(12,), User: 7)", "Record does not exist or has been deleted. (Record: stock.picking(3, 14, 15), User: 2)"},
		{"WH/OUT/# of S# can't be validated", "WH/OUT/00017 of S00042 can't be validated", "WH/OUT/1 of S9 can't be validated"},
		{"KeyError: “…”", "Traceback (most recent call last):\n  File \"x.py\", line 12\nKeyError: 'name'", "Traceback (most recent call last):\n  File \"y.py\", line 99\nKeyError: 'code'\n"},
		{"deadlock detected: Process # waits for ShareLock on transaction #; blocked by process #.", "deadlock detected: Process 4711 waits for ShareLock on transaction 900001; blocked by process 12.", "deadlock detected: Process 1 waits for ShareLock on transaction 2; blocked by process 3."},
		{"GET http://#/web?…: EOF", "GET http://127.0.0.1:8069/web?hr=a19.2: EOF", "GET http://127.0.0.1:40001/web?hr=a7.11&x=1: EOF"},
		{"request # failed at #", "request 3f2504e0-4f89-11d3-9a0c-0305e82c3301 failed at 2026-11-20 16:44:30", "request 00000000-0000-0000-0000-000000000000 failed at 2026-01-01T00:00:00"},
		{"duplicate key: …@… of object at #", "duplicate key: a.b@example.com of object at 0x7f3a", "duplicate key: x@example.org of object at 0x1"},
		{"", "", "\n"},
	} {
		if a, b := cause(c.a), cause(c.b); a != c.want || b != c.want {
			t.Errorf("%q and %q, want %q", a, b, c.want)
		}
	}
	if a, b := cause("no stock"), cause("no label"); a == b {
		t.Errorf("two causes became %q", a)
	}
	if long := cause(strings.Repeat("wörter ", 100)); utf8.RuneCountInString(long) > maxCause {
		t.Errorf("%d characters", utf8.RuneCountInString(long))
	}
}

// TestSecretsStayOut puts a secret into every field that a message can come
// from, in the forms in which servers have told them.
func TestSecretsStayOut(t *testing.T) {
	const secret = "hunter2Secret"
	messages := []string{
		"connection to postgres://odoo:" + secret + "@db/prod failed", "FATAL: password=" + secret + " refused", `{"password": "` + secret + `", "login": "admin"}`,
		"Authorization: Bearer " + secret + "abc", "api_key='" + secret + "'", "Set-Cookie: session_id=" + secret + "; path=/", "token: " + secret,
	}
	f := complete(0, 100)
	for i, m := range messages {
		f.journeys = append(f.journeys, failing(journey(float64(i), 1), headroom.Fault, m))
		f.requests = append(f.requests, headroom.Request{Arrival: journey(float64(i), 1).Arrival, N: 1, Process: "order", Step: "create", Start: float64(i), End: float64(i) + 1, Outcome: headroom.Fault, Error: m})
	}
	lone := failing(journey(50, 1), headroom.BusinessError, "script: pwd="+secret)
	f.journeys = append(f.journeys, lone)
	r := reportOf(t, f)
	if len(r.Errors) < 2 {
		t.Fatalf("errors %+v", r.Errors)
	}
	if text := plainJSON(t, r); strings.Contains(text, secret) {
		t.Errorf("the secret is in the report: %s", text)
	}
}

func TestErrorsByCause(t *testing.T) {
	f := complete(10, 90)
	request := func(at float64, n int, step string, o headroom.Outcome, message string) {
		f.requests = append(f.requests, headroom.Request{Arrival: journey(at, 1).Arrival, N: n, Process: "order", Step: step, Start: at, End: at + 0.5, Outcome: o, Error: message})
	}
	for i := range 3 { // each by two tries, of which the journey got over the first
		at := float64(20 + i)
		f.journeys = append(f.journeys, journey(at, 1))
		request(at, 1, "confirm", headroom.Conflict, "could not serialize access")
		request(at, 2, "confirm", headroom.OK, "")
	}
	f.journeys = append(f.journeys, failing(journey(30, 1), headroom.BusinessError, "Order 7 is gone"), failing(journey(31, 1), headroom.BusinessError, "Order 12 is gone"),
		failing(journey(5, 1), headroom.Fault, "in the lead-in"), failing(journey(95, 0), headroom.Aborted, "the run ended"))
	request(30, 1, "find", headroom.BusinessError, "Order 7 is gone")
	request(5, 1, "find", headroom.Fault, "in the lead-in")
	f.journeys = append(f.journeys, failing(journey(40, 1), headroom.BusinessError, "script: nothing to pick"))
	got := reportOf(t, f).Errors
	want := []headroom.ErrorReport{
		{Process: "order", Step: "confirm", Outcome: headroom.Conflict, Cause: "could not serialize access", Count: 3, Example: "could not serialize access", At: 20.5},
		{Process: "order", Outcome: headroom.BusinessError, Cause: "Order # is gone", Count: 1, Example: "Order 12 is gone", At: 32},
		{Process: "order", Outcome: headroom.BusinessError, Cause: "script: nothing to pick", Count: 1, Example: "script: nothing to pick", At: 41},
		{Process: "order", Step: "find", Outcome: headroom.BusinessError, Cause: "Order # is gone", Count: 1, Example: "Order 7 is gone", At: 30.5},
	}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
}

func TestManyCausesAreCountedTogether(t *testing.T) {
	f := complete(0, 1000)
	for i := range 300 {
		f.journeys = append(f.journeys, failing(journey(float64(i), 1), headroom.Fault, strings.Repeat("x", i+1)))
	}
	got := reportOf(t, f).Errors
	if len(got) != maxCauses || got[maxCauses-1].Cause != rest {
		t.Fatalf("%d lines, the last %+v", len(got), got[len(got)-1])
	}
	total := 0
	for _, e := range got {
		total += e.Count
	}
	if total != 300 {
		t.Errorf("%d errors are counted of 300", total)
	}
}

func FuzzCause(f *testing.F) {
	f.Add("Product 'x' (12) is 0x12 out of 3,4,5")
	f.Add("Traceback (most recent call last):\n")
	f.Fuzz(func(t *testing.T, message string) {
		got := cause(message)
		if utf8.RuneCountInString(got) > maxCause {
			t.Errorf("%d characters: %q", utf8.RuneCountInString(got), got)
		}
		if strings.ContainsAny(got, "\r\n") {
			t.Errorf("%q has several lines", got)
		}
		if strings.ContainsAny(got, "0123456789") {
			t.Errorf("a number is left in %q", got)
		}
	})
}
