package odoo

import (
	"errors"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
)

func events(lines ...string) LogCounts {
	p := NewParser(nil)
	var tally LogTally
	for _, line := range lines {
		tally.Add(p.Parse(line))
	}
	return tally.LogCounts
}

// The wordings by version. Those of 14 were written by a server, see also
// testdata/odoo-14.log; those of 15 to 18 are formed as odoo/service/server.py,
// odoo/modules/registry.py and odoo/sql_db.py of the branches 15.0 to 18.0 say;
// those of 19 as the sources of Debian's odoo-19 do.
func TestEvents(t *testing.T) {
	const server = "2026-11-22 03:43:35,826 17797 INFO r14 odoo.service.server: "
	const failed = "2026-11-22 03:43:35,826 17797 ERROR r14 odoo.service.server: "
	for what, c := range map[string]struct {
		lines []string
		want  LogCounts
	}{
		"14 to 19, a worker":             {[]string{server + "Worker WorkerHTTP (17797) alive ", server + "Worker WorkerCron (17808) alive "}, LogCounts{Started: 2}},
		"14 to 19, a worker's end":       {[]string{server + "Worker (25611) exiting. request_count: 3, registry count: 1. "}, LogCounts{Ended: 1}},
		"14, a worker that failed":       {[]string{failed + "Worker (28479) Exception occured, exiting... "}, LogCounts{Ended: 1, Errors: 1}},
		"15 to 19, a worker that failed": {[]string{failed + "Worker WorkerHTTP (28479) Exception occurred, exiting... "}, LogCounts{Ended: 1, Errors: 1}},
		"14 to 19, limit_request":        {[]string{server + "Worker (17797) max request (8192) reached. "}, LogCounts{RequestLimit: 1}},
		"14 to 19, limit_memory_soft":    {[]string{server + "Worker (17797) virtual memory limit (210112512) reached. "}, LogCounts{MemoryLimit: 1}},
		"14 to 15, the bus":              {[]string{strings.Replace(server, "INFO", "WARNING", 1) + "LongPolling virtual memory limit reached: 2147483649 "}, LogCounts{MemoryLimit: 1}},
		"16 to 19, the bus":              {[]string{strings.Replace(server, "INFO", "WARNING", 1) + "Gevent virtual memory limit reached: 2147483649 "}, LogCounts{MemoryLimit: 1}},
		"14 to 19, threads":              {[]string{strings.Replace(server, "INFO", "WARNING", 1) + "Server memory limit (2147483649) reached. "}, LogCounts{MemoryLimit: 1}},
		"14 to 19, limit_time_cpu": {[]string{server + "Worker (17797) CPU time limit (60) reached. ",
			failed + "Worker (17797) Exception occured, exiting... ", "Traceback (most recent call last):", "Exception: CPU time limit exceeded."}, LogCounts{CPULimit: 1, Ended: 1, Errors: 1, Tracebacks: 1}},
		"14 to 19, limit_time_cpu, threads": {[]string{"CPU time limit exceeded! Shutting down immediately"}, LogCounts{CPULimit: 1}},
		"14 to 17, limit_time_real is said until the worker is gone": {[]string{failed + "WorkerHTTP (25613) timeout after 6s ", failed + "WorkerCron (25617) timeout after 6s ", failed + "WorkerHTTP (25613) timeout after 6s "},
			LogCounts{TimeLimit: 2, Ended: 2, Errors: 3}},
		"the same id a day later": {[]string{failed + "WorkerHTTP (25613) timeout after 6s ", strings.Replace(failed, "11-22", "11-23", 1) + "WorkerHTTP (25613) timeout after 6s "},
			LogCounts{TimeLimit: 2, Ended: 2, Errors: 2}},
		"14 to 19, limit_time_real, threads": {[]string{strings.Replace(server, "INFO", "WARNING", 1) + "Thread <Thread(odoo.service.http.request.139, started 139)> virtual real time limit (121/120s) reached. "}, LogCounts{TimeLimit: 1}},
		"16 to 19, limit_time_worker_cron":   {[]string{server + "WorkerCron (12) max age (3600s) reached. "}, LogCounts{AgeLimit: 1}},
		"14, a registry":                     {[]string{"2026-11-22 03:43:35,811 17747 INFO r14 odoo.modules.loading: Modules loaded. "}, LogCounts{Registries: 1}},
		"15 to 18, a registry": {[]string{"2026-11-22 03:43:35,811 17747 INFO r18 odoo.modules.loading: Modules loaded. ",
			"2026-11-22 03:43:35,911 17747 INFO r18 odoo.modules.registry: Registry loaded in 0.512s "}, LogCounts{Registries: 1, RegistrySeconds: 0.512}},
		"19, two registries": {[]string{"2026-11-22 03:43:35,911 17747 INFO r19 odoo.registry: Registry loaded in 0.512s ",
			"2026-11-22 03:43:35,911 17748 INFO r19 odoo.registry: Registry loaded in 1.000s "}, LogCounts{Registries: 2, RegistrySeconds: 1.512}},
		"limit_memory_hard, a chain of exceptions": {[]string{"2026-11-22 03:51:21,818 28479 ERROR r14 odoo.http: <class 'MemoryError'>: \"\" while evaluating", "\"x = 'a' * (2 * 10**9)\" ",
			"Traceback (most recent call last):", "MemoryError", "", "During handling of the above exception, another exception occurred:", "", "Traceback (most recent call last):", "MemoryError: no more"},
			LogCounts{MemoryFault: 1, Tracebacks: 1, Errors: 1}},
		"MemoryError with a request's figures behind it": {[]string{"2026-11-22 03:51:21,818 28479 ERROR r14 werkzeug: Error on request:", "Traceback (most recent call last):", "MemoryError - - -"},
			LogCounts{MemoryFault: 1, Tracebacks: 1, Errors: 1}},
		"the pool is full, twice": {[]string{"2026-11-22 03:51:21,818 1 ERROR r14 werkzeug: Error on request:", "Traceback (most recent call last):", "    raise PoolError('The Connection Pool Is Full')", "psycopg2.pool.PoolError: The Connection Pool Is Full - - -",
			"2026-11-22 03:51:21,819 2 WARNING r14 odoo.addons.base.models.ir_cron: odoo.sql_db.PoolError: The Connection Pool Is Full"}, LogCounts{PoolFull: 2, Tracebacks: 1, Errors: 1}},
		"PostgreSQL has no connection left": {[]string{"psycopg2.OperationalError: FATAL:  sorry, too many clients already"}, LogCounts{Refused: 1}},
		"nor any but its superusers'":       {[]string{"psycopg2.OperationalError: FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute"}, LogCounts{Refused: 1}},
		"nor any for the role":              {[]string{`psycopg2.OperationalError: FATAL:  too many connections for role "odoo"`}, LogCounts{Refused: 1}},
		"PgBouncer has none":                {[]string{"psycopg2.OperationalError: FATAL:  no more connections allowed (max_client_conn)"}, LogCounts{Refused: 1}},
		"a user's words are no event":       {[]string{"2026-11-22 03:51:21,819 2 INFO r14 odoo.addons.x: The Connection Pool Is Full, they said: sorry, too many clients already"}, LogCounts{}},
		"conflicts, the last try lost":      {[]string{conflictOf("SERIALIZATION_FAILURE, 4 tries left, try again in 0.5000 sec..."), conflictOf("DEADLOCK_DETECTED, retry 2/5 in 1.2500 sec..."), conflictOf("LOCK_NOT_AVAILABLE, maximum number of tries reached!")}, LogCounts{Conflicts: 3, Serialization: 1, Deadlocks: 1, Locks: 1, Exhausted: 1, RetrySleep: 1.75}},
	} {
		t.Run(what, func(t *testing.T) {
			if got := events(c.lines...); got != c.want {
				t.Errorf("\n got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func conflictOf(message string) string {
	return "2026-11-22 03:43:35,826 17797 INFO r14 odoo.service.model: " + message + " "
}

// A log that Odoo 14 wrote (Debian's, Python 3.9, PostgreSQL 15): workers,
// conflicts, limits hit on purpose, colours of a terminal, a full pool, too many
// clients. What grep counts in it is what the tally counts; texts of queries were
// shortened.
func TestRealLogOf14(t *testing.T) {
	f, err := os.Open("testdata/odoo-14.log")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var tally LogTally
	joiner := NewJoiner(at("2026-11-22 03:43:00.000"))
	var requests, ours, conflicts, slept = 0, 0, 0, 0.0
	for l, err := range NewParser(nil).Lines(f) {
		if err != nil {
			t.Fatal(err)
		}
		tally.Add(l)
		if r, ok := joiner.Add(l); ok {
			requests++
			conflicts += r.Tries - 1
			slept += r.Sleep
			if r.Arrival > 0 {
				ours++
			}
			if r.Queries == 0 || r.SQL < 0 || r.Other < r.Sleep {
				t.Errorf("%+v", r)
			}
		}
	}
	want := realCounts14
	if math.Abs(tally.RetrySleep-want.RetrySleep) > 1e-9 {
		t.Errorf("slept %v, want %v", tally.RetrySleep, want.RetrySleep)
	}
	want.RetrySleep = tally.RetrySleep
	if tally.LogCounts != want || !tally.Informed {
		t.Errorf("\n got %+v\nwant %+v", tally.LogCounts, want)
	}
	if conflicts+joiner.Pending()+joiner.Orphans != want.Conflicts {
		t.Errorf("%d conflicts of requests, %d pending, %d orphans", conflicts, joiner.Pending(), joiner.Orphans)
	}
	t.Logf("%d requests, %d with hr, %d untimed, %d conflicts, %.4f s slept", requests, ours, joiner.Untimed, conflicts, slept)
}

func TestUnwrapper(t *testing.T) {
	const line = `2026-11-21 19:21:11,650 3524 INFO o19 werkzeug: 127.0.0.1 - - [21/Nov/2026 19:21:11] "POST /a HTTP/1.1" 200 - 1 0.080 0.135`
	escaped := strings.ReplaceAll(line, `"`, `\"`)
	for what, c := range map[string]struct{ lines, want []string }{
		"not wrapped":                     {[]string{line, "", "{not json", `{"log": 3}`, "Traceback"}, []string{line, "", "{not json", `{"log": 3}`, "Traceback"}},
		"Docker's json-file":              {[]string{`{"log":"` + escaped + `\n","stream":"stderr","time":"2026-11-21T19:21:11.65Z"}`}, []string{line}},
		"with attributes, colours":        {[]string{`{"log":"\u001b[1mx\r\n","stream":"stdout","attrs":{"a":"b"},"time":"2026-11-21T19:21:11.65Z"}`}, []string{"\x1b[1mx\r"}},
		"pieces of two streams":           {[]string{`{"log":"a1","stream":"stderr"}`, `{"log":"b\n","stream":"stdout"}`, `{"log":"a2","stream":"stderr"}`, `{"log":"a3\n","stream":"stderr"}`}, []string{"b", "a1a2a3"}},
		"CRI":                             {[]string{"2026-11-21T19:21:11.650123456Z stderr F " + line, "2026-11-21T19:21:11.650123456+01:00 stdout F", "2026-11-21T19:21:11Z stdout F x"}, []string{line, "", "x"}},
		"CRI, pieces":                     {[]string{"2026-11-21T19:21:11.650123456Z stderr P " + line[:40], "2026-11-21T19:21:11.7Z stdout F other", "2026-11-21T19:21:11.650123457Z stderr F " + line[40:]}, []string{"other", line}},
		"a line that only looks like CRI": {[]string{"2026-11-21T19:21:11.650123456Z stderr X a", "2026-11-21T19:21:11.650123456Z system F a b c d"}, []string{"2026-11-21T19:21:11.650123456Z stderr X a", "2026-11-21T19:21:11.650123456Z system F a b c d"}},
	} {
		t.Run(what, func(t *testing.T) {
			var u Unwrapper
			var got []string
			for _, l := range c.lines {
				if text, ok := u.Line(l); ok {
					got = append(got, text)
				}
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	wrapped := `{"log":"` + escaped + `\n","stream":"stderr","time":"2026-11-21T19:21:11.65Z"}` + "\n"
	for l, err := range NewParser(nil).Lines(strings.NewReader(wrapped)) {
		if err != nil || l.Kind != RequestLine || l.Queries != 1 {
			t.Errorf("%+v, %v", l, err)
		}
	}
}

func TestAPieceWithoutEndIsBounded(t *testing.T) {
	var u Unwrapper
	piece := `{"log":"` + strings.Repeat("x", maxLine/3) + `","stream":"stderr"}`
	for range 10 {
		if text, ok := u.Line(piece); ok {
			t.Fatalf("%d bytes of a line without end", len(text))
		}
	}
	if text, ok := u.Line(`{"log":"\n","stream":"stderr"}`); !ok || len(text) > maxLine {
		t.Errorf("%t, %d bytes", ok, len(text))
	}
}

func TestParseLogSource(t *testing.T) {
	for text, want := range map[string]LogSource{
		"/var/log/odoo/odoo.log":    {Path: "/var/log/odoo/odoo.log"},
		"./docker:x":                {Path: "./docker:x"},
		"docker:hub_odoo-1":         {Container: "hub_odoo-1"},
		"kubernetes:erp/hub-0":      {Kubernetes: &KubernetesLog{Namespace: "erp", Pod: "hub-0"}},
		"kubernetes:erp/hub-0/odoo": {Kubernetes: &KubernetesLog{Namespace: "erp", Pod: "hub-0", Container: "odoo"}},
	} {
		if got, err := ParseLogSource(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "docker:", "docker:-f", "docker:a b", "kubernetes:", "kubernetes:hub", "kubernetes:-n/x", "kubernetes:a/b/c/d", "kubernetes:a//c"} {
		var input *headroom.InputError
		if _, err := ParseLogSource(text); !errors.As(err, &input) || input.Do == "" {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzUnwrapper(f *testing.F) {
	f.Add(`{"log":"a\n","stream":"stderr"}`, "2026-11-21T19:21:11.650123456Z stderr P x")
	f.Fuzz(func(t *testing.T, a, b string) {
		var u Unwrapper
		for _, line := range []string{a, b, a} {
			if text, ok := u.Line(line); !ok && text != "" {
				t.Errorf("%q is not complete and gives %q", line, text)
			}
		}
	})
}

// realCounts14 are from grep and awk on testdata/odoo-14.log.
var realCounts14 = LogCounts{
	Conflicts: 1, Serialization: 1, RetrySleep: 0.7537,
	Started: 15, Ended: 12, // 7 exited, 2 failed, 3 killed
	MemoryLimit: 2, MemoryFault: 1, CPULimit: 2, TimeLimit: 3,
	Registries: 2, PoolFull: 1, Refused: 1, Tracebacks: 5, Errors: 10,
}
