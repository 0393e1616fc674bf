package results

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// writerEnv makes the test binary a writing process for the part it names.
const writerEnv = "HEADROOM_TEST_WRITE_PART"

// batchesPerSecond is the writing process' pace. Its last second is taken as its
// last so many batches: on a machine that gives it no CPU that is longer.
const batchesPerSecond = 100

func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		writeUntilKilled(path)
	}
	os.Exit(m.Run())
}

// writeUntilKilled records journeys at some 1,000/s, with all that belongs to
// them, and says after each batch how far it is. That is more than a run makes,
// and what the race detector's tenfold slower SQLite still keeps up with.
func writeUntilKilled(path string) {
	p, err := OpenPart(path, "killed")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for i := 1; ; i += 10 {
		if err := p.Record(numbered(i, 10)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(i + 9)
		time.Sleep(time.Second / batchesPerSecond)
	}
}

// A process that is killed while it writes loses at most its last second, at
// whatever moment it happens.
func TestKilledWriterLosesAtMostASecond(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 10 {
		after := time.Duration(r.Int64N(int64(1500 * time.Millisecond)))
		t.Run(fmt.Sprintf("%d_after_%s", i, after.Round(time.Millisecond)), func(t *testing.T) {
			t.Parallel()
			killWriter(t, after)
		})
	}
}

func killWriter(t *testing.T, after time.Duration) {
	b, err := Create(filepath.Join(t.TempDir(), "run"), headroom.RunInfo{ID: "killed"})
	must(t, err)
	cmd := osexec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), writerEnv+"="+b.PartPath("k6"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	time.AfterFunc(300*time.Millisecond+after, func() { cmd.Process.Kill() })
	var taken []int // the last arrival of each batch
	for lines := bufio.NewScanner(out); lines.Scan(); {
		arrival, err := strconv.Atoi(lines.Text())
		must(t, err)
		taken = append(taken, arrival)
	}
	_ = cmd.Wait() // "signal: killed"
	mustHold, most := 0, 10
	if n := len(taken); n > batchesPerSecond {
		mustHold = taken[n-1-batchesPerSecond]
	}
	if len(taken) > 0 {
		most += taken[len(taken)-1]
	}

	run := open(t, b.Dir())
	if run.Info().Complete || !strings.Contains(run.Info().Reason, "cut off") {
		t.Errorf("info %+v", run.Info())
	}
	got := all(t, run)
	if n := len(got.Journeys); n < mustHold || n > most {
		t.Errorf("%d journeys are readable; %d were taken a second before the kill, at most %d in all", n, mustHold, most)
	}
	for i, j := range got.Journeys { // nothing is missing in the middle
		if j.Arrival != uint64(i+1) {
			t.Fatalf("journey %d has arrival %d", i, j.Arrival)
		}
	}
	if len(got.Requests) != len(got.Journeys) || len(got.Server) != len(got.Journeys) {
		t.Errorf("%d journeys, %d requests, %d server requests: a batch was torn", len(got.Journeys), len(got.Requests), len(got.Server))
	}
	checkCopy(t, b, got)
	must(t, run.Close())
	if _, err := os.Stat(b.PartPath("k6") + "-wal"); err == nil {
		t.Error("the log is still there after recovery")
	}
	if n := len(all(t, open(t, b.Dir())).Journeys); n != len(got.Journeys) {
		t.Errorf("%d journeys at the second opening", n)
	}
}

// checkCopy reads the cut-off part the way it is read on a read-only medium.
func checkCopy(t *testing.T, b *Bundle, want headroom.Records) {
	t.Helper()
	r := &Reader{}
	p := &partFile{name: "k6.sqlite", path: b.PartPath("k6")}
	must(t, r.copyPart(p))
	p, err := p.check(nil)
	must(t, err)
	if p == nil && len(want.Journeys) == 0 {
		return
	}
	r.parts = append(r.parts, p)
	if n := len(all(t, r).Journeys); n != len(want.Journeys) {
		t.Errorf("the copy has %d journeys, want %d", n, len(want.Journeys))
	}
	temp := r.temp
	must(t, r.Close())
	if _, err := os.Stat(temp); err == nil {
		t.Errorf("%s is left", temp)
	}
}
