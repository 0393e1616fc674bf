package results

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	osexec "os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/headroom-erp/headroom"
)

// The environment variables that make the test binary a process which writes a
// part of a run in a store.
const (
	storeWriterEnv = "HEADROOM_TEST_WRITE_STORE"
	storeRunEnv    = "HEADROOM_TEST_WRITE_RUN"
	storePartEnv   = "HEADROOM_TEST_WRITE_NAME"
)

// writeStoreUntilKilled is writeUntilKilled for a store.
func writeStoreUntilKilled(dsn string) {
	part, err := JoinPart(context.Background(), headroom.Secret(dsn), os.Getenv(storeRunEnv), os.Getenv(storePartEnv))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for i := 1; ; i += 10 {
		if err := part.Record(numbered(i, 10)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(i + 9)
		time.Sleep(time.Second / batchesPerSecond)
	}
}

// Writers that are killed while they write one run lose at most their last
// second, and nothing of each other.
func TestKilledStoreWritersLoseAtMostASecond(t *testing.T) {
	ctx := context.Background()
	dsn := newDatabase(t)
	store := openStore(t, dsn)
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 3 {
		w, err := store.Create(ctx, headroom.RunInfo{ID: fmt.Sprintf("killed-%d", round)})
		must(t, err)
		const writers = 3
		var processes []*killed
		for i := range writers {
			after := 800*time.Millisecond + time.Duration(r.Int64N(int64(2*time.Second)))
			processes = append(processes, startKilled(t, dsn, w.ID(), fmt.Sprintf("k6-%d", i), after))
		}
		least, most := 0, 0
		for _, k := range processes {
			l, m := k.wait()
			least += l
			most += m
		}
		run, err := store.Open(ctx, w.ID())
		must(t, err)
		if run.Info().Complete || !strings.Contains(run.Info().Reason, "cut off") {
			t.Errorf("info %+v", run.Info())
		}
		got := all(t, run)
		if n := len(got.Journeys); n < least || n > most || most < 300 {
			t.Errorf("%d journeys are readable; %d were taken a second before the kills, at most %d in all", n, least, most)
		}
		if len(got.Requests) != len(got.Journeys) || len(got.Server) != len(got.Journeys) || len(got.Samples) != len(got.Journeys) {
			t.Errorf("%d journeys, %d requests, %d server requests, %d samples: a batch was torn", len(got.Journeys), len(got.Requests), len(got.Server), len(got.Samples))
		}
		counts := map[uint64]int{}
		for _, j := range got.Journeys {
			counts[j.Arrival]++
		}
		for a := uint64(2); a <= uint64(len(counts)); a++ {
			if counts[a] > counts[a-1] { // nothing is missing in the middle of any
				t.Fatalf("arrival %d is there %d times, %d %d times", a, counts[a], a-1, counts[a-1])
			}
		}
	}
}

type killed struct {
	cmd   *osexec.Cmd
	taken []int
	read  chan struct{}
}

func startKilled(t *testing.T, dsn headroom.Secret, run, name string, after time.Duration) *killed {
	t.Helper()
	k := &killed{cmd: osexec.Command(os.Args[0]), read: make(chan struct{})}
	k.cmd.Env = append(os.Environ(), storeWriterEnv+"="+dsn.Reveal(), storeRunEnv+"="+run, storePartEnv+"="+name)
	k.cmd.Stderr = os.Stderr
	out, err := k.cmd.StdoutPipe()
	must(t, err)
	must(t, k.cmd.Start())
	time.AfterFunc(after, func() { _ = k.cmd.Process.Kill() })
	go func() {
		defer close(k.read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				k.taken = append(k.taken, n)
			}
		}
	}()
	return k
}

// wait is how many journeys must be readable and how many can be.
func (k *killed) wait() (least, most int) {
	<-k.read
	_ = k.cmd.Wait() // "signal: killed"
	most = 10
	if n := len(k.taken); n > 0 {
		most += k.taken[n-1]
		if n > batchesPerSecond {
			least = k.taken[n-1-batchesPerSecond]
		}
	}
	return least, most
}

