package child

import (
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"go.k6.io/k6/metrics"

	"github.com/headroom-erp/headroom"
)

// maxMessage bounds a recorded message, in bytes.
const maxMessage = 300

// An Entry is a finished request, a finished journey or what happened to a
// document, on its way to the output. It is a container of samples that holds
// none, so that nothing unique ever becomes a tag. A request travels as soon
// as it is answered: a killed process loses no more than its last moment.
type Entry struct {
	Journey  *headroom.Journey
	Request  *headroom.Request
	Document *headroom.DocumentEvent
}

var _ metrics.SampleContainer = Entry{}

// GetSamples is what k6's own metrics see of an entry: nothing.
func (Entry) GetSamples() []metrics.Sample { return nil }

// An Instance is one process instance on its way: an arrival and the journey
// that it becomes. One goroutine at a time has it.
type Instance struct {
	Header  *headroom.Header
	Arrival headroom.Arrival
	Journey headroom.Journey
	// Attempt is how often the journey has begun, from 1.
	Attempt int
	// Timeout bounds each request; 0 leaves it to the client.
	Timeout time.Duration

	n   int // requests so far
	end []func()
	out chan<- metrics.SampleContainer
}

// AtEnd calls f when the journey has ended, however it did.
func (i *Instance) AtEnd(f func()) { i.end = append(i.end, f) }

// NewInstance starts the record of an arrival, which goes to out.
func NewInstance(h *headroom.Header, a headroom.Arrival, out chan<- metrics.SampleContainer) *Instance {
	return &Instance{
		Header: h, Arrival: a, out: out,
		Journey: headroom.Journey{
			Arrival: a.ID, Site: h.Sites[a.Site].Name, Process: h.Processes[a.Process].Name,
			Kind: a.Kind, Scheduled: a.At.Seconds(),
		},
	}
}

// Try begins an attempt, number k from 1, by a gateway that retries so (nil
// for everybody else).
func (i *Instance) Try(k int, retry *headroom.Retry) {
	i.Attempt = k
	if retry != nil {
		i.Journey.Attempts = k
		i.Timeout = time.Duration(retry.Timeout * float64(time.Second))
	}
}

// Process is the arrival's process.
func (i *Instance) Process() headroom.ScheduledProcess { return i.Header.Processes[i.Arrival.Process] }

// Site is the arrival's site.
func (i *Instance) Site() headroom.ScheduledSite { return i.Header.Sites[i.Arrival.Site] }

// HR is the value of the hr parameter of the journey's next request: "a19.2".
func (i *Instance) HR() string {
	b := strconv.AppendUint(append(make([]byte, 0, 32), 'a'), i.Arrival.ID, 10)
	return string(strconv.AppendInt(append(b, '.'), int64(i.n+1), 10))
}

// Add records a finished request; identity, number and names are filled in.
func (i *Instance) Add(r headroom.Request) {
	i.n++
	r.Arrival, r.N = i.Arrival.ID, i.n
	r.Site, r.Process = i.Journey.Site, i.Journey.Process
	r.Error = Shorten(r.Error)
	i.out <- Entry{Request: &r}
}

// Document records that work on a document became possible, or is done.
func (i *Instance) Document(at float64, kind string, id int64, done bool) {
	d := headroom.DocumentEvent{T: at, Site: i.Journey.Site, Kind: kind, Document: id, Done: done, Arrival: i.Arrival.ID}
	if !done {
		d.Due = i.Arrival.Due.Seconds()
	}
	i.out <- Entry{Document: &d}
}

// OutcomeOf is the outcome of a journey, or of an attempt, whose script
// returned err and that was not cut off.
func OutcomeOf(err error) headroom.Outcome {
	var f *Failure
	switch {
	case err == nil:
		return headroom.OK
	case errors.As(err, &f):
		return f.Outcome
	}
	return headroom.BusinessError // the script itself threw: what it found was not what it can work with
}

// End records the journey, with what its script returned. Interrupted says
// that the run cut it off.
func (i *Instance) End(at float64, err error, interrupted bool) {
	j := &i.Journey
	j.End, j.Outcome = at, OutcomeOf(err)
	var f *Failure
	switch {
	case err == nil:
	case interrupted:
		j.Outcome, j.Error = headroom.Aborted, "the run ended"
	case errors.As(err, &f):
		j.Error = Shorten(f.Message)
	default:
		j.Error = Shorten("script: " + err.Error())
	}
	if j.Outcome == headroom.NothingToDo {
		j.Error = ""
	}
	for _, f := range i.end {
		f()
	}
	i.out <- Entry{Journey: j}
}

// Abandon records a journey that never began. Its Start is when it was given
// up, or its scheduled time if that had not come.
func (i *Instance) Abandon() {
	i.Journey.End, i.Journey.Outcome, i.Journey.Error = i.Journey.Start, headroom.Aborted, "the run ended"
	i.out <- Entry{Journey: &i.Journey}
}

// A Failure ends a journey with an outcome. Scripts see it as an exception.
type Failure struct {
	Outcome headroom.Outcome
	Message string
}

func (f *Failure) Error() string { return fmt.Sprintf("%s: %s", f.Outcome, f.Message) }

// Shorten cuts a message to what is recorded, at a rune's boundary.
func Shorten(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	cut := maxMessage
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
