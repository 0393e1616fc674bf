package odoo

import (
	"strings"
	"time"
)

// LogCounts are counts of what a log says beside its requests.
type LogCounts struct {
	Conflicts     int     // lost tries, those that used up the last included
	Serialization int     // of them: SERIALIZATION_FAILURE
	Locks         int     // of them: LOCK_NOT_AVAILABLE
	Deadlocks     int     // of them: DEADLOCK_DETECTED
	Exhausted     int     // requests whose tries were used up
	RetrySleep    float64 // seconds that workers slept between tries

	Started      int // workers
	Ended        int // workers: exited, failed or killed at a limit
	RequestLimit int
	MemoryLimit  int
	MemoryFault  int
	CPULimit     int
	TimeLimit    int
	AgeLimit     int

	Registries      int     // loaded
	RegistrySeconds float64 // that it took
	PoolFull        int
	Refused         int // connections, by PostgreSQL or its pooler
	Tracebacks      int
	Errors          int // lines of level ERROR or CRITICAL
}

// A LogTally counts the lines of one log in their order. What a message of many
// lines says several times, as a chain of exceptions does, counts once. The zero
// value is ready; it is not safe for concurrent use.
type LogTally struct {
	LogCounts
	// Informed: a line of level INFO of one of Odoo's own loggers was there.
	// Conflict lines are of that level: where none is to be seen, they are hidden.
	Informed bool

	said    uint32 // events of the current message, a bit each
	loaded  int
	modules int // loaded for a registry: 14 says no more of it
	killed  map[int]time.Time
}

// killAgain: to 17 the master says that it kills a worker until the worker is
// gone; a process id is not given again so soon.
const killAgain = time.Minute

// Add takes the next line.
func (t *LogTally) Add(l LogLine) {
	if l.Kind == Continuation {
		t.event(l)
		return
	}
	t.said = 0
	if l.Level == "ERROR" || l.Level == "CRITICAL" {
		t.Errors++
	}
	if l.Level == "INFO" && (l.Logger == "odoo" || strings.HasPrefix(l.Logger, "odoo.")) {
		t.Informed = true
	}
	switch l.Kind {
	case ConflictLine:
		t.conflict(l)
		t.RetrySleep += l.Sleep
	case ExhaustedLine:
		t.conflict(l)
		t.Exhausted++
	default:
		t.event(l)
	}
}

func (t *LogTally) conflict(l LogLine) {
	t.Conflicts++
	switch l.Conflict {
	case "SERIALIZATION_FAILURE":
		t.Serialization++
	case "LOCK_NOT_AVAILABLE":
		t.Locks++
	case "DEADLOCK_DETECTED":
		t.Deadlocks++
	}
}

func (t *LogTally) event(l LogLine) {
	if l.Event == NoEvent || t.said&(1<<l.Event) != 0 {
		return
	}
	t.said |= 1 << l.Event
	switch l.Event {
	case WorkerStarted:
		t.Started++
	case WorkerEnded, WorkerFailed:
		t.Ended++
	case RequestLimit:
		t.RequestLimit++
	case MemoryLimit:
		t.MemoryLimit++
	case MemoryFault:
		t.MemoryFault++
	case CPULimit:
		t.CPULimit++
	case TimeLimit:
		t.kill(l)
	case AgeLimit:
		t.AgeLimit++
	case RegistryLoaded:
		t.loaded++
		t.RegistrySeconds += l.Took
		t.Registries = max(t.loaded, t.modules)
	case ModulesLoaded:
		t.modules++
		t.Registries = max(t.loaded, t.modules)
	case PoolFull:
		t.PoolFull++
	case Refused:
		t.Refused++
	case TracebackStart:
		t.Tracebacks++
	}
}

// kill counts a worker whose time is up once, however often it is said.
func (t *LogTally) kill(l LogLine) {
	if l.Subject > 0 {
		if at, again := t.killed[l.Subject]; again && l.Time.Sub(at) < killAgain {
			return
		}
		if t.killed == nil {
			t.killed = map[int]time.Time{}
		}
		t.killed[l.Subject] = l.Time
		t.Ended++ // it cannot say so itself
	}
	t.TimeLimit++
}
