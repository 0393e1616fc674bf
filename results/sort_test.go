package results

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// TestAnyDisorderIsReadInOrder: however far from their order rows were
// recorded, they are read as a stable sort of them would give them: with few
// late rows, with so many that SQLite sorts, with times that are no numbers.
func TestAnyDisorderIsReadInOrder(t *testing.T) {
	const rows = 60000
	r := rand.New(rand.NewPCG(1, 2))
	for name, at := range map[string]func(i int) float64{
		"response times":       func(i int) float64 { return math.Round(float64(i) - 500*r.ExpFloat64()) },
		"some very late":       func(i int) float64 { return float64(i - i*r.IntN(2)*r.IntN(2)*r.IntN(2)*r.IntN(2)*r.IntN(2)) },
		"some from the future": func(i int) float64 { return float64(i + 1e6*max(0, r.IntN(1000)-998)) },
		"backwards":            func(i int) float64 { return float64(-i) },
		"shuffled":             func(int) float64 { return float64(r.IntN(rows)) },
		"in waves":             func(i int) float64 { return 20000 * math.Sin(float64(i)/6000) },
		"not numbers": func(i int) float64 {
			return [...]float64{float64(i), math.NaN(), math.Inf(1), math.Inf(-1)}[max(0, r.IntN(100)-96)]
		},
	} {
		t.Run(name, func(t *testing.T) {
			parts := map[string][]headroom.Records{}
			var want []headroom.Request
			for i := range rows {
				q := headroom.Request{Start: at(i), Arrival: uint64(r.IntN(5)), N: r.IntN(2), Bytes: int64(i)}
				part := string(rune('a' + r.IntN(100)/80)) // unequal parts
				if parts[part] == nil {
					parts[part] = make([]headroom.Records, 1)
				}
				parts[part][0].Requests = append(parts[part][0].Requests, q)
			}
			for _, part := range []string{"a", "b"} {
				want = append(want, parts[part][0].Requests...)
			}
			slices.SortStableFunc(want, func(a, b headroom.Request) int { return requests.compare(&a, &b) })
			run, i := newBundle(t, parts), 0
			for got, err := range run.Requests() {
				must(t, err)
				if i == len(want) {
					t.Fatal("more rows than were recorded")
				}
				if requests.compare(&got, &want[i]) != 0 || got.Bytes != want[i].Bytes {
					t.Fatalf("row %d is %+v, want %+v", i, got, want[i])
				}
				i++
			}
			if i != len(want) {
				t.Errorf("%d rows, want %d", i, len(want))
			}
		})
	}
}

// A sequence that is left at any place ends its goroutines and closes its files
// before it returns.
func TestASequenceThatIsLeftLeaksNothing(t *testing.T) {
	rs := headroom.Records{Samples: make([]headroom.Sample, 2*smallTable)}
	for i := range rs.Samples {
		rs.Samples[i].T = float64(i)
	}
	r := newBundle(t, map[string][]headroom.Records{"a": {rs}, "b": {rs}, "c": {numbered(1, 10)}})
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	for _, leave := range []int{1, 100, batchRows, 5*batchRows + 1, smallTable} {
		n := 0
		for _, err := range r.Samples() {
			must(t, err)
			if n++; n == leave {
				break
			}
		}
		if n != leave {
			t.Fatalf("left after %d, not %d", n, leave)
		}
		g := runtime.NumGoroutine() // they have closed everything, and may still be about to return
		for deadline := time.Now().Add(5 * time.Second); g > goroutines && time.Now().Before(deadline); g = runtime.NumGoroutine() {
			time.Sleep(time.Millisecond)
		}
		if g > goroutines {
			t.Errorf("left after %d: %d goroutines, %d before", leave, g, goroutines)
		}
		if f := openFiles(t); f > files {
			t.Errorf("left after %d: %d open files, %d before", leave, f, files)
		}
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(open)
}

// TestReadingHoldsFewRows: what a sequence holds back does not grow with the
// run, though one row in a thousand is late.
func TestReadingHoldsFewRows(t *testing.T) {
	var held []int
	for _, rows := range []int{60000, 120000} {
		rs := headroom.Records{Samples: make([]headroom.Sample, rows)}
		for i := range rs.Samples {
			rs.Samples[i].T = float64(i)
			if i%1000 == 999 {
				rs.Samples[i].T = 0
			}
		}
		r := newBundle(t, map[string][]headroom.Records{"a": {rs}})
		s := sorter[headroom.Sample]{table: &samples, lag: 4, send: func(rows []headroom.Sample) []headroom.Sample { return make([]headroom.Sample, 0, batchRows) }}
		must(t, s.read(r.parts[0]))
		held = append(held, len(s.slots))
	}
	if held[0] > 6*blockRows || held[1] > held[0]+blockRows {
		t.Errorf("of 60,000 and 120,000 rows %v were held back", held)
	}
}

// Rows that are committed while a sequence reads are not in it, nor torn.
func TestReadingBesideAWriter(t *testing.T) {
	b, err := Create(filepath.Join(t.TempDir(), "run"), headroom.RunInfo{})
	must(t, err)
	p, err := OpenPart(b.PartPath("k6"), "k6")
	must(t, err)
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ; i++ {
			rs := numbered(1+i*20, 20)
			rs.Samples[0].Subject = fmt.Sprint("word ", i) // each batch brings a new one
			if err := p.Record(rs); err != nil {
				t.Error(err)
			}
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	time.Sleep(time.Second)
	r := open(t, b.Dir())
	for range 3 {
		last := headroom.Journey{}
		for j, err := range r.Journeys() {
			must(t, err)
			if j.Arrival != last.Arrival+1 {
				t.Fatalf("after arrival %d comes %d", last.Arrival, j.Arrival)
			}
			last = j
		}
		if last.Arrival == 0 || last.Arrival%20 != 0 {
			t.Errorf("the last arrival is %d: a batch was torn", last.Arrival)
		}
		for _, err := range r.Samples() {
			must(t, err)
		}
	}
	close(stop)
	<-ended
	must(t, p.Close())
}
