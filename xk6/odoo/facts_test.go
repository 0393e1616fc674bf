package odoo

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// give has the virtual user serve an arrival, at its k-th attempt.
func (s *stage) give(a headroom.Arrival, k int, retry *headroom.Retry) *child.Instance {
	i := child.NewInstance(&s.header, a, s.out)
	i.Try(k, retry)
	s.root.child.Assign(vuID, i)
	return i
}

func TestTheSiteIsWhatWasSeeded(t *testing.T) {
	s := newStage(t, "order", "jsonrpc")
	for script, want := range map[string]any{
		`erp.site().name + erp.site().database`:                                               "hubdb",
		`JSON.stringify([erp.site().products, erp.site().codes, erp.site().partners])`:        `[[11,12,13],["A","B","C"],[21,22]]`,
		`erp.site().vendor + erp.site().stock_location + erp.site().pick_type`:                int64(31 + 8 + 44),
		`erp.site().two_step && erp.site().carrier === 0`:                                     true,
		`Array.isArray(erp.site().products) && erp.site().products.slice(1).join()`:           "12,13",
		`erp.site().products[3] === undefined && erp.site().products.indexOf(13)`:             int64(2),
		`erp.site() === erp.site()`:                                                           true,
		`JSON.stringify(erp.site()).includes("geheim")`:                                       false,
		`erp.version.done_field + erp.version.picked + erp.version.major`:                     "quantitytrue19",
		`try { "use strict"; erp.site().products.push(1) } catch (e) { "cannot be changed" }`: "cannot be changed",
	} {
		if got := s.run(t, script); got != want {
			t.Errorf("%s is %v, want %v", script, got, want)
		}
	}
	s.run(t, `erp.jsonrpc.call("read", "product.product", "read", [erp.site().products, erp.site().codes])`)
	if !strings.Contains(s.body, `"args":[[11,12,13],["A","B","C"]]`) {
		t.Errorf("a list of the site was sent as %s", s.body)
	}
}

func TestWhatAnArrivalTells(t *testing.T) {
	s := newStage(t, "order", "jsonrpc")
	const look = `JSON.stringify([erp.arrival().kind, erp.arrival().due, erp.arrival().attempt])`
	s.give(headroom.Arrival{ID: 1, Kind: headroom.Closed}.Journey(3, time.Second), 1, nil)
	if got := s.run(t, look); got != `["closed",null,1]` {
		t.Errorf("an operator's journey is %v", got)
	}
	if got := s.run(t, `erp.arrival().id`); got != int64(3<<32+1) {
		t.Errorf("its id is %v", got)
	}
	s.give(headroom.Arrival{ID: 2, Kind: headroom.Batched, Due: 90 * time.Second}, 1, nil)
	if got := s.run(t, look); got != `["batched",90,1]` {
		t.Errorf("a document is %v", got)
	}
}

func TestASecondAttemptIsTheSameDocument(t *testing.T) {
	s := newStage(t, "bi_report", "sql")
	const draw = `JSON.stringify([erp.arrival().lines, erp.arrival().below(1000000)]) + "|" + erp.arrival().attempt`
	a := headroom.Arrival{ID: 7, Seed: 99, Kind: headroom.Batched}
	i := s.give(a, 1, &headroom.Retry{Attempts: 3})
	first := s.run(t, draw).(string)
	i.Try(2, &headroom.Retry{Attempts: 3})
	second := s.run(t, draw).(string)
	if strings.TrimSuffix(first, "|1") != strings.TrimSuffix(second, "|2") {
		t.Errorf("first %s, then %s", first, second)
	}
}

func TestTheGatewaysPatienceIsATimeout(t *testing.T) {
	s := newStage(t, "order", "jsonrpc")
	release := make(chan struct{})
	defer close(release)
	s.hold = release
	s.root.child.Begin(time.Now())
	s.give(headroom.Arrival{ID: 8, Kind: headroom.Batched}, 1, &headroom.Retry{Attempts: 2, Timeout: 0.05})
	_, err := s.rt.RunString(`erp.jsonrpc.call("create", "sale.order", "create", [{}])`)
	var f *child.Failure
	if !errors.As(err, &f) || f.Outcome != headroom.Timeout {
		t.Errorf("threw %v", err)
	}
	if r := s.request(t); r.Outcome != headroom.Timeout || r.End-r.Start < 0.04 || r.End-r.Start > 5 {
		t.Errorf("recorded %+v", r)
	}
}

