package attack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/headroom-erp/headroom"
)

// The scenarios that this engine runs. Each is a journey of one step.
const (
	Portal  = "portal"
	Webhook = "webhook"
	Shop    = "shop"
)

// The names of steps.
const (
	stepPage    = "page"    // of Portal
	stepPost    = "post"    // of Webhook
	stepList    = "list"    // of Shop, where a visit is one of two: the list of products,
	stepProduct = "product" // or one of them
)

// listShare is the share of the web shop's visits that look at the list of
// products; the others look at one product.
const listShare = 1.0 / 3

// errStopped is what vegeta hears instead of a target after a stop.
var errStopped = errors.New("attack: stopped")

// A flight is an arrival that was sent.
type flight struct {
	arrival headroom.Arrival
	start   time.Duration // since the run's start
	blocked time.Duration // of its delay, what was a wait for a worker
	step    string
	secrets []string // what its URL holds and no record may
}

// target is vegeta's Targeter: the next arrival that is due. It notes when,
// rather than vegeta's own time stamp, which belongs to the hit: between two
// workers hit and target may be swapped.
func (e *Engine) target(t *vegeta.Target) error {
	select {
	case <-e.stopping:
		return errStopped
	default:
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.queue) == 0 {
		return errStopped // each hit has its arrival: the gate queued it first
	}
	d := e.queue[0]
	e.queue = e.queue[1:]
	var f flight
	*t, f = e.request(d.arrival)
	f.start = e.now()
	f.blocked = d.blocked + f.start - d.ready
	e.flights[d.arrival.ID] = f
	e.tally.start(f.start - d.arrival.At)
	return nil
}

// request is the HTTP request that an arrival makes, all drawn from its seed.
func (e *Engine) request(a headroom.Arrival) (vegeta.Target, flight) {
	process, site := e.header.Processes[a.Process], e.sites[a.Site]
	t := vegeta.Target{Header: http.Header{
		"User-Agent":      {e.options.UserAgent},
		"X-Odoo-Database": {e.header.Sites[a.Site].Database},
	}}
	f := flight{arrival: a}
	hr := "hr=a" + strconv.FormatUint(a.ID, 10) + ".1"
	base := strings.TrimRight(e.options.URLs[e.header.Sites[a.Site].Database], "/")
	switch process.Scenario {
	case Shop:
		t.Method = http.MethodGet
		path, step := e.page(a, process, site)
		t.URL = base + path + "?" + hr
		f.step = step
		return t, f
	case Portal:
		o := site.PortalOrders[a.Rand().IntN(len(site.PortalOrders))]
		token := url.QueryEscape(o.Token)
		t.Method = http.MethodGet
		t.URL = fmt.Sprintf("%s/my/orders/%d?access_token=%s&%s", base, o.ID, token, hr)
		f.step, f.secrets = stepPage, []string{o.Token, token}
		return t, f
	}
	t.Method = http.MethodPost
	t.URL = base + site.Webhook + "?" + hr
	t.Header.Set("Content-Type", "application/json")
	t.Body = e.message(a, process, site)
	f.step, f.secrets = stepPost, []string{site.Webhook, strings.TrimPrefix(site.Webhook, "/web/hook/")}
	return t, f
}

// page is the path that a visitor of the web shop opens: the list, or the page
// of a product by its popularity.
func (e *Engine) page(a headroom.Arrival, p headroom.ScheduledProcess, s headroom.SeededSite) (path, step string) {
	if a.Rand().Float64() < listShare {
		return "/shop", stepList
	}
	a.Seed = ^a.Seed // the draw above decided; the product is drawn apart from it
	rank := a.Document(p.Lines, e.weights[a.Process])[0].Product
	return s.ShopPages[rank%len(s.ShopPages)], stepProduct
}

// message is what a webhook brings: which product of which arrival; and as the
// seeded rule on Odoo reads it, a reference to write on a partner.
func (e *Engine) message(a headroom.Arrival, p headroom.ScheduledProcess, s headroom.SeededSite) []byte {
	rank := a.Document(p.Lines, e.weights[a.Process])[0].Product
	m := struct {
		Arrival uint64 `json:"arrival"`
		Code    string `json:"code"`
		ID      int64  `json:"id"`
		Ref     string `json:"ref"`
	}{Arrival: a.ID, Code: s.Codes[rank%len(s.Codes)], ID: s.Partners[a.Rand().IntN(len(s.Partners))]}
	m.Ref = fmt.Sprintf("a%d %s", a.ID, m.Code)
	body, err := json.Marshal(m)
	if err != nil {
		panic("attack: " + err.Error()) // numbers and texts always encode
	}
	return body
}

// arrivalOf is the arrival that a URL of ours names; 0 for none.
func arrivalOf(raw string) uint64 {
	u, err := url.Parse(raw)
	if err != nil {
		return 0
	}
	id, ok := strings.CutSuffix(strings.TrimPrefix(u.Query().Get("hr"), "a"), ".1")
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || !ok {
		return 0
	}
	return n
}

func checkURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" ||
		u.User != nil || u.RawQuery != "" || strings.Trim(u.Path, "/") != "" {
		// What was given is not repeated: it may hold a password.
		return &headroom.InputError{What: "the target's address is not one", Do: `give it as "http://127.0.0.1:8069", without path or password`}
	}
	return nil
}

// checkSeeded checks that an arrival finds what it needs in its database, and
// remembers the database.
func (e *Engine) checkSeeded(a headroom.Arrival) error {
	process, database := e.header.Processes[a.Process], e.header.Sites[a.Site].Database
	site, ok := e.options.Seeded.Sites[e.header.Sites[a.Site].Name]
	missing := ""
	switch {
	case process.Scenario != Portal && process.Scenario != Webhook && process.Scenario != Shop:
		return &headroom.InputError{What: fmt.Sprintf("the engine %s does not run the scenario %q of process %q", Name, process.Scenario, process.Name)}
	case a.Kind == headroom.Closed || a.Kind == headroom.Batched:
		return &headroom.InputError{What: fmt.Sprintf("process %q has %s arrivals, which the engine %s does not offer", process.Name, a.Kind, Name),
			Do: "let it arrive by per_hour, by a peak or at set times"}
	case !ok:
		missing = "was not seeded"
	case process.Scenario == Shop && len(site.ShopPages) == 0:
		missing = "has no web shop pages"
	case process.Scenario == Portal && len(site.PortalOrders) == 0:
		missing = "has no order with an access token"
	case process.Scenario == Webhook && site.Webhook == "":
		missing = "has no webhook"
	case process.Scenario == Webhook && (len(site.Codes) == 0 || len(site.Partners) == 0):
		missing = "has no products or partners that a webhook could tell of"
	}
	if missing != "" {
		return &headroom.InputError{What: fmt.Sprintf("database %q %s, which process %q needs", database, missing, process.Name),
			Do: "seed it anew, or take the process out of the plan (webhooks need Odoo 17 or later, the web shop the module website_sale)"}
	}
	e.sites[a.Site] = site
	return nil
}
