package odoo

import (
	"math"
	"strings"
)

// LogEvent is what a line says beside requests and conflicts: that a worker
// came or went, or that a limit was hit.
type LogEvent uint8

// The events. The wordings are those of odoo/service/server.py, odoo/sql_db.py
// and odoo/modules/registry.py (odoo/orm/registry.py in 19), which are the same
// from 14 to 19 where nothing else is said. Those of 14 and 19 were read in
// running servers, those of 15 to 18 in their source.
const (
	NoEvent        LogEvent = iota
	WorkerStarted           // Worker WorkerHTTP (12) alive
	WorkerEnded             // Worker (12) exiting. request_count: 3, registry count: 1.
	WorkerFailed            // Worker (12) Exception occurred, exiting...; 14 misspells it
	RequestLimit            // limit_request: Worker (12) max request (8192) reached.
	MemoryLimit             // limit_memory_soft: Worker (12) virtual memory limit (2147483649) reached.
	MemoryFault             // limit_memory_hard: a traceback that ends in MemoryError
	CPULimit                // limit_time_cpu: Worker (12) CPU time limit (60) reached.
	TimeLimit               // limit_time_real: WorkerHTTP (12) timeout after 120s; its master kills it
	AgeLimit                // limit_time_worker_cron, from 16: WorkerCron (12) max age (3600s) reached.
	RegistryLoaded          // Registry loaded in 1.103s; from 15
	ModulesLoaded           // Modules loaded.; once with each registry, and all that 14 says of it
	PoolFull                // db_maxconn: PoolError: The Connection Pool Is Full
	Refused                 // PostgreSQL or its pooler has no connection left
	TracebackStart          // Traceback (most recent call last):
)

// parseEvent reads the line of a logger that is not werkzeug.
func parseEvent(l *LogLine, message string) {
	switch {
	case l.Logger == "odoo.service.server":
		l.Event, l.Subject = serverEvent(message)
	case l.Logger == "odoo.modules.loading" && strings.HasPrefix(message, "Modules loaded."):
		l.Event = ModulesLoaded
	case strings.HasSuffix(l.Logger, ".registry"): // odoo.modules.registry, from 19 odoo.registry
		if s, ok := strings.CutPrefix(message, "Registry loaded in "); ok {
			s, _, _ = strings.Cut(s, "s")
			if took := seconds(s); !math.IsNaN(took) {
				l.Event, l.Took = RegistryLoaded, took
			}
		}
	}
	if l.Event == NoEvent && severe(l.Level) {
		l.Event = exceptionEvent(message)
	}
}

func severe(level string) bool {
	return level == "ERROR" || level == "CRITICAL" || level == "WARNING"
}

// serverEvent reads what the master and the workers say of themselves, and the
// process that it is about.
func serverEvent(message string) (LogEvent, int) {
	message = strings.TrimRight(message, " ")
	pid := 0
	if open := strings.IndexByte(message, '('); open >= 0 {
		text, _, _ := strings.Cut(message[open+1:], ")")
		pid = max(0, digits(text))
	}
	switch {
	case strings.HasPrefix(message, "Worker ") && strings.HasSuffix(message, ") alive"):
		return WorkerStarted, pid
	case strings.HasPrefix(message, "Worker (") && strings.Contains(message, ") exiting."):
		return WorkerEnded, pid
	case strings.HasPrefix(message, "Worker ") && strings.Contains(message, "Exception occur"):
		return WorkerFailed, pid
	case strings.Contains(message, ") max request ("):
		return RequestLimit, pid
	case strings.Contains(message, "virtual memory limit"): // a worker's, or that of the bus: "LongPolling …" to 15, then "Gevent …"
		return MemoryLimit, pid
	case strings.HasPrefix(message, "Server memory limit ("): // threads, workers = 0
		return MemoryLimit, 0
	case strings.Contains(message, " CPU time limit ("):
		return CPULimit, pid
	case strings.Contains(message, ") timeout after "):
		return TimeLimit, pid
	case strings.Contains(message, "virtual real time limit ("): // threads
		return TimeLimit, 0
	case strings.Contains(message, " max age ("):
		return AgeLimit, pid
	}
	return exceptionEvent(message), 0
}

// noConnection are how PostgreSQL and PgBouncer say that there is no connection left.
var noConnection = [...]string{
	"sorry, too many clients already", "remaining connection slots are reserved",
	"too many connections for ", // role "x", database "x"
	"no more connections allowed",
}

// exceptionEvent reads the last line of a traceback, or a message that quotes it.
func exceptionEvent(text string) LogEvent {
	switch {
	case strings.HasPrefix(text, "Traceback (most recent call last)"):
		return TracebackStart
	case text == "MemoryError" || strings.HasPrefix(text, "MemoryError:") || strings.HasPrefix(text, "MemoryError "):
		return MemoryFault
	case strings.Contains(text, "The Connection Pool Is Full"):
		return PoolFull
	case strings.HasPrefix(text, "CPU time limit exceeded! Shutting down"): // threads, on the standard error
		return CPULimit
	}
	for _, r := range noConnection {
		if strings.Contains(text, r) {
			return Refused
		}
	}
	return NoEvent
}
