package results

import (
	"encoding/binary"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// partFiles are a part's file and log as a writer leaves them that was killed:
// most of the rows in the file, some in the log.
func partFiles(tb testing.TB) (file, log []byte) {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "p.sqlite")
	p, err := OpenPart(path, "k6")
	must(tb, err)
	must(tb, p.Record(numbered(1, 300)))
	must(tb, p.Flush())
	_, err = p.conn.checkpoint()
	must(tb, err)
	must(tb, p.Record(numbered(301, 20)))
	must(tb, p.Flush())
	file, err = os.ReadFile(path)
	must(tb, err)
	log, err = os.ReadFile(path + "-wal")
	must(tb, err)
	must(tb, p.Close())
	return file, log
}

// damage changes bytes: edits are places (4 bytes) and what is added there (1).
func damage(data, edits []byte) []byte {
	out := append([]byte(nil), data...)
	for ; len(edits) >= 5 && len(out) > 0; edits = edits[5:] {
		out[int(binary.LittleEndian.Uint32(edits))%len(out)] += edits[4]
	}
	return out
}

// FuzzDamagedPart: bytes that changed and a file that was cut off give an error
// for people, or rows; never a panic, and never an endless run.
func FuzzDamagedPart(f *testing.F) {
	file, log := partFiles(f)
	for _, at := range []uint32{0, 16, 20, 24, 28, 40, 60, 96, 100, 105, 110, 200, 4000, 4096, 4100, 8192, 8200, 12288, 20480, 40000, 60000} {
		for _, add := range []byte{1, 128, 255} {
			f.Add(binary.LittleEndian.AppendUint32(nil, at)[:4:4], add, uint32(0), uint32(0), false)
			f.Add(append(binary.LittleEndian.AppendUint32(nil, at), add), add, uint32(0), uint32(0), true)
		}
	}
	for _, cut := range []uint32{1, 100, 4096, 5000, 40960, uint32(len(file) - 1)} {
		f.Add([]byte{}, byte(0), cut, uint32(0), false)
		f.Add([]byte{}, byte(0), cut, cut, true)
		f.Add([]byte{}, byte(0), uint32(0), cut, true)
	}
	f.Fuzz(func(t *testing.T, edits []byte, add byte, cutFile, cutLog uint32, withLog bool) {
		if len(edits) == 4 {
			edits = append(edits, add)
		}
		b, err := Create(filepath.Join(t.TempDir(), "run"), headroom.RunInfo{})
		must(t, err)
		path := b.PartPath("k6")
		damaged := damage(file, edits)
		must(t, os.WriteFile(path, damaged[:len(damaged)-int(cutFile)%len(damaged)], 0o600))
		if withLog {
			damaged := damage(log, edits)
			must(t, os.WriteFile(path+"-wal", damaged[:len(damaged)-int(cutLog)%len(damaged)], 0o600))
		}
		begin := time.Now()
		readDamaged(t, b.Dir())
		if took := time.Since(begin); took > 20*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func readDamaged(t *testing.T, dir string) {
	if follower, err := Follow(dir); err == nil {
		for range 2 {
			_, err := follower.Next()
			forPeople(t, err)
		}
		_ = follower.Close()
	}
	r, err := Open(dir)
	forPeople(t, err)
	if err != nil {
		return
	}
	drain(t, r.Journeys())
	drain(t, r.Requests())
	drain(t, r.Server())
	drain(t, r.Samples())
	drain(t, r.Gaps())
	drain(t, r.Documents())
	if _, err := Summarize(r, 0, 100); err != nil {
		forPeople(t, errors.Unwrap(err))
	}
	_ = r.Close() // the log of a damaged file may not go into it
}

func drain[T any](t *testing.T, rows iter.Seq2[T, error]) {
	n := 0
	for _, err := range rows {
		forPeople(t, err)
		n++
	}
	if n > 100000 {
		t.Errorf("%d rows of a file that had 320", n)
	}
}

// forPeople checks that an error says whose fault it is.
func forPeople(t *testing.T, err error) {
	t.Helper()
	var ie *headroom.InputError
	var me *headroom.MeasureError
	if err != nil && !errors.As(err, &ie) && !errors.As(err, &me) {
		t.Errorf("%T: %v", err, err)
	}
}
