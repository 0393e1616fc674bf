package headroom

import (
	"slices"
	"strings"
)

// A System is what both solvers solve; DESIGN calls it the door. A request of
// a class holds a worker of its pool from start to end, alternates between its
// stations (to the database DatabaseCalls times), and spends Delay holding the
// worker without a CPU.
type System struct {
	Stations []Station       `json:"stations"`
	Hosts    []Host          `json:"hosts,omitempty"`
	Pools    []Pool          `json:"pools,omitempty"`
	Pool     *Pool           `json:"pool,omitempty"` // short for one
	Classes  []Class         `json:"classes"`
	Journeys []SystemJourney `json:"journeys,omitempty"`
}

// Station is a CPU (processor sharing over its servers, which may be
// fractional).
//
// With a Host, Servers is a CPU quota on it, as control groups and Kubernetes'
// limits are: those at work there run each at full speed, or share the host's
// cores with those of the host's other stations, until Servers x Period CPU
// seconds are used up; then all of them stand still until the next period. So a
// quota of half a core is no slow core: short work is not stretched at all.
type Station struct {
	Name    string  `json:"name"`
	Servers float64 `json:"servers"`
	Host    string  `json:"host,omitempty"`   // one of System.Hosts
	Period  float64 `json:"period,omitempty"` // seconds; 0 means 0.1, Linux' own
	Slack   float64 `json:"slack,omitempty"`  // Quota.Slack, CPU seconds
}

// Host is a machine whose cores several stations share by quotas.
//
// Cores disturb each other (shared caches, two threads of one core): a job takes
//
//	(1 + Interference·busy) / (1 + Interference·Reference)
//
// times its demand, busy being the share of the other cores that are at work as
// well, and Reference that share where the demands were measured.
type Host struct {
	Name         string  `json:"name"`
	Cores        float64 `json:"cores"`
	Interference float64 `json:"interference,omitempty"` // 0: none
	Reference    float64 `json:"reference,omitempty"`    // 0 to 1
}

// Pool is a number of workers behind a listen backlog, first come first served.
type Pool struct {
	Name    string `json:"name"`
	Servers int    `json:"servers"`           // workers of each replica
	Backlog int    `json:"backlog,omitempty"` // of each replica; 0 = unbounded
	// Replicas are equal web hosts behind a proxy, each with Servers workers and
	// a backlog of its own; 0 means 1. A request goes to one of them by Balance and
	// stays there, whatever is free elsewhere.
	Replicas int    `json:"replicas,omitempty"`
	Balance  string `json:"balance,omitempty"` // round_robin (default), least_connections, random
	// RegistryLoad is what a worker's first request of a tenant costs it at the
	// class' home station, in seconds (Odoo loads the database's registry);
	// Registries is how many a worker keeps, the least recently used one is
	// dropped; 0: all.
	RegistryLoad float64 `json:"registry_load,omitempty"`
	Registries   int     `json:"registries,omitempty"`
	// RecycleAfter requests a worker ends and is started anew, which takes
	// RecycleTime seconds in which it serves nobody, and forgets its registries; 0: never.
	RecycleAfter int     `json:"recycle_after,omitempty"`
	RecycleTime  float64 `json:"recycle_time,omitempty"`
}

