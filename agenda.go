package headroom

import "time"

// An Agenda is what `headroom calendar` shows: the coming peaks, which of them
// coincide, a week and a year as heat maps, and the year's largest windows. All
// figures are expectations that follow from the plan alone, at a scale of 1;
// a day's random factor has mean 1. Documents are those that arrive (open,
// batched or scheduled); the journeys of operators depend on how fast the
// system answers, so operators are counted as people and never added to
// documents.
type Agenda struct {
	Plan      string         `json:"plan"`
	From      time.Time      `json:"from"`      // the first moment looked at
	TimeZone  string         `json:"time_zone"` // of the heat maps, coincidences and windows: the first shown site's
	Sites     []SiteZone     `json:"sites"`
	Processes []string       `json:"processes"`
	Upcoming  []Occurrence   `json:"upcoming"`
	Coincide  []Coincidence  `json:"coincide"`
	Week      WeekMap        `json:"week"`
	Year      YearMap        `json:"year"`
	Largest   LargestWindows `json:"largest"`
	Warnings  []string       `json:"warnings"`
}

// A SiteZone is a site and its clock.
type SiteZone struct {
	Site     string `json:"site"`
	TimeZone string `json:"time_zone"` // IANA name
}

// An Occurrence is a peak on one day at one site.
type Occurrence struct {
	Peak     string     `json:"peak"`
	Site     string     `json:"site"`
	TimeZone string     `json:"time_zone"` // IANA name, of the site
	Date     string     `json:"date"`      // the day that it belongs to, "2026-11-20", at the site
	From     time.Time  `json:"from"`      // in the site's zone
	To       time.Time  `json:"to"`        // in the site's zone
	Due      *time.Time `json:"due"`       // the cutoff; nil: none
	// Documents expected at the site between From and To, of all processes.
	Documents float64    `json:"documents"`
	Processes []Expected `json:"processes"` // in the plan's order; those that do something in the window
}

// Expected is what a process does in a window, at one site or at several together.
type Expected struct {
	Process   string     `json:"process"`
	Documents float64    `json:"documents"`  // expected: open arrivals, batches and scheduled starts
	Added     *float64   `json:"added"`      // of them, what the peak itself brings; nil where no one peak is meant
	Mean      float64    `json:"mean"`       // 1/s: Documents over the window's length
	Highest   *float64   `json:"highest"`    // 1/s, of open arrivals at any moment of the window; nil for several sites
	HighestAt *time.Time `json:"highest_at"` // when that is first, in the site's zone
	Operators float64    `json:"operators"`  // mean number of people whose shift lasts
}

// A Coincidence is a set of peaks of at least two sites that hold together, at
// the next time when they do.
type Coincidence struct {
	From  time.Time    `json:"from"` // in the agenda's zone
	To    time.Time    `json:"to"`
	Times int          `json:"times"` // how often the same peaks hold together in the days looked at
	Days  int          `json:"days"`  // that were looked at
	Peaks []PeakAtSite `json:"peaks"` // in the plan's order
	Sites int          `json:"sites"` // how many different ones
	// Documents expected between From and To at those sites, and by process.
	Documents float64    `json:"documents"`
	Processes []Expected `json:"processes"`
}

// A PeakAtSite is a peak at a site that has part in something.
type PeakAtSite struct {
	Peak    string    `json:"peak"`
	Site    string    `json:"site"`
	From    time.Time `json:"from"`    // the whole peak, in the site's zone
	To      time.Time `json:"to"`      // in the site's zone
	Overlap float64   `json:"overlap"` // seconds that it shares with what it has part in
}

// Hours24 are expected documents by hour of the day on the clocks of a zone. An
// hour that the clocks repeat holds both; one that they leave out holds 0.
type Hours24 [24]float64

// A WeekMap is a week's expected documents by day and hour, Monday first.
type WeekMap struct {
	Monday   string     `json:"monday"` // "2026-11-16"
	TimeZone string     `json:"time_zone"`
	Total    [7]Hours24 `json:"total"`
	Sites    []SiteWeek `json:"sites"`
}

// A SiteWeek is one site's part of a WeekMap, on the map's clock.
type SiteWeek struct {
	Site      string     `json:"site"`
	Hours     [7]Hours24 `json:"hours"`
	Documents float64    `json:"documents"` // of the whole week
	ByHour    Hours24    `json:"by_hour"`   // summed over the days
	// The week's busiest hour, and what is expected in it.
	BusiestDay       int     `json:"busiest_day"` // 0 is Monday
	BusiestHour      int     `json:"busiest_hour"`
	BusiestDocuments float64 `json:"busiest_documents"`
}

// A YearMap is a year's expected documents by day.
type YearMap struct {
	Year     int        `json:"year"`
	TimeZone string     `json:"time_zone"`
	Days     []YearDay  `json:"days"` // each day of the year
	Sites    []SiteYear `json:"sites"`
}

// A YearDay is all sites' day on the map's clock.
type YearDay struct {
	Date      string  `json:"date"`
	Documents float64 `json:"documents"`
	// The day's busiest hour, from 0 to 23, and what is expected in it.
	BusiestHour      int     `json:"busiest_hour"`
	BusiestDocuments float64 `json:"busiest_documents"`
}

// A SiteYear is one site's part of a YearMap.
type SiteYear struct {
	Site      string    `json:"site"`
	Documents []float64 `json:"documents"` // of each of the year's days
}

// LargestWindows are the year's windows of a length with the most expected
// documents, none of which overlap, largest first.
type LargestWindows struct {
	Length  float64       `json:"length"` // seconds
	Grain   float64       `json:"grain"`  // seconds: windows begin at multiples of it
	Windows []LargeWindow `json:"windows"`
}

// A LargeWindow is one of them.
type LargeWindow struct {
	From      time.Time    `json:"from"` // in the agenda's zone
	To        time.Time    `json:"to"`
	Documents float64      `json:"documents"`
	Processes []Expected   `json:"processes"` // summed over sites, in the plan's order
	Peaks     []PeakAtSite `json:"peaks"`     // those that hold in it, in the plan's order
	Sites     []SiteShare  `json:"sites"`     // most documents first
}

// A SiteShare is a site's part of a window, and what its clocks show then.
type SiteShare struct {
	Site      string    `json:"site"`
	From      time.Time `json:"from"` // in the site's zone
	Documents float64   `json:"documents"`
}
