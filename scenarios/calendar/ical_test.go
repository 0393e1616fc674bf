package calendar

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/headroom-erp/headroom"
)

// icalFile is a file with the given events, each "LINE|LINE|…".
func icalFile(events ...string) string {
	s := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a//b//EN\r\n" +
		"BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19961027T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
	for i, e := range events {
		if !strings.Contains(e, "UID:") {
			e = fmt.Sprintf("UID:%d|%s", i, e)
		}
		s += "BEGIN:VEVENT\r\n" + strings.ReplaceAll(e, "|", "\r\n") + "\r\nEND:VEVENT\r\n"
	}
	return s + "END:VCALENDAR\r\n"
}

func TestReadICal(t *testing.T) {
	c := func(name, from, to string) headroom.Closure { return headroom.Closure{Name: name, From: from, To: to} }
	for _, q := range []struct {
		name   string
		events []string
		want   []headroom.Closure
	}{
		{"one day", []string{"DTSTART;VALUE=DATE:20261224|SUMMARY:Heiligabend\\, zu"}, []headroom.Closure{c("Heiligabend, zu", "2026-12-24", "")}},
		{"its end is exclusive", []string{"DTSTART;VALUE=DATE:20260810|DTEND;VALUE=DATE:20260815|SUMMARY:Works\r\n  holidays"}, []headroom.Closure{c("Works holidays", "2026-08-10", "2026-08-14")}},
		{"a duration", []string{"DTSTART;VALUE=DATE:20260810|DURATION:P1W"}, []headroom.Closure{c("", "2026-08-10", "2026-08-16")}},
		{"an end that is its start", []string{"DTSTART;VALUE=DATE:20260810|DTEND;VALUE=DATE:20260810"}, []headroom.Closure{c("", "2026-08-10", "")}},
		{"each year", []string{"DTSTART;VALUE=DATE:20201224|DTEND;VALUE=DATE:20201227|RRULE:FREQ=YEARLY"}, []headroom.Closure{c("", "12-24", "12-26")}},
		{"each year, one day", []string{"DTSTART;VALUE=DATE:20201224|RRULE:FREQ=YEARLY;INTERVAL=1"}, []headroom.Closure{c("", "12-24", "")}},
		{"over New Year", []string{"DTSTART;VALUE=DATE:20201231|DTEND;VALUE=DATE:20210102|RRULE:FREQ=YEARLY"}, []headroom.Closure{c("", "12-31", "01-01")}},
		{"some years", []string{"DTSTART;VALUE=DATE:20251224|RRULE:FREQ=YEARLY;UNTIL=20271231"}, []headroom.Closure{c("", "2025-12-24", ""), c("", "2026-12-24", ""), c("", "2027-12-24", "")}},
		{"a rule, without one and with one more", []string{"DTSTART;VALUE=DATE:20260105|RRULE:FREQ=WEEKLY;COUNT=3|EXDATE;VALUE=DATE:20260112|RDATE;VALUE=DATE:20260301,20260302"},
			[]headroom.Closure{c("", "2026-01-05", ""), c("", "2026-01-19", ""), c("", "2026-03-01", ""), c("", "2026-03-02", "")}},
		{"one is moved, one cancelled", []string{"UID:x|DTSTART;VALUE=DATE:20260105|RRULE:FREQ=WEEKLY;COUNT=3",
			"UID:x|RECURRENCE-ID;VALUE=DATE:20260112|DTSTART;VALUE=DATE:20260113", "UID:x|RECURRENCE-ID;VALUE=DATE:20260119|DTSTART;VALUE=DATE:20260119|STATUS:CANCELLED"},
			[]headroom.Closure{c("", "2026-01-05", ""), c("", "2026-01-13", "")}},
		{"midnight to midnight somewhere", []string{"DTSTART;TZID=Europe/Berlin:20261224T000000|DTEND;TZID=Europe/Berlin:20261226T000000"}, []headroom.Closure{c("", "2026-12-24", "2026-12-25")}},
		{"by UTC until local midnight", []string{"DTSTART;TZID=Europe/Berlin:20261221T000000|DURATION:P1D|RRULE:FREQ=DAILY;UNTIL=20261222T230000Z"},
			[]headroom.Closure{c("", "2026-12-21", ""), c("", "2026-12-22", ""), c("", "2026-12-23", "")}},
		{"in a zone of its own", []string{"DTSTART;TZID=Our time:20261224T000000|DTEND;TZID=Our time:20261225T000000"}, []headroom.Closure{c("", "2026-12-24", "")}},
		{"hours are no closure", []string{"DTSTART:20261224T080000Z|DTEND:20261224T100000Z", "DTSTART;TZID=Europe/Berlin:20261224T000000|DTEND;TZID=Europe/Berlin:20261224T120000",
			"DTSTART:20261224T000000Z", "DTSTART:20261224T000000Z|DURATION:PT24H"}, nil},
		{"cancelled", []string{"DTSTART;VALUE=DATE:20261224|STATUS:CANCELLED"}, nil},
		{"twice the same", []string{"DTSTART;VALUE=DATE:20261224", "DTSTART;VALUE=DATE:20261224"}, []headroom.Closure{c("", "2026-12-24", "")}},
		{"none", nil, nil},
	} {
		got, err := ReadICal(strings.NewReader(icalFile(q.events...)))
		if err != nil || !reflect.DeepEqual(got, q.want) {
			t.Errorf("%s: %v, want %v; %v", q.name, got, q.want, err)
		}
		for _, closure := range got {
			if _, err := parseStretch(closure.From, closure.To); err != nil {
				t.Errorf("%s: %v", q.name, err)
			}
		}
	}
	for text, want := range map[string]string{
		"": "not an iCalendar file", "hello": "not an iCalendar file", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n": "not an iCalendar file",
		icalFile("SUMMARY:party"):                                         `event "party" of the iCalendar file cannot be read: it has no DTSTART`,
		icalFile("UID:u7|DTSTART:tomorrow"):                               `event "u7" of the iCalendar file cannot be read: "TOMORROW" is not a date or time`,
		icalFile("DTSTART;VALUE=DATE:00010101"):                           "the year 1 is out of reach",
		icalFile("DTSTART:20260101|RRULE:FREQ=SO"):                        "FREQ=SO",
		icalFile("DTSTART:20260101|RRULE:FREQ=HOURLY"):                    "not about whole days",
		icalFile("DTSTART:20260101|DURATION:soon"):                        "not a duration",
		icalFile("DTSTART:19000101|RRULE:FREQ=DAILY", "DTSTART:20260101"): "more than 10000 times until 2099-12-31",
	} {
		if got, err := ReadICal(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) || headroom.ExitCode(err) != headroom.ExitBadInput {
			t.Errorf("%.40q: %v, %v; want %s", text, got, err, want)
		}
	}
}

