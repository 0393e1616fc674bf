package results

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// writerEnv makes the test binary a process that writes to the bundle it names.
const writerEnv = "HEADROOM_TEST_WRITE_BUNDLE"

// A writing process records batches so often: a few journeys with all that
// belongs to them, some 1,000 rows/s. The race detector's tenfold slower SQLite
// keeps up with that, several processes at once.
const (
	batchesPerSecond = 100
	pace             = time.Second / batchesPerSecond
	batchJourneys    = 2
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerEnv); dir != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(dir))
		os.Exit(1)
	}
	if dsn := os.Getenv(storeWriterEnv); dsn != "" {
		writeStoreUntilKilled(dsn)
	}
	if dir := os.Getenv(summarizeEnv); dir != "" {
		summarizeAndExit(dir)
	}
	code := m.Run()
	if large.dir != "" {
		_ = os.RemoveAll(filepath.Dir(large.dir))
	}
	os.Exit(code)
}

// writeUntilKilled records, moves the log into the file every few moments,
// replaces run.json all the time, and says after each batch how far it is and
// when.
func writeUntilKilled(dir string) error {
	b := &Bundle{dir: dir}
	p, err := OpenPart(b.PartPath("k6"), "killed")
	if err != nil {
		return err
	}
	p.pages = 60
	failed := make(chan error)
	go func() {
		for i := 0; ; i++ {
			n := fmt.Sprint(i)
			if err := b.Update(func(info *headroom.RunInfo) { info.Versions = map[string]string{"a": n, "b": n} }); err != nil {
				failed <- err
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	for i := 1; ; i += batchJourneys {
		if err := p.Record(numbered(i, batchJourneys)); err != nil {
			return err
		}
		fmt.Println(i+batchJourneys-1, time.Now().UnixNano())
		select {
		case err := <-failed:
			return err
		case <-time.After(pace):
		}
	}
}

// A killedWriter is one that was killed.
type killedWriter struct {
	dir   string
	after time.Duration // its first batch; its start when early
	early bool
	at    time.Time
	said  []said
	err   error
}

// said is what the writer had recorded when.
type said struct {
	arrival int
	at      time.Time
}

// run starts a writer and kills it.
func (k *killedWriter) run() error {
	b, err := Create(k.dir, headroom.RunInfo{ID: "killed"})
	if err != nil {
		return err
	}
	cmd := osexec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), writerEnv+"="+b.Dir())
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	kill := func() {
		k.at = time.Now()
		_ = cmd.Process.Kill() // SIGKILL; if it has ended, the test finds no kill
	}
	if k.early {
		time.AfterFunc(k.after, kill)
	}
	err = k.listen(out, func() {
		if !k.early {
			time.AfterFunc(k.after, kill)
		}
	})
	_ = cmd.Wait() // "signal: killed"
	return err
}

// listen reads what the writer says; began is called at its first batch.
func (k *killedWriter) listen(out io.Reader, began func()) error {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if len(k.said) == 0 {
			began()
		}
		var s said
		var ns int64
		if _, err := fmt.Sscan(lines.Text(), &s.arrival, &ns); err != nil {
			return err
		}
		s.at = time.Unix(0, ns)
		k.said = append(k.said, s)
	}
	return lines.Err()
}

// bounds of the arrivals that must and can be there. The last second is what
// may be lost; on a machine that gives the writer no CPU it is that much longer.
func (k *killedWriter) bounds() (must, most int) {
	starved := time.Duration(0)
	previous := k.at
	for i := len(k.said) - 1; i >= 0 && k.at.Sub(k.said[i].at) < 2*time.Second; i-- {
		starved = max(starved, previous.Sub(k.said[i].at)-2*pace)
		previous = k.said[i].at
	}
	for _, s := range k.said {
		most = s.arrival
		if k.at.Sub(s.at) > time.Second+starved {
			must = s.arrival
		}
	}
	return must, most + batchJourneys
}

// A process that is killed while it writes loses at most its last second, at
// whatever moment it happens: while it makes the part, commits, moves the log
// into the file, or replaces run.json.
func TestKilledWriterLosesAtMostASecond(t *testing.T) {
	const kills, atOnce = 36, 6
	r := rand.New(rand.NewPCG(1, 2))
	all := make([]*killedWriter, kills)
	dir := t.TempDir()
	for i := range all {
		all[i] = &killedWriter{dir: filepath.Join(dir, fmt.Sprint(i)), after: time.Duration(r.Int64N(int64(2 * time.Second)))}
		if i%6 == 0 { // while the part is made
			all[i].early = true
			all[i].after /= 10
		}
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for _, k := range all {
		wg.Go(func() {
			slots <- struct{}{}
			k.err = k.run()
			<-slots
		})
	}
	wg.Wait()
	recorded, checked := 0, 0
	for i, k := range all {
		t.Run(fmt.Sprintf("%d_after_%s", i, k.after.Round(time.Millisecond)), func(t *testing.T) { k.check(t) })
		must, most := k.bounds()
		recorded += most
		checked += must
	}
	t.Logf("%d journeys were recorded by %d killed writers, %d of them more than a second before", recorded, kills, checked)
	if checked < 50 {
		t.Errorf("only %d journeys were recorded a second before a kill: the test tests little", checked)
	}
}

func (k *killedWriter) check(t *testing.T) {
	must(t, k.err)
	if k.at.IsZero() {
		t.Fatal("the writer ended by itself")
	}
	mustHold, most := k.bounds()
	run := open(t, k.dir)
	info := run.Info()
	if info.Complete || !strings.Contains(info.Reason, "cut off") || info.Versions["a"] != info.Versions["b"] {
		t.Errorf("info %+v", info)
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
	b := &Bundle{dir: k.dir}
	if len(run.Parts()) > 0 {
		checkCopy(t, b, got)
	}
	must(t, run.Close())
	if _, err := os.Stat(b.PartPath("k6") + "-wal"); err == nil && len(run.Parts()) > 0 {
		t.Error("the log is still there after recovery")
	}
	if n := len(all(t, open(t, k.dir)).Journeys); n != len(got.Journeys) {
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
