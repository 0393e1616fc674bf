package headroom

// A Problem is something wrong at a path of a plan, such as
// "sites[0].time_zone" or "peaks[1].per_hour.order". Whoever reads a part of
// the plan says what is wrong with it; package profiles knows at which line
// and column of which file the path stands.
type Problem struct {
	Path string
	What string // what is wrong
	Do   string // what to do; may be empty when What says it
}

// Error joins what is wrong and what to do, after the path.
func (p Problem) Error() string {
	e := InputError{What: p.What, Where: p.Path, Do: p.Do}
	return e.Error()
}
