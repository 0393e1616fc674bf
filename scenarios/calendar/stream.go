package calendar

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/headroom-erp/headroom"
)

// A key is the root of one stream's randomness. It depends on the seed and on
// names only, never on places in lists: a process or peak that is added to a
// plan leaves all other arrivals as they were.
type key [2]uint64

func newKey(seed uint64, names ...string) key {
	b := binary.LittleEndian.AppendUint64(nil, seed)
	for _, n := range names {
		b = binary.LittleEndian.AppendUint64(b, uint64(len(n)))
		b = append(b, n...)
	}
	sum := sha256.Sum256(b)
	return key{binary.LittleEndian.Uint64(sum[:]), binary.LittleEndian.Uint64(sum[8:])}
}

// seed is that of the arrival with the index in the key's stream.
func (k key) seed(index uint64) uint64 { return mix(k[0] + mix(k[1]+index)) }

// mix is the finalizer of SplitMix64: a bijection whose every output bit
// depends on every input bit. Source: Steele, Lea, Flood, "Fast splittable
// pseudorandom number generators", OOPSLA 2014.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// user draws one of the site's users from the arrival's seed.
func user(seed uint64, users int) uint32 {
	return uint32(mix(^seed) % uint64(max(1, users)))
}

// A source is the recipe of the arrivals of one process at one site, of one
// kind, from which they can be produced any number of times.
type source struct {
	schedule *schedule
	site     *site
	process  *process
	i, j     uint16 // their indices
	player   Player
	stream   func(source) stream
	number   int      // of the process' runs or shifts, for streams of one
	users    []uint32 // of a shift's operators
}

// A stream produces a source's arrivals, one after another, without IDs and in
// order of time.
type stream interface {
	// advance makes the next arrival, and reports whether there is one.
	advance(*headroom.Arrival) bool
}

// arrival is one of the source, with what follows from its seed.
func (s source) arrival(at time.Duration, kind headroom.Kind, seed uint64) headroom.Arrival {
	a := headroom.Arrival{At: at, Kind: kind, Seed: seed, Site: s.i, Process: s.j}
	if s.player.Technical {
		a.User = uint32(s.site.Users)
	} else {
		a.User = user(seed, s.site.Users)
	}
	return a
}

// openStream inverts the integrated rate at the points of a unit-rate Poisson
// process.
type openStream struct {
	source
	flow   flow
	dues   dues
	key    key
	random *rand.PCG
	index  uint64
	sum    float64 // of the unit-rate gaps so far
	piece  piece
	live   bool
}

func openArrivals(s source) stream {
	x := s.schedule
	o := &openStream{source: s, dues: newDues(s), key: newKey(x.header.Seed, s.site.Name, s.process.Name)}
	o.random = rand.NewPCG(o.key[0], o.key[1])
	o.flow = flow{span: x.span.Seconds(), day: x.first, rater: rater{
		x: x.expansion, s: s.site, p: s.process, scale: x.header.Scale, seed: x.header.Seed, cv: x.plan.DayVariation}}
	o.piece, o.live = o.flow.next()
	return o
}

func (o *openStream) advance(a *headroom.Arrival) bool {
	if !o.live {
		return false
	}
	// The gap between unit-rate Poisson points is exponential. The uniform
	// number has 53 bits and is less than 1, so that the gap is finite.
	o.sum -= math.Log1p(-float64(o.random.Uint64()>>11) / (1 << 53))
	for o.sum >= o.piece.before+o.piece.expected() {
		if o.piece, o.live = o.flow.next(); !o.live {
			return false
		}
	}
	t := o.piece.when(o.sum - o.piece.before)
	at := min(time.Duration(t*float64(time.Second)), o.schedule.span-1)
	*a = o.arrival(at, headroom.Open, o.key.seed(o.index))
	a.Due = o.dues.of(at, never)
	o.index++
	return true
}

// batchStream makes the documents of a process' batches.
type batchStream struct {
	source
	dues     dues
	day      day
	lots     []lot // of the day
	lot      int
	document int
}

// A lot is one batch on one day.
type lot struct {
	at        time.Duration
	documents int
	lane      uint16
	key       key
	due       time.Duration // its peak's cutoff; never, when it has none
}

func batchArrivals(s source) stream {
	return &batchStream{source: s, dues: newDues(s), day: s.schedule.first}
}

func (b *batchStream) advance(a *headroom.Arrival) bool {
	for b.lot == len(b.lots) || b.document == b.lots[b.lot].documents {
		if b.lot < len(b.lots) {
			b.lot++
			b.document = 0
			continue
		}
		if b.day > b.schedule.last {
			return false
		}
		b.lots, b.lot = b.schedule.lots(b.lots[:0], b.site, b.process, b.day), 0
		b.day++
	}
	l := b.lots[b.lot]
	*a = b.arrival(l.at, headroom.Batched, l.key.seed(uint64(b.document)))
	a.Lane, a.Due = l.lane, b.dues.of(l.at, l.due)
	b.document++
	return true
}

// mostDocuments keeps the documents of a batch countable, whatever multiplies it.
const mostDocuments = 1e15

// documents is the batch's number, multiplied. Half a document is one: a batch
// never vanishes at a half or more.
func (b batch) documents(factor float64) float64 {
	return min(math.Round(float64(b.Documents)*factor), mostDocuments)
}

// lots appends the batches of a process on a day that come within the run.
func (s *schedule) lots(to []lot, at *site, p *process, d day) []lot {
	for _, b := range p.batches {
		if !b.peak.days.has(d) {
			continue
		}
		documents := int(b.documents(s.header.Scale * s.factor(p, d)))
		t := s.epoch.since(at.clock.at(d, b.at))
		if documents == 0 || t < 0 || t >= s.span {
			continue
		}
		l := lot{at: t, documents: documents, lane: s.lanes[lane{at.Name, b.Partner}], due: never,
			key: newKey(s.header.Seed, at.Name, p.Name, b.peak.Name, b.Partner, d.String(), b.At)}
		if b.peak.due >= 0 {
			l.due = s.epoch.since(at.clock.at(d, b.peak.due))
		}
		to = append(to, l)
	}
	slices.SortStableFunc(to, func(a, b lot) int { return cmp.Compare(a.at, b.at) })
	return to
}
