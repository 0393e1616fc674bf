package learn

import (
	"cmp"
	"math"
	"slices"
)

// burst is a batch of documents that came within seconds.
type burst struct {
	t, until float64
	day      int // local
	slot     int
	second   int                // of the local day
	excess   float64            // documents beyond the ordinary
	parts    map[[2]int]float64 // of the excess, by day and slot
	busy     float64            // mean number under way at once
}

// What counts as a batch: the arrivals of ten seconds lie above all that a
// Poisson process of the hour's own rate (batches taken out) shows once in so
// many bins, and there are enough of them.
const (
	binSeconds = 10
	batchLevel = 1e-7
	fewest     = 10
	aside      = 180 // bins to either side, half an hour, that tell the ordinary rate
	hardly     = 18  // fewer of them tell nothing
	pause      = 3   // bins without much that end a batch
	// A batch's first and last documents are fewer in their ten seconds: beside
	// what is a batch, two that chance would show so seldom are part of it.
	tailLevel = 1e-3
	// A batch is so many times the ordinary, and over within so many seconds.
	standOut     = 2
	longestBatch = 1800
)

// A tile is ten seconds in which something arrived.
type tile struct {
	bin   int64
	first int // of its stamps
	n     int
	hot   bool // part of a batch
}

// tiling is the tiles of arrivals that are in the order of their times.
type tiling struct {
	tiles []tile
	last  int64 // bin of the log's last line; its first line is in bin 0
	// Sums over the tiles before each: of arrivals that are not hot, of hot tiles.
	sums, hots []int
}

func newTiling(stamps []stamp, from, to float64) *tiling {
	zero := int64(math.Floor(min(from, stamps[0].t) / binSeconds))
	t := &tiling{last: int64(math.Floor(to/binSeconds)) - zero}
	for i, s := range stamps {
		b := int64(math.Floor(s.t/binSeconds)) - zero
		if len(t.tiles) == 0 || t.tiles[len(t.tiles)-1].bin != b {
			t.tiles = append(t.tiles, tile{bin: b, first: i})
		}
		t.tiles[len(t.tiles)-1].n++
	}
	t.sums, t.hots = make([]int, len(t.tiles)+1), make([]int, len(t.tiles)+1)
	for range 20 {
		if !t.mark() {
			break
		}
	}
	return t
}

// mark marks tiles above all that is ordinary; false when there are no more.
func (t *tiling) mark() (more bool) {
	for i, x := range t.tiles {
		t.sums[i+1], t.hots[i+1] = t.sums[i], t.hots[i]
		if x.hot {
			t.hots[i+1]++
		} else {
			t.sums[i+1] += x.n
		}
	}
	for i := range t.tiles {
		x := &t.tiles[i]
		if !x.hot && x.n > 4 && atLeast(float64(x.n), max(t.ordinary(i), 0.01)) < batchLevel {
			x.hot, more = true, true
		}
	}
	for i := range t.tiles {
		x := &t.tiles[i]
		if !x.hot && x.n > 1 && t.beside(i) && atLeast(float64(x.n), t.ordinary(i)) < tailLevel {
			x.hot, more = true, true
		}
	}
	return more
}

// beside: the tile before or after one is hot, and no pause lies between.
func (t *tiling) beside(i int) bool {
	return i > 0 && t.tiles[i-1].hot && t.tiles[i].bin-t.tiles[i-1].bin <= pause ||
		i+1 < len(t.tiles) && t.tiles[i+1].hot && t.tiles[i+1].bin-t.tiles[i].bin <= pause
}

// ordinary is the mean of half an hour to either side, batches left out; the
// higher one, as a day that begins is no batch. A log that ends in a batch has
// nothing after it that is ordinary: what was hardly seen does not count.
func (t *tiling) ordinary(i int) float64 {
	b := t.tiles[i].bin
	before, looked := t.mean(b-aside, b-1)
	after, seen := t.mean(b+1, b+aside)
	switch {
	case seen < hardly && looked >= hardly:
		return before
	case looked < hardly && seen >= hardly:
		return after
	}
	return max(before, after)
}

// mean arrivals of the bins from one to another, batches left out, and in how many
// of them somebody looked.
func (t *tiling) mean(from, to int64) (mean float64, seen int64) {
	at := func(bin int64) int {
		k, _ := slices.BinarySearchFunc(t.tiles, bin, func(x tile, b int64) int { return cmp.Compare(x.bin, b) })
		return k
	}
	a, b := at(from), at(to+1)
	// Before the log's first and after its last line nobody looked.
	seen = max(0, min(to, t.last)-max(from, 0)+1-int64(t.hots[b]-t.hots[a]))
	return float64(t.sums[b]-t.sums[a]) / float64(max(1, seen)), seen
}

// end is the last tile of the batch that begins with tile i.
func (t *tiling) end(i int) int {
	j := i
	for k := i + 1; k < len(t.tiles) && t.tiles[k].bin <= t.tiles[j].bin+pause; k++ {
		if t.tiles[k].hot {
			j = k
		}
	}
	return j
}

// batchesIn finds bursts in the arrivals of a log that goes from one moment to
// another.
func batchesIn(stamps []stamp, c clock, from, to float64) (out []burst) {
	if len(stamps) < fewest {
		return nil
	}
	stamps = slices.Clone(stamps)
	slices.SortFunc(stamps, func(a, b stamp) int { return cmp.Or(cmp.Compare(a.t, b.t), cmp.Compare(a.hold, b.hold)) })
	t := newTiling(stamps, from, to)
	for i := 0; i < len(t.tiles); i++ {
		if !t.tiles[i].hot {
			continue
		}
		j := t.end(i)
		if b, ok := t.burst(stamps, i, j, c); ok {
			out = append(out, b)
		}
		i = j
	}
	return out
}

// burst is the batch of the tiles from i to j; false when it is none. Single
// documents that come just before, or follow within a pause, count for it,
// beyond the ordinary.
func (t *tiling) burst(stamps []stamp, i, j int, c clock) (burst, bool) {
	begin, end := t.stamps(stamps, i, j)
	b := burst{t: stamps[begin].t, parts: map[[2]int]float64{}}
	busy := 0.0
	for _, s := range stamps[begin:end] {
		busy += float64(s.hold)
		b.until = max(b.until, s.t+float64(s.hold))
	}
	if b.until > b.t {
		b.busy = busy / (b.until - b.t)
	}
	b.day, b.slot = c.of(b.t)
	b.second = b.slot*slotSeconds + int(math.Mod(b.t, slotSeconds))
	first, last := i, j
	for first > 0 && t.tiles[first-1].bin >= t.tiles[i].bin-1 {
		first--
	}
	for last+1 < len(t.tiles) && t.tiles[last+1].bin <= t.tiles[j].bin+pause {
		last++
	}
	begin, end = t.stamps(stamps, first, last)
	n := float64(end - begin)
	usual := t.ordinary(i) * float64(t.tiles[j].bin+pause-t.tiles[i].bin+2)
	b.excess = n - usual
	for _, s := range stamps[begin:end] {
		day, slot := c.of(s.t)
		b.parts[[2]int{day, slot}] += b.excess / n
	}
	return b, b.excess >= fewest && n >= standOut*usual && b.until-b.t <= longestBatch
}

// stamps from tile i to tile j, as a range.
func (t *tiling) stamps(all []stamp, i, j int) (begin, end int) {
	if j+1 < len(t.tiles) {
		return t.tiles[i].first, t.tiles[j+1].first
	}
	return t.tiles[i].first, len(all)
}