// Class is a kind of request. Its home is the first of the system's stations with
// demand, one named "database" only when there is no other; the others are called
// DatabaseCalls times (at least once where they have demand).
type Class struct {
	Name          string             `json:"name"`
	Pool          string             `json:"pool,omitempty"` // "" = the only pool; "none" = holds no worker (a direct database read)
	Demand        map[string]float64 `json:"demand"`         // seconds by station, of one try
	SCV           map[string]float64 `json:"scv,omitempty"`  // squared coefficient of variation by station; default 1
	DatabaseCalls float64            `json:"database_calls,omitempty"`
	Delay         float64            `json:"delay,omitempty"`        // seconds
	Overhead      float64            `json:"overhead,omitempty"`     // seconds of client and network outside of the worker, part of the response
	OverheadSCV   float64            `json:"overhead_scv,omitempty"` // squared coefficient of variation of Overhead; 0 = constant
	Conflict      *ConflictRule      `json:"conflict,omitempty"`
	// LineShare, 0 to 1, is the part of Demand that goes with the lines of the
	// journey's document: one of n lines demands 1 - LineShare + LineShare·n/Lines
	// times as much. Without a document it is Demand.
	LineShare float64 `json:"line_share,omitempty"`
	Lines     float64 `json:"lines,omitempty"` // mean lines, that Demand is for
	// OfQuantities says that LineShare and Lines are of the document's different
	// quantities (Quantities) in place of its lines: what is seen of a transfer that is taken.
	OfQuantities bool `json:"of_quantities,omitempty"`

	// Quantiles are the demand's distribution by station as it was measured, over
	// its mean: values at equally likely steps from the lowest to the highest (at
	// least 2, not falling, mean 1 after interpolation in straight lines). Where it
	// is given, SCV is what it says and a draw follows it; the analytic solver
	// takes SCV.
	Quantiles map[string][]float64 `json:"quantiles,omitempty"`
	// DelaySCV is the squared coefficient of variation of Delay; 0 = constant.
	DelaySCV float64 `json:"delay_scv,omitempty"`
	// Tenant is the database that the class works on; rows of a conflict group are
	// a tenant's own, and so is a registry. "" is the only one.
	Tenant string `json:"tenant,omitempty"`

	ArrivalRate float64 `json:"arrival_rate,omitempty"` // 1/s; open load
	Population  int     `json:"population,omitempty"`   // closed load
	ThinkTime   float64 `json:"think_time,omitempty"`   // seconds
	Every       float64 `json:"every,omitempty"`        // seconds between scheduled starts (a cron job); the first one after half of it
}

// ConflictRule says which rows a transaction changes, and when. At the
// fraction At of its work it touches rows of Group. It loses when another
// transaction committed one of them since its own start; where another holds
// one uncommitted it waits for that one's end first (but see SkipLocked). A loser sleeps
// uniform(0, 2^try) seconds in its worker and does its whole work again, 5
// tries in all (Odoo's rule).
//
// Without Documents, each try touches Rows rows of its own, drawn from
// Population rows. With Documents, the rows are the journey's document: the
// same ones in each of its tries and steps, so that who has the most wanted
// products loses again and again. Rows, Population and Popularity then stand
// for the documents of load that has none, such as that of an arrival rate.
type ConflictRule struct {
	Group      string  `json:"group"`
	Rows       float64 `json:"rows"`                 // mean
	Population float64 `json:"population"`           // from 1
	Popularity float64 `json:"popularity,omitempty"` // exponent of Zipf's law over Population; 0 = all rows are equally likely
	At         float64 `json:"at"`                   // 0 to 1
	Documents  bool    `json:"documents,omitempty"`
	// Intensity is how many rows are touched for each of the document's, by
	// Documents only; 0 means 1. Up to 1, each of them is touched with that
	// probability. Beyond 1 all are, and for n of them a Poisson number of mean
	// (Intensity-1)·n of others, drawn by the popularity of products.
	Intensity float64 `json:"intensity,omitempty"`
	// SkipLocked: a row that another transaction holds uncommitted is not waited
	// for. The transaction takes the next copy of it that it sees and nobody holds,
	// or makes one, which later transactions see. That is what Odoo 19 does with
	// its quants (SELECT … FOR NO KEY UPDATE SKIP LOCKED, else INSERT): only what was committed
	// between its start and its touch makes a transaction lose.
	SkipLocked bool `json:"skip_locked,omitempty"`
	// Also names further groups in which the same rows are touched as well, right
	// after Group's (a picked product leaves one place and comes to another). A
	// rival of any of them is a rival. By Documents only.
	Also []string `json:"also,omitempty"`
	// Again is the fraction of the work, 0 or at least At, at which the rows of Also are
	// touched once more; 0: never. By SkipLocked only: what others held the first time, and was skipped,
	// they may have committed by then. Odoo 19 reserves for the next transfer, late in a
	// transaction, what it brought to the place before.
	Again float64 `json:"again,omitempty"`
	// Queues: a row that another transaction holds is waited for and then taken,
	// whether that one committed or not; nobody loses. That is how Odoo 19 numbers
	// invoices without gaps.
	Queues bool `json:"queues,omitempty"`
}

