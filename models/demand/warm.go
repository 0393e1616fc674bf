package demand

// A real server that was just started answers slowly: each worker fills its
// caches with database calls that it never makes again. Measured on Odoo 19: a
// confirmation made 200 calls in the first 20 s and 135 from 100 s on. The lead-in
// is there for that, and demands are those of the window. A stand-in has no caches.

// warm says that a moment is not in a real run's lead-in.
func (r *run) warm(t float64) bool {
	from, _ := r.window()
	return r.virtual() || t >= from
}

// findWarm keeps the lines of the lead-in from being taken for what a try
// usually is. They still hold workers, and still lose conflicts.
func (s *survey) findWarm() {
	for _, r := range s.runs {
		for i := range r.lines {
			l := &r.lines[i]
			l.clean = l.clean && r.warm(l.start)
		}
	}
}
