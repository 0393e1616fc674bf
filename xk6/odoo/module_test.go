package odoo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/grafana/sobek"
	"github.com/jackc/pgx/v5/pgconn"
	"go.k6.io/k6/js/common"
	"go.k6.io/k6/lib"
	"go.k6.io/k6/metrics"

	"github.com/headroom-erp/headroom"
	rpc "github.com/headroom-erp/headroom/odoo"
	"github.com/headroom-erp/headroom/xk6/internal/child"
)

const vuID = 5

// A fakeVU is what k6 gives a module.
type fakeVU struct {
	ctx   context.Context
	rt    *sobek.Runtime
	state *lib.State // nil in the init context
}

func (v *fakeVU) Context() context.Context               { return v.ctx }
func (v *fakeVU) Events() common.Events                  { return common.Events{} }
func (v *fakeVU) InitEnv() *common.InitEnvironment       { return nil }
func (v *fakeVU) State() *lib.State                      { return v.state }
func (v *fakeVU) Runtime() *sobek.Runtime                { return v.rt }
func (v *fakeVU) RegisterCallback() func(f func() error) { panic("the module is synchronous") }

// A stage is one virtual user with the module as `erp`, and what it recorded.
type stage struct {
	root   *Root
	rt     *sobek.Runtime
	vu     *fakeVU
	out    chan metrics.SampleContainer
	header headroom.Header
	last   *http.Request // that the server saw
	body   string
	answer string // JSON of a result, or of an error when it begins with !
	url    string
	hold   chan struct{} // when not nil, calls wait for its end
}

func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if strings.HasPrefix(r.URL.Path, "/web/session/") {
		http.SetCookie(w, &http.Cookie{Name: "session_id", Value: "abc"})
		fmt.Fprint(w, `{"jsonrpc":"2.0","result":{"uid":7}}`)
		return
	}
	s.last, s.body = r, string(raw)
	if s.hold != nil {
		<-s.hold
		return
	}
	switch {
	case strings.HasPrefix(r.URL.Path, "/json/2/"):
		fmt.Fprint(w, s.answer)
	case strings.HasPrefix(s.answer, "!"):
		fmt.Fprintf(w, `{"jsonrpc":"2.0","error":{"message":"Odoo Server Error","data":%s}}`, s.answer[1:])
	default:
		fmt.Fprintf(w, `{"jsonrpc":"2.0","result":%s}`, s.answer)
	}
}

// conduct connects a Child to a parent that says setup.
func conduct(t *testing.T, setup headroom.ChildSetup) *child.Child {
	t.Helper()
	line, err := json.Marshal(headroom.ChildCommand{Setup: &setup})
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	go func() { _, _ = w.Write(line) }() // left open: the parent lives
	c := child.New()
	if err := c.Connect(r, io.Discard); err != nil {
		t.Fatal(err)
	}
	return c
}

func newStage(t *testing.T, scenario, protocol string) *stage {
	t.Helper()
	s := &stage{out: make(chan metrics.SampleContainer, 64), answer: "1"}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	s.header = headroom.Header{
		Sites:     []headroom.ScheduledSite{{Name: "hub", Database: "db", Users: 1}},
		Catalogue: headroom.Catalogue{Products: 3, Popularity: 1},
		Processes: []headroom.ScheduledProcess{{Name: "p", Scenario: scenario, Engine: "k6", Lines: headroom.Lines{Mean: 2, Max: 3}}},
	}
	setup := headroom.ChildSetup{
		Targets: map[string]string{"db": server.URL}, SeededFile: filepath.Join(t.TempDir(), "seeded.json"), LoginsFile: filepath.Join(t.TempDir(), "logins.json"),
		DSNs: map[string]string{"db": "postgres://u:geheim@127.0.0.1:1/db"}, Protocols: map[string]string{scenario: protocol},
	}
	write(t, setup, headroom.Seeded{Version: "19.0", Sites: map[string]headroom.SeededSite{
		"hub": {Products: []int64{11, 12, 13}, Codes: []string{"A", "B", "C"}, Partners: []int64{21, 22}, Vendor: 31, StockLocation: 8, PickType: 44, TwoStep: true,
			Webhook: "/web/hook/geheim", PortalOrders: []headroom.PortalOrder{{ID: 1, Token: "geheim"}}},
	}})
	s.root = New(conduct(t, setup))
	if err := s.prepare(); err != nil {
		t.Fatal(err)
	}
	s.vu = &fakeVU{ctx: t.Context(), rt: sobek.New()}
	s.rt = s.vu.rt
	s.rt.SetFieldNameMapper(common.FieldNameMapper{})
	if err := s.rt.Set("erp", s.root.NewModuleInstance(s.vu).Exports().Default); err != nil {
		t.Fatal(err)
	}
	s.vu.state = &lib.State{VUID: vuID}
	s.serve(19, 4711)
	return s
}

