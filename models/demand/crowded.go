package demand

import "math"

// Alone and crowded are the rates of progress from which a line counts as
// undisturbed, and below which as one among others; between them it says little.
// bothSides is how many lines each needs before the freeing is held against them.
const (
	alone     = 0.97
	crowded   = 0.85
	bothSides = 40
)

// mostStretch is the most that a freeing may be stronger than the crowd's law.
const mostStretch = 2.5

// sharpen finds, for a real system, the power of the rates of progress that frees
// times of the crowd: what requests at work together cost each other there is
// not the sharing of cores alone, but quotas that run out, wake-ups, a client that
// is held back while the log counts SQL. Lines that had others beside them
// must come out as long as those that had not, each beside what its class takes
// for as many database calls:
//
//	power = log(wall of the crowded / wall of the lone) / log(the same of 1/rate).
//
// A stand-in's stations are processor sharing, with a power of 1.
func (s *survey) sharpen() {
	s.power = [2]float64{1, 1}
	for _, r := range s.runs {
		if r.virtual() {
			return
		}
	}
	// Seconds for a database call of lone lines, by class.
	base := make([][2]float64, len(s.classes))
	calls := make([]float64, len(s.classes))
	s.eachJoined(func(l *line) {
		if l.timed() && !l.waited && l.queries > 0 && min(l.rate[app], l.rate[database]) >= alone {
			calls[l.class] += l.queries
			base[l.class][app] += l.other
			base[l.class][database] += l.sql
		}
	})
	var wall, freed, expected [2]float64
	lone, among := 0, 0
	s.eachJoined(func(l *line) {
		if !l.timed() || l.waited || !(calls[l.class] > 0) || s.away[l.class] > 0 {
			return
		}
		if l.rate[app] >= alone {
			lone++
		}
		if l.rate[app] >= crowded {
			return
		}
		among++
		for st, t := range [2]float64{l.other, l.sql} {
			wall[st] += t
			freed[st] += t * l.rate[st]
			expected[st] += base[l.class][st] / calls[l.class] * l.queries
		}
	})
	if lone < bothSides || among < bothSides {
		return
	}
	for st := range stationNames {
		stretched, law := wall[st]/expected[st], wall[st]/freed[st]
		if stretched > 0 && law > 1.02 {
			s.power[st] = math.Min(mostStretch, math.Max(0, math.Log(stretched)/math.Log(law)))
		}
	}
}

// free is the rate of progress of a line at a station as sharpen found it.
func (s *survey) free(l *line, st int) float64 { return math.Pow(l.rate[st], s.power[st]) }
