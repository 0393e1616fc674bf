package scenarios

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/odoo"
)

// base is what every person who logs in belongs to.
const base = "base.group_user"

// carrierModules are what a plan with a carrier needs besides: our addon, which
// asks the carrier for labels while a delivery is validated.
var carrierModules = []string{"headroom_carrier"}

// played are the scenarios of the plan's processes that there are; Check tells
// of those that there are not.
func played(p headroom.Plan) []Scenario {
	var list []Scenario
	for _, q := range p.Processes {
		if s, err := Find(q.Scenario); err == nil {
			list = append(list, s)
		}
	}
	return list
}

// sorted is what a set of texts holds, in order.
func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }

// Modules are the modules of Odoo that the plan's processes need, in
// alphabetical order.
func Modules(p headroom.Plan) []string {
	set := map[string]bool{}
	for _, s := range played(p) {
		for _, m := range s.Modules {
			set[m] = true
		}
	}
	if p.Carrier != nil {
		for _, m := range carrierModules {
			set[m] = true
		}
	}
	return sorted(set)
}

// Groups are the external ids of the groups that the plan's people need, and no
// more, in alphabetical order. What a technical user needs is not among them.
func Groups(p headroom.Plan) []string {
	set := map[string]bool{base: true}
	for _, s := range played(p) {
		for _, g := range s.Groups {
			if !s.Technical {
				set[g] = true
			}
		}
	}
	return sorted(set)
}

// NeedsTechnical reports whether a process of the plan acts as a technical user.
func NeedsTechnical(p headroom.Plan) bool {
	return slices.ContainsFunc(played(p), func(s Scenario) bool { return s.Technical })
}

// FlowOf is how the warehouse of a site must work for the plan's processes
// there: in one step where nobody asks for two.
func FlowOf(p headroom.Plan, site string) Flow {
	for _, q := range p.Processes {
		s, err := Find(q.Scenario)
		if err == nil && s.Flow == TwoStep && (len(q.Sites) == 0 || slices.Contains(q.Sites, site)) {
			return TwoStep
		}
	}
	return OneStep
}

// Requirements says in one error what a server of that version lacks for the
// plan, or nil. installed are its modules; nil: nobody knows, and only the
// version is looked at. The error is a *headroom.InputError.
func Requirements(p headroom.Plan, version odoo.Version, installed []string) error {
	if err := version.Check(); err != nil {
		return err
	}
	var old, missing []string
	oldest := 0
	for _, q := range p.Processes {
		s, err := Find(q.Scenario)
		if err != nil {
			return err
		}
		if s.Since > version.Major {
			old = append(old, fmt.Sprintf("%s (scenario %s, from Odoo %d on)", q.Name, s.Name, s.Since))
			oldest = max(oldest, s.Since)
		}
	}
	if installed != nil {
		for _, m := range Modules(p) {
			if !slices.Contains(installed, m) {
				missing = append(missing, m+needing(p, m))
			}
		}
	}
	var what, do []string
	if old != nil {
		what = append(what, fmt.Sprintf("it is Odoo %s, which cannot play %s", version, strings.Join(old, ", ")))
		do = append(do, fmt.Sprintf("use Odoo %d or take these processes out of the plan", oldest))
	}
	if missing != nil {
		what = append(what, "it lacks the modules "+strings.Join(missing, ", "))
		do = append(do, "install the modules")
	}
	if what == nil {
		return nil
	}
	return &headroom.InputError{What: "the server is not fit for plan " + p.Name + ": " + strings.Join(what, "; "), Do: strings.Join(do, ", and ")}
}

// needing names the processes that need a module.
func needing(p headroom.Plan, module string) string {
	var who []string
	for _, q := range p.Processes {
		if s, err := Find(q.Scenario); err == nil && slices.Contains(s.Modules, module) {
			who = append(who, q.Name)
		}
	}
	if who == nil {
		return ""
	}
	return " (for " + strings.Join(who, ", ") + ")"
}

