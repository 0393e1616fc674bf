package results

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

func follower(t *testing.T, dir string) *Follower {
	t.Helper()
	f, err := Follow(dir)
	must(t, err)
	t.Cleanup(func() { must(t, f.Close()) })
	return f
}

func next(t *testing.T, f *Follower) headroom.Records {
	t.Helper()
	rs, err := f.Next()
	must(t, err)
	return rs
}

// together is what several calls gave.
func together(parts ...headroom.Records) (rs headroom.Records) {
	for _, p := range parts {
		rs.Journeys = append(rs.Journeys, p.Journeys...)
		rs.Requests = append(rs.Requests, p.Requests...)
		rs.Server = append(rs.Server, p.Server...)
		rs.Samples = append(rs.Samples, p.Samples...)
		rs.Gaps = append(rs.Gaps, p.Gaps...)
		rs.Documents = append(rs.Documents, p.Documents...)
	}
	return rs
}

// TestFollowSeesEachRowOnce: what is committed between two calls, in order, of
// parts that were there and of those that appear; nothing twice.
func TestFollowSeesEachRowOnce(t *testing.T) {
	b, err := Create(filepath.Join(t.TempDir(), "run"), headroom.RunInfo{})
	must(t, err)
	f := follower(t, b.Dir())
	if n := rowsIn(new(next(t, f))); n != 0 {
		t.Errorf("%d rows of a run without parts", n)
	}
	must(t, os.WriteFile(b.PartPath("empty"), nil, 0o600)) // its writer has just begun

	k6, err := OpenPart(b.PartPath("k6"), "k6")
	must(t, err)
	first := numbered(1, 50)
	must(t, k6.Record(first))
	must(t, k6.Flush())
	if got := next(t, f); !reflect.DeepEqual(got, first) {
		t.Errorf("the first rows:\n%+v\nwant:\n%+v", got, first)
	}
	if n := rowsIn(new(next(t, f))); n != 0 {
		t.Errorf("%d rows a second time", n)
	}

	probes, err := OpenPart(b.PartPath("probes"), "probes")
	must(t, err)
	second, third := numbered(51, 20), numbered(71, 10)
	second.Samples[0].Metric = "a_word_that_was_not_there_before"
	must(t, k6.Record(second))
	must(t, probes.Record(third))
	must(t, k6.Close()) // the last rows of a part that was closed are seen, too
	must(t, probes.Flush())
	if got, want := next(t, f), together(second, third); !reflect.DeepEqual(got, want) {
		t.Errorf("the rows after that:\n%+v\nwant:\n%+v", got, want)
	}
	must(t, probes.Close())
	if n := rowsIn(new(next(t, f))); n != 0 {
		t.Errorf("%d rows at the end", n)
	}
	must(t, f.Close())
	must(t, f.Close())
	for _, name := range []string{"k6", "probes"} {
		for _, suffix := range []string{"-wal", "-shm"} {
			if _, err := os.Stat(b.PartPath(name) + suffix); err == nil {
				t.Errorf("%s%s is left", name, suffix)
			}
		}
	}
	if got, want := all(t, open(t, b.Dir())), together(first, second, third); len(got.Journeys) != len(want.Journeys) {
		t.Errorf("%d journeys can be read, want %d", len(got.Journeys), len(want.Journeys))
	}
}

// A follower that reads all the time neither holds the writer up nor misses or
// doubles a row; it sees them within the second that a Recorder promises.
func TestFollowBesideAWriter(t *testing.T) {
	b, err := Create(filepath.Join(t.TempDir(), "run"), headroom.RunInfo{})
	must(t, err)
	p, err := OpenPart(b.PartPath("k6"), "k6")
	must(t, err)
	const batches = 200
	go func() {
		for i := range batches {
			if err := p.Record(numbered(1+i*20, 20)); err != nil {
				t.Error(err)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	f := follower(t, b.Dir())
	journeys := 0
	for deadline := time.Now().Add(20 * time.Second); journeys < batches*20 && time.Now().Before(deadline); {
		rs := next(t, f)
		if len(rs.Journeys) != len(rs.Requests) || len(rs.Journeys) != len(rs.Samples) {
			t.Fatalf("a torn batch: %d journeys, %d requests, %d samples", len(rs.Journeys), len(rs.Requests), len(rs.Samples))
		}
		for _, j := range rs.Journeys {
			if journeys++; j.Arrival != uint64(journeys) {
				t.Fatalf("journey %d has arrival %d", journeys, j.Arrival)
			}
		}
		time.Sleep(time.Millisecond)
	}
	if journeys != batches*20 {
		t.Errorf("%d journeys were followed, want %d", journeys, batches*20)
	}
	must(t, p.Close())
}

// A long run is followed in pieces, so that nobody has to hold it at once.
func TestFollowTakesALongRunInPieces(t *testing.T) {
	b, err := Create(filepath.Join(t.TempDir(), "run"), headroom.RunInfo{})
	must(t, err)
	p, err := OpenPart(b.PartPath("k6"), "k6")
	must(t, err)
	const most, rows = 2000, 2010
	rs := headroom.Records{Samples: make([]headroom.Sample, rows), Gaps: []headroom.Gap{{Probe: "p"}}}
	for i := range rs.Samples {
		rs.Samples[i].T = float64(i)
	}
	must(t, p.Record(rs))
	must(t, p.Close())
	f := follower(t, b.Dir())
	f.most = most
	one, two, three := next(t, f), next(t, f), next(t, f)
	if len(one.Samples) != most || len(one.Gaps) != 1 || len(two.Samples) != 10 || rowsIn(&two) != 10 || rowsIn(&three) != 0 {
		t.Errorf("%d, %d, %d rows", rowsIn(&one), rowsIn(&two), rowsIn(&three))
	}
	if last := two.Samples[9].T; last != rows-1 {
		t.Errorf("the last sample is of %g", last)
	}
}

func TestFollowRefusesWhatIsNoRun(t *testing.T) {
	dir := t.TempDir()
	_, err := Follow(dir)
	inputError(t, err, dir, "not the folder of a run")

	b, err := Create(filepath.Join(dir, "run"), headroom.RunInfo{})
	must(t, err)
	must(t, os.WriteFile(b.PartPath("text"), make([]byte, 8000), 0o600))
	f := follower(t, b.Dir())
	_, err = f.Next()
	inputError(t, err, b.PartPath("text"), "not a part of a run")
}
