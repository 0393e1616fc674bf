// Package results keeps what a run recorded, and reads it again: a folder with
// run.json, the schedule, logs, and in parts/ one SQLite file for each process
// that recorded something (schema.sql says what is in one). It also joins
// client and server requests and sums a run up; it models nothing.
//
// Times are seconds since the run's start, sizes bytes.
package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"

	"github.com/headroom-erp/headroom"
)

// bundleVersion is the version of run.json's format.
const bundleVersion = 1

const infoName = "run.json"

// maxInfo bounds the run.json that Open accepts, in bytes.
const maxInfo = 64 << 20

// infoFile is run.json: a RunInfo and the version of the format.
type infoFile struct {
	Bundle int `json:"bundle"`
	headroom.RunInfo
}

// A Bundle is the folder of a run that is being recorded.
type Bundle struct {
	dir  string
	mu   sync.Mutex
	info headroom.RunInfo
}

// Create makes the bundle's folder, which must not exist or be empty, and
// writes info as that of a run that is not complete. It returns an
// *headroom.InputError when the folder holds something or cannot be made.
func Create(dir string, info headroom.RunInfo) (*Bundle, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &headroom.InputError{What: "cannot be used as the folder of a run: " + cause(err), Where: dir, Do: "name another folder", Err: err}
	}
	if len(entries) > 0 {
		return nil, &headroom.InputError{What: "the folder is not empty", Where: dir, Do: "name a new folder: a run never overwrites anything"}
	}
	for _, d := range []string{dir, filepath.Join(dir, "parts"), filepath.Join(dir, "logs")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return nil, &headroom.InputError{What: "cannot make the run's folder: " + cause(err), Where: d, Do: "name another folder", Err: err}
		}
	}
	info.Complete, info.Reason = false, ""
	b := &Bundle{dir: dir, info: info}
	if err := writeInfo(dir, info); err != nil {
		return nil, err
	}
	if err := b.reserve(); err != nil {
		return nil, err
	}
	return b, nil
}

// reserveName is a file that only takes room, until Finish needs it: on a disk
// that is full a run must still be able to say so.
const (
	reserveName = "run.json.reserve"
	reserveMore = 64 << 10 // bytes beyond what run.json has at the begin
)

// reserve takes the room. What it writes cannot be compressed: a file system
// that does would set nothing aside.
func (b *Bundle) reserve() error {
	path := filepath.Join(b.dir, reserveName)
	info, err := os.Stat(filepath.Join(b.dir, infoName))
	if err == nil {
		room := make([]byte, info.Size()+reserveMore)
		_, _ = rand.NewChaCha8([32]byte{}).Read(room) // it never fails
		err = writeSynced(path, room)
	}
	if err != nil {
		return diskError(path, err)
	}
	return nil
}

// Finish writes whether the run is complete, and why it is not. It may be
// called again; the last call counts.
func (b *Bundle) Finish(complete bool, reason string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.info.Complete, b.info.Reason = complete, reason
	_ = os.Remove(filepath.Join(b.dir, reserveName)) // the first time it is there
	return writeInfo(b.dir, b.info)
}

// Update rewrites run.json with what became known after Create, such as the
// moment of the start. It leaves Complete and Reason to Finish.
func (b *Bundle) Update(change func(*headroom.RunInfo)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	complete, reason := b.info.Complete, b.info.Reason
	change(&b.info)
	b.info.Complete, b.info.Reason = complete, reason
	return writeInfo(b.dir, b.info)
}

// Dir is the bundle's folder.
func (b *Bundle) Dir() string { return b.dir }

// Schedule is the path of the schedule (headroom.WriteSchedule).
func (b *Bundle) Schedule() string { return SchedulePath(b.dir) }

// Plan is the path of the resolved plan.
func (b *Bundle) Plan() string { return filepath.Join(b.dir, "plan.yaml") }

// Log is the path of a log, such as Log("k6").
func (b *Bundle) Log(name string) string { return filepath.Join(b.dir, "logs", name+".log") }

// PartPath is where the writer of that name opens its part. Each writing
// process needs a name of its own.
func (b *Bundle) PartPath(name string) string { return filepath.Join(b.dir, "parts", name+".sqlite") }

// SchedulePath is the path of the schedule in a bundle.
func SchedulePath(dir string) string { return filepath.Join(dir, "schedule.bin") }

// writeInfo replaces run.json in one step: whoever reads it, whenever we are
// killed, finds the old one or the new one.
func writeInfo(dir string, info headroom.RunInfo) (err error) {
	data, err := json.MarshalIndent(infoFile{bundleVersion, info}, "", "  ")
	if err != nil {
		return fmt.Errorf("results: run.json: %w", err)
	}
	tmp := filepath.Join(dir, infoName+".tmp")
	defer func() {
		if err != nil {
			os.Remove(tmp)
			err = diskError(filepath.Join(dir, infoName), err)
		}
	}()
	if err := writeSynced(tmp, append(data, '\n')); err != nil {
		return err
	}
	if err := os.Rename(tmp, filepath.Join(dir, infoName)); err != nil {
		return err
	}
	// The rename itself is durable once the folder is; systems that cannot sync
	// a folder order it themselves.
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
	return nil
}

func writeSynced(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// readInfo decodes run.json; where is the path for messages.
func readInfo(data []byte, where string) (headroom.RunInfo, error) {
	bad := func(what string, err error) (headroom.RunInfo, error) {
		return headroom.RunInfo{}, &headroom.InputError{What: what, Where: where, Do: "give the folder of a run, as `headroom run` made it", Err: err}
	}
	var version struct {
		Bundle int `json:"bundle"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return bad("is not the description of a run: "+err.Error(), err)
	}
	switch {
	case version.Bundle < 1:
		return bad("is not the description of a run: it names no version", nil)
	case version.Bundle > bundleVersion:
		return headroom.RunInfo{}, newer(where, version.Bundle, bundleVersion)
	}
	var f infoFile
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&f); err != nil {
		return bad("is not the description of a run: "+err.Error(), err)
	}
	return f.RunInfo, nil
}

func newer(where string, got, known int) error {
	return &headroom.InputError{
		What:  fmt.Sprintf("was written by a newer headroom (format %d; this one reads up to %d)", got, known),
		Where: where, Do: "read it with that version or a later one",
	}
}

// cause is an error's text without the path that the message names anyway.
func cause(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
