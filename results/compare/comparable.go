package compare

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/headroom-erp/headroom"
)

// mostListed is how many differences of one kind are listed one by one.
const mostListed = 12

// A likeness collects why runs cannot be compared, and what else is
// not the same.
type likeness struct {
	problems    []string
	differences []headroom.RunDifference
}

// likenessOf holds every run against the first of the baseline, and the runs
// of a set against each other.
func likenessOf(baseline Set, others []Set) (problems []string, differences []headroom.RunDifference) {
	var l likeness
	first := baseline.Runs[0]
	for _, s := range append([]Set{baseline}, others...) {
		for i, r := range s.Runs {
			l.sound(r)
			l.work(first.Info(), r)
			if i > 0 {
				l.repeats(s, r)
			}
		}
		if s.Name != baseline.Name {
			l.differs(s.Name, first.Info(), s.Runs[0].Info())
			l.load(s.Name, first.Report.Generator, s.Runs[0].Report.Generator)
		}
	}
	return l.problems, l.differences
}

func (l *likeness) problem(format string, args ...any) {
	if p := fmt.Sprintf(format, args...); !slices.Contains(l.problems, p) {
		l.problems = append(l.problems, p)
	}
}

// sound says whether a run may be used at all.
func (l *likeness) sound(r Run) {
	if info := r.Info(); !info.Complete {
		l.problem("run %s is incomplete: %s", label(r), cmp.Or(info.Reason, "no reason was recorded"))
	}
	if g := r.Report.Generator; !r.Report.Valid || g != nil && g.Bottleneck {
		l.problem("run %s was held up by its load generator", label(r))
	}
}

func label(r Run) string { return cmp.Or(r.Report.Folder, r.Report.ID, r.Info().ID) }

// work says whether two runs replayed the same part of the same calendar.
func (l *likeness) work(base headroom.RunInfo, r Run) {
	info := r.Info()
	a, b := base.Schedule, info.Schedule
	differs := func(what string, x, y any) {
		if x, y := fmt.Sprint(x), fmt.Sprint(y); x != y {
			l.problem("run %s has another %s: %s, the baseline %s", label(r), what, y, x)
		}
	}
	differs("target", base.TargetKind, info.TargetKind)
	differs("scale of the load", a.Scale, b.Scale)
	differs("length of the window (s)", a.Window, b.Window)
	differs("lead-in (s)", a.LeadIn, b.LeadIn)
	differs("time of the day at which the window begins", a.WindowAt.Format(time.TimeOnly), b.WindowAt.Format(time.TimeOnly))
	differs("part of its peaks (shortened)", a.Shortened, b.Shortened)
	if base.TargetKind != "external" && base.Machine != nil && info.Machine != nil {
		// The system under test stands on the machine that loads it.
		differs("machine", machine(*base.Machine), machine(*info.Machine))
	}
	l.listed("run "+label(r)+" replayed other work", changes(workOf(base), workOf(info)))
}

func machine(m headroom.Machine) string { return fmt.Sprintf("%d × %s, %s", m.Cores, m.CPU, m.OS) }

func (l *likeness) listed(what string, list []change) {
	var parts []string
	for _, c := range list[:min(len(list), mostListed)] {
		parts = append(parts, fmt.Sprintf("%s is %s, in the baseline %s", c.key, c.b, c.a))
	}
	if more := len(list) - mostListed; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	if len(parts) > 0 {
		l.problem("%s: %s", what, strings.Join(parts, "; "))
	}
}

// workOf is everything that says what is to be done and when, but for the seed.
func workOf(i headroom.RunInfo) any {
	p, h := i.Plan, i.Schedule
	users := map[string]int{}
	for _, s := range h.Sites {
		users[s.Name] = s.Users
	}
	return map[string]any{
		"processes": byName(p.Processes, func(p headroom.Process) string { return p.Name }), "peaks": byName(p.Peaks, func(p headroom.Peak) string { return p.Name }),
		"seasons": p.Seasons, "growth": p.Growth, "day_variation": p.DayVariation, "calendars": byName(p.Calendars, func(c headroom.Calendar) string { return c.Name }),
		"catalogue": h.Catalogue, "users": users, "replayed": byName(h.Processes, func(p headroom.ScheduledProcess) string { return p.Name }),
		"partners": byName(h.Lanes, func(l headroom.Lane) string { return l.Name }),
	}
}

func byName[T any](list []T, name func(T) string) map[string]T {
	out := map[string]T{}
	for i, v := range list {
		key := name(v)
		if _, there := out[key]; there || key == "" {
			key += "#" + strconv.Itoa(i+1)
		}
		out[key] = v
	}
	return out
}

