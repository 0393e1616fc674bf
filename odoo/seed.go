package odoo

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/headroom-erp/headroom"
)

// Seeding says what Seed is to create, and where.
//
// What Seed makes carries a name of its own, which is how it is found again,
// by the next seeding and by Clean, and told from everybody else's:
//
//	products             default_code HR00001…, name "Headroom product HR00001"
//	customers, vendors   headroom-customer-00001…, headroom-vendor, headroom-vendor-00002…
//	users                headroom-u01@SITE.example…, headroom-tech@SITE.example
//	sale orders          client_order_ref headroom-order-00001…, headroom-delivery-00001… (picked), headroom-portal-01…
//	purchase orders      partner_ref headroom-receipt-00001…
//	bins                 headroom-bin-001… below the stock location
//	carrier, webhook     "Headroom carrier" (its product: HEADROOM-CARRIER), headroom-webhook
//	companies            the plan's name, company_registry "headroom"
//
// Supplier prices, reordering rules, putaway rules and stock have no name:
// they are those of these products and vendors. A name is written by the same
// call that makes the record, so that there is no moment at which a seeding
// that is killed leaves something that nobody finds.
type Seeding struct {
	Client     *Client
	AdminLogin headroom.Login // an administrator's, with password
	Plan       headroom.Plan  // its catalogue and its processes
	Site       headroom.Site  // its database, company and users
	// Groups are the external ids of the groups that the users get; none: those
	// of all who sell, pick, buy and invoice.
	Groups []string
	// Technical adds a user of the settings group, who triggers scheduled jobs,
	// as the last login.
	Technical bool
	// TwoStep has goods go over an input and an output area, also where no
	// process of ours needs it: one of the user's may.
	TwoStep bool
	// Seed decides the documents of the starting backlog.
	Seed uint64
	// Keys makes JSON-2 keys for logins of a database; nil: no keys.
	Keys func(ctx context.Context, database string, logins []string) (map[string]headroom.Secret, error)
	// Progress is told what happens, in a few words; nil: nobody is.
	Progress func(string)
	// Parallel is how many calls are under way at once; 0 means 2.
	Parallel int
	// Rand is where passwords and tokens come from; nil: crypto/rand.
	Rand io.Reader
	// Now is the clock of the progress and of the calls' sizes; nil: time.Now.
	Now func() time.Time
}

// Database is the tenant of a site.
func Database(site headroom.Site) string { return site.Tenant() }

// Seed makes one site ready for load: master data, opening stock, users with
// new passwords, the starting backlog, portal orders, a webhook. What exists
// already is found by its name and kept, so that seeding twice leaves one of
// each, stock back at its opening quantity and the backlog at its planned
// size. Seeding that was stopped at any moment goes on where it was when it is
// called again. The logins are in the order of user index. Wrong credentials,
// a missing module or a missing right is an *headroom.InputError.
func Seed(ctx context.Context, in Seeding) (headroom.SeededSite, []headroom.Login, error) {
	s, err := newSeeder(ctx, in)
	if err != nil {
		return headroom.SeededSite{}, nil, err
	}
	type step = func(context.Context) error
	// The steps of a stage do not wait for each other. Those of later stages
	// stand on what earlier ones made.
	for _, stage := range [][]step{
		{s.checkModules},
		{s.checkRights},
		{s.company},
		{s.warehouse},
		{s.bins},
		{s.products, s.partners, s.users},
		{s.openingStock, s.supply, s.putaways, s.shop, s.carrier, s.keys, s.webhook},
		{s.openSales, s.openReceipts},
		{s.portal}, // not beside the others: orders that are confirmed at once lose conflicts over stock
	} {
		if err := s.together(ctx, stage); err != nil {
			return headroom.SeededSite{}, nil, err
		}
	}
	return s.site, s.logins, nil
}

// A seeder seeds one site, or cleans one database; the steps of Seed fill site
// and logins.
type seeder struct {
	Seeding
	*Session
	dialect  Dialect
	needs    needs
	optional map[string]bool // installed modules
	context  map[string]any  // of every call
	slots    chan struct{}   // of the calls that may be under way
	site     headroom.SeededSite
	vendors  []int64
	logins   []headroom.Login
	picked   bool // goods have left the shelves

	telling sync.Mutex
}

// quiet keeps Odoo from writing a message, an activity and a follower for each
// record: master data comes by import, where nobody is told either. It halves
// the time of a product. Odoo 14 to 18 would ask before an order is cancelled
// whether to send a mail.
func quiet() map[string]any {
	return map[string]any{"tracking_disable": true, "mail_create_nolog": true, "mail_notrack": true, "mail_create_nosubscribe": true,
		"disable_cancel_warning": true}
}

// newSeeder logs in.
func newSeeder(ctx context.Context, in Seeding) (*seeder, error) {
	version, err := in.Client.Version(ctx)
	if err != nil {
		return nil, err
	}
	if err := version.Check(); err != nil {
		return nil, err
	}
	session, err := in.Client.Login(ctx, JSONRPC, in.Site.Tenant(), in.AdminLogin)
	if err != nil {
		return nil, err
	}
	s := &seeder{Seeding: in, Session: session, dialect: version.Dialect(), needs: needsOf(in.Plan, in.Site), context: quiet()}
	s.needs.twoStep = s.needs.twoStep || in.TwoStep
	s.site.Database = in.Site.Tenant()
	if s.Rand == nil {
		s.Rand = rand.Reader
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if len(s.Groups) == 0 {
		s.Groups = userGroups
	}
	parallel := s.Parallel
	if parallel <= 0 {
		parallel = 2
	}
	s.slots = make(chan struct{}, parallel)
	return s, nil
}

// together runs steps beside each other and returns the first error, having
// told the others to stop.
func (s *seeder) together(ctx context.Context, steps []func(context.Context) error) error {
	if len(steps) == 1 {
		return steps[0](ctx)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make(chan error, len(steps))
	for _, step := range steps {
		go func() { errs <- step(ctx) }()
	}
	var first error
	for range steps {
		if err := <-errs; err != nil && first == nil {
			first = err
			cancel()
		}
	}
	return first
}

func (s *seeder) tell(format string, args ...any) {
	if s.Progress == nil {
		return
	}
	s.telling.Lock()
	defer s.telling.Unlock()
	s.Progress(fmt.Sprintf("seeding %s: ", s.Site.Name) + fmt.Sprintf(format, args...))
}
