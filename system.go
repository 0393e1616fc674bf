package headroom

// A System is what both solvers solve; DESIGN calls it the door. A request of
// a class holds a worker of its pool from start to end, alternates between its
// stations (to the database DatabaseCalls times), and spends Delay holding the
// worker without a CPU.
type System struct {
	Stations []Station       `json:"stations"`
	Pools    []Pool          `json:"pools,omitempty"`
	Pool     *Pool           `json:"pool,omitempty"` // short for one
	Classes  []Class         `json:"classes"`
	Journeys []SystemJourney `json:"journeys,omitempty"`
}

// Station is a CPU (processor sharing over its servers, which may be
// fractional: a quota).
type Station struct {
	Name    string  `json:"name"`
	Servers float64 `json:"servers"`
}

// Pool is a number of workers behind a listen backlog, first come first served.
type Pool struct {
	Name    string `json:"name"`
	Servers int    `json:"servers"`
	Backlog int    `json:"backlog,omitempty"` // 0 = unbounded
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
	Delay         float64            `json:"delay,omitempty"`    // seconds
	Overhead      float64            `json:"overhead,omitempty"` // seconds of client and network outside of the worker, part of the response
	Conflict      *ConflictRule      `json:"conflict,omitempty"`

	ArrivalRate float64 `json:"arrival_rate,omitempty"` // 1/s; open load
	Population  int     `json:"population,omitempty"`   // closed load
	ThinkTime   float64 `json:"think_time,omitempty"`   // seconds
}

// ConflictRule says which rows a transaction changes, and when. At the
// fraction At of its work it touches Rows rows drawn from Population equally
// likely rows of Group. It loses when another transaction committed one of
// them since its own start; where another holds one uncommitted it waits for
// that one's end first. A loser sleeps uniform(0, 2^try) seconds in its worker
// and does its whole work again, 5 tries in all (Odoo's rule).
type ConflictRule struct {
	Group      string  `json:"group"`
	Rows       float64 `json:"rows"`
	Population float64 `json:"population"`
	At         float64 `json:"at"` // 0 to 1
}

// SystemJourney is a sequence of requests by one customer.
type SystemJourney struct {
	Name        string       `json:"name"`
	Steps       []SystemStep `json:"steps"`
	ArrivalRate float64      `json:"arrival_rate,omitempty"`
	Population  int          `json:"population,omitempty"`
	ThinkTime   float64      `json:"think_time,omitempty"` // between journeys of a closed customer
}

// SystemStep is one request of a journey.
type SystemStep struct {
	Class     string  `json:"class"`
	ThinkTime float64 `json:"think_time,omitempty"` // seconds before each visit; mean
	Visits    float64 `json:"visits,omitempty"`     // mean number of requests; 0 means 1
}