// Family is what rules of one kind of rows have in common, wherever those are:
// the part of Group before a dot ("stock_quant" of "stock_quant.output").
func (r ConflictRule) Family() string {
	name, _, _ := strings.Cut(r.Group, ".")
	return name
}

// Meets says whether two rules have a group in common.
func (r ConflictRule) Meets(o ConflictRule) bool {
	for _, a := range append([]string{r.Group}, r.Also...) {
		if a == o.Group || slices.Contains(o.Also, a) {
			return true
		}
	}
	return false
}

// Touched is the mean number of rows that a transaction touches.
func (r ConflictRule) Touched() float64 {
	if !r.Documents || r.Intensity == 0 {
		return r.Rows
	}
	return r.Rows * r.Intensity
}

// SystemJourney is a sequence of requests by one customer.
type SystemJourney struct {
	Name        string       `json:"name"`
	Steps       []SystemStep `json:"steps"`
	ArrivalRate float64      `json:"arrival_rate,omitempty"`
	Population  int          `json:"population,omitempty"`
	ThinkTime   float64      `json:"think_time,omitempty"` // between journeys of a closed customer
	ThinkSCV    *float64     `json:"think_scv,omitempty"`  // of ThinkTime; default 1
	// Makes is the kind of document that the end of such a journey releases, Takes
	// the kind that one needs: it takes the oldest, with its products, and does
	// them. Where there is none, the journey is its first step only (the search
	// that found nothing), and counts as none.
	Makes string `json:"makes,omitempty"`
	Takes string `json:"takes,omitempty"`
}

// A Reconfiguration is something that happens to a system at a time: a pool or a
// station has so many servers from then on. Workers that are taken away finish
// what they do, unless Lost: then what they hold fails, and what waits before
// a lost replica with it.
type Reconfiguration struct {
	At      float64 `json:"at"` // seconds
	Pool    string  `json:"pool,omitempty"`
	Station string  `json:"station,omitempty"`
	Servers float64 `json:"servers"` // of a pool: of all its replicas together, a whole number
	Lost    bool    `json:"lost,omitempty"`
}

// A Transient is a system, and what comes to it over time: `model transient`.
// It starts in the steady state of the system's own load, or of what Load says
// for t = 0, which are added.
type Transient struct {
	System
	Load    []LoadStep        `json:"load,omitempty"`
	Batches []Burst           `json:"batches,omitempty"`
	Changes []Reconfiguration `json:"changes,omitempty"`
	// Until is the end of the series in seconds; 0: until the drain is over.
	Until float64 `json:"until,omitempty"`
	Step  float64 `json:"step,omitempty"` // seconds between points of the series; 0: a hundredth of it
}

// A LoadStep is a class' additional arrival rate in a span of time.
type LoadStep struct {
	From        float64 `json:"from"` // seconds
	To          float64 `json:"to"`
	Class       string  `json:"class"`
	ArrivalRate float64 `json:"arrival_rate"` // 1/s
}

// A Burst is a number of requests at one moment.
type Burst struct {
	T     float64 `json:"t"` // seconds
	Class string  `json:"class"`
	Count int     `json:"count"`
}

// SystemStep is one request of a journey.
type SystemStep struct {
	Class     string  `json:"class"`
	ThinkTime float64 `json:"think_time,omitempty"` // seconds before each visit; mean
	Visits    float64 `json:"visits,omitempty"`     // mean number of requests; 0 means 1
	// EachQuantity says that there is a request for each different quantity of the
	// journey's document (Quantities). Visits is for a document that nobody knows, and for
	// the analytic solver.
	EachQuantity bool `json:"each_quantity,omitempty"`
}