// failingPart is an open part and the administrator's connection to its database.
func failingPart(t *testing.T, patience time.Duration) (*Store, *RunWriter, *StorePart, *pgx.Conn) {
	t.Helper()
	ctx := context.Background()
	dsn := newDatabase(t)
	store := openStore(t, dsn)
	store.patience = patience
	w, err := store.Create(ctx, headroom.RunInfo{ID: "fails"})
	must(t, err)
	part, err := w.Part(ctx, "k6")
	must(t, err)
	must(t, part.Record(numbered(1, 100)))
	must(t, part.Flush())
	conn, err := pgx.Connect(ctx, dsn.Reveal())
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return store, w, part, conn
}

// finallyFails records until the part says no, and checks what it says.
func finallyFails(t *testing.T, part *StorePart, what string) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(30 * time.Second); err == nil && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		err = part.Record(numbered(500, 10))
	}
	if headroom.ExitCode(err) != headroom.ExitNotMeasured || err == nil || !strings.Contains(err.Error(), what) {
		t.Errorf("the part says %v, want %q", err, what)
	}
	select {
	case <-part.Failed():
	default:
		t.Error("Failed is not closed")
	}
	if again := part.Record(numbered(1, 1)); again == nil || again.Error() != err.Error() {
		t.Errorf("the error is not final: %v", again)
	}
	if closing := part.Close(); closing == nil || closing.Error() != err.Error() {
		t.Errorf("Close says %v", closing)
	}
}

// What was committed before the failure is still there, and nothing else.
func keptRows(t *testing.T, store *Store, w *RunWriter) {
	t.Helper()
	run, err := store.Open(context.Background(), w.ID())
	must(t, err)
	got := all(t, run)
	if len(got.Journeys) < 100 || len(got.Journeys) != len(got.Requests) {
		t.Errorf("%d journeys and %d requests are left", len(got.Journeys), len(got.Requests))
	}
}

