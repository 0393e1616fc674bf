package results

import (
	"path/filepath"

	"github.com/headroom-erp/headroom"
)

// Info is the run's description as it is now. Over says that whoever records it
// has finished it: Complete and Reason are known.
func (f *Follower) Info() (info headroom.RunInfo, over bool, err error) {
	where := filepath.Join(f.dir, infoName)
	data, err := readBounded(where)
	if err != nil {
		return info, false, &headroom.InputError{What: "cannot be read: " + cause(err), Where: where, Err: err}
	}
	info, err = readInfo(data, where)
	return info, info.Complete || info.Reason != "", err
}
