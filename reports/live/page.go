package live

import (
	_ "embed" // the page's parts

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/reports/figure"
	"github.com/headroom-erp/headroom/reports/html"
)

var (
	//go:embed assets/page.html
	page string
	//go:embed assets/live.js
	script string
	//go:embed assets/live.css
	style string
)

// Policy is the page's Content-Security-Policy: it asks nobody but its own
// server, and runs nothing but its own scripts. Charts set styles of elements.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// A File is a part of the page.
type File struct {
	Type string // of its content
	Body string
}

// Files are the page's parts by path.
func Files() map[string]File {
	const js, css = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
	return map[string]File{
		"/":           {"text/html; charset=utf-8", page},
		"/live.js":    {js, script},
		"/echarts.js": {js, html.Library()},
		"/live.css":   {css, html.Style() + style},
	}
}

// A Frame is what the page shows at one moment. Its texts are only ever shown
// as text.
type Frame struct {
	Run      string    `json:"run"`
	Stage    string    `json:"stage"`
	Moment   string    `json:"moment"`
	Subtitle string    `json:"subtitle"`
	Progress float64   `json:"progress"`
	Good     bool      `json:"good"` // ended, and complete
	Facts    []Fact    `json:"facts"`
	Head     []string  `json:"head"`
	Rows     [][]Cell  `json:"rows"`
	Notes    []Cell    `json:"notes"`
	Names    []string  `json:"names"` // of Point's processes
	Spans    []Stretch `json:"spans"` // lead-in and peaks
	Duration float64   `json:"duration"`
	Point    *Point    `json:"point"` // nil before the start
}

// A Fact is a large figure.
type Fact struct {
	Label string `json:"label"`
	Value string `json:"value"`
	Note  string `json:"note"`
}

// A Cell is a text and its shade: "", quiet, good, warn or bad.
type Cell struct {
	Text  string `json:"text"`
	Shade string `json:"shade,omitempty"`
}

// A Stretch of the run has a name.
type Stretch struct {
	Name string  `json:"name"`
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// A Point is the figures of the charts at a moment; of processes in the order
// of Frame.Names.
type Point struct {
	T         float64            `json:"t"`
	Offered   *float64           `json:"offered"`
	Completed float64            `json:"completed"`
	Failed    int                `json:"failed"` // within the last StatusResponses seconds
	P95       []*float64         `json:"p95"`
	Backlog   []*int             `json:"backlog"`
	Busy      map[string]float64 `json:"busy"` // utilization by station
	Open      map[string]int     `json:"open"` // documents by kind
}

var shades = map[shade]string{quiet: "quiet", good: "good", warn: "warn", bad: "bad"}

// NewFrame is a status as the page shows it.
func NewFrame(s headroom.Status) Frame {
	f := Frame{
		Run: s.Run, Stage: string(s.Stage), Moment: Moment(s), Progress: s.Progress, Duration: s.Duration,
		Subtitle: "plan " + s.Plan + " on " + s.Topology + ", target " + s.Target,
		Good:     s.Stage == headroom.StageEnded && s.Complete,
		Head:     []string{}, Rows: [][]Cell{}, Notes: []Cell{}, Names: []string{}, Facts: facts(s),
	}
	if s.LeadIn > 0 {
		f.Spans = append(f.Spans, Stretch{"lead-in", 0, s.LeadIn})
	}
	for _, p := range s.Peaks {
		f.Spans = append(f.Spans, Stretch{p.Name, max(0, p.From), min(s.Duration, p.To)})
	}
	for _, c := range columns {
		f.Head = append(f.Head, c.head)
	}
	rows := s.Processes
	if len(rows) > 1 {
		rows = append(rows[:len(rows):len(rows)], s.Total)
	}
	for _, p := range rows {
		var row []Cell
		for _, c := range columns {
			one := c.cell(p)
			row = append(row, Cell{one.text, shades[one.style]})
		}
		f.Rows = append(f.Rows, row)
	}
	for _, l := range notes(s) {
		for _, one := range l {
			f.Notes = append(f.Notes, Cell{one.text, shades[one.style]})
		}
	}
	f.point(s)
	return f
}

func (f *Frame) point(s headroom.Status) {
	if s.T < 0 || len(s.Processes) == 0 {
		return
	}
	p := &Point{T: s.T, Offered: s.Total.Offered, Completed: s.Total.Completed, Failed: s.Total.RecentFailed, Busy: map[string]float64{}, Open: map[string]int{}}
	for _, one := range s.Processes {
		f.Names = append(f.Names, one.Process)
		p.P95, p.Backlog = append(p.P95, one.P95), append(p.Backlog, one.Backlog)
	}
	for _, st := range s.Stations {
		if st.Utilization != nil {
			p.Busy[st.Name] = *st.Utilization
		}
	}
	for _, d := range s.Documents {
		p.Open[d.Kind] = d.Open
	}
	f.Point = p
}

func facts(s headroom.Status) []Fact {
	t := s.Total
	out := []Fact{
		{"Offered", offered(t).text, perSecond(t.Completed) + " done"},
		{"Response p95", seconds(t.P95), "p50 " + seconds(t.P50) + ", of 30 s"},
		{"Errors", figure.Count(t.Failed), figure.Count(t.RecentFailed) + " of them in the last 30 s"},
		{"Backlog", count(t.Backlog), "due and not ended"},
		{"Generator late", seconds(t.Late), "p99, of 30 s"},
	}
	if s.Conflicts != nil {
		out = append(out, Fact{"Conflicts", perSecond(*s.Conflicts), "tries lost, by the server's log"})
	}
	return out
}