func TestDocumentsAreReleasedAndDone(t *testing.T) {
	s := newStage(t, "order", "jsonrpc")
	s.give(headroom.Arrival{ID: 9, Due: time.Minute}, 1, nil)
	s.root.child.Begin(time.Now().Add(-3 * time.Second))
	s.run(t, `erp.released("delivery", 41); erp.done("receipt", 42)`)
	for _, want := range []headroom.DocumentEvent{
		{Site: "hub", Kind: "delivery", Document: 41, Due: 60, Arrival: 9},
		{Site: "hub", Kind: "receipt", Document: 42, Done: true, Arrival: 9},
	} {
		got := *(<-s.out).(child.Entry).Document
		if got.T < 3 || got.T > 60 {
			t.Errorf("happened at %v s", got.T)
		}
		got.T = 0
		if got != want {
			t.Errorf("recorded %+v, want %+v", got, want)
		}
	}
	for _, script := range []string{`erp.released("delivery")`, `erp.done("", 4)`, `erp.released("delivery", false)`} {
		if _, err := s.rt.RunString(script); err == nil {
			t.Errorf("%s passes", script)
		}
	}
}

func TestMessagesAreKeptSinceTheLast(t *testing.T) {
	s := newStage(t, "order", "jsonrpc")
	if got := s.run(t, `[erp.since("despatch"), erp.since("despatch", 7), erp.since("despatch", 5), erp.since("despatch"), erp.since("other")].join()`); got != "0,7,7,7,0" {
		t.Errorf("got %v", got)
	}
	other := s.root.NewModuleInstance(s.vu).(*module) // another virtual user
	if id, err := other.since("despatch", nil); err != nil || id != 7 {
		t.Errorf("another virtual user sees %d, %v", id, err)
	}
	if _, err := s.rt.RunString(`erp.since("despatch", "9")`); err == nil {
		t.Error("a text passes for an id")
	}
}

// What one journey has in hand no other gets, until it ends.
func TestHoldsEndWithTheJourney(t *testing.T) {
	s := newStage(t, "order", "jsonrpc")
	if got := s.run(t, `[erp.hold("transfer", 7), erp.hold("transfer", 7), erp.hold("transfer", 8), erp.hold("shelf", 7)].join()`); got != "true,true,true,true" {
		t.Errorf("got %v", got)
	}
	h := &s.root.holds
	h.held[held{"hub", "transfer", 9}] = 1 << 40 // another journey's
	if got := s.run(t, `erp.hold("transfer", 9)`); got != false {
		t.Errorf("a colleague's transfer: %v", got)
	}
	i, _, err := (s.root.NewModuleInstance(s.vu).(*module)).serving()
	if err != nil {
		t.Fatal(err)
	}
	i.End(1, nil, false)
	<-s.out
	if len(h.held) != 1 {
		t.Errorf("after the journey's end these are held: %v", h.held)
	}
}

func TestWhoActs(t *testing.T) {
	s := newStage(t, "order", "jsonrpc")
	if got := s.run(t, `erp.user().id + erp.user().login`); got != "7ann" {
		t.Errorf("got %v", got)
	}
}

// Two companies in one database: each call says in which it works.
func TestACompanySitesCallsSayTheCompany(t *testing.T) {
	s := newStage(t, "order", "jsonrpc")
	s.header.Sites = append(s.header.Sites, headroom.ScheduledSite{Name: "dock", Database: "db"})
	p := *s.root.ready.Load()
	hub := p.seeded.Sites["hub"]
	hub.Company = 3
	var err error
	if p.places, err = places(&s.header, headroom.Seeded{Sites: map[string]headroom.SeededSite{"hub": hub}}); err != nil {
		t.Fatal(err)
	}
	s.root.ready.Store(&p)
	for script, want := range map[string]string{
		`erp.jsonrpc.call("a", "m", "x")`:                                            `"context":{"allowed_company_ids":[3]}`,
		`erp.jsonrpc.call("a", "m", "x", [], {context: {lang: "de_DE"}, limit: 1})`:  `"context":{"allowed_company_ids":[3],"lang":"de_DE"},"limit":1`,
		`erp.jsonrpc.call("a", "m", "x", [], {context: {allowed_company_ids: [1]}})`: `"context":{"allowed_company_ids":[1]}`,
	} {
		if s.run(t, script); !strings.Contains(s.body, want) {
			t.Errorf("%s sent %s", script, s.body)
		}
	}
	if got := within(nil, nil); got != nil {
		t.Errorf("a site with a database of its own gets %v", got)
	}
}