// repeats says whether a further run of a set repeats the first.
func (l *likeness) repeats(s Set, r Run) {
	a, b := s.Runs[0].Info(), r.Info()
	l.listed("run "+label(r)+" is no repetition of "+label(s.Runs[0]), append(changes(a.Topology, b.Topology), changes(a.Versions, b.Versions)...))
}

// differs lists what is not the same, which is often what is compared.
func (l *likeness) differs(other string, a, b headroom.RunInfo) {
	add := func(what string, list []change) {
		for i, c := range list {
			if i == mostListed {
				l.differences = append(l.differences, headroom.RunDifference{Other: other, What: what, Baseline: "", Value: fmt.Sprintf("and %d more", len(list)-i)})
				return
			}
			l.differences = append(l.differences, headroom.RunDifference{Other: other, What: strings.TrimSpace(what + " " + c.key), Baseline: c.a, Value: c.b})
		}
	}
	one := func(what, x, y string) {
		if x != y {
			add(what, []change{{"", x, y}})
		}
	}
	add("topology", changes(a.Topology, b.Topology))
	add("version of", changes(a.Versions, b.Versions))
	add("module", changes(a.Modules, b.Modules))
	one("seed", strconv.FormatUint(a.Schedule.Seed, 10), strconv.FormatUint(b.Schedule.Seed, 10))
	one("date", a.Schedule.WindowAt.Format(time.DateOnly), b.Schedule.WindowAt.Format(time.DateOnly))
	add("carrier", changes(a.Plan.Carrier, b.Plan.Carrier))
	add("events", changes(a.Plan.Events, b.Plan.Events))
	add("objective", changes(a.Plan.Objectives, b.Plan.Objectives))
	add("observation", changes(a.Plan.Observe, b.Plan.Observe))
	if a.Machine != nil && b.Machine != nil {
		add("machine's", changes(a.Machine, b.Machine))
	}
}

// busier is the difference in utilization of the generator's machine from which
// on it is told: what else it did may be what changed.
const busier = 0.1

func (l *likeness) load(other string, a, b *headroom.GeneratorReport) {
	if a == nil || b == nil || a.Host == nil || b.Host == nil || math.Abs(*a.Host-*b.Host) < busier {
		return
	}
	percent := func(v float64) string { return fmt.Sprintf("%.0f %%", 100*v) }
	l.differences = append(l.differences, headroom.RunDifference{Other: other, What: "utilization of the generator's machine", Baseline: percent(*a.Host), Value: percent(*b.Host)})
}

// A change is a value that two documents differ in.
type change struct{ key, a, b string }

const absent = "none"

// changes are the leaves, by their path, in which two values of one type
// differ.
func changes(a, b any) []change {
	x, y := flat(a), flat(b)
	keys := maps.Clone(x)
	maps.Copy(keys, y)
	var out []change
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if x[key] == y[key] {
			continue
		}
		out = append(out, change{key, cmp.Or(x[key], absent), cmp.Or(y[key], absent)})
	}
	return out
}

// flat is a value's leaves as JSON has them, by path: "web.workers".
func flat(v any) map[string]string {
	out := map[string]string{}
	data, err := json.Marshal(v)
	if err != nil { // not of the types that a run is described with
		return map[string]string{"": fmt.Sprint(v)}
	}
	var tree any
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	if dec.Decode(&tree) == nil {
		flatten("", tree, out)
	}
	return out
}

func flatten(path string, v any, out map[string]string) {
	below := func(key string) string {
		if path == "" {
			return key
		}
		return path + "." + key
	}
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for key, one := range v {
			flatten(below(key), one, out)
		}
	case []any:
		for i, one := range v {
			flatten(below(strconv.Itoa(i+1)), one, out)
		}
	default:
		out[path] = fmt.Sprint(v)
	}
}

// warnings say what the figures do not tell.
func warnings(baseline Set, others []Set, c headroom.RunComparison) []string {
	var out []string
	once := len(baseline.Runs) == 1
	unpaired := false
	for i, s := range others {
		once = once || len(s.Runs) == 1
		unpaired = unpaired || !c.Others[i].Paired
	}
	if once {
		out = append(out, "A run that was not repeated says nothing of how runs differ though nothing was changed (a cold cache, a busy machine): the intervals know of what varied within the runs alone. Repeat both with --repeat 3 to have it in them.")
	}
	if unpaired {
		out = append(out, "Not all runs replayed the same arrivals, so that chance in the arrivals is in the differences; with the same --seed and --repeat in both, smaller changes are found.")
	}
	if slices.ContainsFunc(c.Changes, func(x headroom.Change) bool {
		return x.Measure == headroom.ChangeErrors && (x.Verdict == headroom.Worse || x.Verdict == headroom.Better)
	}) {
		out = append(out, "Failures differ. Means are of the journeys that succeeded: where more fail, those that are left may be the quick ones.")
	}
	return out
}
