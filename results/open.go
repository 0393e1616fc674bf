package results

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
)

// An OpenedRun is a run that was opened by name, wherever it is kept.
type OpenedRun interface {
	headroom.Run
	// Dir is the folder of the run's files; of a .zip a temporary one that Close
	// removes; "" for a run in a store.
	Dir() string
	// Close releases what opening needed. Sequences must have ended.
	Close() error
}

var (
	_ OpenedRun = (*Reader)(nil)
	_ OpenedRun = (*StoreRun)(nil)
	_ OpenedRun = (*zipped)(nil)
)

// storePrefix begins the name of a run in the store.
const storePrefix = "store:"

// OpenRun opens a run by its name: a folder, a .zip of one, or store:ID, a run
// in the store that StoreURL finds. It returns an *headroom.InputError when the
// name leads to no run.
func OpenRun(ctx context.Context, name string, getenv func(string) string) (OpenedRun, error) {
	if id, ok := strings.CutPrefix(name, storePrefix); ok {
		url, err := StoreURL(getenv)
		if err != nil {
			return nil, err
		}
		store, err := OpenStore(ctx, url)
		if err != nil {
			return nil, err
		}
		run, err := store.Open(ctx, id)
		if err != nil {
			return nil, err
		}
		return run, nil
	}
	if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() && strings.EqualFold(filepath.Ext(name), ".zip") {
		return openZip(name)
	}
	run, err := Open(name)
	if err != nil {
		return nil, err
	}
	return run, nil
}

// StoreURL is the address of the store: HEADROOM_STORE, or what is in the file
// that HEADROOM_STORE_FILE names. It returns an *headroom.InputError when
// neither is set.
func StoreURL(getenv func(string) string) (headroom.Secret, error) {
	if url := getenv(EnvStore); url != "" {
		return headroom.Secret(url), nil
	}
	name := getenv(EnvStore + "_FILE")
	if name == "" {
		return "", &headroom.InputError{What: "is not set", Where: EnvStore,
			Do: "set it to the store's address (postgres://…), or " + EnvStore + "_FILE to the path of a file that holds it"}
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return "", &headroom.InputError{What: name + " cannot be read: " + cause(err), Where: EnvStore + "_FILE", Do: "name a file that holds the store's address", Err: err}
	}
	return headroom.Secret(strings.TrimSpace(string(data))), nil
}

// A zipped run was unpacked into a temporary folder: SQLite reads at any place
// of a file, which a compressed one does not allow.
type zipped struct {
	*Reader
	temp string
}

// Close also removes the unpacked files.
func (z *zipped) Close() error { return errors.Join(z.Reader.Close(), os.RemoveAll(z.temp)) }

func openZip(name string) (_ OpenedRun, err error) {
	bad := func(what string, err error) error {
		return &headroom.InputError{What: what, Where: name, Do: "give a .zip of the folder that a run was written to", Err: err}
	}
	z, err := zip.OpenReader(name)
	if err != nil {
		return nil, bad("is no .zip file: "+cause(err), err)
	}
	defer func() { _ = z.Close() }() // only read from
	base, ok := runIn(z.File)
	if !ok {
		return nil, bad("holds no run: there is no "+infoName+" in it, or several", nil)
	}
	if err := modest(z.File, base, name); err != nil {
		return nil, bad(err.Error(), err)
	}
	temp, err := os.MkdirTemp("", "headroom-zip-")
	if err != nil {
		return nil, &headroom.MeasureError{What: "cannot unpack " + name, Err: err}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	if err := unpack(z.File, base, temp); err != nil {
		if errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrAlgorithm) {
			return nil, bad("is damaged: "+err.Error(), err)
		}
		if errors.Is(err, fs.ErrExist) {
			return nil, bad("is damaged: it has a file twice", err)
		}
		return nil, diskError(temp, err)
	}
	r, err := Open(temp)
	var input *headroom.InputError
	if errors.As(err, &input) { // nobody knows the temporary folder
		input.Where = strings.Replace(input.Where, temp, name, 1)
	}
	if err != nil {
		return nil, err
	}
	return &zipped{r, temp}, nil
}

// runIn is the folder inside of a .zip that holds its one run, "" for the top.
func runIn(files []*zip.File) (base string, ok bool) {
	found := 0
	for _, f := range files {
		if path.Base(f.Name) == infoName && fs.ValidPath(f.Name) {
			base = strings.TrimSuffix(f.Name, infoName)
			found++
		}
	}
	return base, found == 1
}

const (
	mostInflation = 100      // a run's files shrink to a fifth or so
	freeInflation = 64 << 20 // bytes that may be unpacked in any case
)

// modest refuses a .zip that is made to fill the disk.
func modest(files []*zip.File, base, name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	left := freeInflation + mostInflation*uint64(info.Size())
	for _, f := range files {
		inside, ok := strings.CutPrefix(f.Name, base)
		if !ok || !belongs(inside) {
			continue
		}
		if f.UncompressedSize64 > left {
			return fmt.Errorf("would unpack to more than %d times its size, which no run does", mostInflation)
		}
		left -= f.UncompressedSize64
	}
	return nil
}

// unpack writes a run's files below a folder, and nothing outside of it.
func unpack(files []*zip.File, base, to string) error {
	root, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, f := range files {
		name, ok := strings.CutPrefix(f.Name, base)
		if !ok || !fs.ValidPath(name) || !f.Mode().IsRegular() || !belongs(name) {
			continue
		}
		if dir := path.Dir(name); dir != "." {
			if err := root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
				return err
			}
		}
		if err := unpackOne(root, name, f); err != nil {
			return err
		}
	}
	return nil
}

// belongs says whether a file of that name is one of a run's folder.
func belongs(name string) bool {
	dir, file := path.Split(name)
	return dir == "parts/" || dir == "logs/" || dir == "" && slices.Contains([]string{infoName, PlanFile, ScheduleFile}, file)
}

func unpackOne(root *os.Root, name string, f *zip.File) (err error) {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // its checksum was compared at the end of file
	out, err := root.OpenFile(filepath.FromSlash(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	// The reader gives no more than the size that the directory states.
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
