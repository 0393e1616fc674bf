package results

import (
	"math"
	"math/bits"

	"github.com/headroom-erp/headroom"
)

// requestKey is what a client's request and its line in the log share.
type requestKey struct {
	arrival uint64
	n       int
}

// A serverLog holds the lines of a run by request: 64 bytes each and 16 to 32
// for finding it, none of which the garbage collector has to look at. A map of
// records would take four times that, and a long run has millions.
type serverLog struct {
	chunks [][]logLine // of chunkLines each, so that growing copies nothing
	lines  int
	slots  []uint64             // open addressing: half of the hash, and the index of a line + 1; 0 is empty
	odd    map[requestKey]*line // lines with numbers that no log should hold
	texts  []string             // paths and databases
	ids    map[string]uint32    // in texts
	unused int                  // lines that nobody took
}

const chunkLines = 1 << 14

// A logLine is a headroom.ServerRequest with its texts by id.
type logLine struct {
	end, sql, other, sleep float64
	arrival                uint64
	path, database         uint32
	n, pid, queries        int32
	tries                  uint16
	status                 int16 // negated and less 1 once it is taken
}

// A line that does not fit into a logLine.
type line struct {
	headroom.ServerRequest
	used bool
}

func newServerLog() *serverLog {
	return &serverLog{slots: make([]uint64, 1<<10), odd: map[requestKey]*line{}, ids: map[string]uint32{}}
}

// add keeps a line, in place of an earlier one of the same request, and says
// whether there was one.
func (l *serverLog) add(s *headroom.ServerRequest) (again bool) {
	key := requestKey{s.Arrival, s.N}
	packed, fits := l.pack(s)
	at := l.find(key)
	odd := l.odd[key]
	again = at != nil || odd != nil
	if !again {
		l.unused++
	}
	switch {
	case !fits || odd != nil:
		// Once odd, always odd: a request has one line.
		if at != nil {
			at.tries, at.status = oddTries, 0
		}
		l.odd[key] = &line{ServerRequest: *s}
	case at != nil:
		*at = packed
	default:
		l.append(packed)
	}
	return again
}

// oddTries marks a packed line that an odd one replaced.
const oddTries = math.MaxUint16

func (l *serverLog) append(p logLine) {
	if l.lines%chunkLines == 0 {
		l.chunks = append(l.chunks, make([]logLine, 0, chunkLines))
	}
	last := len(l.chunks) - 1
	l.chunks[last] = append(l.chunks[last], p)
	l.lines++
	if 2*l.lines > len(l.slots) {
		l.slots = make([]uint64, 2*len(l.slots))
		for i := range l.lines {
			l.enter(i)
		}
		return
	}
	l.enter(l.lines - 1)
}

func (l *serverLog) line(i int) *logLine { return &l.chunks[i/chunkLines][i%chunkLines] }

// enter makes line i findable.
func (l *serverLog) enter(i int) {
	p := l.line(i)
	hash := hashOf(p.arrival, int(p.n))
	slot := l.slot(hash)
	for l.slots[slot] != 0 {
		slot = (slot + 1) & (len(l.slots) - 1)
	}
	l.slots[slot] = hash<<32 | uint64(i+1)
}

// hashOf mixes the bits as SplitMix64 does.
func hashOf(arrival uint64, n int) uint64 {
	h := arrival + uint64(n)*0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// slot is where the search for a hash begins: its high bits; the low half is in
// the slot itself, so that lines of other requests need not be looked at.
func (l *serverLog) slot(hash uint64) int { return int(hash >> (64 - bits.Len(uint(len(l.slots)-1)))) }

func (l *serverLog) find(key requestKey) *logLine {
	hash := hashOf(key.arrival, key.n)
	slot := l.slot(hash)
	for l.slots[slot] != 0 {
		if uint32(l.slots[slot]>>32) == uint32(hash) {
			if p := l.line(int(uint32(l.slots[slot]) - 1)); p.arrival == key.arrival && int(p.n) == key.n {
				return p
			}
		}
		slot = (slot + 1) & (len(l.slots) - 1)
	}
	return nil
}

// take copies the line of a request into s, and says whether there is one and
// whether it was taken before.
func (l *serverLog) take(key requestKey, s *headroom.ServerRequest) (found, used bool) {
	p := l.find(key)
	if p == nil || p.tries == oddTries {
		odd := l.odd[key]
		if odd == nil {
			return false, false
		}
		used, odd.used = odd.used, true
		*s = odd.ServerRequest
	} else {
		if used = p.status < 0; !used {
			p.status = -p.status - 1
		}
		*s = l.unpack(p)
	}
	if !used {
		l.unused--
	}
	return true, used
}

// pack says whether the line's numbers fit.
func (l *serverLog) pack(s *headroom.ServerRequest) (p logLine, fits bool) {
	for _, v := range [...]int{s.N, s.PID, s.Queries} {
		if v != int(int32(v)) {
			return p, false
		}
	}
	if s.Tries < 0 || s.Tries >= oddTries || s.Status < 0 || s.Status >= math.MaxInt16 {
		return p, false
	}
	return logLine{end: s.End, sql: s.SQL, other: s.Other, sleep: s.Sleep, arrival: s.Arrival, path: l.id(s.Path),
		database: l.id(s.Database), n: int32(s.N), pid: int32(s.PID), queries: int32(s.Queries),
		tries: uint16(s.Tries), status: int16(s.Status)}, true
}

func (l *serverLog) unpack(p *logLine) headroom.ServerRequest {
	status := p.status
	if status < 0 {
		status = -status - 1
	}
	return headroom.ServerRequest{End: p.end, PID: int(p.pid), Database: l.texts[p.database], Arrival: p.arrival, N: int(p.n),
		Path: l.texts[p.path], Status: int(status), Queries: int(p.queries), SQL: p.sql, Other: p.other,
		Tries: int(p.tries), Sleep: p.sleep}
}

func (l *serverLog) id(text string) uint32 {
	id, ok := l.ids[text]
	if !ok {
		id = uint32(len(l.texts))
		l.ids[text] = id
		l.texts = append(l.texts, text)
	}
	return id
}
