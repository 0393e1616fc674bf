package calendar

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
)

// WriteICal writes occurrences as the events of an iCalendar file (RFC 5545),
// one by one. Stamp is when the file is made, as the format wants it in each
// event. Times are in UTC, which every calendar shows by its own clock; the
// description has the site's. An event keeps its UID from one file to the next,
// so that a file that is read again changes events and adds none.
func WriteICal(w io.Writer, plan string, stamp time.Time, occurrences iter.Seq2[Occurrence, error]) error {
	config := ics.SerializationConfiguration{MaxLength: 75, NewLine: "\r\n", PropertyMaxLength: 75}
	file := &ics.Calendar{}
	file.SetVersion("2.0")
	file.SetProductId("-//Headroom//Peaks//EN")
	file.SetName("Peaks of " + plan)
	var head strings.Builder
	if err := file.SerializeTo(&head, &config); err != nil {
		return fmt.Errorf("calendar: iCalendar: %w", err)
	}
	const end = "END:VCALENDAR\r\n"
	if _, err := io.WriteString(w, strings.TrimSuffix(head.String(), end)); err != nil {
		return err
	}
	for o, err := range occurrences {
		if err != nil {
			return err
		}
		if err := event(plan, stamp, o).SerializeTo(w, &config); err != nil {
			return fmt.Errorf("calendar: iCalendar: %w", err)
		}
	}
	_, err := io.WriteString(w, end)
	return err
}

func event(plan string, stamp time.Time, o Occurrence) *ics.VEvent {
	k := newKey(0, "event", plan, o.Peak, o.Site, o.Date)
	e := ics.NewEvent(fmt.Sprintf("%016x%016x@headroom", k[0], k[1]))
	e.SetDtStampTime(stamp)
	e.SetStartAt(o.From)
	e.SetEndAt(o.To)
	e.SetSummary(fmt.Sprintf("%s at %s", o.Peak, o.Site))
	e.SetLocation(o.Site)
	e.SetTimeTransparency(ics.TransparencyTransparent) // it takes nobody's time
	text := fmt.Sprintf("%s to %s by the clock of %s (%s).", o.From.Format("15:04"), o.To.Format("15:04"), o.Site, o.From.Location())
	if !o.Due.IsZero() {
		text += fmt.Sprintf(" Due at %s.", o.Due.Format("15:04"))
	}
	for _, l := range o.Processes {
		if l.Documents > 0 {
			text += fmt.Sprintf("\n%s: %.0f expected", l.Process, l.Documents)
			if l.Highest > 0 {
				text += fmt.Sprintf(", up to %.3g/s at %s", l.Highest, l.HighestAt.Format("15:04"))
			}
		}
		if l.Operators > 0 {
			text += fmt.Sprintf("\n%s: %.3g operators", l.Process, l.Operators)
		}
	}
	e.SetDescription(text)
	return e
}
