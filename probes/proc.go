package probes

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
)

// ticksPerSecond is USER_HZ, the unit of CPU times in /proc: 100 on every
// architecture that Go runs on.
const ticksPerSecond = 100

// A proc is what /proc/PID/stat tells of a process.
type proc struct {
	pid, parent int
	started     uint64  // ticks since boot: tells a process from a later one with its id
	own         int64   // CPU ticks, user and system
	waited      int64   // CPU ticks of ended children that it waited for, and of theirs
	resident    float64 // bytes
}

// readProcs reads every process under root ("/proc"), by ascending id, so that
// a parent is mostly read before its children.
func readProcs(root string) ([]proc, error) {
	dir, err := os.Open(root)
	if err != nil {
		return nil, fmt.Errorf("probes: processes: %w", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("probes: processes: %w", err)
	}
	var procs []proc
	for _, name := range names {
		if _, err := strconv.Atoi(name); err != nil {
			continue
		}
		stat, err := os.ReadFile(root + "/" + name + "/stat")
		if err != nil {
			continue // it has ended since
		}
		p, err := parseStat(stat)
		if err != nil {
			return nil, fmt.Errorf("probes: process %s: %w", name, err)
		}
		procs = append(procs, p)
	}
	if len(procs) == 0 {
		return nil, fmt.Errorf("probes: %s lists no process", root)
	}
	slices.SortFunc(procs, func(a, b proc) int { return cmp.Compare(a.pid, b.pid) })
	return procs, nil
}

var errStat = errors.New("stat has another form than proc(5) says")

// parseStat reads the fields by their numbers in proc(5). The second, the
// command in parentheses, may itself hold blanks and parentheses.
func parseStat(stat []byte) (proc, error) {
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 1 || end < open {
		return proc{}, errStat
	}
	fields := bytes.Fields(stat[end+1:]) // from field 3 on
	if len(fields) < 22 {
		return proc{}, errStat
	}
	var bad error
	number := func(field int) int64 {
		v, err := strconv.ParseInt(string(fields[field-3]), 10, 64)
		bad = errors.Join(bad, err)
		return v
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(stat[:open])))
	p := proc{
		pid: pid, parent: int(number(4)), started: uint64(number(22)),
		own:      number(14) + number(15),
		waited:   number(16) + number(17),
		resident: float64(number(24)) * float64(os.Getpagesize()),
	}
	if err := errors.Join(err, bad); err != nil {
		return proc{}, fmt.Errorf("%w: %w", errStat, err)
	}
	return p, nil
}
