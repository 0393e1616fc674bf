package attack

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/headroom-erp/headroom"
)

const (
	flushAt    = 256                    // records
	flushAfter = 100 * time.Millisecond // of the oldest
	maxMessage = 200                    // runes of an error
)

// A book writes down results, some at a time.
type book struct {
	engine  *Engine
	records headroom.Records
}

// keep records results until there are no more, and ticks each second.
func (b *book) keep(results <-chan *vegeta.Result) {
	flush := time.NewTicker(flushAfter)
	defer flush.Stop()
	second := time.NewTimer(time.Second - b.engine.now())
	defer second.Stop()
	for {
		select {
		case r, ok := <-results:
			if !ok {
				return
			}
			b.result(r)
		case <-flush.C:
			b.flush()
		case <-second.C:
			b.engine.tick()
			second.Reset(time.Second - b.engine.now()%time.Second)
		}
	}
}

// result records one. A result without an arrival of ours is a hit that was
// refused a target after a stop: nothing was sent.
func (b *book) result(r *vegeta.Result) {
	e := b.engine
	id := arrivalOf(r.URL)
	e.mu.Lock()
	f, ok := e.flights[id]
	delete(e.flights, id)
	e.mu.Unlock()
	if !ok {
		return
	}
	process := e.header.Processes[f.arrival.Process]
	outcome, message := judge(process.Scenario, r, e.cut.Err() != nil)
	message = clean(message, f.secrets)
	end := max(f.start, r.Timestamp.Add(r.Latency).Sub(e.at)).Seconds()
	j := e.journey(f.arrival, f.start, f.blocked)
	j.End, j.Outcome, j.Error = end, outcome, message
	b.add(headroom.Records{
		Journeys: []headroom.Journey{j},
		Requests: []headroom.Request{{
			Arrival: j.Arrival, N: 1, Site: j.Site, Process: j.Process, Step: f.step, Protocol: "http",
			Start: j.Start, End: end, Outcome: outcome, Status: int(r.Code), Bytes: int64(r.BytesIn), Error: message,
		}},
	})
	e.mu.Lock()
	e.tally.finish(outcome)
	e.mu.Unlock()
}

// journey is the arrival's, up to its start.
func (e *Engine) journey(a headroom.Arrival, start, blocked time.Duration) headroom.Journey {
	return headroom.Journey{
		Arrival: a.ID, Site: e.header.Sites[a.Site].Name, Process: e.header.Processes[a.Process].Name, Kind: a.Kind,
		Scheduled: a.At.Seconds(), Start: start.Seconds(),
		TimerLate: (start - a.At - blocked).Seconds(), VUWait: blocked.Seconds(),
	}
}

// abandon records what was never sent: arrivals that waited for a worker, and
// those whose time had not come. The latter have no delay.
func (e *Engine) abandon(g *gate, b *book) {
	now := e.now()
	e.mu.Lock()
	waiting := e.queue
	e.queue = nil
	e.mu.Unlock()
	for _, d := range waiting {
		b.abort(e.journey(d.arrival, now, d.blocked+now-d.ready))
	}
	for n := g.passed; ; n++ {
		a, ok := g.replay.arrival(n)
		if !ok {
			return
		}
		start := max(now, a.At)
		b.abort(e.journey(a, start, start-a.At))
	}
}

func (b *book) abort(j headroom.Journey) {
	j.End, j.Outcome, j.Error = j.Start, headroom.Aborted, "the run ended before it was sent"
	b.engine.mu.Lock()
	b.engine.tally.failed++
	b.engine.mu.Unlock()
	b.add(headroom.Records{Journeys: []headroom.Journey{j}})
}

func (b *book) add(r headroom.Records) {
	b.records.Journeys = append(b.records.Journeys, r.Journeys...)
	b.records.Requests = append(b.records.Requests, r.Requests...)
	if len(b.records.Journeys) >= flushAt {
		b.flush()
	}
}

func (b *book) flush() {
	if len(b.records.Journeys) == 0 {
		return
	}
	if err := b.engine.options.Recorder.Record(b.records); err != nil {
		b.engine.fail(fmt.Errorf("attack: record: %w", err))
	}
	b.records = headroom.Records{} // the recorder may keep what it was given
}

// judge tells how a request ended. An order page that leads elsewhere (Odoo
// sends whoever may not see the order to the login) is a refusal.
func judge(scenario string, r *vegeta.Result, cut bool) (headroom.Outcome, string) {
	code := int(r.Code)
	switch {
	case code == 0 && cut && strings.Contains(r.Error, "context canceled"):
		return headroom.Aborted, "the run ended before the answer"
	case code == 0 && (strings.Contains(r.Error, "Client.Timeout") || strings.Contains(r.Error, "deadline exceeded")):
		return headroom.Timeout, r.Error
	case code == 0:
		return headroom.Unreachable, r.Error
	case code >= 500:
		return headroom.Fault, r.Error
	case code >= 400:
		return headroom.BusinessError, r.Error
	case code >= 300:
		return headroom.BusinessError, fmt.Sprintf("HTTP %d: sent on to %s", code, pathOf(r.Headers))
	case scenario == Portal && (code != http.StatusOK || len(r.Body) == 0):
		return headroom.BusinessError, fmt.Sprintf("HTTP %d without an order page", code)
	case scenario == Shop && (code != http.StatusOK || len(r.Body) == 0):
		return headroom.BusinessError, fmt.Sprintf("HTTP %d without a page of the shop", code)
	}
	return headroom.OK, ""
}

// pathOf is where a redirect leads, without the query: that holds the address
// that was asked for, and so the token.
func pathOf(h http.Header) string {
	u, err := url.Parse(h.Get("Location"))
	if err != nil || u.Path == "" {
		return "another page"
	}
	return u.Path
}

var (
	// net/http's errors begin so, with the whole URL.
	inURL   = regexp.MustCompile(`(?:Get|Post) "[^"]*": `)
	inQuery = regexp.MustCompile(`access_token=[^&\s"]*`)
)

// clean takes URLs and secrets out of a message, and shortens it.
func clean(message string, secrets []string) string {
	message = inURL.ReplaceAllString(message, "")
	message = inQuery.ReplaceAllString(message, "access_token=•••")
	for _, s := range secrets {
		if s != "" {
			message = strings.ReplaceAll(message, s, "•••")
		}
	}
	if r := []rune(message); len(r) > maxMessage {
		message = string(r[:maxMessage]) + "…"
	}
	return message
}

// A tally counts for the ticks; the engine's lock guards it.
type tally struct {
	started, done, failed int
	late                  *hdr.Histogram // microseconds
}

// newTally keeps lateness to three digits, up to an hour.
func newTally() *tally { return &tally{late: hdr.New(1, time.Hour.Microseconds(), 3)} }

func (t *tally) start(late time.Duration) {
	t.started++
	// Within bounds by the clamp, so that there is no error.
	_ = t.late.RecordValue(min(max(0, late.Microseconds()), time.Hour.Microseconds()))
}

func (t *tally) finish(o headroom.Outcome) {
	t.done++
	if o != headroom.OK {
		t.failed++
	}
}

// tick tells how it goes to whoever listens now.
func (e *Engine) tick() {
	e.mu.Lock()
	t := headroom.Tick{T: e.now().Seconds(), Started: e.tally.started, Done: e.tally.done, Failed: e.tally.failed,
		Active: e.tally.started - e.tally.done, LateP99: float64(e.tally.late.ValueAtQuantile(99)) / 1e6}
	e.mu.Unlock()
	select {
	case e.ticks <- t:
	default: // slow readers miss ticks
	}
}
