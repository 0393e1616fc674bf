package profiles

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/headroom-erp/headroom"
)

// MaxICal is the largest iCalendar file that Load reads, in bytes.
const MaxICal = 4 << 20

// maxClosures bounds the closures that one iCalendar file may hold: ten a week
// for twenty years.
const maxClosures = 10_000

// closures turns the iCalendar files that calendars name, in the plan's folder,
// into closures, so that the resolved plan needs no file beside it.
func (l *loader) closures(p *headroom.Plan, folder fs.FS, o Options) {
	for i := range p.Calendars {
		k := &p.Calendars[i]
		path := item("calendars", i) + ".ical"
		if !l.pos.Has(path) || l.reported[path] {
			continue
		}
		more, err := readICal(folder, k.ICal, o)
		if err != nil {
			problem := headroom.Problem{Path: path, What: fmt.Sprintf("the iCalendar file %s cannot be used: %s", quote(k.ICal), err)}
			if input := (*headroom.InputError)(nil); errors.As(err, &input) {
				problem.What = fmt.Sprintf("the iCalendar file %s cannot be used: %s", quote(k.ICal), input.What)
				problem.Do = input.Do
			}
			l.add(problem)
			continue
		}
		k.ICal = ""
		for _, closure := range more {
			// What is wrong with one of them is wrong with the file.
			l.pos.at[item(item("calendars", i)+".closures", len(k.Closures))] = l.pos.at[path]
			k.Closures = append(k.Closures, closure)
		}
	}
}

func readICal(folder fs.FS, name string, o Options) ([]headroom.Closure, error) {
	if o.ReadICal == nil {
		return nil, &headroom.InputError{What: "nobody here reads such files", Do: "write its days under closures"}
	}
	name = filepath.ToSlash(name)
	if !fs.ValidPath(name) || name == "." {
		return nil, &headroom.InputError{What: "it is not a file in the plan's folder", Do: `put it beside the plan, and write its name, as in "closures.ics"`}
	}
	// A pipe would never end, and a device has no size.
	info, err := fs.Stat(folder, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &headroom.InputError{What: "there is no such file in the plan's folder", Do: "put it beside the plan", Err: err}
	case err != nil:
		return nil, errors.New(reason(err))
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a file")
	case info.Size() > MaxICal:
		return nil, &headroom.InputError{What: fmt.Sprintf("it is larger than %d bytes", MaxICal), Do: "export only the calendar of closures"}
	}
	f, err := folder.Open(name)
	if err != nil {
		return nil, errors.New(reason(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxICal+1))
	if err != nil {
		return nil, errors.New(reason(err))
	}
	found, err := o.ReadICal(bytes.NewReader(text))
	if err == nil && len(found) > maxClosures {
		err = &headroom.InputError{What: fmt.Sprintf("it has more than %d days or spans", maxClosures), Do: "export only the calendar of closures"}
	}
	return found, err
}