func TestALostConnectionIsFinal(t *testing.T) {
	store, w, part, conn := failingPart(t, storePatience)
	_, err := conn.Exec(context.Background(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	must(t, err)
	finallyFails(t, part, "the store shut down, or its administrator ended the connection")
	keptRows(t, store, w)
}

func TestAStoreThatRefusesIsFinal(t *testing.T) {
	for trouble, what := range map[string]string{
		"ERRCODE = '53100', MESSAGE = 'could not extend file'": "the store's disk is full",
		"ERRCODE = 'P0001', MESSAGE = 'not today'":             "the store refuses taking rows: not today (P0001)",
	} {
		store, w, part, conn := failingPart(t, storePatience)
		_, err := conn.Exec(context.Background(), `CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION USING `+trouble+`; END$$;
			CREATE TRIGGER no BEFORE INSERT ON headroom.sample FOR EACH ROW EXECUTE FUNCTION no()`)
		must(t, err)
		finallyFails(t, part, what)
		keptRows(t, store, w)
	}
}

// A store that hangs ends a run, and does not hang it.
func TestAStoreThatHangsIsFinal(t *testing.T) {
	store, w, part, conn := failingPart(t, 2*time.Second)
	ctx := context.Background()
	_, err := conn.Exec(ctx, "BEGIN; LOCK TABLE headroom.sample")
	must(t, err)
	finallyFails(t, part, "the store did not answer in time while taking rows")
	_, err = conn.Exec(ctx, "ROLLBACK")
	must(t, err)
	keptRows(t, store, w)
}

func TestADeletedRunEndsItsWriters(t *testing.T) {
	_, w, part, conn := failingPart(t, storePatience)
	ctx := context.Background()
	_, err := conn.Exec(ctx, "UPDATE headroom.part SET written = now() - interval '1 minute'")
	must(t, err)
	must(t, w.store.Delete(ctx, w.ID()))
	finallyFails(t, part, "deleted from the store while it was written")
	if err := w.Finish(ctx, true, ""); err == nil || !strings.Contains(err.Error(), "deleted") {
		t.Errorf("Finish says %v", err)
	}
	var rows int
	must(t, conn.QueryRow(ctx, "SELECT count(*) FROM headroom.journey").Scan(&rows))
	if rows != 0 {
		t.Errorf("%d rows of a deleted run", rows)
	}
}

func TestANewerStoreIsRefused(t *testing.T) {
	dsn := newDatabase(t)
	store := openStore(t, dsn)
	ctx := context.Background()
	_, err := store.Create(ctx, headroom.RunInfo{})
	must(t, err)
	adminExec(t, dsn.Reveal(), "UPDATE headroom.version SET version = 2")
	_, err = OpenStore(ctx, dsn)
	inputError(t, err, EnvStore, "newer headroom (format 2; this one knows up to 1)")
	_, err = store.Create(ctx, headroom.RunInfo{})
	inputError(t, err, EnvStore, "newer headroom")
	_, err = store.Runs(ctx)
	inputError(t, err, EnvStore, "newer headroom")
}

func TestASchemaThatIsNotOurs(t *testing.T) {
	dsn := newDatabase(t)
	adminExec(t, dsn.Reveal(), "CREATE SCHEMA headroom; CREATE TABLE headroom.run (x int)")
	_, err := openStore(t, dsn).Create(context.Background(), headroom.RunInfo{})
	inputError(t, err, EnvStore, "not ours")
	adminExec(t, dsn.Reveal(), "SELECT x FROM headroom.run")
}

// No error tells the password, and none of opening a store the user.
func TestErrorsKeepCredentials(t *testing.T) {
	const password = "s3cr3t-pässword"
	dsn := newDatabase(t)
	u, err := url.Parse(dsn.Reveal())
	must(t, err)
	right := *u
	with := func(change func(*url.URL)) headroom.Secret {
		v := right
		v.User = url.UserPassword("somebody-special", password)
		change(&v)
		return headroom.Secret(v.String())
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, silent.Close()) // nobody listens there now
	cases := map[string]headroom.Secret{
		"refuses the login":    with(func(*url.URL) {}),
		"cannot be reached":    with(func(v *url.URL) { v.Host = silent.Addr().String() }),
		"is no address":        headroom.Secret("postgres://somebody-special:" + password + "@host:port:/%zz"),
		"does not exist":       headroom.Secret(strings.Replace(dsn.Reveal(), right.Path, "/somebody-special", 1)),
		"is no address of a P": headroom.Secret("host=localhost port=x password=" + password + " user=somebody-special"),
	}
	for what, secret := range cases {
		_, err := OpenStore(context.Background(), secret)
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("got %v, want %q", err, what)
		}
		for _, text := range []string{fmt.Sprint(err), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
			if strings.Contains(text, password) || strings.Contains(text, "somebody-special") {
				t.Errorf("the error tells more than it should: %s", text)
			}
		}
	}
}

// Reading of which only the beginning is wanted leaves nothing behind.
func TestStoppedSequencesLeakNothing(t *testing.T) {
	ctx := context.Background()
	dsn := newDatabase(t)
	store := openStore(t, dsn)
	w, err := store.Create(ctx, headroom.RunInfo{ID: "stopped"})
	must(t, err)
	part, err := w.Part(ctx, "k6")
	must(t, err)
	must(t, part.Record(numbered(1, 20000)))
	must(t, part.Close())
	run, err := store.Open(ctx, w.ID())
	must(t, err)
	before := runtime.NumGoroutine()
	for range 20 {
		for _, err := range run.Requests() {
			must(t, err)
			break
		}
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
	conn, err := pgx.Connect(ctx, dsn.Reveal())
	must(t, err)
	defer conn.Close(ctx)
	n := -1
	for deadline := time.Now().Add(5 * time.Second); n != 0 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		must(t, conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()").Scan(&n))
	}
	if n != 0 {
		t.Errorf("%d connections are left", n)
	}
}

// BenchmarkStoreWrite is the rows that one writer commits per second, of the
// kinds of a busy run; client and server share the machine.
func BenchmarkStoreWrite(b *testing.B) {
	ctx := context.Background()
	store := openStore(b, newDatabase(b))
	for b.Loop() {
		w, err := store.Create(ctx, headroom.RunInfo{ID: "bench"})
		must(b, err)
		part, err := w.Part(ctx, "k6")
		must(b, err)
		s, rows := newShift(10000, 20000), 0
		before := time.Now()
		for i := range 100 {
			var rs headroom.Records
			s.until(float64(i)/10, &rs)
			rows += rowsIn(&rs)
			must(b, part.Record(rs))
		}
		must(b, part.Close())
		b.ReportMetric(float64(rows)/time.Since(before).Seconds(), "rows/s")
		run, err := store.Open(ctx, w.ID())
		must(b, err)
		before, rows = time.Now(), 0
		for _, err := range run.Requests() {
			must(b, err)
			rows++
		}
		b.ReportMetric(float64(rows)/time.Since(before).Seconds(), "requests-read/s")
	}
}
