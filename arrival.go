package headroom

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"
)

// Kind says how an arrival enters the system.
type Kind uint8

// The kinds of arrivals.
const (
	Open      Kind = iota // comes when it comes, and waits for nobody
	Batched               // one document of a batch; goes through its lane's few connections
	Scheduled             // comes at a set time, as a cron does, and waits for nobody
	Closed                // an operator logs on, and until Until begins a journey, pauses, begins the next
)

func (k Kind) String() string {
	switch k {
	case Open:
		return "open"
	case Batched:
		return "batched"
	case Scheduled:
		return "scheduled"
	case Closed:
		return "closed"
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// An Arrival is one process instance that is to happen, known before the run
// starts, or one operator's shift, whose journeys are made by Journey. Sizes
// and products of its document follow from Seed alone.
type Arrival struct {
	ID      uint64        // from 1, unique in a run, in order of At; below 1<<32 in a schedule
	At      time.Duration // since the run's start, which is the start of the lead-in
	Until   time.Duration // for Closed: no journey begins at or after it
	Due     time.Duration // when its document is to be done; 0: it has no due time
	Seed    uint64
	User    uint32 // index into its site's users
	Process uint16 // index into Header.Processes
	Site    uint16 // index into Header.Sites
	Lane    uint16 // index into Header.Lanes, for Batched
	Kind    Kind
}

// ScheduledProcess is a process as engines need to know it.
type ScheduledProcess struct {
	Name       string   `json:"name"`
	Scenario   string   `json:"scenario"`
	Engine     string   `json:"engine"` // "k6" or "attack"
	Lines      Lines    `json:"lines"`
	Popularity *float64 `json:"popularity,omitempty"` // exponent of Zipf's law for its products; nil: the catalogue's
	ThinkTime  float64  `json:"think_time,omitempty"` // seconds, mean of an operator's pause
	ThinkSCV   float64  `json:"think_scv,omitempty"`  // its squared coefficient of variation; 0 is a constant
}

// ScheduledSite is a site as engines need to know it.
type ScheduledSite struct {
	Name     string `json:"name"`
	Database string `json:"database"`
	Users    int    `json:"users"`
}

// A Lane is a partner's connection limit, and what it does about failures.
type Lane struct {
	Name        string `json:"name"`
	Connections int    `json:"connections"`
	Retry       *Retry `json:"retry,omitempty"`
}

// A Span is a named part of the run, such as a peak, in seconds since the
// run's start.
type Span struct {
	Name string  `json:"name"`
	From float64 `json:"from"`
	To   float64 `json:"to"`
	// Sites that have it at this time; empty: all.
	Sites []string `json:"sites,omitempty"`
}

// Header stands before the arrivals of a schedule.
type Header struct {
	Plan      string             `json:"plan"`
	Seed      uint64             `json:"seed"`
	Scale     float64            `json:"scale"`
	WindowAt  time.Time          `json:"window_at"` // what the calendar said when the window begins
	LeadIn    float64            `json:"lead_in"`   // seconds before the window
	Window    float64            `json:"window"`    // seconds
	Shortened bool               `json:"shortened"` // the window is less than the peaks it stands for; rates are real
	Sites     []ScheduledSite    `json:"sites"`
	Processes []ScheduledProcess `json:"processes"`
	Lanes     []Lane             `json:"lanes"`
	Spans     []Span             `json:"spans"` // the peaks that fall into the run
	Catalogue Catalogue          `json:"catalogue"`
}

// Laws are the laws by which processes choose products, in the order of
// Processes, over n >= 1 products.
func (h Header) Laws(n int) []Popularity {
	common := NewPopularity(n, h.Catalogue.Popularity)
	laws := make([]Popularity, len(h.Processes))
	for i, p := range h.Processes {
		laws[i] = common
		if p.Popularity != nil {
			laws[i] = NewPopularity(n, *p.Popularity)
		}
	}
	return laws
}

// Duration is the length of lead-in and window in seconds.
func (h Header) Duration() float64 { return h.LeadIn + h.Window }

// A Schedule is every arrival of a run, in order of At. Arrivals may be ranged
// over more than once, and is never all in memory.
type Schedule interface {
	Header() Header
	Arrivals() iter.Seq2[Arrival, error]
}

const recordSize = 56

// maxHeader bounds the header line that ReadSchedule accepts, in bytes.
const maxHeader = 16 << 20

// WriteSchedule writes a schedule: the header as one line of JSON, then 56
// bytes an arrival, little-endian.
func WriteSchedule(w io.Writer, s Schedule) error {
	bw := bufio.NewWriterSize(w, 1<<16)
	h, err := json.Marshal(s.Header())
	if err != nil {
		return fmt.Errorf("headroom: schedule header: %w", err)
	}
	if _, err := bw.Write(append(h, '\n')); err != nil {
		return err
	}
	var buf [recordSize]byte
	for a, err := range s.Arrivals() {
		if err != nil {
			return err
		}
		a.encode(&buf)
		if _, err := bw.Write(buf[:]); err != nil {
			return err
		}
	}
	return bw.Flush()
}

func (a Arrival) encode(b *[recordSize]byte) {
	le := binary.LittleEndian
	le.PutUint64(b[0:], a.ID)
	le.PutUint64(b[8:], uint64(a.At))
	le.PutUint64(b[16:], a.Seed)
	le.PutUint32(b[24:], a.User)
	le.PutUint16(b[28:], a.Process)
	le.PutUint16(b[30:], a.Site)
	le.PutUint16(b[32:], a.Lane)
	b[34] = byte(a.Kind)
	clear(b[35:40])
	le.PutUint64(b[40:], uint64(a.Until))
	le.PutUint64(b[48:], uint64(a.Due))
}

func decodeArrival(b *[recordSize]byte) Arrival {
	le := binary.LittleEndian
	return Arrival{
		ID: le.Uint64(b[0:]), At: time.Duration(le.Uint64(b[8:])), Seed: le.Uint64(b[16:]),
		User: le.Uint32(b[24:]), Process: le.Uint16(b[28:]), Site: le.Uint16(b[30:]),
		Lane: le.Uint16(b[32:]), Kind: Kind(b[34]),
		Until: time.Duration(le.Uint64(b[40:])), Due: time.Duration(le.Uint64(b[48:])),
	}
}

// ReadSchedule reads the header; the arrivals are read from r while they are
// ranged over, once.
func ReadSchedule(r io.Reader) (Header, iter.Seq2[Arrival, error], error) {
	br := bufio.NewReaderSize(r, 1<<16)
	line, err := readLine(br)
	if err != nil {
		return Header{}, nil, fmt.Errorf("headroom: schedule header: %w", err)
	}
	var h Header
	if err := json.Unmarshal(line, &h); err != nil {
		return Header{}, nil, fmt.Errorf("headroom: schedule header: %w", err)
	}
	return h, func(yield func(Arrival, error) bool) {
		var buf [recordSize]byte
		for {
			_, err := io.ReadFull(br, buf[:])
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Arrival{}, fmt.Errorf("headroom: schedule is cut short: %w", err))
				return
			}
			a := decodeArrival(&buf)
			if int(a.Process) >= len(h.Processes) || int(a.Site) >= len(h.Sites) ||
				(a.Kind == Batched && int(a.Lane) >= len(h.Lanes)) {
				yield(Arrival{}, fmt.Errorf("headroom: arrival %d names a process, site or lane that the schedule does not have", a.ID))
				return
			}
			if !yield(a, nil) {
				return
			}
		}
	}, nil
}

func readLine(br *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := br.ReadSlice('\n')
		line = append(line, part...)
		if err == nil {
			return line, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		if len(line) > maxHeader {
			return nil, fmt.Errorf("longer than %d bytes", maxHeader)
		}
	}
}
