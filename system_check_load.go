package headroom

import "fmt"

func (c *checker) load(at string, rate float64, population int, think float64) {
	c.number(at+".arrival_rate", rate, 0, mostRate)
	c.number(at+".population", float64(population), 0, mostPopulation)
	c.number(at+".think_time", think, 0, mostSeconds)
	if rate > 0 && population > 0 {
		c.fail(at, "arrival_rate and population exclude each other", "keep one of them")
	}
}

func (c *checker) journey(at string, j SystemJourney) {
	c.name(at+".name", j.Name, c.journeys)
	if len(j.Steps) == 0 {
		c.fail(at+".steps", fmt.Sprintf("journey %q has no steps", j.Name), "")
	}
	for i, st := range j.Steps {
		p := fmt.Sprintf("%s.steps[%d]", at, i)
		if !c.classes[st.Class] {
			c.fail(p+".class", fmt.Sprintf("there is no class %q", st.Class), "name one of the system's classes")
		}
		c.number(p+".think_time", st.ThinkTime, 0, mostSeconds)
		c.number(p+".visits", st.Visits, 0, mostCalls)
	}
	c.load(at, j.ArrivalRate, j.Population, j.ThinkTime)
	c.cycle(at, "journey", j.Name, j.Population, c.round(j))
	if j.ThinkSCV != nil {
		c.number(at+".think_scv", *j.ThinkSCV, 0, mostSCV)
	}
}

// cycle refuses customers who come back at once: they would do infinitely much.
func (c *checker) cycle(at, kind, name string, population int, seconds float64) {
	if population > 0 && seconds < shortestCycle {
		c.fail(at, fmt.Sprintf("%s %q has a population, but neither demand nor think_time: its throughput would be infinite", kind, name), "give it one of them")
	}
}

// round is what a customer needs for a journey and the thinking after it when
// nobody else is there, in seconds.
func (c *checker) round(j SystemJourney) float64 {
	sum := j.ThinkTime
	for _, st := range j.Steps {
		visits := st.Visits
		if visits == 0 {
			visits = 1
		}
		sum += visits * (st.ThinkTime + c.takes[st.Class])
	}
	return sum
}

// alone is the mean time of a request that finds everything free, in seconds.
func alone(k Class) float64 {
	sum := k.Delay + k.Overhead
	for _, station := range sortedNames(k.Demand) {
		sum += k.Demand[station]
	}
	return sum
}
