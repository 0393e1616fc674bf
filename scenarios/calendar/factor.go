package calendar

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/headroom-erp/headroom"
)

// yearDays is the mean length of a year of the Gregorian calendar, in days.
const yearDays = 365.2425

// growth is the factor of a day: (1 + PerYear)^(days since Since / yearDays),
// and 1 at Since and before.
func growth(g headroom.Growth, since, d day) float64 {
	if d <= since {
		return 1
	}
	return math.Pow(1+g.PerYear, float64(d-since)/yearDays)
}

// A season is laid out over days.
type season struct {
	*headroom.Season
	days days
}

// holds reports whether the season is one of the process' at the site.
func (s season) holds(site, process string) bool {
	return at(s.Sites, site) && at(s.Processes, process)
}

// variation is the random factor of a site's rates on a day, of mean 1 and the
// given coefficient of variation, above 0. It is gamma distributed, so that
// counts of a day with mean m are negative binomial, with the index of
// dispersion 1 + m·cv². It depends on seed, site and day alone, and is the same
// for all processes.
func variation(cv float64, seed uint64, site string, d day) float64 {
	k := newKey(seed, "day", site, d.String())
	shape := 1 / (cv * cv)
	return distuv.Gamma{Alpha: shape, Beta: shape, Src: rand.NewPCG(k[0], k[1])}.Rand()
}
