package calendar

import (
	"math"
	"slices"
	"testing"

	"github.com/headroom-erp/headroom"
)

func TestCheckSaysWhatIsWrong(t *testing.T) {
	if problems := Check(full()); problems != nil {
		t.Fatalf("a sound plan: %v", problems)
	}
	wrong := -1.0
	for _, c := range []struct {
		spoil func(p *headroom.Plan)
		want  string
	}{
		{func(p *headroom.Plan) { p.Sites[1].Calendar = "bz" }, `sites[1].calendar: there is no calendar "bz"; give it under calendars`},
		{func(p *headroom.Plan) { p.Sites[1].Users = 2e6 }, `sites[1].users: the number of users must be a number from 1 to 1e+06, and is 2e+06`},
		{func(p *headroom.Plan) { p.Calendars[1].Name = "by" }, `sites[2].calendar: there is no calendar "all"; give it under calendars`},
		{func(p *headroom.Plan) { p.Calendars[0].Holidays = "de_by" }, `calendars[0].holidays: no public holidays are known of the region "de_by"; did you mean "de-by"?`},
		{func(p *headroom.Plan) { p.Calendars[0].WorkingDays = []string{"monday"} }, `calendars[0].working_days[0]: there is no day "monday"; use mon, tue, wed, thu, fri, sat or sun`},
		{func(p *headroom.Plan) {
			p.Calendars[0].Closures = []headroom.Closure{{From: "12-24", To: "2026-12-26"}}
		},
			`calendars[0].closures[0].to: "12-24" and "2026-12-26" are not of one kind; write both with a year, as "2026-12-24", or both without, as "12-24"`},
		{func(p *headroom.Plan) { p.Calendars[0].ExtraDays[0] = "12-24" }, `calendars[0].extra_days[0]: "12-24" is not a date; write it as "2026-11-20"`},
		{func(p *headroom.Plan) { p.Processes[1].Sites[0] = "moon" }, `processes[1].sites[0]: there is no site "moon"`},
		{func(p *headroom.Plan) { p.Processes[0].Open.From = "24:00" }, `processes[0].open.from: a day has no beginning at 24:00; write "00:00"`},
		{func(p *headroom.Plan) { p.Processes[0].Open.Closed = "never" }, `processes[0].open.closed: there is no way "never" to treat a closed day; use skip, keep, previous or next`},
		{func(p *headroom.Plan) { p.Processes[0].DueWithin = math.Inf(1) }, `processes[0].due_within: the time until a document is due, in seconds, must be a number from 0 to 3.16224e+07, and is +Inf`},
		{func(p *headroom.Plan) { p.Processes[0].Lines.Mean = 0.5 }, `processes[0].lines.mean: a document has at least one line, and its mean is 0.5`},
		{func(p *headroom.Plan) { p.Processes[2].ThinkTime = -1 }, `processes[2].think_time: the mean think time, in seconds, must be a number from 0 to 86400, and is -1`},
		{func(p *headroom.Plan) { p.Processes[2].ThinkSCV = &wrong }, `processes[2].think_scv: the squared coefficient of variation must be a number from 0 to 1000, and is -1`},
		{func(p *headroom.Plan) { p.Processes[2].Shifts[0].Operators = 0 }, `processes[2].shifts[0].operators: the number of operators must be a number from 1 to 100000, and is 0`},
		{func(p *headroom.Plan) { p.Processes[2].Shifts[0].Stagger = 8 * 3600 }, `processes[2].shifts[0].stagger: the operators log on over 28800 s, and the shift lasts 28800 s`},
		{func(p *headroom.Plan) { p.Processes[2].Shifts[1].To = "noon" }, `processes[2].shifts[1].to: "noon" is not a time of day; write it as "15:00" or "15:00:30"`},
		{func(p *headroom.Plan) { p.Processes[3].Runs[0].Every = 60 }, `processes[3].runs[0].at: the start is at one moment and every so often; keep at, or else from, to and every`},
		{func(p *headroom.Plan) { p.Processes[3].Runs[0].At = "" }, `processes[3].runs[0]: the start has no time; give at, or else from, to and every`},
		{func(p *headroom.Plan) { p.Processes[3].Runs[1].Every = 0.1 }, `processes[3].runs[1].every: the seconds from one start to the next must be a number from 1 to 86400, and is 0.1`},
		{func(p *headroom.Plan) { p.Peaks[0].Rule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR" },
			`peaks[0].rule: the rule "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR" has an INTERVAL, and no DTSTART; say where it begins, as in "DTSTART=20260105;…"`},
		{func(p *headroom.Plan) { p.Peaks[0].BusinessDays = []string{"last 3 of moth"} },
			`peaks[0].business_days[0]: "last 3 of moth" does not say which business days; write it as "last 3 of month", "first 2 of month", "5th of quarter", "2nd last of year", "last 2 before holiday" or "1st after holiday"`},
		{func(p *headroom.Plan) { p.Peaks[0].Dates = []string{"2026-02-30"} }, `peaks[0].dates[0]: "2026-02-30" is not a date; write it as "2026-11-20"`},
		{func(p *headroom.Plan) { p.Peaks[0].Due = "16:59" }, `peaks[0].due: the cutoff at 16:59 is before the peak's end at 17:00: what comes between would be late at once; move one of them`},
		{func(p *headroom.Plan) { p.Peaks[0].Low = &wrong }, `peaks[0].low: the low level, relative to the mean, must be a number from 0 to 1, and is -1`},
		{func(p *headroom.Plan) { p.Peaks[0].Steep = 1.5 }, `peaks[0].steep: the share of the window in which the rates rise must be a number from 0.001 to 1, and is 1.5`},
		{func(p *headroom.Plan) { p.Peaks[1].Top = "04:00" }, `peaks[1].top: the top is at 04:00, outside of the peak from 01:30 to 03:30; move one of them`},
		{func(p *headroom.Plan) { p.Peaks[2].Table[1].At = "16:00" }, `peaks[2].table[1].at: the level at 16:00 is not after the one before; put the levels in order`},
		{func(p *headroom.Plan) { p.Peaks[2].Table[0].At = "15:00" }, `peaks[2].table[0].at: the level begins at 15:00, outside of the peak from 16:00 to 24:00; move one of them`},
		{func(p *headroom.Plan) { p.Peaks[2].Table[0].Level = -2 }, `peaks[2].table[0].level: a level must be a number from 1e-09 to 1e+12, and is -2`},
		{func(p *headroom.Plan) { p.Peaks[2].Table = nil }, `peaks[2].table: the peak's table has no level; give at least one level above 0`},
		{func(p *headroom.Plan) { p.Peaks[2].Sites[0] = "moon" }, `peaks[2].sites[0]: there is no site "moon"`},
		{func(p *headroom.Plan) { p.Peaks[0].PerHour["odrer"] = 1 }, `peaks[0].per_hour.odrer: there is no process "odrer"`},
		{func(p *headroom.Plan) { p.Peaks[0].Work = map[string]headroom.Work{"order": {Documents: 1}} }, `peaks[0].work.order: the peak gives both a rate and work of "order"; keep one of the two`},
		{func(p *headroom.Plan) { p.Peaks[1].Work["scan"] = headroom.Work{Documents: 1, Lines: 2} }, `peaks[1].work.scan: the work of "scan" is given in documents and in lines; keep one of the two`},
		{func(p *headroom.Plan) { p.Peaks[1].Work["scan"] = headroom.Work{Lines: math.NaN()} }, `peaks[1].work.scan.lines: the number of lines must be a number from 0 to 1e+12, and is NaN`},
		{func(p *headroom.Plan) { p.Peaks[1].Work["scna"] = headroom.Work{Lines: 1} }, `peaks[1].work.scna: there is no process "scna"`},
		{func(p *headroom.Plan) { p.Peaks[1].Batches[0].Process = "edi" }, `peaks[1].batches[0].process: there is no process "edi"`},
		{func(p *headroom.Plan) {
			b := p.Peaks[1].Batches[0]
			b.At, b.Retry = "02:00", nil
			p.Peaks[1].Batches = append(p.Peaks[1].Batches, b)
		}, `peaks[1].batches[1]: partner "r" has another retry here than before; give the partner one`},
		{func(p *headroom.Plan) { p.Seasons[0].To = "11-31" }, `seasons[0].to: "11-31" is not a day of the year; write it as "12-24", month and day`},
		{func(p *headroom.Plan) { p.Seasons[0].Factor = -1 }, `seasons[0].factor: a season's factor must be a number from 0 to 1000, and is -1`},
		{func(p *headroom.Plan) { p.Seasons[0].Processes = []string{"dance"} }, `seasons[0].processes[0]: there is no process "dance"`},
		{func(p *headroom.Plan) { p.Growth.PerYear = -1 }, `growth.per_year: yearly growth must be a number from -0.99 to 10, and is -1`},
		{func(p *headroom.Plan) { p.Growth.Since = "today" }, `growth.since: "today" is not a date; write it as "2026-11-20"`},
		{func(p *headroom.Plan) { p.DayVariation = 3 }, `day_variation: the coefficient of variation of days must be a number from 0 to 2, and is 3`},
	} {
		p := full()
		c.spoil(&p)
		var got []string
		for _, q := range Check(p) {
			got = append(got, q.Error())
		}
		if !slices.Contains(got, c.want) {
			t.Errorf("got  %q\nwant %s", got, c.want)
		}
		if _, err := New(p, Window{At: friday, Seconds: 1}, 1, 1, players); headroom.ExitCode(err) != headroom.ExitBadInput {
			t.Errorf("%s: made all the same: %v", c.want, err)
		}
	}
}