func write(t *testing.T, setup headroom.ChildSetup, seeded headroom.Seeded) {
	t.Helper()
	raw, err := json.Marshal(seeded)
	if err == nil {
		err = os.WriteFile(setup.SeededFile, raw, 0o600)
	}
	if err == nil {
		err = rpc.WriteLogins(setup.LoginsFile, headroom.Logins{"hub": {{Login: "ann", Password: "pw", Key: "k"}}})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func one(a headroom.Arrival) iter.Seq2[headroom.Arrival, error] {
	return func(yield func(headroom.Arrival, error) bool) { yield(a, nil) }
}

func (s *stage) prepare() error {
	_, err := s.root.Prepare(context.Background(), &s.header, one(headroom.Arrival{ID: 1}))
	return err
}

// serve gives the virtual user its next arrival.
func (s *stage) serve(id, seed uint64) {
	s.root.child.Assign(vuID, child.NewInstance(&s.header, headroom.Arrival{ID: id, Seed: seed}, s.out))
}

func (s *stage) run(t *testing.T, script string) any {
	t.Helper()
	v, err := s.rt.RunString(script)
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return v.Export()
}

// request is the next one that was recorded.
func (s *stage) request(t *testing.T) headroom.Request {
	t.Helper()
	select {
	case e := <-s.out:
		return *e.(child.Entry).Request
	default:
		t.Fatal("nothing was recorded")
		return headroom.Request{}
	}
}

func TestACallIsSentRecordedAndAnswered(t *testing.T) {
	s := newStage(t, "order", "jsonrpc")
	s.answer = `[{"id": 3, "ratio": 0.5, "whole": 2.0, "none": null, "names": ["a"]}]`
	got := s.run(t, `const r = erp.jsonrpc.call("create", "sale.order", "read", [[3], ["x"]], {limit: 5, f: 1.5});
		JSON.stringify([r, Array.isArray(r), r[0].id + 1, r[0].whole === 2])`)
	if got != `[[{"id":3,"ratio":0.5,"whole":2,"none":null,"names":["a"]}],true,4,true]` {
		t.Errorf("the script saw %v", got)
	}
	if q := s.last.URL.RawQuery; q != "hr=a19.1" {
		t.Errorf("query is %q", q)
	}
	if !strings.Contains(s.body, `"args":[[3],["x"]]`) || !strings.Contains(s.body, `"limit":5`) || !strings.Contains(s.body, `"f":1.5`) {
		t.Errorf("sent %s", s.body)
	}
	r := s.request(t)
	if r.Step != "create" || r.Protocol != "jsonrpc" || r.Outcome != headroom.OK || r.Status != 200 || r.Bytes == 0 || r.N != 1 || r.Arrival != 19 {
		t.Errorf("recorded %+v", r)
	}
	s.run(t, `erp.jsonrpc.call("confirm", "sale.order", "action_confirm", [[3]])`)
	if q := s.last.URL.RawQuery; q != "hr=a19.2" {
		t.Errorf("second query is %q", q)
	}
}

func TestAFailedCallThrowsItsOutcome(t *testing.T) {
	s := newStage(t, "order", "jsonrpc")
	s.answer = `!{"name": "odoo.exceptions.UserError", "message": "Not on a Friday."}`
	_, err := s.rt.RunString(`erp.jsonrpc.call("confirm", "sale.order", "action_confirm", [[3]])`)
	var f *child.Failure
	if !errors.As(err, &f) || f.Outcome != headroom.BusinessError || f.Message != "confirm: Not on a Friday." {
		t.Errorf("threw %v", err)
	}
	if r := s.request(t); r.Outcome != headroom.BusinessError || r.Error != "Not on a Friday." {
		t.Errorf("recorded %+v", r)
	}
	if got := s.run(t, `try { erp.jsonrpc.call("c", "m", "x") } catch (e) { String(e.message) }`); !strings.Contains(got.(string), "Not on a Friday.") {
		t.Errorf("a script that catches sees %v", got)
	}
}

func TestAnInterruptedCallIsAborted(t *testing.T) {
	s := newStage(t, "order", "jsonrpc")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.vu.ctx = ctx
	if _, err := s.rt.RunString(`erp.jsonrpc.call("confirm", "sale.order", "action_confirm", [[3]])`); err == nil {
		t.Error("the call came through")
	}
	if r := s.request(t); r.Outcome != headroom.Aborted {
		t.Errorf("recorded %+v", r)
	}
}

func TestJSON2TakesIDsAmongItsNames(t *testing.T) {
	s := newStage(t, "scan", "json2")
	s.answer = `true`
	if got := s.run(t, `erp.json2.call("touch", "sale.order", "write", {ids: [4, 5], vals: {a: 1}})`); got != true {
		t.Errorf("got %v", got)
	}
	if !strings.Contains(s.body, `"ids":[4,5]`) || !strings.Contains(s.body, `"vals":{"a":1}`) {
		t.Errorf("sent %s", s.body)
	}
	if _, err := s.rt.RunString(`erp.json2.call("touch", "sale.order", "write", {ids: ["x"]})`); err == nil {
		t.Error("an id that is no number was sent")
	}
}

func TestAnotherProtocolThanTheScenarios(t *testing.T) {
	s := newStage(t, "scan", "json2")
	_, err := s.rt.RunString(`erp.jsonrpc.call("x", "res.users", "read", [[1]])`)
	if err == nil || !strings.Contains(err.Error(), `scenario scan is known to speak "json2"`) {
		t.Errorf("got %v", err)
	}
}

func TestTheArrivalFollowsFromItsSeed(t *testing.T) {
	s := newStage(t, "order", "jsonrpc")
	const look = `JSON.stringify([erp.arrival().id, erp.arrival().process, erp.arrival().lines, erp.arrival().random(), erp.arrival().below(1000000)])`
	first := s.run(t, look)
	if second := s.run(t, look); first == second {
		t.Error("random numbers repeat within one arrival")
	}
	s.serve(20, 4712)
	if other := s.run(t, look); other == first {
		t.Error("another seed gives the same")
	}
	s.serve(19, 4711)
	if again := s.run(t, look); again != first {
		t.Errorf("the same seed gives %v, then %v", first, again)
	}
	if !strings.HasPrefix(first.(string), `[19,"p",[{"code":"`) {
		t.Errorf("looks like %v", first)
	}
	if _, err := s.rt.RunString(`erp.arrival().below(0)`); err == nil {
		t.Error("below(0) gives a number")
	}
}

func TestNothingToDo(t *testing.T) {
	s := newStage(t, "invoice", "jsonrpc")
	_, err := s.rt.RunString(`erp.nothingToDo()`)
	var f *child.Failure
	if !errors.As(err, &f) || f.Outcome != headroom.NothingToDo {
		t.Errorf("threw %v", err)
	}
}

func TestTheDatabaseIsANameWithoutSecret(t *testing.T) {
	s := newStage(t, "bi_report", "sql")
	if got := s.run(t, `erp.database()`).(string); got == "" || strings.Contains(got, "geheim") {
		t.Errorf("erp.database() is %q", got)
	}
	_, err := register(map[string]string{"db": "postgres://u:geheim@:port/"})
	if headroom.ExitCode(err) != headroom.ExitBadInput || strings.Contains(err.Error(), "geheim") {
		t.Errorf("a broken address gives %v", err)
	}
}

func TestStepsAreRecorded(t *testing.T) {
	s := newStage(t, "bi_report", "sql")
	if got := s.run(t, `erp.step("read", () => 42)`); got != int64(42) {
		t.Errorf("step returns %v", got)
	}
	if r := s.request(t); r.Step != "read" || r.Protocol != "sql" || r.Outcome != headroom.OK || r.N != 1 {
		t.Errorf("recorded %+v", r)
	}
	_, err := s.rt.RunString(`erp.step("read", () => { throw new Error("3 of 4 rows") })`)
	var f *child.Failure
	if !errors.As(err, &f) || f.Outcome != headroom.Fault || !strings.Contains(f.Message, "3 of 4 rows") {
		t.Errorf("threw %v", err)
	}
	if r := s.request(t); r.Outcome != headroom.Fault || r.N != 2 {
		t.Errorf("recorded %+v", r)
	}
	if _, err := s.rt.RunString(`erp.step("read")`); err == nil {
		t.Error("a step without a function passes")
	}
}

func TestOutcomesOfSQL(t *testing.T) {
	for _, c := range []struct {
		err  error
		want headroom.Outcome
	}{
		{&pgconn.PgError{Code: "40001"}, headroom.Conflict},
		{&pgconn.PgError{Code: "57014"}, headroom.Timeout},
		{&pgconn.PgError{Code: "57P01"}, headroom.Unreachable},
		{&pgconn.PgError{Code: "42P01"}, headroom.BusinessError},
		{&pgconn.PgError{Code: "53300"}, headroom.Fault},
		{context.DeadlineExceeded, headroom.Timeout},
		{&net.OpError{Op: "read", Err: io.ErrUnexpectedEOF}, headroom.Unreachable},
		{errors.New("odd"), headroom.Fault},
	} {
		if got := sqlOutcome(fmt.Errorf("read: %w", c.err)); got != c.want {
			t.Errorf("%v is %s, want %s", c.err, got, c.want)
		}
	}
}

func TestTooLittleWasSeeded(t *testing.T) {
	s := newStage(t, "order", "jsonrpc")
	s.header.Catalogue.Products = 4
	if err := s.prepare(); headroom.ExitCode(err) != headroom.ExitBadInput || !strings.Contains(err.Error(), "site hub") {
		t.Errorf("got %v", err)
	}
	s.header.Catalogue.Products = 3
	_, err := s.root.Prepare(t.Context(), &s.header, one(headroom.Arrival{User: 1}))
	if headroom.ExitCode(err) != headroom.ExitBadInput || !strings.Contains(err.Error(), "user number 2") {
		t.Errorf("a user without credentials: %v", err)
	}
}

func TestOutsideOfARun(t *testing.T) {
	s := newStage(t, "order", "jsonrpc")
	s.root.child.Assign(vuID, nil)
	if _, err := s.rt.RunString(`erp.arrival()`); err == nil || !strings.Contains(err.Error(), "headroom run") {
		t.Errorf("got %v", err)
	}
	s.vu.state = nil
	if _, err := s.rt.RunString(`erp.site()`); err == nil || !strings.Contains(err.Error(), "init context") {
		t.Errorf("got %v", err)
	}
}

func TestTheFirstRefusalIsTold(t *testing.T) {
	s := newStage(t, "order", "jsonrpc")
	logins := headroom.Logins{"hub": {{Login: "ann", Password: "pw"}}}
	var users []user
	for i := range uint32(50) {
		users = append(users, user{"hub", "db", i, rpc.JSONRPC}) // all but the first have no credentials
	}
	clients := map[string]*rpc.Client{"db": {URL: s.url, Transport: newDoor()}}
	for range 20 {
		if _, err := logIn(t.Context(), clients, users, logins); err == nil || !strings.Contains(err.Error(), "user number 2") {
			t.Fatalf("got %v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := logIn(ctx, clients, users[:1], logins); err == nil {
		t.Error("logged in after the end")
	}
}