func TestWriteICal(t *testing.T) {
	p := full()
	p.Peaks[0].Name = "cutoff, München; \"late\" with a name that is longer than a line of the format may be"
	stamp := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	var all []Occurrence
	for o, err := range Occurrences(p, friday, friday.AddDate(0, 0, 7)) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	var b, again bytes.Buffer
	for _, w := range []*bytes.Buffer{&b, &again} {
		if err := WriteICal(w, "full", stamp, Occurrences(p, friday, friday.AddDate(0, 0, 7))); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("the same occurrences give another file")
	}
	for i, line := range strings.Split(b.String(), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("line %d is %d bytes long: %s", i, len(line), line)
		}
	}
	file, err := ics.ParseCalendar(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for i, e := range file.Events() {
		from, err1 := e.GetStartAt()
		to, err2 := e.GetEndAt()
		if o := all[i]; err1 != nil || err2 != nil || !from.Equal(o.From) || !to.Equal(o.To) ||
			e.GetProperty(ics.ComponentPropertySummary).Value != o.Peak+" at "+o.Site || ids[e.Id()] {
			t.Fatalf("event %d: %s, want %+v", i, e.Serialize(&ics.SerializationConfiguration{MaxLength: 75, NewLine: "\n"}), o)
		}
		ids[e.Id()] = true
	}
	if len(ids) != len(all) || len(all) < 40 {
		t.Errorf("%d events of %d occurrences", len(ids), len(all))
	}
	if text := strings.ReplaceAll(b.String(), "\r\n ", ""); !strings.Contains(text, "DTSTAMP:20261101T080000Z") || !strings.Contains(text, "by the clock of hub (Europe/Berlin). Due at 17:30.") {
		t.Error(text[:2000])
	}
	if got, err := ReadICal(&b); err != nil || got != nil {
		t.Errorf("peaks are read as closures: %v, %v", got, err)
	}
	broken := errors.New("broken")
	failing := func(yield func(Occurrence, error) bool) { yield(Occurrence{}, broken) }
	if err := WriteICal(&again, "full", stamp, iter.Seq2[Occurrence, error](failing)); !errors.Is(err, broken) {
		t.Error(err)
	}
}

func FuzzReadICal(f *testing.F) {
	f.Add(icalFile("DTSTART;VALUE=DATE:20261224|RRULE:FREQ=YEARLY;COUNT=4"))
	f.Add(icalFile("DTSTART;TZID=Europe/Berlin:20261224T000000|DURATION:P2D|RDATE:20260301T000000/P1D"))
	f.Fuzz(func(t *testing.T, text string) {
		closures, err := ReadICal(strings.NewReader(text))
		if err != nil && headroom.ExitCode(err) != headroom.ExitBadInput {
			t.Fatal(err)
		}
		for _, c := range closures {
			if _, err := parseStretch(c.From, c.To); err != nil {
				t.Fatalf("%+v: %v", c, err)
			}
		}
	})
}