// Check says which scenarios of the plan there are not, which processes arrive
// in a way that their scenario cannot, which mix the two flows of goods at a
// site, and whether deliveries are to be open where none can be.
func Check(p headroom.Plan) []headroom.Problem {
	var c checker
	flows := map[string]map[Flow]string{} // by site and flow, the first process
	for i, q := range p.Processes {
		path := fmt.Sprintf("processes[%d]", i)
		s, err := Find(q.Scenario)
		if input := (*headroom.InputError)(nil); errors.As(err, &input) {
			what := input.What
			if input.Where != "" {
				what = input.Where + ": " + what
			}
			c.say(path+".scenario", what, input.Do)
			continue
		}
		for _, a := range arrivals(p, q) {
			if !slices.Contains(s.Kinds, a.kind) {
				c.say(either(a.path, path), fmt.Sprintf("the scenario %s cannot arrive as %s: it is %s", s.Name, a.words, oneOf(s.Kinds)), "give it "+usual[s.Kinds[0]])
			}
		}
		if s.Flow != AnyFlow {
			c.flow(path, p, q, s, flows)
		}
	}
	if p.Catalogue.OpenDeliveries > 0 && !slices.ContainsFunc(p.Sites, func(site headroom.Site) bool { return FlowOf(p, site.Name) == TwoStep }) {
		c.say("catalogue.open_deliveries", "orders can only wait for shipping where a site works in two steps, and no process asks for that",
			"play pick and ship, or take open_deliveries out")
	}
	return c.problems
}

type checker struct{ problems []headroom.Problem }

func (c *checker) say(path, what, do string) {
	c.problems = append(c.problems, headroom.Problem{Path: path, What: what, Do: do})
}

// flow notes which flow a process asks of its sites, and tells of a second one.
func (c *checker) flow(path string, p headroom.Plan, q headroom.Process, s Scenario, flows map[string]map[Flow]string) {
	other := map[Flow]Flow{OneStep: TwoStep, TwoStep: OneStep}[s.Flow]
	told := false
	for _, site := range p.Sites {
		if len(q.Sites) > 0 && !slices.Contains(q.Sites, site.Name) {
			continue
		}
		if flows[site.Name] == nil {
			flows[site.Name] = map[Flow]string{}
		}
		if who, ok := flows[site.Name][other]; ok && !told {
			told = true
			c.say(path+".scenario", fmt.Sprintf("%s works at site %q in %s, and process %q there in %s", s.Name, site.Name, s.Flow, who, other),
				"play either order_to_ship and buy_and_receive at a site, or order_entry, pick, ship, purchase, receive and putaway")
		}
		if flows[site.Name][s.Flow] == "" {
			flows[site.Name][s.Flow] = q.Name
		}
	}
}

// An entry is one way in which a process arrives, and where the plan says so.
type entry struct {
	kind  headroom.Kind
	path  string // "": below the process
	words string
}

var usual = map[headroom.Kind]string{
	headroom.Open: "per_hour, or a peak's per_hour or work", headroom.Batched: "batches of a peak",
	headroom.Scheduled: "runs", headroom.Closed: "shifts",
}

// arrivals are the ways in which the plan lets a process arrive.
func arrivals(p headroom.Plan, q headroom.Process) []entry {
	var list []entry
	if q.PerHour > 0 {
		list = append(list, entry{headroom.Open, "", "a rate (per_hour)"})
	}
	if len(q.Shifts) > 0 {
		list = append(list, entry{headroom.Closed, "", "operators (shifts)"})
	}
	if len(q.Runs) > 0 {
		list = append(list, entry{headroom.Scheduled, "", "set times (runs)"})
	}
	for i, peak := range p.Peaks {
		at := fmt.Sprintf("peaks[%d]", i)
		if peak.PerHour[q.Name] > 0 {
			list = append(list, entry{headroom.Open, at + ".per_hour." + q.Name, "a peak's rate"})
		}
		if _, ok := peak.Work[q.Name]; ok {
			list = append(list, entry{headroom.Open, at + ".work." + q.Name, "a peak's work"})
		}
		for j, b := range peak.Batches {
			if b.Process == q.Name {
				list = append(list, entry{headroom.Batched, fmt.Sprintf("%s.batches[%d]", at, j), "batches"})
			}
		}
	}
	return list
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func oneOf(kinds []headroom.Kind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = k.String()
	}
	return strings.Join(words, " or ")
}

// Resolved is the plan with the paths of the user's scripts made absolute; they
// are relative to the plan's folder.
func Resolved(p headroom.Plan, folder string) headroom.Plan {
	p.Processes = slices.Clone(p.Processes)
	for i := range p.Processes {
		if q := &p.Processes[i]; Own(q.Scenario) && !filepath.IsAbs(q.Scenario) {
			q.Scenario = filepath.Join(folder, q.Scenario)
		}
	}
	return p
}
