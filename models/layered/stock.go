package layered

// stock finds what share of the journeys that take a document find one: all, if
// as many are made as are taken, else as many as are made (a stock that is
// taken faster than it is made is a queue of documents that is served at once).
// It says how far that moved.
func (v *solver) stock() float64 {
	moved := 0.0
	for i := range v.chains {
		c := &v.chains[i]
		if c.takes == "" {
			continue
		}
		var made, taken float64
		for n := range v.chains {
			o := &v.chains[n]
			if v.tenant(o) != v.tenant(c) {
				continue
			}
			if o.makes == c.takes {
				made += o.rate * o.found
			}
			if o.takes == c.takes {
				taken += o.rate
			}
		}
		found := 1.0
		if taken > made {
			found = made / taken
		}
		c.balance = 0
		if taken > 0 {
			c.balance = made / taken
		}
		d := 0.5 * (found - c.found)
		c.found += d
		moved = max(moved, max(d, -d))
		c.think -= c.inside
		c.count()
		c.think += c.inside
	}
	return moved
}

// tenant of a chain is that of its first class.
func (v *solver) tenant(c *chain) string { return v.classes[c.visits[c.steps[0].visit].class].tenant }
