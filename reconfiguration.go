package headroom

import "fmt"

// CheckChanges says what is wrong with changes to a system that has passed
// Check, as an *InputError; where is the path of the list ("changes").
func (s System) CheckChanges(where string, changes []Reconfiguration) error {
	c := checker{}
	for i, r := range changes {
		at := fmt.Sprintf("%s[%d]", where, i)
		c.number(at+".at", r.At, 0, mostSeconds)
		switch {
		case (r.Pool == "") == (r.Station == ""):
			c.fail(at, "a change is of a pool or of a station", "name one of them")
		case r.Station != "":
			c.number(at+".servers", r.Servers, 0, mostServers)
			if !s.hasStation(r.Station) {
				c.fail(at+".station", fmt.Sprintf("there is no station %q", r.Station), "name one of the system's stations")
			}
			if r.Lost {
				c.fail(at+".lost", "a station holds no worker that could be lost", "leave it out, or name a pool")
			}
		default:
			c.number(at+".servers", r.Servers, 0, mostWorkers)
			if r.Servers != float64(int(r.Servers)) {
				c.fail(at+".servers", fmt.Sprintf("%g workers are not a whole number", r.Servers), "")
			}
			if s.poolNamed(r.Pool) < 0 {
				c.fail(at+".pool", fmt.Sprintf("there is no pool %q", r.Pool), "name one of the system's pools")
			}
		}
	}
	if c.err == nil {
		return nil
	}
	return c.err
}

func (s System) hasStation(name string) bool {
	for _, st := range s.Stations {
		if st.Name == name {
			return true
		}
	}
	return false
}

func (s System) poolNamed(name string) int {
	for i, p := range s.AllPools() {
		if p.Name == name {
			return i
		}
	}
	return -1
}

// Check says what is wrong with a transient, as an *InputError whose Where is
// the path of the value.
func (t Transient) Check() error {
	if err := t.System.Check(); err != nil {
		return err
	}
	c := checker{classes: map[string]bool{}}
	for _, k := range t.Classes {
		c.classes[k.Name] = true
	}
	for i, l := range t.Load {
		at := fmt.Sprintf("load[%d]", i)
		c.known(at, l.Class)
		c.number(at+".arrival_rate", l.ArrivalRate, 0, mostRate)
		c.number(at+".from", l.From, -mostSeconds, mostSeconds)
		c.number(at+".to", l.To, -mostSeconds, mostSeconds)
		if l.To < l.From {
			c.fail(at+".to", fmt.Sprintf("the step ends at %g s, before it begins at %g s", l.To, l.From), "")
		}
	}
	total := 0.0
	for i, b := range t.Batches {
		at := fmt.Sprintf("batches[%d]", i)
		c.known(at, b.Class)
		c.number(at+".t", b.T, 0, mostSeconds)
		c.number(at+".count", float64(b.Count), 0, mostPopulation)
		total += float64(b.Count)
	}
	if total > mostPopulation {
		c.fail("batches", fmt.Sprintf("%g requests in all are more than %d", total, mostPopulation), "")
	}
	c.number("until", t.Until, 0, mostSeconds)
	c.number("step", t.Step, 0, mostSeconds)
	if t.Until > 0 && t.Step > 0 && t.Until/t.Step > mostPoints {
		c.fail("step", fmt.Sprintf("%g s make more than %d points till %g s", t.Step, mostPoints, t.Until), "take a longer step")
	}
	if c.err != nil {
		return c.err
	}
	return t.CheckChanges("changes", t.Changes)
}

// mostPoints of a transient's series.
const mostPoints = 10_000

func (c *checker) known(at, class string) {
	if !c.classes[class] {
		c.fail(at+".class", fmt.Sprintf("there is no class %q", class), "name one of the system's classes")
	}
}
