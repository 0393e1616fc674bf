package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/cmd/headroom/internal/ground"
)

// TestAGatewaySendsNothingTwice: a proxy loses the answer to everything that a
// partner's gateway writes, though the ERP has done it. The gateway sends again,
// and each order is there once.
func TestAGatewaySendsNothingTwice(t *testing.T) {
	parts := []part{{"edi_order", 6, 0, 0, 0}}
	plan := warehouse(parts)
	s := raise(t, ground.ERP, plan)
	s.url = intercept(t, s.target.URL, func(_ *http.Request, body []byte, pass func() *httptest.ResponseRecorder) *httptest.ResponseRecorder {
		answer := pass()
		if bytes.Contains(body, []byte(">create<")) || bytes.Contains(body, []byte(">action_confirm<")) {
			answer = httptest.NewRecorder()
			answer.WriteHeader(http.StatusBadGateway)
		}
		return answer
	})
	m := sheetOf(t, plan, parts, 1)
	m.header.Lanes[0].Retry = &headroom.Retry{Attempts: 3, Backoff: 0.1}
	run := s.play(m)
	for j, err := range run.Journeys() {
		if err != nil {
			t.Fatal(err)
		}
		// The first attempt loses the answer to create, the second that to confirm.
		if j.Outcome != headroom.OK || j.Attempts != 3 {
			t.Errorf("journey %d: %s after %d attempts: %s", j.Arrival, j.Outcome, j.Attempts, j.Error)
		}
	}
	released := map[int64]bool{}
	for d, err := range run.Documents() {
		if err != nil {
			t.Fatal(err)
		}
		released[d.Document] = true
	}
	s.same("orders released", len(released), s.count("SELECT count(*) FROM sale_order WHERE client_order_ref LIKE 'EDI-%' AND state = 'sale'"))
	s.same("references", 6, s.count("SELECT count(DISTINCT client_order_ref) FROM sale_order WHERE client_order_ref LIKE 'EDI-%'"))
}

// TestALostClaimGoesOnToTheNext: whatever a picker claims, a colleague takes.
// The picker tries three and leaves; the seeded picks stay as they are.
func TestALostClaimGoesOnToTheNext(t *testing.T) {
	parts := []part{{"pick", 1, 0, 0, 0.01}}
	plan := warehouse(parts)
	s := raise(t, ground.ERP, plan)
	s.url = intercept(t, s.target.URL, func(r *http.Request, body []byte, pass func() *httptest.ResponseRecorder) *httptest.ResponseRecorder {
		answer := pass()
		if !strings.HasSuffix(r.URL.Path, "/stock.picking/write") {
			return answer
		}
		var call struct {
			Params struct {
				Args []any `json:"args"`
			} `json:"params"`
		}
		if err := json.Unmarshal(body, &call); err != nil || len(call.Params.Args) == 0 {
			t.Errorf("a claim that nobody understands: %s", body)
			return answer
		}
		s.admin("stock.picking", "write", call.Params.Args[0], map[string]any{"user_id": 1})
		return answer
	})
	run := s.play(sheetOf(t, plan, parts, 1))
	var did []string
	for r, err := range run.Requests() {
		if err != nil {
			t.Fatal(err)
		}
		did = append(did, r.Step)
	}
	if want := []string{"find", "claim", "moves", "claim", "moves", "claim", "moves"}; !slices.Equal(did, want) {
		t.Errorf("the picker did %v, want %v", did, want)
	}
	for j, err := range run.Journeys() {
		if err != nil {
			t.Fatal(err)
		}
		if j.Outcome != headroom.NothingToDo {
			t.Errorf("the journey ended %s: %s", j.Outcome, j.Error)
		}
	}
	if n := s.transfers(s.seeded.Sites["hub"].PickType); n != 0 {
		t.Errorf("%d picks are done, all of them were somebody else's", n)
	}
}

// TestAWaveThatFailsIsPutBack: the ERP fails at the end of a round. Its picks are
// nobody's again, so that whoever comes next finds them.
func TestAWaveThatFailsIsPutBack(t *testing.T) {
	parts := []part{{"order_entry", 3, 0, 0, 0}, {"wave", 1, 2, 0, 2.01}}
	plan := warehouse(parts)
	s := raise(t, ground.ERP, plan)
	pick := s.seeded.Sites["hub"].PickType
	seeded := s.count("SELECT count(*) FROM stock_picking WHERE picking_type_id = $1 AND state = 'assigned'", pick)
	s.url = intercept(t, s.target.URL, func(r *http.Request, _ []byte, pass func() *httptest.ResponseRecorder) *httptest.ResponseRecorder {
		if strings.HasSuffix(r.URL.Path, "/stock.picking.batch/action_done") {
			answer := httptest.NewRecorder()
			answer.WriteHeader(http.StatusBadGateway)
			return answer
		}
		return pass()
	})
	failed := 0
	for j, err := range s.play(sheetOf(t, plan, parts, 1)).Journeys() {
		if err != nil {
			t.Fatal(err)
		}
		if j.Process == "wave" && j.Outcome != headroom.OK && j.Outcome != headroom.NothingToDo {
			failed++
		}
	}
	if failed != 1 {
		t.Fatalf("%d rounds failed, want 1", failed)
	}
	s.same("picks that anybody can take", seeded+3, s.count("SELECT count(*) FROM stock_picking WHERE picking_type_id = $1 AND state = 'assigned' AND user_id IS NULL AND batch_id IS NULL", pick))
}

// intercept stands before a target. handle gets each request and decides what is
// answered; pass sends it on.
func intercept(t *testing.T, target string, handle func(r *http.Request, body []byte, pass func() *httptest.ResponseRecorder) *httptest.ResponseRecorder) string {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer := handle(r, body, func() *httptest.ResponseRecorder {
			r.Body = io.NopCloser(bytes.NewReader(body))
			recorder := httptest.NewRecorder()
			proxy.ServeHTTP(recorder, r)
			return recorder
		})
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()) // a client that left is the client's business
	}))
	t.Cleanup(server.Close)
	return server.URL
}
