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

// A source is the recipe of one stream of arrivals, from which it can be
// produced any number of times.
type source struct {
	site, process uint16
	users         int
	key           key
	rate          rate      // of open arrivals; nil for batches
	batches       []dueLots // of batched ones, by time
}

// dueLots is one batch on one day.
type dueLots struct {
	at        time.Duration
	documents int
	lane      uint16
	key       key
}

// addStreams adds the open arrivals and the batches of a process at a site.
func (s *schedule) addStreams(i, j int, site headroom.Site, p headroom.Process, days []occurrence, lanes map[string]uint16) {
	h := s.header
	base := source{site: uint16(i), process: uint16(j), users: site.Users}
	if r := newRate(p, days, s.span.Seconds(), h.Scale); r.total() > 0 {
		open := base
		open.rate, open.key = r, newKey(h.Seed, site.Name, p.Name)
		s.sources = append(s.sources, open)
	}
	batched := base
	for _, o := range days {
		for _, b := range o.batches {
			batch := o.peak.Batches[b.index]
			// Half a document is one: a batch never vanishes at a half or more.
			documents := int(math.Round(float64(batch.Documents) * h.Scale))
			if batch.Process != p.Name || documents == 0 {
				continue
			}
			date := time.Date(o.date.year, o.date.month, o.date.day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
			batched.batches = append(batched.batches, dueLots{at: b.at, documents: documents, lane: lanes[batch.Partner],
				key: newKey(h.Seed, site.Name, p.Name, o.peak.Name, batch.Partner, date, batch.At)})
		}
	}
	if len(batched.batches) > 0 {
		slices.SortStableFunc(batched.batches, func(a, b dueLots) int { return cmp.Compare(a.at, b.at) })
		s.sources = append(s.sources, batched)
	}
}

// A stream produces a source's arrivals, one after another and without IDs.
type stream struct {
	*source
	next  headroom.Arrival
	span  time.Duration
	index uint64
	// Open arrivals.
	random *rand.PCG
	sum    float64 // of the unit-rate gaps so far
	piece  int
	// Batches.
	batch, document int
}

func (s *source) stream(span time.Duration) *stream {
	return &stream{source: s, span: span, random: rand.NewPCG(s.key[0], s.key[1])}
}

// advance makes the next arrival, and reports whether there is one.
func (s *stream) advance() bool {
	s.next = headroom.Arrival{Site: s.site, Process: s.process}
	if s.rate == nil {
		return s.advanceBatch()
	}
	// The gap between unit-rate Poisson points is exponential. The uniform
	// number has 53 bits and is less than 1, so that the gap is finite.
	s.sum -= math.Log1p(-float64(s.random.Uint64()>>11) / (1 << 53))
	if s.sum >= s.rate.total() {
		return false
	}
	var t float64
	t, s.piece = s.rate.when(s.sum, s.piece)
	s.next.At = min(time.Duration(t*float64(time.Second)), s.span-1)
	s.next.Kind = headroom.Open
	s.seal(s.key.seed(s.index))
	s.index++
	return true
}

func (s *stream) advanceBatch() bool {
	if s.batch < len(s.batches) && s.document == s.batches[s.batch].documents {
		s.batch++
		s.document = 0
	}
	if s.batch == len(s.batches) {
		return false
	}
	b := s.batches[s.batch]
	s.next.At, s.next.Lane, s.next.Kind = b.at, b.lane, headroom.Batched
	s.seal(b.key.seed(uint64(s.document)))
	s.document++
	return true
}

func (s *stream) seal(seed uint64) {
	s.next.Seed = seed
	s.next.User = user(seed, s.users)
}
