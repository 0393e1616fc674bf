package probes

// A usage is what the processes of one role use.
type usage struct {
	cpu       int64   // ticks, a counter
	resident  float64 // bytes; pages that processes share count in each
	processes int
}

// A root is a process that a role lists.
type root struct {
	role  int
	alone bool // without its children
}

// A tracker keeps one CPU counter per role over processes that come and go.
//
// A process' own CPU is counted from reading to reading. What it used after
// the last reading that saw it alive is found in its parent: a process that
// ended has all its CPU added to "waited" of the parent that waits for it. So
// a rise of "waited" less what was counted of the children that ended is the
// part that no reading saw, which includes children that came and went between
// two readings. The counter never falls; the CPU of an orphan's last moments is
// lost, and so is that of children whose parent ignores their end.
type tracker struct {
	usage []usage
	seen  map[int]*tracked
	all   map[int]uint64 // every process of the last reading and when it started
}

type tracked struct {
	proc
	root
	owed int64 // counted of ended children and not yet in waited
}

func newTracker(roles int) *tracker {
	return &tracker{usage: make([]usage, roles), seen: map[int]*tracked{}}
}

// read takes a reading. Processes that existed before the first reading, or
// before a role listed them, count from then on only.
func (t *tracker) read(procs []proc, roots map[int]root) {
	for i := range t.usage {
		t.usage[i].resident, t.usage[i].processes = 0, 0
	}
	all := make(map[int]uint64, len(procs))
	for _, p := range procs {
		all[p.pid] = p.started
	}
	owners := owned(procs, roots)
	now := map[int]*tracked{}
	rise := map[int]int64{} // of waited
	for _, p := range procs {
		r, ok := owners[p.pid]
		if !ok {
			continue
		}
		u := &t.usage[r.role]
		u.processes++
		u.resident += p.resident
		n := &tracked{proc: p, root: r}
		now[p.pid] = n
		before, known := t.seen[p.pid]
		switch {
		case known && before.started == p.started:
			u.cpu += max(0, p.own-before.own)
			rise[p.pid] = p.waited - before.waited
			n.owed = before.owed
		case t.all != nil && t.all[p.pid] != p.started: // born since the last reading
			u.cpu += p.own
			rise[p.pid] = p.waited
		}
	}
	t.settle(now, rise, all)
	t.seen, t.all = now, all
}

// settle finds what ended children used unseen.
func (t *tracker) settle(now map[int]*tracked, rise map[int]int64, all map[int]uint64) {
	for pid, gone := range t.seen {
		if all[pid] == gone.started {
			continue // it lives, listed or not
		}
		if parent := now[gone.parent]; parent != nil && !parent.alone {
			parent.owed += gone.own + gone.waited
		}
	}
	for pid, up := range rise {
		n := now[pid]
		if n.alone {
			continue
		}
		// The two sides are read at slightly different moments: what is owed
		// beyond the rise waits for the next reading.
		unseen := up - n.owed
		n.owed = max(0, -unseen)
		t.usage[n.role].cpu += max(0, unseen)
	}
}

// owned says which role each process belongs to: the one that lists it, else
// that of its nearest listed ancestor.
func owned(procs []proc, roots map[int]root) map[int]root {
	parents := make(map[int]int, len(procs))
	for _, p := range procs {
		parents[p.pid] = p.parent
	}
	owners := make(map[int]root, len(roots))
	for _, p := range procs {
		pid := p.pid
		// The readings of one pass are not of one moment: a reused id could close
		// a circle, so the climb is bounded.
		for depth := 0; pid > 0 && depth < 1000; depth++ {
			if r, ok := roots[pid]; ok {
				if pid == p.pid || !r.alone {
					owners[p.pid] = r
				}
				break
			}
			pid = parents[pid]
		}
	}
	return owners
}
