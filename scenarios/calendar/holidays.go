package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/ar"
	austria "github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/bg"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/ca"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/ecb"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/hr"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/jp"
	"github.com/rickar/cal/v2/lt"
	"github.com/rickar/cal/v2/lv"
	"github.com/rickar/cal/v2/mw"
	"github.com/rickar/cal/v2/nc"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/ro"
	"github.com/rickar/cal/v2/ru"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/si"
	"github.com/rickar/cal/v2/sk"
	"github.com/rickar/cal/v2/ua"
	"github.com/rickar/cal/v2/us"
	"github.com/rickar/cal/v2/za"

	"github.com/headroom-erp/headroom"
)

// A region's public holidays.
type region struct {
	name     string
	holidays []*cal.Holiday
}

// regions are all that the library of holidays has, by name: a country's two
// letters (ISO 3166-1), for some with a state or canton (ISO 3166-2); "ecb" are
// the days on which the euro's payment system rests.
var regions = utc([]region{
	{"ar", ar.Holidays},
	{"at", austria.Holidays},
	{"au-act", au.HolidaysACT},
	{"au-nsw", au.HolidaysNSW},
	{"au-nt", au.HolidaysNT},
	{"au-qld", au.HolidaysQLD},
	{"au-sa", au.HolidaysSA},
	{"au-tas", au.HolidaysTAS},
	{"au-vic", au.HolidaysVIC},
	{"au-wa", au.HolidaysWA},
	{"be", be.Holidays},
	{"bg", bg.Holidays},
	{"br", br.Holidays},
	{"ca", ca.Holidays},
	{"ch", ch.Holidays},
	{"ch-ag", ch.HolidaysAG},
	{"ch-ai", ch.HolidaysAI},
	{"ch-ar", ch.HolidaysAR},
	{"ch-be", ch.HolidaysBE},
	{"ch-bl", ch.HolidaysBL},
	{"ch-bs", ch.HolidaysBS},
	{"ch-fr", ch.HolidaysFR},
	{"ch-ge", ch.HolidaysGE},
	{"ch-gl", ch.HolidaysGL},
	{"ch-gr", ch.HolidaysGR},
	{"ch-ju", ch.HolidaysJU},
	{"ch-lu", ch.HolidaysLU},
	{"ch-ne", ch.HolidaysNE},
	{"ch-nw", ch.HolidaysNW},
	{"ch-ow", ch.HolidaysOW},
	{"ch-sg", ch.HolidaysSG},
	{"ch-sh", ch.HolidaysSH},
	{"ch-so", ch.HolidaysSO},
	{"ch-sz", ch.HolidaysSZ},
	{"ch-tg", ch.HolidaysTG},
	{"ch-ti", ch.HolidaysTI},
	{"ch-ur", ch.HolidaysUR},
	{"ch-vd", ch.HolidaysVD},
	{"ch-vs", ch.HolidaysVS},
	{"ch-zg", ch.HolidaysZG},
	{"ch-zh", ch.HolidaysZH},
	{"cz", cz.Holidays},
	{"de", de.Holidays},
	{"de-bb", de.HolidaysBB},
	{"de-be", de.HolidaysBE},
	{"de-bw", de.HolidaysBW},
	{"de-by", de.HolidaysBY},
	{"de-hb", de.HolidaysHB},
	{"de-he", de.HolidaysHE},
	{"de-hh", de.HolidaysHH},
	{"de-mv", de.HolidaysMV},
	{"de-ni", de.HolidaysNI},
	{"de-nw", de.HolidaysNW},
	{"de-rp", de.HolidaysRP},
	{"de-sh", de.HolidaysSH},
	{"de-sl", de.HolidaysSL},
	{"de-sn", de.HolidaysSN},
	{"de-st", de.HolidaysST},
	{"de-th", de.HolidaysTH},
	{"dk", dk.Holidays},
	{"ecb", ecb.Holidays},
	{"es", es.Holidays},
	{"fr", fr.Holidays},
	{"gb", gb.Holidays},
	{"gr", gr.Holidays},
	{"hr", hr.Holidays},
	{"ie", ie.Holidays},
	{"it", it.Holidays},
	{"jp", jp.Holidays},
	{"lt", lt.Holidays},
	{"lv", lv.Holidays},
	{"mw", mw.Holidays},
	{"nc", nc.Holidays},
	{"nl", nl.Holidays},
	{"no", no.Holidays},
	{"nz", nz.Holidays},
	{"pl", pl.Holidays},
	{"ro", ro.Holidays},
	{"ru", ru.Holidays},
	{"se", se.Holidays},
	{"si", si.Holidays},
	{"sk", sk.Holidays},
	{"ua", ua.Holidays},
	{"us", us.Holidays},
	{"za", za.Holidays},
})

// utc makes the library compute with dates in UTC instead of the machine's own
// zone, where a midnight that a change of clocks leaves out would move a
// holiday. Nothing else in this program uses the library.
func utc(r []region) []region {
	cal.DefaultLoc = time.UTC
	return r
}

// holidays are the days of a region's public holidays that fall between two
// days. One that is observed on another day than its own, because it falls on a
// weekend, counts on both.
func (r region) holidaysBetween(first, last day) []day {
	var found []day
	year, _, _ := first.date()
	end, _, _ := last.date()
	// The next year's first day may be observed on this one's last.
	for y := year - 1; y <= end+1; y++ {
		for _, h := range r.holidays {
			actual, observed := h.Calc(y)
			for _, t := range []time.Time{actual, observed} {
				if d := localDay(t); !t.IsZero() && first <= d && d <= last {
					found = append(found, d)
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// findRegion is the region of that name.
func findRegion(name string) (region, error) {
	i, ok := slices.BinarySearchFunc(regions, name, func(r region, n string) int { return strings.Compare(r.name, n) })
	if ok {
		return regions[i], nil
	}
	return region{}, &headroom.InputError{What: fmt.Sprintf("no public holidays are known of the region %q", name), Do: suggestRegion(name)}
}

// suggestRegion names the regions that the writer may have meant.
func suggestRegion(name string) string {
	low := strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	country, _, _ := strings.Cut(low, "-")
	var exact, same, near, countries []string
	for _, r := range regions {
		c, _, part := strings.Cut(r.name, "-")
		switch {
		case r.name == low:
			exact = append(exact, r.name)
		case c == country:
			same = append(same, r.name)
		case !part && len(c) == len(country) && apart(c, country) == 1:
			near = append(near, r.name)
		}
		if !part {
			countries = append(countries, r.name)
		}
	}
	for _, list := range [][]string{exact, same, near} {
		switch {
		case len(list) == 1:
			return fmt.Sprintf("did you mean %q?", list[0])
		case len(list) > 0:
			return "did you mean one of " + strings.Join(list, ", ") + "?"
		}
	}
	return "known: " + strings.Join(countries, ", ") + ", and states of au, ch and de; or write closures"
}

// apart is in how many places two words of one length differ.
func apart(a, b string) int {
	n := 0
	for i := range len(a) {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}
